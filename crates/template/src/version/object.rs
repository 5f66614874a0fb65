//! Versions as templates see them: Go's `*semver.Version`, and `semver.Version` where a method gives one.

use std::any::Any;
use std::cmp::Ordering;
use std::rc::Rc;

use super::Version;
use crate::error::Outcome;
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
fn raised(object: &dyn Object, parts: fn(&Version) -> [u64; 3]) -> Value {
    let version = this(object);
    let [major, minor, patch] = parts(&version);
    let mut next = Version { major, minor, patch, pre: String::new(), metadata: String::new(), ..version };
    let v = if next.original.starts_with('v') { "v" } else { "" };
    next.original = format!("{v}{}", next.text());
    Value::Object(Rc::new(Plain(next)))
}

fn plain_method(name: &str) -> Option<Call> {
    Some(match name {
        "Major" => |_, v, _| Ok(Named::uint64(this(v).major)),
        "Minor" => |_, v, _| Ok(Named::uint64(this(v).minor)),
        "Patch" => |_, v, _| Ok(Named::uint64(this(v).patch)),
        "Prerelease" => |_, v, _| Ok(Value::text(this(v).pre)),
        "Metadata" => |_, v, _| Ok(Value::text(this(v).metadata)),
        "Original" => |_, v, _| Ok(Value::text(this(v).original)),
        "String" => |_, v, _| Ok(Value::text(this(v).text())),
        "IncMajor" => |_, v, _| Ok(raised(v, |v| [v.major.wrapping_add(1), 0, 0])),
        "IncMinor" => |_, v, _| Ok(raised(v, |v| [v.major, v.minor.wrapping_add(1), 0])),
        "IncPatch" => |_, v, _| {
            Ok(raised(v, |v| {
                let patch = if v.pre.is_empty() { v.patch.wrapping_add(1) } else { v.patch };
                [v.major, v.minor, patch]
            }))
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

fn plain_member(name: &str) -> Option<Member> {
    plain_method(name).map(|call| Member::Method(Method { params: &[], call }))
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
        plain_member(name).or_else(comparison)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &Rc<dyn Object>) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| std::ptr::eq(self, other))
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
