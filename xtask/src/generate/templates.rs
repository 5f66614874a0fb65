//! The manual page of the template functions, from their doc comments.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use eso_template::Table;
use eso_template::functions::{Function, Param};

/// Where the page is.
pub const FILE: &str = "docs/templates.md";
/// Prose before and after the functions.
const HEAD: &str = "crates/template/manual/head.md";
const TAIL: &str = "crates/template/manual/tail.md";

/// The page.
pub fn page(root: &Path) -> Result<String> {
    let read = |name: &str| std::fs::read_to_string(root.join(name)).with_context(|| format!("reading {name}"));
    let mut families = BTreeMap::<&str, Vec<&Function>>::new();
    for function in Table::Eso.all() {
        let name = function.family.rsplit("::").next().unwrap_or_default();
        families.entry(name).or_default().push(function);
    }
    let mut page = format!("<!-- Written by `cargo xtask gen`. Do not edit. -->\n\n{}\n", read(HEAD)?.trim_end());
    for (family, functions) in families {
        let source = read(&format!("crates/template/src/functions/{family}.rs"))?;
        let _ = write!(page, "\n### {}\n\n{}\n", title(family), introduction(&source));
        for function in functions {
            page += &entry(function);
        }
    }
    Ok(page + "\n" + &read(TAIL)?)
}

/// `text_case` as a heading.
fn title(family: &str) -> String {
    let words = family.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What the file of a family says about itself.
fn introduction(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(str::trim).collect::<Vec<_>>().join(" ").trim().to_string()
}

fn entry(function: &Function) -> String {
    let mut words = vec![function.name.to_string()];
    words.extend(function.params.iter().map(|param| name(*param).to_string()));
    words.extend(function.rest.map(|param| format!("{}...", name(param))));
    let mut text = format!("\n#### `{}`\n\n", words.join(" "));
    let lines: Vec<&str> = function.doc.lines().map(str::trim).collect();
    let (examples, prose): (Vec<&str>, Vec<&str>) = lines.into_iter().partition(|line| line.contains("` gives `"));
    let _ = writeln!(text, "{}", prose.join(" ").trim());
    for example in examples {
        let (template, result) = example.split_once("` gives `").unwrap_or((example, ""));
        let result = result.trim_end_matches('`').replace('⏎', "\n");
        let _ = write!(text, "\n```\n{}\n```\ngives\n```\n{result}\n```\n", template.trim_start_matches('`'));
    }
    text
}

/// A type as users of templates know it.
fn name(param: Param) -> &'static str {
    match param {
        Param::Any | Param::Raw => "any",
        Param::Str | Param::HashAlgorithm => "text",
        Param::Int | Param::Uint32 => "int",
        Param::Float => "float",
        Param::Bool => "bool",
        Param::Dict => "dict",
        Param::AnyList => "list",
        Param::Time => "time",
        Param::Duration => "duration",
        Param::Location => "location",
        Param::Certificate => "certificate",
        Param::Version => "version",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_a_signature_a_sentence_and_an_example() {
        let text = entry(Table::Eso.get("trunc").expect("trunc exists"));
        assert!(text.starts_with("\n#### `trunc int text`\n\n"), "{text}");
        assert!(text.contains("gives\n```\nabc ef\n```"), "{text}");
    }

    #[test]
    fn the_introduction_is_the_head_of_the_file() {
        assert_eq!(introduction("//! One\n//! two.\n\nuse x;\n//! no\n"), "One two.");
        assert_eq!(title("text_case"), "Text case");
    }
}
