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
    pub call: fn(&mut Ctx<'_>, &dyn Object, &[Value]) -> Outcome<Value>,
}

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
}
