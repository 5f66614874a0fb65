//! The worlds that `docs/parity.md` lists as not matched yet.

use std::collections::BTreeMap;

use anyhow::Context as _;
use eso_harness::workspace;

/// Where the list is.
pub const FILE: &str = "docs/parity.md";
/// The heading of its section.
pub const HEADING: &str = "## Golden worlds";

/// The open worlds, each with the feature it waits for.
///
/// # Errors
/// When the file or the section is missing, or a world is listed twice or without a reason.
pub fn open_worlds() -> anyhow::Result<BTreeMap<String, String>> {
    let path = workspace::root()?.join(FILE);
    let text = std::fs::read_to_string(&path).with_context(|| format!("{FILE} cannot be read"))?;
    listed(&text)
}

/// Rows `| world | reason |` of the section.
fn listed(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let section = text.lines().skip_while(|line| line.trim() != HEADING).skip(1);
    let rows = section.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with('|'));
    anyhow::ensure!(text.lines().any(|line| line.trim() == HEADING), "{FILE} has no section \"{HEADING}\"");
    let mut open = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let ["", world, reason, ""] = cells.as_slice() else {
            anyhow::bail!("{FILE}: \"{row}\" is no row of the worlds' table: write | world | waits for |")
        };
        if *world == "world" || world.starts_with('-') {
            continue;
        }
        anyhow::ensure!(!reason.is_empty(), "{FILE}: the open world {world} has no reason");
        let earlier = open.insert(world.trim_matches('`').to_owned(), (*reason).to_owned());
        anyhow::ensure!(earlier.is_none(), "{FILE}: the open world {world} is listed twice");
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_of_the_section_count() {
        let text = format!(
            "| no | x |\n{HEADING}\n\nWords.\n\n| world | waits for |\n|---|---|\n| `a-b` | templates |\n\n## Next\n| c | x |\n"
        );
        let open = listed(&text).expect("a list");
        assert_eq!(open.into_iter().collect::<Vec<_>>(), [("a-b".to_owned(), "templates".to_owned())]);
    }

    #[test]
    fn a_missing_section_a_missing_reason_and_a_doubled_world_are_faults() {
        assert!(listed("# Parity\n").is_err());
        assert!(listed(&format!("{HEADING}\n| a |  |\n")).is_err());
        assert!(listed(&format!("{HEADING}\n| a | x |\n| `a` | y |\n")).is_err());
        assert!(listed(&format!("{HEADING}\n| a | b | c |\n")).is_err());
    }
}
