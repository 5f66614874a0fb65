//! `docs/parity.md` is complete and true.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::source::Source;
use super::{Finding, Findings};
use crate::parity::{self, DIFFERENT, ITEMS, ParityTest, Row};

const DIFFERENCES: &str = "docs/differences.md";

/// Every number has one row; every row says what the tests say; every test runs and names a row; every anchor exists.
pub fn check(root: &Path, sources: &[Source]) -> Result<Findings> {
    let text = std::fs::read_to_string(root.join(parity::FILE)).with_context(|| format!("reading {}", parity::FILE))?;
    let differences = std::fs::read_to_string(root.join(DIFFERENCES)).unwrap_or_default();
    let (rows, tests) = (parity::rows(&text), parity::tests(sources));
    let mut findings = Findings::default();
    findings.errors.extend(numbering(&rows));
    findings.errors.extend(columns(&rows, &tests, &differences));
    findings.errors.extend(tests.iter().filter_map(wrong_test));
    Ok(findings)
}

fn numbering(rows: &[Row]) -> Vec<Finding> {
    let mut lines: BTreeMap<usize, Vec<usize>> = (1..=ITEMS).map(|item| (item, Vec::new())).collect();
    for row in rows {
        lines.entry(row.item).or_default().push(row.line);
    }
    let mut wrong = Vec::new();
    for (item, lines) in lines {
        match lines.as_slice() {
            [] => wrong.push(Finding::whole(parity::FILE, format!("item {item} has no row: add it"))),
            [line] if !(1..=ITEMS).contains(&item) => {
                wrong.push(Finding::at(parity::FILE, *line, format!("there is no item {item}: items end at {ITEMS}")));
            }
            [_] => {}
            [.., last] => {
                wrong.push(Finding::at(parity::FILE, *last, format!("item {item} has a second row: remove one")));
            }
        }
    }
    wrong
}

fn columns(rows: &[Row], tests: &[ParityTest], differences: &str) -> Vec<Finding> {
    let mut wrong = Vec::new();
    let stale: Vec<&Row> = rows.iter().filter(|row| row.tested != parity::tested(row, tests)).collect();
    if let [first, ..] = stale.as_slice() {
        let truth = parity::tested(first, tests);
        let text = format!(
            "{} row(s) do not say what the tests say: run `cargo xtask gen`. The first is item {}, where it should say: {truth}",
            stale.len(),
            first.item
        );
        wrong.push(Finding::at(parity::FILE, first.line, text));
    }
    for row in rows {
        if let Some(link) = row.tested.split("<br>").find_map(|part| part.strip_prefix(DIFFERENT))
            && !anchor_exists(link, differences)
        {
            let text =
                format!("item {} points at {link}, which is not there: add the heading or mend the link", row.item);
            wrong.push(Finding::at(parity::FILE, row.line, text));
        }
    }
    wrong
}

/// An anchor is a heading in lower case with dashes, as code hosts make them, or an HTML id.
fn anchor_exists(link: &str, differences: &str) -> bool {
    let Some(anchor) = link.strip_prefix(DIFFERENCES).and_then(|rest| rest.strip_prefix('#')) else { return false };
    differences.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor)
        || differences.contains(&format!("id=\"{anchor}\""))
}

fn slug(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn wrong_test(test: &ParityTest) -> Option<Finding> {
    let complaint = if test.items.is_empty() {
        format!("{} names no item: put the number directly after parity_", test.name)
    } else if let Some(item) = test.items.iter().find(|item| !(1..=ITEMS).contains(*item)) {
        format!("{} names item {item}, and items end at {ITEMS}", test.name)
    } else if !test.runs {
        format!("{} is named as a test but has no test attribute, so it never runs", test.name)
    } else {
        return None;
    };
    Some(Finding::at(&test.file, test.line, complaint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_with(extra: &str) -> Vec<Row> {
        let all: Vec<String> =
            (1..=ITEMS).filter(|item| *item != 7).map(|item| format!("| {item} | a | open |")).collect();
        parity::rows(&format!("{}\n{extra}", all.join("\n")))
    }

    #[test]
    fn a_missing_a_doubled_and_an_unknown_item_are_found() {
        assert_eq!(numbering(&rows_with("| 7 | a | open |\n")).len(), 0);
        assert_eq!(numbering(&rows_with("")).len(), 1);
        assert_eq!(numbering(&rows_with("| 7 | a | open |\n| 8 | a | open |\n| 231 | a | open |\n")).len(), 2);
    }

    #[test]
    fn an_open_row_with_a_test_and_a_named_test_that_is_gone_are_found() {
        let test = ParityTest { name: "parity_1_a".into(), file: "f".into(), line: 0, items: vec![1], runs: true };
        let rows = parity::rows("| 1 | a | open |\n| 2 | b | `parity_2_b` (f) |\n| 3 | c | open |\n");
        let found = columns(&rows, &[test], "");
        assert!(found.len() == 1 && found.iter().all(|finding| finding.text.starts_with("2 row(s)")));
    }

    #[test]
    fn a_link_to_a_heading_that_is_not_there_is_found() {
        let rows = parity::rows("| 1 | a | different: see docs/differences.md#only-one-write |\n");
        assert_eq!(columns(&rows, &[], "## Only one write\n").len(), 0);
        assert_eq!(columns(&rows, &[], "## Other\n").len(), 1);
    }
}
