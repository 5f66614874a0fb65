//! Every file says at its top what it is for.

use super::source::Source;
use super::{Finding, Findings};

/// Files of crates and of test packages whose first line of text is no `//!`.
pub fn check(sources: &[Source]) -> Findings {
    let mut findings = Findings::default();
    for source in sources.iter().filter(|source| !source.is_test_file()) {
        let first = source.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if !first.starts_with("//! ") {
            let text = "starts without `//!`: say in a line or two what it is for".to_owned();
            findings.errors.push(Finding::at(&source.name, 0, text));
        } else if first.to_lowercase().contains("placeholder") {
            findings.errors.push(Finding::at(&source.name, 0, "is still a placeholder: write it or remove it".into()));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_words_at_its_top_is_found() {
        let of = |text: &str| check(&[Source::new("crates/x/src/lib.rs".into(), text.into())]).errors.len();
        assert_eq!((of("//! Something.\n"), of("use a;\n"), of("//! Placeholder.\n"), of("")), (0, 1, 1, 1));
    }
}
