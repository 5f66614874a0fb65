//! Only a provider's own crate and the registry name it.

use std::path::Path;

use anyhow::{Context, Result};

use super::source::Source;
use super::{Finding, Findings};

/// Crates that know no provider by name.
const NEUTRAL: [&str; 5] = [
    "crates/core/src/",
    "crates/plan/src/",
    "crates/provider-kit/src/",
    "crates/runtime/src/",
    "crates/controller/src/",
];

/// Looks for the names of the folders below `crates/providers` in code and literals (not comments, not tests) of neutral crates.
pub fn check(root: &Path, sources: &[Source]) -> Result<Findings> {
    let folder = root.join("crates/providers");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))? {
        names.push(entry?.file_name().to_string_lossy().to_lowercase());
    }
    names.sort();
    let mut findings = Findings::default();
    for source in sources.iter().filter(|source| NEUTRAL.iter().any(|prefix| source.name.starts_with(prefix))) {
        findings.errors.extend(named(source, &names));
    }
    Ok(findings)
}

fn named(source: &Source, names: &[String]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, line) in source.uncommented.lines().enumerate() {
        if source.is_test_line(number) {
            continue;
        }
        for name in words(line).into_iter().filter(|word| names.contains(word)) {
            let text = format!("names the provider {name}: move what is special to it into crates/providers/{name}");
            found.push(Finding::at(&source.name, number, text));
        }
    }
    found
}

/// What has a provider's name and is none: the TLS library, the kinds of generators, and flags that ESO has.
const NAMESAKES: [&str; 5] = ["aws_lc", "aws-lc", "\"Fake\"", "\"VaultDynamicSecret\"", "vault-token-cache"];

/// Words of a line in lower case, split where case changes and at everything that is no letter or digit.
fn words(line: &str) -> Vec<String> {
    let line = NAMESAKES.iter().fold(line.to_owned(), |line, namesake| line.replace(namesake, ""));
    let mut words = vec![String::new()];
    let mut last_lower = false;
    for c in line.chars() {
        let boundary = !c.is_alphanumeric() || (c.is_uppercase() && last_lower);
        last_lower = c.is_lowercase();
        if boundary {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        named(&Source::new("crates/plan/src/a.rs".into(), text.into()), &["aws".into(), "fake".into()]).len()
    }

    #[test]
    fn names_in_identifiers_and_literals_are_found() {
        assert_eq!(
            found("let x = AwsConfig::new();\nlet y = \"AWS/SecretsManager\";\nmod fake;\nlet aws_region = 1;\n"),
            4
        );
    }

    #[test]
    fn names_in_comments_tests_longer_words_and_the_tls_library_are_not() {
        assert_eq!(
            found("// aws\nlet laws = faked(aws_lc_rs);\n#[cfg(test)]\nmod t { const A: &str = \"aws\"; }\n"),
            0
        );
    }
}
