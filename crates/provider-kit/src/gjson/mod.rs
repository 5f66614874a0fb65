//! Reads values out of JSON text by gjson paths.
//!
//! Users write these paths into `remoteRef.property`, so the language is that of ESO: `a.b`, `list.0`, `list.#`, `list.#.name`,
//! `list.#(age>40)#.name`, wildcards, `\` escapes, pipes, modifiers such as `@keys`, literals such as `!true`, and multipaths
//! such as `{a,b}`. Source: the syntax documentation of gjson. The text is never checked: what is not JSON gives no value or a
//! best guess, and raw parts of the document come out byte for byte.
//!
//! A path comes from a user who may write anything, so a lookup is bounded in depth, in bytes scanned and in bytes made; beyond
//! a bound nothing is found.

mod lookup;
mod modifiers;
mod multipath;
mod path;
mod pretty;
mod query;
mod scan;
mod text;
mod wildcard;

#[cfg(test)]
mod tests;

pub(crate) use text::unquoted;

use eso_core::SecretBytes;

/// The value at `path` in its string form: strings without quotes and escapes, null as nothing, whole numbers as they stand,
/// other numbers as the shortest decimal without exponent, objects and arrays as they stand. None when nothing is there.
pub fn get(json: &[u8], path: &str) -> Option<SecretBytes> {
    let mut bounds = lookup::Bounds::new();
    lookup::get(json, path.as_bytes(), &mut bounds).map(|raw| SecretBytes::new(text::string_form(&raw)))
}
