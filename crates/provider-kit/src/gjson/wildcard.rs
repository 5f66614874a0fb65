//! Simple patterns: `*` for any characters, `?` for one, `\` before a character that stands for itself.

/// Whether all of `text` fits `pattern`. Takes at most the product of both lengths in steps.
pub(super) fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut pat) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        let advanced = match pattern.get(pat) {
            Some(b'*') => {
                retry = Some((at, pat + 1));
                pat += 1;
                continue;
            }
            Some(b'?') => Some((letter_len(text, at), 1)),
            Some(b'\\') => (pattern.get(pat + 1) == text.get(at)).then_some((1, 2)),
            Some(letter) => (Some(letter) == text.get(at)).then_some((1, 1)),
            None => None,
        };
        match (advanced, retry) {
            (Some((of_text, of_pattern)), _) => {
                at += of_text;
                pat += of_pattern;
            }
            (None, Some((from, after_star))) => {
                let from = from + letter_len(text, from);
                retry = Some((from, after_star));
                at = from;
                pat = after_star;
            }
            (None, None) => return false,
        }
    }
    pattern.iter().skip(pat).all(|byte| *byte == b'*')
}

/// Number of bytes of the character at `at`; 1 for a byte that is not UTF-8.
fn letter_len(text: &[u8], at: usize) -> usize {
    let len = match text.get(at) {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => 1,
    };
    let whole = text.get(at..at + len).is_some_and(|letter| std::str::from_utf8(letter).is_ok());
    if whole { len } else { 1 }
}
