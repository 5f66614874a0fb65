//! Dictionaries. `set` and `unset` change the map in place, and every variable that holds it sees the change.

use std::collections::BTreeMap;

use super::Args;
use super::cast::{dict, text};
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::value::{Elem, List, Map, Value};

functions! {
    /// A map of keys and values in turn; a last key without a value gets an empty text.
    ///
    /// `{{ dict "a" 1 "b" 2 }}` gives `map[a:1 b:2]`
    "dict" (; ...Any) = |c, a| {
        let mut entries = BTreeMap::new();
        for pair in a.chunks(2) {
            let value = pair.get(1).cloned().unwrap_or_else(|| Value::text(""));
            entries.insert(text(c, pair.at(0))?.into(), value.boxed());
        }
        Value::dict(entries)
    };
    /// The value of a key, or an empty text.
    ///
    /// `{{ get (dict "a" 1) "a" }}` gives `1`
    "get" (Dict, Str) = |_, a| Ok(dict(a.at(0))?.get(a.str(1)).unwrap_or_else(|| Value::text("")));
    /// Sets a key in place and gives the map.
    ///
    /// `{{ $d := dict }}{{ $_ := set $d "k" "v" }}{{ $d }}` gives `map[k:v]`
    "set" (Dict, Str, Any) = |c, a| {
        c.set(dict(a.at(0))?, a.str(1).into(), a.at(2).clone().boxed())?;
        Ok(a.at(0).clone())
    };
    /// Removes a key in place and gives the map.
    ///
    /// `{{ unset (dict "a" 1 "b" 2) "a" }}` gives `map[b:2]`
    "unset" (Dict, Str) = |_, a| {
        dict(a.at(0))?.remove(a.str(1));
        Ok(a.at(0).clone())
    };
    /// Whether the map has a key.
    ///
    /// `{{ hasKey (dict "a" 1) "a" }}` gives `true`
    "hasKey" (Dict, Str) = |_, a| Ok(Value::Bool(dict(a.at(0))?.get(a.str(1)).is_some()));
    /// The keys of the maps, each map's keys sorted.
    ///
    /// `{{ keys (dict "b" 1 "a" 2) }}` gives `[a b]`
    "keys" (; ...Dict) = |_, a| {
        let mut keys = Vec::new();
        for map in a {
            keys.extend(dict(map)?.entries().into_iter().map(|(key, _)| key));
        }
        Value::texts(keys)
    };
    /// The values of the map, in the order of their keys.
    ///
    /// `{{ values (dict "b" 1 "a" 2) }}` gives `[2 1]`
    "values" (Dict) = |_, a| Value::list(dict(a.at(0))?.entries().into_iter().map(|(_, v)| v).collect());
    /// A map of the given keys, as far as they exist.
    ///
    /// `{{ pick (dict "a" 1 "b" 2) "a" "x" }}` gives `map[a:1]`
    "pick" (Dict; ...Str) = |_, a| chosen(a, true);
    /// A map of all but the given keys.
    ///
    /// `{{ omit (dict "a" 1 "b" 2) "a" }}` gives `map[b:2]`
    "omit" (Dict; ...Str) = |_, a| chosen(a, false);
    /// The values of one key in all the maps that have it.
    ///
    /// `{{ pluck "a" (dict "a" 1) (dict "b" 2) (dict "a" 3) }}` gives `[1 3]`
    "pluck" (Str; ...Dict) = |_, a| {
        let mut found = Vec::new();
        for map in a.tail(1) {
            found.extend(dict(map)?.get(a.str(0)));
        }
        Value::list(found)
    };
    /// The value behind keys one inside the other; the last two arguments are the default and the map.
    ///
    /// `{{ dig "x" "y" "none" (dict "x" (dict "y" 1)) }}` gives `1`
    "dig" (; ...Any) = |_, a| dig(a);
    /// A copy that shares nothing with the original.
    ///
    /// `{{ deepCopy (dict "a" 1) }}` gives `map[a:1]`
    "deepCopy" (Any) = |c, a| copy(c, a.at(0), 0);
    /// Like `deepCopy`.
    ///
    /// `{{ mustDeepCopy (list 1) }}` gives `[1]`
    "mustDeepCopy" (Any) = |c, a| copy(c, a.at(0), 0);
    /// Puts into the first map what it lacks and the others have; empty values count as lacking, nested maps are merged.
    ///
    /// `{{ merge (dict "a" "") (dict "a" 1 "b" 2) }}` gives `map[a:1 b:2]`
    "merge" (Dict; ...Dict) = |c, a| merge(c, a, Conflict::Keep);
    /// Like `merge`.
    ///
    /// `{{ mustMerge (dict "a" 1) (dict "a" 2) }}` gives `map[a:1]`
    "mustMerge" (Dict; ...Dict) = |c, a| merge(c, a, Conflict::Keep);
    /// Like `merge`, but values of the later maps win.
    ///
    /// `{{ mergeOverwrite (dict "a" 1) (dict "a" 2) }}` gives `map[a:2]`
    "mergeOverwrite" (Dict; ...Dict) = |c, a| merge(c, a, Conflict::Overwrite);
    /// Like `mergeOverwrite`.
    ///
    /// `{{ mustMergeOverwrite (dict "a" 1) (dict "a" 2) }}` gives `map[a:2]`
    "mustMergeOverwrite" (Dict; ...Dict) = |c, a| merge(c, a, Conflict::Overwrite);
}

