//! Defaults and conditions.

use super::Args;
use crate::error::Failure;
use crate::value::Value;

functions! {
    /// The second value, or the first when the second is empty or absent.
    ///
    /// `{{ "" | default "d" }} {{ 0 | default 5 }}` gives `d 5`
    "default" (Any; ...Any) = |_, a| {
        let given = a.at(1); // Go's own signature lets it be absent: that is nil here, which is empty.
        Ok(if empty(given) { a.at(0).clone() } else { given.clone() })
    };
    /// Whether a value is empty: nil, false, 0, or without content.
    ///
    /// `{{ empty "" }} {{ empty 1 }}` gives `true false`
    "empty" (Any) = |_, a| Ok(Value::Bool(empty(a.at(0))));
    /// The first value that is not empty.
    ///
    /// `{{ coalesce 0 "" "x" }}` gives `x`
    "coalesce" (; ...Any) = |_, a| Ok(a.iter().find(|v| !empty(v)).cloned().unwrap_or(Value::NilAny));
    /// Whether no value is empty.
    ///
    /// `{{ all 1 "" }}` gives `false`
    "all" (; ...Any) = |_, a| Ok(Value::Bool(!a.iter().any(empty)));
    /// Whether any value is not empty.
    ///
    /// `{{ any 0 "x" }}` gives `true`
    "any" (; ...Any) = |_, a| Ok(Value::Bool(a.iter().any(|v| !empty(v))));
    /// The first value if the condition is true, else the second.
    ///
    /// `{{ true | ternary "a" "b" }}` gives `a`
    "ternary" (Any, Any, Bool) = |_, a| Ok(a.at(usize::from(!a.at(2).truth())).clone());
    /// Ends the template with a message. Values of the data in it are shown as `***`.
    "fail" (Str) = |c, a| Err(Failure::new(String::from_utf8_lossy(&c.without_data(a.str(0))).into_owned()));
}

/// What sprig takes for empty: as `if`, but objects are full.
pub(crate) fn empty(value: &Value) -> bool {
    !value.truth()
}
