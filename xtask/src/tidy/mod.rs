//! Checks of the design that no compiler makes. Each finding names file and line and says what to do.

mod budgets;
mod docs;
mod edges;
mod parity;
mod paths;
mod providers;
pub mod source;

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};

/// One thing to mend.
pub struct Finding {
    /// File below the workspace's root.
    pub file: String,
    /// Line, from 1; 0 means the file as a whole.
    pub line: usize,
    /// What is wrong and what to do.
    pub text: String,
}

impl Finding {
    /// `line` counts from 0, as everywhere in this module.
    fn at(file: &str, line: usize, text: String) -> Self {
        Self { file: file.to_owned(), line: line + 1, text }
    }

    fn whole(file: &str, text: String) -> Self {
        Self { file: file.to_owned(), line: 0, text }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.text),
            line => write!(f, "{}:{line}: {}", self.file, self.text),
        }
    }
}

/// What a check found: what fails, and what only should be better.
#[derive(Default)]
pub struct Findings {
    /// These fail the run.
    pub errors: Vec<Finding>,
    /// These are counted.
    pub warnings: Vec<Finding>,
}

/// Runs every check below `root`.
pub fn run(root: &Path) -> Result<()> {
    let sources = source::all(root)?;
    let checks: [(&str, Findings); 6] = [
        ("crate edges", edges::check(root)?),
        ("budgets", budgets::check(&sources)),
        ("providers by name", providers::check(root, &sources)?),
        ("module docs", docs::check(&sources)),
        ("machine paths", paths::check(root)?),
        ("parity list", parity::check(root, &sources)?),
    ];
    let mut failures = 0;
    for (name, findings) in &checks {
        println!("  {:<18} {}", name, verdict(findings));
        for warning in &findings.warnings {
            println!("    could be better: {warning}");
        }
        for error in &findings.errors {
            println!("    {error}");
        }
        failures += findings.errors.len();
    }
    if failures > 0 {
        bail!("{failures} thing(s) to mend, listed above");
    }
    Ok(())
}

fn verdict(findings: &Findings) -> String {
    match (findings.errors.len(), findings.warnings.len()) {
        (0, 0) => "ok".into(),
        (0, warnings) => format!("ok, {warnings} to keep an eye on"),
        (errors, _) => format!("{errors} to mend"),
    }
}
