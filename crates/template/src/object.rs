//! Go objects that templates meet: they have fields and methods, and functions take them apart by type.

use std::any::Any;
use std::rc::Rc;

use crate::context::Ctx;
use crate::error::Outcome;
use crate::functions::Param;
use crate::value::Value;

/// A method of an object, called as `.Name arg`.
#[derive(Clone, Copy)]
pub struct Method {
    /// Types of the arguments.
    pub params: &'static [Param],
    /// Does the work.
    pub call: Call,
}

/// What a method does, given the object and the arguments.
pub type Call = fn(&mut Ctx<'_>, &dyn Object, &[Value]) -> Outcome<Value>;

/// What a name behind a dot finds.
pub enum Member {
    /// A field and its value.
    Field(Value),
    /// A method.
    Method(Method),
}

/// A Go object.
pub trait Object {
    /// Go's name of its type, such as `time.Time`.
    fn type_name(&self) -> &'static str;
    /// Go's kind of it: `struct` or `ptr`.
    fn kind_name(&self) -> &'static str {
        "struct"
    }
    /// Whether `if` takes it as true; structs always are.
    fn truth(&self) -> bool {
        true
    }
    /// What printing it shows.
    fn print(&self) -> Vec<u8>;
    /// What it is as JSON.
    fn json(&self) -> Outcome<Value>;
    /// A field or a method by its name.
    fn member(&self, name: &str) -> Option<Member>;
    /// For functions that take it apart.
    fn as_any(&self) -> &dyn Any;
    /// Whether two objects are equal.
    fn equals(&self, other: &Rc<dyn Object>) -> bool;
    /// Whether two objects have the same content; pointers are followed.
    fn deeply_equals(&self, other: &Rc<dyn Object>) -> bool {
        self.equals(other)
    }
    /// The number that it is, for the types that Go makes of integers.
    fn number(&self) -> Option<i64> {
        None
    }
}

/// A Go type that is made of an integer: `time.Duration`, `time.Month`, `uint64`.
pub(crate) struct Named {
    /// Go's name of the type.
    pub type_name: &'static str,
    /// Go's name of the kind.
    pub kind: &'static str,
    /// The number.
    pub number: i64,
    /// What printing it shows.
    pub text: String,
    /// Its methods.
    pub method: fn(&str) -> Option<Method>,
}

impl Named {
    /// The number of an object of this type.
    pub fn number(object: &dyn Object) -> i64 {
        object.number().unwrap_or(0)
    }

    /// An unsigned number; those that fit no int64 are the largest that does.
    pub fn uint64(number: u64) -> Value {
        let text = number.to_string();
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        Value::named(Self { type_name: "uint64", kind: "uint64", number, text, method: |_| None })
    }
}

impl Object for Named {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn kind_name(&self) -> &'static str {
        self.kind
    }

    fn truth(&self) -> bool {
        self.number != 0
    }

    fn print(&self) -> Vec<u8> {
        self.text.clone().into_bytes()
    }

    fn json(&self) -> Outcome<Value> {
        Ok(Value::Int64(self.number))
    }

    fn member(&self, name: &str) -> Option<Member> {
        (self.method)(name).map(Member::Method)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &Rc<dyn Object>) -> bool {
        other
            .as_any()
            .downcast_ref::<Self>()
            .is_some_and(|other| other.type_name == self.type_name && other.number == self.number)
    }

    fn number(&self) -> Option<i64> {
        Some(self.number)
    }
}
