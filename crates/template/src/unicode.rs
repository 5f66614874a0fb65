//! Classes and case of characters as Go's package unicode has them.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, HirKind};

/// Classes that the engine asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Category {
    /// `unicode.IsUpper`
    Upper,
    /// `unicode.IsLower`
    Lower,
    /// `unicode.IsTitle`
    Title,
    /// `unicode.IsLetter`
    Letter,
    /// `unicode.IsDigit`
    Digit,
    /// `unicode.IsNumber`
    Number,
    /// `unicode.IsPunct`
    Punct,
    /// `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the space.
    Print,
}

type Ranges = Vec<(char, char)>;

impl Category {
    fn pattern(self) -> &'static str {
        match self {
            Self::Upper => r"\p{Lu}",
            Self::Lower => r"\p{Ll}",
            Self::Title => r"\p{Lt}",
            Self::Letter => r"\p{L}",
            Self::Digit => r"\p{Nd}",
            Self::Number => r"\p{N}",
            Self::Punct => r"\p{P}",
            Self::Print => r"[\p{L}\p{M}\p{N}\p{P}\p{S} ]",
        }
    }

    fn ranges(self) -> &'static Ranges {
        static ALL: [OnceLock<Ranges>; 8] = [const { OnceLock::new() }; 8];
        static NONE: Ranges = Ranges::new();
        let read = || match regex_syntax::parse(self.pattern()).map(regex_syntax::hir::Hir::into_kind) {
            Ok(HirKind::Class(Class::Unicode(class))) => class.iter().map(|r| (r.start(), r.end())).collect(),
            _ => Ranges::new(),
        };
        ALL.get(self as usize).map_or(&NONE, |slot| slot.get_or_init(read))
    }

    /// Whether a character is in the class.
    pub fn has(self, c: char) -> bool {
        let ranges = self.ranges();
        let after = ranges.partition_point(|(start, _)| *start <= c);
        after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, end)| c <= *end)
    }
}

/// `unicode.ToUpper`: one character for one.
pub(crate) fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.len(), c) {
        (1, _) => mapped.next().unwrap_or(c),
        // Greek letters with iota below have an upper-case letter of their own beside the long form.
        (_, '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}') => shifted(c, 8),
        (_, '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}') => shifted(c, 9),
        _ => c,
    }
}

fn shifted(c: char, by: u32) -> char {
    char::from_u32(c as u32 + by).unwrap_or(c)
}

/// `unicode.ToLower`: one character for one.
pub(crate) fn lower(c: char) -> char {
    if c == 'İ' {
        return 'i';
    }
    let mut mapped = c.to_lowercase();
    if mapped.len() == 1 { mapped.next().unwrap_or(c) } else { c }
}

/// `unicode.ToTitle`: upper case but for letters that are two in one, and Georgian, which has no title case.
pub(crate) fn title(c: char) -> char {
    match c {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        'ა'..='ჿ' => c,
        _ => upper(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_go() {
        assert!(Category::Upper.has('Ä') && !Category::Upper.has('ä') && !Category::Upper.has('ǅ'));
        assert!(Category::Digit.has('٣') && !Category::Digit.has('²') && Category::Number.has('²'));
        assert!(Category::Print.has('\u{301}') && !Category::Print.has('\u{ad}') && !Category::Print.has('\u{a0}'));
    }

    #[test]
    fn case_maps_one_character_to_one() {
        assert_eq!(['ß', 'ÿ', 'ᾳ', 'ǆ'].map(upper), ['ß', 'Ÿ', 'ᾼ', 'Ǆ']);
        assert_eq!(['İ', 'Σ', 'ẞ'].map(lower), ['i', 'σ', 'ß']);
        assert_eq!(['ǆ', 'a'].map(title), ['ǅ', 'A']);
    }
}
