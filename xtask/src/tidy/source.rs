//! Rust source without what is not code, by a lexer that knows comments, strings and characters and nothing else.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// One Rust file.
pub struct Source {
    /// Path below the workspace's root, with slashes.
    pub name: String,
    /// As it is.
    pub text: String,
    /// Comments are spaces.
    pub uncommented: String,
    /// Comments and the insides of literals are spaces, so braces and words are those of the code.
    pub bare: String,
    /// Lines (from 0) of items under `#[cfg(test)]`.
    test_lines: Vec<Range<usize>>,
}

impl Source {
    /// Reads `path`, which lies below `root`.
    pub fn read(root: &Path, path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        Ok(Self::new(name, text))
    }

    /// From text in hand.
    pub fn new(name: String, text: String) -> Self {
        let (uncommented, bare) = blank(&text);
        let test_lines = test_lines(&bare);
        Self { name, text, uncommented, bare, test_lines }
    }

    /// Whether the line (from 0) belongs to tests.
    pub fn is_test_line(&self, line: usize) -> bool {
        self.is_test_file() || self.test_lines.iter().any(|range| range.contains(&line))
    }

    /// Whether the whole file is tests: an integration test, or a module named as one.
    pub fn is_test_file(&self) -> bool {
        let stem = self.name.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        let package =
            ["crates/", "tests/", "xtask/"].iter().find_map(|top| self.name.strip_prefix(top)).unwrap_or_default();
        stem == "tests" || stem.ends_with("_tests") || format!("/{package}").contains("/tests/")
    }

    /// Number of lines that are not tests.
    pub fn lines_without_tests(&self) -> usize {
        (0..self.text.lines().count()).filter(|line| !self.is_test_line(*line)).count()
    }
}

/// Every `.rs` file of the workspace, in order of name.
pub fn all(root: &Path) -> Result<Vec<Source>> {
    let mut paths = Vec::new();
    for top in ["crates", "tests", "xtask"] {
        walk(&root.join(top), &mut paths)?;
    }
    paths.sort();
    paths.iter().map(|path| Source::read(root, path)).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("target") {
                walk(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// (without comments, without comments and insides of literals); both of the text's length in characters and lines.
fn blank(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut uncommented, mut bare) = (String::with_capacity(text.len()), String::with_capacity(text.len()));
    let mut at = 0;
    while at < chars.len() {
        let (kind, end) = token(&chars, at);
        for c in chars.get(at..end).unwrap_or_default() {
            let space = if *c == '\n' { '\n' } else { ' ' };
            uncommented.push(if kind == Token::Comment { space } else { *c });
            bare.push(if kind == Token::Code { *c } else { space });
        }
        at = end;
    }
    (uncommented, bare)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Code,
    Comment,
    Literal,
}

/// What starts at `at`, and where it ends.
fn token(chars: &[char], at: usize) -> (Token, usize) {
    let look = |ahead: usize| chars.get(at + ahead).copied().unwrap_or('\0');
    let before = at.checked_sub(1).and_then(|last| chars.get(last)).copied().unwrap_or(' ');
    let in_word = before.is_alphanumeric() || before == '_';
    match look(0) {
        '/' if look(1) == '/' => (Token::Comment, until(chars, at, |rest| rest.starts_with(&['\n']))),
        '/' if look(1) == '*' => (Token::Comment, end_of_block_comment(chars, at)),
        '"' => (Token::Literal, end_of_quoted(chars, at + 1, '"')),
        'r' if !in_word && (look(1) == '"' || (look(1) == '#' && matches!(look(2), '"' | '#'))) => {
            (Token::Literal, end_of_raw(chars, at + 1))
        }
        'b' if !in_word && look(1) == 'r' && matches!(look(2), '"' | '#') => {
            (Token::Literal, end_of_raw(chars, at + 2))
        }
        // a lifetime has no closing quote two or more characters on
        '\'' if look(1) == '\\' => (Token::Literal, end_of_quoted(chars, at + 1, '\'')),
        '\'' if look(2) == '\'' => (Token::Literal, at + 3),
        _ => (Token::Code, at + 1),
    }
}

fn until(chars: &[char], from: usize, stop: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|at| stop(chars.get(*at..).unwrap_or_default())).unwrap_or(chars.len())
}

fn end_of_block_comment(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0_usize, from);
    while let Some(rest) = chars.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(&['/', '*']) {
            depth += 1;
            at += 2;
        } else if rest.starts_with(&['*', '/']) {
            depth = depth.saturating_sub(1);
            at += 2;
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn end_of_quoted(chars: &[char], from: usize, quote: char) -> usize {
    let mut at = from;
    while let Some(c) = chars.get(at) {
        match *c {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// `from` is where the hashes or the quote start.
fn end_of_raw(chars: &[char], from: usize) -> usize {
    let hashes = chars.get(from..).unwrap_or_default().iter().take_while(|c| **c == '#').count();
    let mut close = vec!['"'];
    close.extend(std::iter::repeat_n('#', hashes));
    until(chars, from + hashes + 1, |rest| rest.starts_with(&close)).saturating_add(close.len()).min(chars.len())
}

fn test_lines(bare: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = bare.get(from..).and_then(|rest| rest.find("#[cfg(test)]")).map(|at| at + from) {
        let end = end_of_item(bare, start);
        found.push(line_of(bare, start)..line_of(bare, end) + 1);
        from = end.max(start + 1);
    }
    found
}

/// Where the item that starts at `start` ends: its closing brace, or a semicolon before any brace.
pub fn end_of_item(bare: &str, start: usize) -> usize {
    let (mut braces, mut other) = (0_usize, 0_usize);
    for (at, c) in bare.get(start..).unwrap_or_default().char_indices() {
        match c {
            '(' | '[' => other += 1,
            ')' | ']' => other = other.saturating_sub(1),
            '{' => braces += 1,
            '}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 {
                    return start + at;
                }
            }
            ';' if braces == 0 && other == 0 => return start + at,
            _ => {}
        }
    }
    bare.len()
}

/// Number of the line (from 0) that holds the byte at `at`.
pub fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).bytes().filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_strings_characters_and_comments_are_no_code() {
        let source = Source::new(
            "crates/x/src/a.rs".into(),
            "fn a<'a>(x: &'a str) { // {\n let b = '{'; let c = \"{\\\"\"; let d = r#\"{\"#; /* { /* { */ */ }\n"
                .into(),
        );
        assert_eq!(source.bare.matches('{').count(), 1);
        assert!(source.uncommented.contains("\"{\\\"\""));
        assert!(!source.uncommented.contains("/*"));
    }

    #[test]
    fn lines_of_test_modules_are_not_counted() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { let _ = \"}\"; }\n}\nfn c() {}\n";
        let source = Source::new("crates/x/src/a.rs".into(), text.into());
        assert_eq!(source.lines_without_tests(), 2);
        assert!(source.is_test_line(3) && !source.is_test_line(5));
    }

    #[test]
    fn files_below_tests_of_a_package_are_tests_and_packages_below_tests_are_not() {
        let is_test = |name: &str| Source::new(name.into(), String::new()).is_test_file();
        assert!(is_test("crates/core/tests/a.rs") && is_test("tests/golden/tests/a.rs") && is_test("xtask/tests/a.rs"));
        assert!(is_test("crates/runtime/src/queue_tests.rs"));
        assert!(!is_test("tests/harness/src/a.rs"));
    }
}
