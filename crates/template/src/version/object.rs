//! Versions as templates see them: Go's `*semver.Version`, and `semver.Version` where a method gives one.

use std::any::Any;
use std::cmp::Ordering;
use std::rc::Rc;

use super::Version;
use crate::error::{Failure, Outcome};
use crate::functions::Param;
use crate::object::{Call, Member, Method, Named, Object};
use crate::value::Value;

/// A version behind a pointer; only those can be compared.
struct Pointer(Version);

/// A version itself.
struct Plain(Version);

impl Version {
    /// As a template sees it.
    pub fn value(self) -> Value {
        Value::Object(Rc::new(Pointer(self)))
    }
}

fn this(object: &dyn Object) -> Version {
    let any = object.as_any();
    let pointer = any.downcast_ref::<Pointer>().map(|pointer| &pointer.0);
    let found = pointer.or_else(|| any.downcast_ref::<Plain>().map(|plain| &plain.0));
    found.cloned().unwrap_or(Version {
        major: 0,
        minor: 0,
        patch: 0,
        pre: String::new(),
        metadata: String::new(),
        original: String::new(),
    })
}

fn compared(object: &dyn Object, args: &[Value]) -> Ordering {
    let Some(Value::Object(other)) = args.first() else { return Ordering::Equal };
    this(object).order(&this(other.as_ref()))
}

/// The next version: parts behind the raised one become zero. A prerelease is before its own patch.
fn raised(object: &dyn Object, parts: fn(&Version) -> Option<[u64; 3]>) -> Outcome<Value> {
    let version = this(object);
    let overflow = || Failure::new("version increment would overflow uint64");
    let [major, minor, patch] = parts(&version).ok_or_else(overflow)?;
    let mut next = Version { major, minor, patch, pre: String::new(), metadata: String::new(), ..version };
    let v = if next.original.starts_with('v') { "v" } else { "" };
    next.original = format!("{v}{}", next.text());
    Ok(Value::Object(Rc::new(Plain(next))))
}

/// Methods of versions behind a pointer.
fn getter(name: &str) -> Option<Call> {
    Some(match name {
        "Major" => |_, v, _| Ok(Named::uint64(this(v).major)),
        "Minor" => |_, v, _| Ok(Named::uint64(this(v).minor)),
        "Patch" => |_, v, _| Ok(Named::uint64(this(v).patch)),
        "Prerelease" => |_, v, _| Ok(Value::text(this(v).pre)),
        "Metadata" => |_, v, _| Ok(Value::text(this(v).metadata)),
        "Original" => |_, v, _| Ok(Value::text(this(v).original)),
        _ => return None,
    })
}

/// Methods of versions themselves, and so of those behind a pointer.
fn plain_method(name: &str) -> Option<Call> {
    Some(match name {
        "String" => |_, v, _| Ok(Value::text(this(v).text())),
        "IncMajor" => |_, v, _| raised(v, |v| Some([v.major.checked_add(1)?, 0, 0])),
        "IncMinor" => |_, v, _| raised(v, |v| Some([v.major, v.minor.checked_add(1)?, 0])),
        "IncPatch" => |_, v, _| {
            raised(v, |v| {
                let patch = if v.pre.is_empty() { v.patch.checked_add(1)? } else { v.patch };
                Some([v.major, v.minor, patch])
            })
        },
        _ => return None,
    })
}

fn pointer_method(name: &str) -> Option<Call> {
    Some(match name {
        "Compare" => |_, v, a| Ok(Value::Int(compared(v, a) as i64)),
        "Equal" => |_, v, a| Ok(Value::Bool(compared(v, a) == Ordering::Equal)),
        "LessThan" => |_, v, a| Ok(Value::Bool(compared(v, a) == Ordering::Less)),
        "LessThanEqual" => |_, v, a| Ok(Value::Bool(compared(v, a) != Ordering::Greater)),
        "GreaterThan" => |_, v, a| Ok(Value::Bool(compared(v, a) == Ordering::Greater)),
        "GreaterThanEqual" => |_, v, a| Ok(Value::Bool(compared(v, a) != Ordering::Less)),
        _ => return None,
    })
}

/// A version with another prerelease or other metadata.
fn changed(object: &dyn Object, args: &[Value], part: fn(&mut Version) -> &mut String) -> Outcome<Value> {
    let mut version = this(object);
    let text = if let Some(Value::Str(text)) = args.first() { &text[..] } else { b"" };
    *part(&mut version) = String::from_utf8_lossy(text).into_owned();
    let v = if version.original.starts_with('v') { "v" } else { "" };
    version.original = format!("{v}{}", version.text());
    // Reading it again finds what cannot stand there.
    Version::parse(&version.original)?;
    Ok(Value::Object(Rc::new(Plain(version))))
}

fn plain_member(name: &str) -> Option<Member> {
    let setter: Option<Call> = match name {
        "SetPrerelease" => Some(|_, v, a| changed(v, a, |version| &mut version.pre)),
        "SetMetadata" => Some(|_, v, a| changed(v, a, |version| &mut version.metadata)),
        _ => None,
    };
    let setter = setter.map(|call| Method { params: &[Param::Str], call });
    let method = setter.or_else(|| plain_method(name).map(|call| Method { params: &[], call }));
    method.map(Member::Method)
}

impl Object for Pointer {
    fn type_name(&self) -> &'static str {
        "*semver.Version"
    }

    fn kind_name(&self) -> &'static str {
        "ptr"
    }

    fn print(&self) -> Vec<u8> {
        self.0.text().into_bytes()
    }

    fn json(&self) -> Outcome<Value> {
        Ok(Value::text(self.0.text()))
    }

    fn member(&self, name: &str) -> Option<Member> {
        let comparison = || pointer_method(name).map(|call| Member::Method(Method { params: &[Param::Version], call }));
        let getter = || getter(name).map(|call| Member::Method(Method { params: &[], call }));
        plain_member(name).or_else(getter).or_else(comparison)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &Rc<dyn Object>) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| std::ptr::eq(self, other))
    }

    fn deeply_equals(&self, other: &Rc<dyn Object>) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| self.0 == other.0)
    }
}

impl Object for Plain {
    fn type_name(&self) -> &'static str {
        "semver.Version"
    }

    fn print(&self) -> Vec<u8> {
        self.0.text().into_bytes()
    }

    fn json(&self) -> Outcome<Value> {
        Ok(Value::text(self.0.text()))
    }

    fn member(&self, name: &str) -> Option<Member> {
        plain_member(name)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &Rc<dyn Object>) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| self.0 == other.0)
    }
}
