//! Lists. All functions give new lists; the `must` twins fail in the same way as the plain ones.

use super::cast::{self, items};
use super::{Args, logic};
use crate::context::Ctx;
use crate::error::Outcome;
use crate::value::{List, Value};

functions! {
    /// A list of the values.
    ///
    /// `{{ list 1 "a" }}` gives `[1 a]`
    "list" (; ...Any) = |_, a| make(a.to_vec());
    /// The same as `list`.
    ///
    /// `{{ tuple 1 2 }}` gives `[1 2]`
    "tuple" (; ...Any) = |_, a| make(a.to_vec());
    /// The first item; nothing for an empty list.
    ///
    /// `{{ first (list 1 2) }}` gives `1`
    "first" (Any) = |_, a| Ok(items(a.at(0), "find first")?.first().cloned().unwrap_or(Value::NilAny));
    /// Like `first`.
    ///
    /// `{{ mustFirst (list 1 2) }}` gives `1`
    "mustFirst" (Any) = |_, a| Ok(items(a.at(0), "find first")?.first().cloned().unwrap_or(Value::NilAny));
    /// The last item; nothing for an empty list.
    ///
    /// `{{ last (list 1 2) }}` gives `2`
    "last" (Any) = |_, a| Ok(items(a.at(0), "find last")?.last().cloned().unwrap_or(Value::NilAny));
    /// Like `last`.
    ///
    /// `{{ mustLast (list 1 2) }}` gives `2`
    "mustLast" (Any) = |_, a| Ok(items(a.at(0), "find last")?.last().cloned().unwrap_or(Value::NilAny));
    /// All items but the first.
    ///
    /// `{{ rest (list 1 2 3) }}` gives `[2 3]`
    "rest" (Any) = |_, a| rest(a);
    /// Like `rest`.
    ///
    /// `{{ mustRest (list 1 2 3) }}` gives `[2 3]`
    "mustRest" (Any) = |_, a| rest(a);
    /// All items but the last.
    ///
    /// `{{ initial (list 1 2 3) }}` gives `[1 2]`
    "initial" (Any) = |_, a| initial(a);
    /// Like `initial`.
    ///
    /// `{{ mustInitial (list 1 2 3) }}` gives `[1 2]`
    "mustInitial" (Any) = |_, a| initial(a);
    /// The list and one more item at the end.
    ///
    /// `{{ append (list 1) 2 }}` gives `[1 2]`
    "append" (Any, Any) = |_, a| append(a);
    /// The same as `append`.
    ///
    /// `{{ push (list 1) 2 }}` gives `[1 2]`
    "push" (Any, Any) = |_, a| append(a);
    /// Like `append`.
    ///
    /// `{{ mustAppend (list 1) 2 }}` gives `[1 2]`
    "mustAppend" (Any, Any) = |_, a| append(a);
    /// Like `append`.
    ///
    /// `{{ mustPush (list 1) 2 }}` gives `[1 2]`
    "mustPush" (Any, Any) = |_, a| append(a);
    /// The list and one more item at the start.
    ///
    /// `{{ prepend (list 1) 0 }}` gives `[0 1]`
    "prepend" (Any, Any) = |_, a| prepend(a);
    /// Like `prepend`.
    ///
    /// `{{ mustPrepend (list 1) 0 }}` gives `[0 1]`
    "mustPrepend" (Any, Any) = |_, a| prepend(a);
    /// All lists as one.
    ///
    /// `{{ concat (list 1) (list 2) }}` gives `[1 2]`
    "concat" (; ...Any) = |_, a| {
        let mut all = Vec::new();
        for list in a {
            all.extend_from_slice(items(list, "concat")?);
        }
        // Nothing is appended to nothing.
        if all.is_empty() { Ok(Value::List(List::nil(crate::value::Elem::Any))) } else { make(all) }
    };
    /// The items from last to first.
    ///
    /// `{{ reverse (list 1 2) }}` gives `[2 1]`
    "reverse" (Any) = |_, a| make(items(a.at(0), "find reverse")?.iter().rev().cloned().collect());
    /// Like `reverse`.
    ///
    /// `{{ mustReverse (list 1 2) }}` gives `[2 1]`
    "mustReverse" (Any) = |_, a| make(items(a.at(0), "find reverse")?.iter().rev().cloned().collect());
    /// The items without repetitions.
    ///
    /// `{{ uniq (list 1 2 1) }}` gives `[1 2]`
    "uniq" (Any) = |c, a| uniq(c, a);
    /// Like `uniq`.
    ///
    /// `{{ mustUniq (list 1 2 1) }}` gives `[1 2]`
    "mustUniq" (Any) = |c, a| uniq(c, a);
    /// The items that are none of the given ones.
    ///
    /// `{{ without (list 1 2 3) 2 }}` gives `[1 3]`
    "without" (Any; ...Any) = |c, a| without(c, a);
    /// Like `without`.
    ///
    /// `{{ mustWithout (list 1 2 3) 2 }}` gives `[1 3]`
    "mustWithout" (Any; ...Any) = |c, a| without(c, a);
    /// Whether the list holds an item.
    ///
    /// `{{ has 2 (list 1 2) }}` gives `true`
    "has" (Any, Any) = |c, a| has(c, a);
    /// Like `has`.
    ///
    /// `{{ mustHas 2 (list 1 2) }}` gives `true`
    "mustHas" (Any, Any) = |c, a| has(c, a);
    /// The items that are not empty.
    ///
    /// `{{ compact (list 0 1 "" "a") }}` gives `[1 a]`
    "compact" (Any) = |_, a| compact(a);
    /// Like `compact`.
    ///
    /// `{{ mustCompact (list 0 1 "" "a") }}` gives `[1 a]`
    "mustCompact" (Any) = |_, a| compact(a);
}

