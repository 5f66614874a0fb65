//! Regular expressions that users write, read as Go reads them (RE2 syntax).

use eso_template::functions::regex_syntax::translate;
use regex_automata::meta::{BuildError, Regex};

/// The compiled pattern.
///
/// Errors: why Go would refuse it, in a few words without a full stop. The pattern itself is not quoted.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = translate(pattern).ok_or_else(|| "it ends early, or repeats more than 1000 times".to_owned())?;
    Regex::new(&translated).map_err(|error| why(&error))
}

fn why(error: &BuildError) -> String {
    if error.size_limit().is_some() {
        return "it is too large".to_owned();
    }
    match error.syntax_error() {
        Some(regex_syntax::Error::Parse(error)) => error.kind().to_string(),
        Some(regex_syntax::Error::Translate(error)) => error.kind().to_string(),
        _ => "it cannot be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn what_go_reads_is_read_and_what_go_refuses_is_told_why() {
        for good in ["", "^a", "team-.*", r"\d+", r"\Qa.b\E", "[[:alpha:]]", "a{2,3}", "a{", "(?i)x", "(?P<n>a)"] {
            assert!(compile(good).is_ok(), "{good}");
        }
        for (bad, part) in [("(", "unclosed group"), ("*", "repetition"), ("[a", "class"), ("a{1001}", "1000")] {
            let why = compile(bad).err().unwrap_or_default();
            assert!(why.contains(part), "{bad}: {why}");
        }
    }

    #[test]
    fn digits_are_those_of_ascii_as_in_go() {
        let digits = compile(r"^\d$").unwrap();
        assert!(digits.is_match("7") && !digits.is_match("\u{667}"));
    }
}
