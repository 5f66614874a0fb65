//! No file of the project names a place on somebody's machine.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Finding, Findings};

/// Beginnings of such places, put together here so that this file does not hold them.
const PLACES: [&str; 4] = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];

/// Looks through every file that git knows or would add.
pub fn check(root: &Path) -> Result<Findings> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root)
        .output()
        .context("running git")?;
    if !output.status.success() {
        bail!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let mut findings = Findings::default();
    for name in String::from_utf8_lossy(&output.stdout).split('\0').filter(|name| !name.is_empty()) {
        // what is no text, or was deleted but not yet committed, has no paths to read
        let Ok(text) = std::fs::read_to_string(root.join(name)) else { continue };
        findings.errors.extend(places(name, &text));
    }
    Ok(findings)
}

fn places(name: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for place in PLACES {
            if line.match_indices(place).any(|(at, _)| starts_path(line, at)) {
                found.push(Finding::at(
                    name,
                    number,
                    format!("names a place on one machine ({place}...): make it relative"),
                ));
            }
        }
    }
    found
}

/// A path starts there, instead of going on after a host or a variable.
fn starts_path(line: &str, at: usize) -> bool {
    line.get(..at)
        .and_then(|before| before.chars().next_back())
        .is_none_or(|c| !c.is_alphanumeric() && !"-_.~}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_folder_is_found_and_a_longer_path_is_not() {
        let place = PLACES[0];
        assert_eq!(places("a", &format!("x = \"{place}a\"")).len(), 1);
        assert_eq!(places("a", &format!("https://host{place}a")).len(), 0);
    }
}
