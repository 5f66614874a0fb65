//! Types and kinds by their names in Go.

use super::Args;
use super::cast::deep_equal;
use crate::value::Value;

functions! {
    /// Go's name of a value's type.
    ///
    /// `{{ typeOf (list) }} {{ typeOf 1 }}` gives `[]interface {} int`
    "typeOf" (Any) = |_, a| Ok(Value::text(type_of(a.at(0))));
    /// Whether a value has a type.
    ///
    /// `{{ typeIs "string" "a" }}` gives `true`
    "typeIs" (Str, Any) = |_, a| Ok(Value::Bool(type_of(a.at(1)).as_bytes() == a.str(0)));
    /// Whether a value has a type or points to it.
    ///
    /// `{{ typeIsLike "int" 1 }}` gives `true`
    "typeIsLike" (Str, Any) = |_, a| {
        let name = type_of(a.at(1));
        Ok(Value::Bool(name.as_bytes() == a.str(0) || name.strip_prefix('*').is_some_and(|n| n.as_bytes() == a.str(0))))
    };
    /// Go's name of a value's kind.
    ///
    /// `{{ kindOf (dict) }} {{ kindOf nil }}` gives `map invalid`
    "kindOf" (Any) = |_, a| Ok(Value::text(a.at(0).kind_name()));
    /// Whether a value has a kind.
    ///
    /// `{{ kindIs "slice" (list) }}` gives `true`
    "kindIs" (Str, Any) = |_, a| Ok(Value::Bool(a.at(1).kind_name().as_bytes() == a.str(0)));
    /// Whether two values are equal, content included.
    ///
    /// `{{ deepEqual (list 1 2) (list 1 2) }}` gives `true`
    "deepEqual" (Any, Any) = |c, a| deep_equal(c, a.at(0), a.at(1), 0).map(Value::Bool);
}

fn type_of(value: &Value) -> String {
    if value.is_nil() { "<nil>".into() } else { value.type_name() }
}
