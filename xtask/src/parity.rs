//! `docs/parity.md`: one row per behaviour, and the tests that say so.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use crate::tidy::source::Source;

/// Where the list is.
pub const FILE: &str = "docs/parity.md";
/// Number of behaviours.
pub const ITEMS: usize = 230;
/// What stands in a row that no test covers.
pub const OPEN: &str = "open";
/// How a row starts that is done otherwise on purpose.
pub const DIFFERENT: &str = "different: see ";

/// A test function whose name says which behaviours it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParityTest {
    /// Its name.
    pub name: String,
    /// File below the workspace's root.
    pub file: String,
    /// Line, from 0.
    pub line: usize,
    /// The behaviours.
    pub items: Vec<usize>,
    /// Whether it carries a test attribute, so that it runs.
    pub runs: bool,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Number of the behaviour.
    pub item: usize,
    /// Line in the file, from 0.
    pub line: usize,
    /// The behaviour in short.
    pub behaviour: String,
    /// Where it is tested.
    pub tested: String,
}

/// Every function named `parity_<n>...`. The numbers follow each other up to the first other word:
/// `parity_45_46_conversion` covers 45 and 46.
pub fn tests(sources: &[Source]) -> Vec<ParityTest> {
    let mut found = Vec::new();
    for source in sources {
        let lines: Vec<&str> = source.bare.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some((before, after)) = line.split_once("fn parity_") else { continue };
            if !matches!(before.trim(), "" | "async" | "pub" | "pub async") {
                continue;
            }
            let rest: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let items = rest.split('_').map_while(|word| word.parse().ok()).collect();
            let above = lines.get(number.saturating_sub(8)..number).unwrap_or_default();
            let runs = above.iter().rev().take_while(|line| is_above_item(line)).any(|line| line.contains("test"));
            found.push(ParityTest {
                name: format!("parity_{rest}"),
                file: source.name.clone(),
                line: number,
                items,
                runs,
            });
        }
    }
    found
}

/// Attributes and blanked doc comments belong to the item below; code ends the search.
fn is_above_item(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line.ends_with(']')
}

/// The rows of the list's text.
pub fn rows(text: &str) -> Vec<Row> {
    let mut found = Vec::new();
    for (line, content) in text.lines().enumerate() {
        let cells: Vec<&str> = content.trim().split('|').map(str::trim).collect();
        if let ["", item, behaviour, tested, ""] = cells.as_slice()
            && let Ok(item) = item.parse()
        {
            found.push(Row { item, line, behaviour: (*behaviour).into(), tested: (*tested).into() });
        }
    }
    found
}

/// What the last column of a row shall say: a declared difference stays, tests are listed, else it is open.
pub fn tested(row: &Row, tests: &[ParityTest]) -> String {
    let mut parts = Vec::new();
    if let Some(difference) = row.tested.split("<br>").find(|part| part.starts_with(DIFFERENT)) {
        parts.push(difference.to_owned());
    }
    let mut by_file: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for test in tests.iter().filter(|test| test.items.contains(&row.item)) {
        by_file.entry(&test.file).or_default().push(&test.name);
    }
    for (file, names) in by_file {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        parts.push(format!("{} ({file})", names.join(", ")));
    }
    if parts.is_empty() { OPEN.to_owned() } else { parts.join("<br>") }
}

/// The list with its last column filled from the tests there are. Everything but that column stays as it is.
pub fn filled(root: &Path, sources: &[Source]) -> Result<String> {
    let text = std::fs::read_to_string(root.join(FILE)).with_context(|| format!("reading {FILE}"))?;
    Ok(fill(&text, &tests(sources)))
}

fn fill(text: &str, tests: &[ParityTest]) -> String {
    let rows: BTreeMap<usize, Row> = rows(text).into_iter().map(|row| (row.line, row)).collect();
    let line_of = |(number, line): (usize, &str)| match rows.get(&number) {
        Some(row) => format!("| {} | {} | {} |\n", row.item, row.behaviour, tested(row, tests)),
        None => format!("{line}\n"),
    };
    text.lines().enumerate().map(line_of).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod unit {
    #![allow(clippy::indexing_slicing)] // a test may fail loudly
    use super::*;

    fn found(text: &str) -> Vec<ParityTest> {
        tests(&[Source::new("crates/x/tests/a.rs".into(), text.into())])
    }

    #[test]
    fn numbers_are_read_up_to_the_first_other_word() {
        let tests = found(
            "#[test]\nfn parity_45_46_default_1_conversion() {}\n#[tokio::test]\n/// Words.\nasync fn parity_7_x() {}\n",
        );
        assert_eq!((tests[0].items.as_slice(), tests[1].items.as_slice()), ([45, 46].as_slice(), [7].as_slice()));
        assert!(tests.iter().all(|test| test.runs));
    }

    #[test]
    fn a_function_without_attribute_does_not_run_and_a_call_or_comment_is_none() {
        let tests = found("fn a() {}\nfn parity_1_a() {}\n// fn parity_2_b() {}\nlet x = \"fn parity_3_c\";\n");
        assert_eq!(tests.iter().map(|test| (test.items.clone(), test.runs)).collect::<Vec<_>>(), [(vec![1], false)]);
    }

    #[test]
    fn the_column_is_filled_and_a_declared_difference_stays() {
        let text = "# T\n| 1 | a | open |\n| 2 | b | different: see docs/differences.md#x |\n| 3 | c | stale |\n";
        let tests = found("#[test]\nfn parity_1_2_a() {}\n");
        let name = "`parity_1_2_a` (crates/x/tests/a.rs)";
        let expected = format!(
            "# T\n| 1 | a | {name} |\n| 2 | b | different: see docs/differences.md#x<br>{name} |\n| 3 | c | open |\n"
        );
        assert_eq!(fill(text, &tests), expected);
    }
}
