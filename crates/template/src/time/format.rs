//! `Time.Format`: a time in the form of a layout.

use super::Time;
use super::calendar::{MONTHS, WEEKDAYS};
use super::layout::{OffsetStyle, Piece, next};

/// The time in the form of a layout.
pub(crate) fn format(time: &Time, layout: &[u8]) -> Vec<u8> {
    let (mut out, mut layout) = (Vec::new(), layout);
    while !layout.is_empty() {
        let (text, piece, rest) = next(layout);
        out.extend_from_slice(text);
        if let Some(piece) = piece {
            write(&mut out, time, piece);
        }
        layout = rest;
    }
    out
}

fn write(out: &mut Vec<u8>, time: &Time, piece: Piece) {
    let date = time.date();
    let hour12 = if date.hour % 12 == 0 { 12 } else { date.hour % 12 };
    match piece {
        Piece::LongMonth => name(out, &MONTHS, date.month - 1, usize::MAX),
        Piece::Month => name(out, &MONTHS, date.month - 1, 3),
        Piece::NumMonth => number(out, date.month, 0),
        Piece::ZeroMonth => number(out, date.month, 2),
        Piece::LongWeekday => name(out, &WEEKDAYS, date.weekday, usize::MAX),
        Piece::Weekday => name(out, &WEEKDAYS, date.weekday, 3),
        Piece::Day => number(out, date.day, 0),
        Piece::UnderDay => spaced(out, date.day, 2),
        Piece::ZeroDay => number(out, date.day, 2),
        Piece::UnderYearDay => spaced(out, date.year_day, 3),
        Piece::ZeroYearDay => number(out, date.year_day, 3),
        Piece::Hour => number(out, date.hour, 2),
        Piece::Hour12 => number(out, hour12, 0),
        Piece::ZeroHour12 => number(out, hour12, 2),
        Piece::Minute => number(out, date.minute, 0),
        Piece::ZeroMinute => number(out, date.minute, 2),
        Piece::Second => number(out, date.second, 0),
        Piece::ZeroSecond => number(out, date.second, 2),
        Piece::LongYear => number(out, date.year, 4),
        Piece::Year => number(out, date.year.max(0) % 100, 2),
        Piece::UpperPm => out.extend(if date.hour >= 12 { b"PM" } else { b"AM" }),
        Piece::LowerPm => out.extend(if date.hour >= 12 { b"pm" } else { b"am" }),
        Piece::ZoneName => zone_name(out, time),
        Piece::Offset(style) => offset(out, time.zone.at(time.sec).offset, style),
        Piece::Fraction(separator, digits) => fraction(out, time.nsec, (separator, digits)),
        Piece::ShortFraction(_, _) if time.nsec == 0 => {}
        Piece::ShortFraction(separator, digits) => {
            let start = out.len();
            fraction(out, time.nsec, (separator, digits));
            while out.len() > start && out.last() == Some(&b'0') {
                out.pop();
            }
            if out.len() == start + 1 {
                out.pop();
            }
        }
    }
}

fn name(out: &mut Vec<u8>, names: &[&str], at: i64, cut: usize) {
    let name = usize::try_from(at).ok().and_then(|at| names.get(at)).unwrap_or(&"");
    out.extend(name.bytes().take(cut));
}

fn number(out: &mut Vec<u8>, n: i64, width: usize) {
    if n < 0 {
        out.push(b'-');
    }
    out.extend(format!("{:0width$}", n.unsigned_abs()).bytes());
}

fn spaced(out: &mut Vec<u8>, n: i64, width: usize) {
    out.extend(format!("{n:width$}").bytes());
}

fn zone_name(out: &mut Vec<u8>, time: &Time) {
    let moment = time.zone.at(time.sec);
    if moment.name.is_empty() {
        offset(out, moment.offset, OffsetStyle { zulu: false, colon: false, parts: 2 });
    } else {
        out.extend(moment.name.bytes());
    }
}

fn offset(out: &mut Vec<u8>, seconds: i64, style: OffsetStyle) {
    if style.zulu && seconds == 0 {
        out.push(b'Z');
        return;
    }
    // Less than a minute west of UTC has no minus, as in Go.
    out.push(if seconds / 60 < 0 { b'-' } else { b'+' });
    let seconds = if seconds / 60 < 0 { -seconds } else { seconds };
    for (at, part) in [seconds / 3600, seconds / 60 % 60, seconds % 60].into_iter().enumerate() {
        if at >= usize::from(style.parts) {
            break;
        }
        if at > 0 && style.colon {
            out.push(b':');
        }
        number(out, part, 2);
    }
}

fn fraction(out: &mut Vec<u8>, nsec: i64, (separator, digits): (u8, usize)) {
    out.push(separator);
    out.extend(format!("{nsec:09}").bytes().take(digits));
}
