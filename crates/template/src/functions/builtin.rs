//! Builtins of Go: logic and printing.

use super::Args;
use crate::error::Failure;
use crate::format::{printf, sprint, sprintln};
use crate::value::Value;

functions! {
    /// The first operand that is empty, else the last one. Operands after the deciding one are not evaluated.
    ///
    /// `{{ and "a" "" "b" }}|{{ and "a" "b" }}` gives `|b`
    "and" (Raw; ...Raw) @lazy = |_, a| Ok(a.at(0).clone());
    /// The first operand that is not empty, else the last one. Operands after the deciding one are not evaluated.
    ///
    /// `{{ or "" "b" "c" }}` gives `b`
    "or" (Raw; ...Raw) @lazy = |_, a| Ok(a.at(0).clone());
    /// Whether the operand is empty: false, 0, nil, or a string, list or map without content.
    ///
    /// `{{ not "" }} {{ not "a" }}` gives `true false`
    "not" (Raw) = |_, a| Ok(Value::Bool(!a.at(0).truth()));
    /// The operands as text, with a space between two that are no strings.
    ///
    /// `{{ print 1 2 "a" 3 }}` gives `1 2a3`
    "print" (; ...Any) = |c, a| Ok(Value::text(sprint(c, a)?));
    /// The operands as text, with a space between them and a line end.
    ///
    /// `{{ println "a" 1 | len }}` gives `4`
    "println" (; ...Any) = |c, a| Ok(Value::text(sprintln(c, a)?));
    /// Text by a format, with the verbs of Go's package fmt.
    ///
    /// `{{ printf "%s-%03d" "a" 7 }}` gives `a-007`
    "printf" (Str; ...Any) = |c, a| Ok(Value::text(printf(c, a.str(0), a.tail(1))?));
    /// Calls a function value. No value of a template is a function, so it always fails.
    "call" (Raw; ...Raw) = |_, a| {
        let found = a.at(0);
        if found.is_nil() {
            return Err(Failure::new("call of nil"));
        }
        Err(Failure::new(format!("non-function of type {}", found.type_name())))
    };
}