fn make(items: Vec<Value>) -> Outcome<Value> {
    Value::list(items.into_iter().map(Value::boxed).collect())
}

fn rest(a: &[Value]) -> Outcome<Value> {
    match items(a.at(0), "find rest")? {
        [] => Ok(Value::List(List::nil(crate::value::Elem::Any))),
        [_, tail @ ..] => make(tail.to_vec()),
    }
}

fn initial(a: &[Value]) -> Outcome<Value> {
    match items(a.at(0), "find initial")? {
        [] => Ok(Value::List(List::nil(crate::value::Elem::Any))),
        [head @ .., _] => make(head.to_vec()),
    }
}

fn append(a: &[Value]) -> Outcome<Value> {
    let mut all = items(a.at(0), "push")?.to_vec();
    all.push(a.at(1).clone());
    make(all)
}

fn prepend(a: &[Value]) -> Outcome<Value> {
    let mut all = vec![a.at(1).clone()];
    all.extend_from_slice(items(a.at(0), "prepend")?);
    make(all)
}

fn contains(ctx: &mut Ctx<'_>, list: &[Value], item: &Value) -> Outcome<bool> {
    for other in list {
        if cast::deep_equal(ctx, other, item, 0)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn uniq(ctx: &mut Ctx<'_>, a: &[Value]) -> Outcome<Value> {
    let mut kept = Vec::new();
    for item in items(a.at(0), "find uniq")? {
        if !contains(ctx, &kept, item)? {
            kept.push(item.clone());
        }
    }
    make(kept)
}

fn without(ctx: &mut Ctx<'_>, a: &[Value]) -> Outcome<Value> {
    let mut kept = Vec::new();
    for item in items(a.at(0), "find without")? {
        if !contains(ctx, a.tail(1), item)? {
            kept.push(item.clone());
        }
    }
    make(kept)
}

fn has(ctx: &mut Ctx<'_>, a: &[Value]) -> Outcome<Value> {
    if a.at(1).is_nil() {
        return Ok(Value::Bool(false));
    }
    let list = items(a.at(1), "find has")?;
    contains(ctx, list, a.at(0)).map(Value::Bool)
}

fn compact(a: &[Value]) -> Outcome<Value> {
    make(items(a.at(0), "compact")?.iter().filter(|item| !logic::empty(item)).cloned().collect())
}
