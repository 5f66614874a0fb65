//! Go's time layouts: which pieces of a layout stand for what.

/// How a distance from UTC is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct OffsetStyle {
    /// `Z` for UTC.
    pub zulu: bool,
    /// Colons between the numbers.
    pub colon: bool,
    /// 1: hours only, 2: and minutes, 3: and seconds.
    pub parts: u8,
}

/// A piece of a layout that stands for a part of the time.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Piece {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    Offset(OffsetStyle),
    /// `.000`: the separator and how many digits.
    Fraction(u8, usize),
    /// `.999`: the same, without zeros at the end.
    ShortFraction(u8, usize),
}

/// Fixed spellings. Where one is the beginning of another, the longer stands first.
const SPELLINGS: [(&str, Piece); 33] = [
    ("January", Piece::LongMonth),
    ("Jan", Piece::Month),
    ("Monday", Piece::LongWeekday),
    ("Mon", Piece::Weekday),
    ("MST", Piece::ZoneName),
    ("002", Piece::ZeroYearDay),
    ("01", Piece::ZeroMonth),
    ("02", Piece::ZeroDay),
    ("03", Piece::ZeroHour12),
    ("04", Piece::ZeroMinute),
    ("05", Piece::ZeroSecond),
    ("06", Piece::Year),
    ("15", Piece::Hour),
    ("1", Piece::NumMonth),
    ("2006", Piece::LongYear),
    ("2", Piece::Day),
    ("__2", Piece::UnderYearDay),
    ("_2", Piece::UnderDay),
    ("3", Piece::Hour12),
    ("4", Piece::Minute),
    ("5", Piece::Second),
    ("PM", Piece::UpperPm),
    ("pm", Piece::LowerPm),
    ("-070000", offset(false, false, 3)),
    ("-07:00:00", offset(false, true, 3)),
    ("-0700", offset(false, false, 2)),
    ("-07:00", offset(false, true, 2)),
    ("-07", offset(false, false, 1)),
    ("Z070000", offset(true, false, 3)),
    ("Z07:00:00", offset(true, true, 3)),
    ("Z0700", offset(true, false, 2)),
    ("Z07:00", offset(true, true, 2)),
    ("Z07", offset(true, false, 1)),
];

const fn offset(zulu: bool, colon: bool, parts: u8) -> Piece {
    Piece::Offset(OffsetStyle { zulu, colon, parts })
}

/// Splits a layout at its first piece: the text before it, the piece, and the rest.
pub(super) fn next(layout: &[u8]) -> (&[u8], Option<Piece>, &[u8]) {
    for at in 0..layout.len() {
        let rest = layout.get(at..).unwrap_or_default();
        if let Some((piece, len)) = piece_at(rest) {
            // The year of `_2006` is no day.
            let (at, piece, len) = match piece {
                Piece::UnderDay if rest.starts_with(b"_2006") => (at + 1, Piece::LongYear, 4),
                _ => (at, piece, len),
            };
            return (layout.get(..at).unwrap_or_default(), Some(piece), layout.get(at + len..).unwrap_or_default());
        }
    }
    (layout, None, b"")
}

fn piece_at(rest: &[u8]) -> Option<(Piece, usize)> {
    if let [separator @ (b'.' | b','), digit @ (b'0' | b'9'), ..] = rest {
        let count = rest.iter().skip(1).take_while(|b| *b == digit).count();
        if rest.get(count + 1).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let piece =
            if *digit == b'0' { Piece::Fraction(*separator, count) } else { Piece::ShortFraction(*separator, count) };
        return Some((piece, count + 1));
    }
    SPELLINGS.iter().find_map(|(spelling, piece)| {
        let after = rest.strip_prefix(spelling.as_bytes())?;
        // `Jane` and `Money` are words, not a month and a weekday.
        let word = matches!(piece, Piece::Month | Piece::Weekday) && after.first().is_some_and(u8::is_ascii_lowercase);
        (!word).then_some((*piece, spelling.len()))
    })
}
