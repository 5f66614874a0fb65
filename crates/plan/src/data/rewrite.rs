//! Changes to the keys that a backend gave, by the user's rules.

use eso_core::crd::Rewrite;
use eso_core::{Fault, FaultKind, SecretMap};
use eso_template::{Cache, Host, Limits, MissingKey, Options, Value};

use super::merge::merge;
use crate::since::Since;

/// What rules are worked out with.
pub struct Engine<'a> {
    /// What the rewriting of one key may use up.
    pub limits: Limits,
    /// Parsed templates. What is in it changes no result.
    pub parsed: &'a Cache,
    /// Time and randomness.
    pub host: &'a mut dyn Host,
}

/// A regular expression is replaced by the function of that name, so that both read `$1x` alike.
const REPLACE: &str = "{{ regexReplaceAll .source .value .target }}";

/// Applies the operations in their order, each to what the one before left.
///
/// Two keys that become one are an error that names them; ESO keeps one of the two by chance ([B8]). Keys that become empty are
/// dropped later, so that any number of them may.
pub fn rewrite(map: SecretMap, operations: &[Rewrite], engine: &mut Engine<'_>) -> Result<SecretMap, Fault> {
    operations.iter().enumerate().try_fold(map, |map, (index, operation)| {
        apply(map, operation, engine).map_err(|fault| {
            let text = format!("error applying rewrite to keys: failed rewrite operation[{index}]: {}", fault.message);
            Fault::new(fault.kind, text)
        })
    })
}

fn apply(map: SecretMap, operation: &Rewrite, engine: &mut Engine<'_>) -> Result<SecretMap, Fault> {
    if let Some(regexp) = &operation.regexp {
        if let Err(why) = crate::regexp::compile(&regexp.source) {
            return Err(invalid(format!("regexp failed with failed to compile: {why}: {:?}", regexp.source)));
        }
        return renamed(map, "regexp", |key| {
            let dot = [("source", regexp.source.as_str()), ("target", &regexp.target), ("value", key)];
            engine.render("regexp", REPLACE, Value::string_map(dot))
        });
    }
    if let Some(transform) = &operation.transform {
        return renamed(map, "transform", |key| {
            engine.render("transform", &transform.template, Value::string_map([("value", key)]))
        });
    }
    if let Some(wanted) = &operation.merge {
        return merge(map, wanted, engine).map_err(|why| invalid(format!("merge failed with {why}")));
    }
    Ok(map)
}

/// Every key anew.
fn renamed(
    map: SecretMap,
    operation: &str,
    mut rename: impl FnMut(&str) -> Result<String, String>,
) -> Result<SecretMap, Fault> {
    let mut renamed = SecretMap::new();
    for (key, value) in map {
        let new = rename(&key).map_err(|why| invalid(format!("{operation} failed with {why}")))?;
        if !new.is_empty() && renamed.contains_key(&new) {
            return Err(invalid(format!(
                "{operation} makes \"{new}\" of \"{key}\", and another key became that already. Give each its own name."
            )));
        }
        renamed.insert(new, value);
    }
    Ok(renamed)
}

impl Engine<'_> {
    /// Delimiters are the usual ones whatever the operator's flags say, as in ESO; what is not there gives `<no value>`.
    fn render(&mut self, name: &str, text: &str, dot: Value) -> Result<String, String> {
        let options = Options { missing: MissingKey::Default, ..Options::default() };
        let template = self.parsed.parse(name, text, &options).map_err(|error| error.to_string())?;
        let mut host = Since::now(self.host);
        let rendered = template.render(&dot, &mut host, self.limits).map_err(|error| error.to_string())?;
        String::from_utf8(rendered).map_err(|_| "it gives a key that is not UTF-8 text".to_owned())
    }
}

fn invalid(text: String) -> Fault {
    Fault::new(FaultKind::Invalid, text)
}

#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;
