//! Sizes of files and functions.

use super::source::{Source, end_of_item, line_of};
use super::{Finding, Findings};

/// Lines of a file without its tests: what to aim at, and where it ends.
const FILE: (usize, usize) = (400, 600);
/// Lines of a function.
const FUNCTION: (usize, usize) = (40, 80);

/// Compares every file and function outside tests with its budget.
pub fn check(sources: &[Source]) -> Findings {
    let mut findings = Findings::default();
    for source in sources {
        let lines = source.lines_without_tests();
        let text = format!("{lines} lines without tests, the budget is {}: split it by what it knows", FILE.0);
        push(&mut findings, FILE, lines, Finding::whole(&source.name, text));
        for (name, first, lines) in functions(source) {
            let text = format!("fn {name} has {lines} lines, the budget is {}: take a step out of it", FUNCTION.0);
            push(&mut findings, FUNCTION, lines, Finding::at(&source.name, first, text));
        }
    }
    findings
}

fn push(findings: &mut Findings, budget: (usize, usize), size: usize, finding: Finding) {
    if size > budget.1 {
        findings.errors.push(finding);
    } else if size > budget.0 {
        findings.warnings.push(finding);
    }
}

/// Name, first line and number of lines of each function outside tests.
fn functions(source: &Source) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = source.bare.get(from..).and_then(|rest| rest.find("fn ")).map(|at| at + from) {
        from = at + 3;
        let starts_word =
            source.bare.get(..at).is_none_or(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let rest = source.bare.get(from..).unwrap_or_default();
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let first = line_of(&source.bare, at);
        if starts_word && !name.is_empty() && !source.is_test_line(first) {
            let last = line_of(&source.bare, end_of_item(&source.bare, at));
            found.push((name, first, last + 1 - first));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(body_lines: usize) -> Source {
        let text = format!(
            "fn short() {{}}\ntrait T {{ fn declared(&self) -> [u8; 3]; }}\nfn long() {{\n{}}}\n",
            "    a();\n".repeat(body_lines)
        );
        Source::new("crates/x/src/a.rs".into(), text)
    }

    #[test]
    fn functions_are_measured_from_name_to_closing_brace() {
        let lengths: Vec<_> = functions(&source(5)).into_iter().map(|(name, _, lines)| (name, lines)).collect();
        assert_eq!(lengths, [("short".into(), 1), ("declared".into(), 1), ("long".into(), 7)]);
    }

    #[test]
    fn a_function_over_the_hard_budget_fails_and_over_the_soft_one_warns() {
        assert_eq!(check(&[source(79)]).errors.len(), 1);
        let between = check(&[source(50)]);
        assert_eq!((between.errors.len(), between.warnings.len()), (0, 1));
    }

    #[test]
    fn a_file_over_the_hard_budget_fails() {
        let long = Source::new("crates/x/src/a.rs".into(), "const A: u8 = 1;\n".repeat(601));
        assert_eq!(check(&[long]).errors.len(), 1);
    }
}
