//! Values that are JSON objects, merged into one.

use std::collections::{BTreeMap, BTreeSet};

use eso_core::crd::{RewriteMerge, RewriteMergeConflictPolicy, RewriteMergePriorityPolicy, RewriteMergeStrategy};
use eso_core::{SecretBytes, SecretMap};
use eso_template::format::float::format_float;
use eso_template::json::{Style, read, write};
use eso_template::{Ctx, Value};

use super::rewrite::Engine;
use crate::since::Since;

/// The members of every object, by name; later objects win.
///
/// Errors: a clause that names keys and never a value.
pub(super) fn merge(map: SecretMap, wanted: &RewriteMerge, engine: &mut Engine<'_>) -> Result<SecretMap, String> {
    let into = wanted.into.as_deref().unwrap_or_default();
    let whole = wanted.strategy == Some(RewriteMergeStrategy::Json);
    if whole && into.is_empty() {
        return Err("no key to put the object under: merge.into is empty, and strategy JSON needs it".to_owned());
    }
    let limits = engine.limits;
    let mut host = Since::now(engine.host);
    let mut ctx = Ctx::new(&mut host, limits, Value::NilAny);
    let mut members: BTreeMap<String, Value> = BTreeMap::new();
    let mut conflicts = BTreeSet::new();
    for key in in_order(&map, wanted)? {
        let Some(value) = map.get(key) else { continue };
        for (name, member) in object(&mut ctx, key, value)? {
            if members.insert(name.clone(), member).is_some() {
                conflicts.insert(name);
            }
        }
    }
    if !conflicts.is_empty() && wanted.conflict_policy != Some(RewriteMergeConflictPolicy::Ignore) {
        let names: Vec<String> = conflicts.into_iter().collect();
        return Err(format!(
            "conflicts: {}. Set merge.conflictPolicy to Ignore to let the later key win, or take them apart.",
            names.join(", ")
        ));
    }
    if whole {
        let mut map = map;
        let members = members.into_iter().map(|(name, value)| (name.into_bytes().into(), value)).collect();
        let merged = Value::dict(members).and_then(|merged| write(&mut ctx, &merged, Style::Raw));
        let merged = merged.map_err(|failure| failure.text)?;
        map.insert(into.to_owned(), SecretBytes::new(merged.into_bytes()));
        return Ok(map);
    }
    members
        .into_iter()
        .map(|(name, value)| {
            let text = plain(&mut ctx, &value).map_err(|why| format!("member {name:?}: {why}"))?;
            Ok((name, SecretBytes::new(text)))
        })
        .collect()
}

/// Keys in byte order but those with priority, which come last in the order that they are listed in.
fn in_order<'m>(map: &'m SecretMap, wanted: &'m RewriteMerge) -> Result<Vec<&'m String>, String> {
    let priority: Vec<&String> = wanted.priority.iter().flatten().collect();
    let mut keys: Vec<&String> = map.keys().filter(|key| !priority.contains(key)).collect();
    for key in priority {
        if map.contains_key(key) {
            keys.push(key);
        } else if wanted.priority_policy != Some(RewriteMergePriorityPolicy::IgnoreNotFound) {
            return Err(format!(
                "no key \"{key}\", which merge.priority lists. Set merge.priorityPolicy to IgnoreNotFound if it may be missing."
            ));
        }
    }
    Ok(keys)
}

/// The members of an object; `null` has none.
fn object(ctx: &mut Ctx<'_>, key: &str, value: &SecretBytes) -> Result<Vec<(String, Value)>, String> {
    let wrong = || format!("a value that is not a JSON object: that of key \"{key}\"");
    let document = read(ctx, value.expose()).map_err(|failure| if failure.budget { failure.text } else { wrong() })?;
    if document.overflow {
        return Err(wrong());
    }
    match document.value {
        Value::Nil | Value::NilAny => Ok(Vec::new()),
        Value::Map(members) => {
            let members = members.entries().into_iter();
            Ok(members.map(|(name, value)| (String::from_utf8_lossy(&name).into_owned(), value)).collect())
        }
        _ => Err(wrong()),
    }
}

/// A member as the value of a key: texts and numbers as they are, nothing for `null`, JSON for the rest.
fn plain(ctx: &mut Ctx<'_>, value: &Value) -> Result<Vec<u8>, String> {
    match value {
        Value::Str(text) => Ok(text.to_vec()),
        Value::Nil | Value::NilAny => Ok(Vec::new()),
        Value::Float(number) => Ok(format_float(*number, 'f', None).into_bytes()),
        other => write(ctx, other, Style::Html).map(String::into_bytes).map_err(|failure| failure.text),
    }
}