/// Which value stays when two maps have the same key.
#[derive(Clone, Copy, PartialEq)]
enum Conflict {
    Keep,
    Overwrite,
}

fn chosen(a: &[Value], listed: bool) -> Outcome<Value> {
    let names: Vec<&[u8]> = (1..a.len()).map(|at| a.str(at)).collect();
    let entries = dict(a.at(0))?.entries().into_iter();
    Value::dict(entries.filter(|(key, _)| names.contains(&key.as_ref()) == listed).collect())
}

fn dig(a: &[Value]) -> Outcome<Value> {
    let [names @ .., default, map] = a else { return Err(Failure::new("dig needs at least three arguments")) };
    if names.is_empty() {
        return Err(Failure::new("dig needs at least three arguments"));
    }
    let no_map = |found: &Value| {
        let text =
            format!("interface conversion: interface {{}} is {}, not map[string]interface {{}}", found.type_name());
        Failure::new(text)
    };
    let is_dict = |found: &Value| matches!(found, Value::Map(map) if map.elem() == Elem::Any);
    if !is_dict(map) {
        return Err(no_map(map));
    }
    if names.iter().any(|name| !matches!(name, Value::Str(_))) {
        return Err(Failure::new("interface conversion: a key of dig is not a string"));
    }
    let mut found = map.clone();
    for at in 0..names.len() {
        let Value::Map(map) = &found else { return Err(no_map(&found)) };
        if !is_dict(&found) {
            return Err(no_map(&found));
        }
        match map.get(names.str(at)) {
            Some(value) => found = value,
            None => return Ok(default.clone()),
        }
    }
    Ok(found)
}

fn copy(ctx: &mut Ctx<'_>, value: &Value, depth: u32) -> Outcome<Value> {
    ctx.step()?;
    if depth > 600 {
        return Err(Failure::budget("copies a value that nests too deep or holds itself"));
    }
    ctx.reserve(if depth == 0 { 0 } else { value.size() })?;
    match value {
        Value::List(list) => {
            let items = list.items().iter().map(|item| copy(ctx, item, depth + 1)).collect::<Outcome<_>>()?;
            List::new(list.elem(), items).map(Value::List)
        }
        Value::Map(map) => {
            let entries = map.entries().into_iter();
            let entries = entries.map(|(k, v)| Ok((k, copy(ctx, &v, depth + 1)?))).collect::<Outcome<_>>()?;
            Map::new(map.elem(), entries).map(Value::Map)
        }
        nil if nil.is_nil() && depth == 0 => Err(Failure::new("reflect: call of reflect.Value.Type on zero Value")),
        other => Ok(other.clone()),
    }
}

fn merge(ctx: &mut Ctx<'_>, a: &[Value], conflict: Conflict) -> Outcome<Value> {
    let fills = a.tail(1).iter().any(|source| matches!(source, Value::Map(map) if !map.is_nil()));
    // What is nil cannot be filled: a new map takes its place in the result.
    let to = match dict(a.at(0))? {
        nil if nil.is_nil() && fills => Map::new(nil.elem(), BTreeMap::new())?,
        to => to.clone(),
    };
    for source in a.tail(1) {
        merge_into(ctx, &to, dict(source)?, (conflict, 0))?;
    }
    Ok(Value::Map(to))
}

fn merge_into(ctx: &mut Ctx<'_>, to: &Map, from: &Map, (conflict, depth): (Conflict, u32)) -> Outcome<()> {
    if depth > 600 {
        return Err(Failure::budget("merges maps that nest too deep or hold themselves"));
    }
    for (key, value) in from.entries() {
        ctx.step()?;
        match (to.get(&key), &value) {
            (Some(Value::Map(inner)), Value::Map(other)) => {
                merge_into(ctx, &inner, other, (conflict, depth + 1))?;
            }
            (Some(old), _) if old.truth() && conflict == Conflict::Keep => {}
            // A nil fills no gap, but overwrites.
            (_, nil) if nil.is_nil() && conflict == Conflict::Keep => {}
            _ if to.elem() == Elem::Str && from.elem() == Elem::Any => {
                let text = "reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string";
                return Err(Failure::new(text));
            }
            _ => ctx.set(to, key, value)?,
        }
    }
    Ok(())
}
