//! `time.ParseInLocation`: reads a time that is written in the form of a layout. Errors say which part is wrong, never
//! what stands there.

use super::calendar::{MONTHS, WEEKDAYS, days_before, days_in, leap};
use super::layout::{OffsetStyle, Piece, next};
use super::{Time, Zone};
use crate::error::{Failure, Outcome};

fn bad(what: &str) -> Failure {
    Failure::new(format!("parsing time: {what}"))
}

fn mismatch() -> Failure {
    bad("the text does not match the layout")
}

/// Half of the day, where the text says so.
#[derive(Clone, Copy, PartialEq)]
enum Half {
    Morning,
    Afternoon,
}

/// What was read so far.
#[derive(Default)]
struct Seen {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    clock: [i64; 4],
    half: Option<Half>,
    utc: bool,
    offset: Option<i64>,
    zone: Vec<u8>,
}

/// Reads a time; without a zone in the text it is local.
pub(crate) fn parse(layout: &[u8], text: &[u8]) -> Outcome<Time> {
    let (mut seen, mut layout, mut text) = (Seen::default(), layout, text);
    loop {
        let (prefix, piece, rest) = next(layout);
        text = skip(text, prefix)?;
        let Some(piece) = piece else { break };
        text = seen.piece(piece, rest, text)?;
        layout = rest;
    }
    if !text.is_empty() {
        return Err(bad("extra text"));
    }
    seen.time()
}

/// Takes the fixed text of a layout off; spaces in it match any number of spaces.
fn skip<'t>(text: &'t [u8], prefix: &[u8]) -> Outcome<&'t [u8]> {
    let (mut text, mut prefix) = (text, prefix);
    while let Some((first, rest)) = prefix.split_first() {
        if *first == b' ' {
            if text.first().is_some_and(|b| *b != b' ') {
                return Err(mismatch());
            }
            (prefix, text) = (without_spaces(prefix), without_spaces(text));
            continue;
        }
        text = text.strip_prefix(&[*first]).ok_or_else(mismatch)?;
        prefix = rest;
    }
    Ok(text)
}

fn without_spaces(text: &[u8]) -> &[u8] {
    text.get(text.iter().take_while(|b| **b == b' ').count()..).unwrap_or_default()
}

fn split(text: &[u8], at: usize) -> Outcome<(&[u8], &[u8])> {
    text.split_at_checked(at).ok_or_else(mismatch)
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// A decimal number, a sign allowed.
fn whole(text: &[u8]) -> Outcome<i64> {
    std::str::from_utf8(text).ok().and_then(|t| t.parse().ok()).ok_or_else(mismatch)
}

/// One or two digits; exactly two when `least` is 2.
fn short_number(text: &[u8], least: usize) -> Outcome<(i64, &[u8])> {
    let count = digits(text).min(2);
    if count < least {
        return Err(mismatch());
    }
    let (number, rest) = split(text, count)?;
    Ok((whole(number)?, rest))
}

fn within(number: i64, bounds: std::ops::Range<i64>, what: &str) -> Outcome<i64> {
    if bounds.contains(&number) { Ok(number) } else { Err(bad(&format!("{what} out of range"))) }
}

/// The place of a name in a list, any case, and what follows.
fn lookup<'t>(names: &[&str], cut: usize, text: &'t [u8]) -> Outcome<(i64, &'t [u8])> {
    for (name, at) in names.iter().zip(0..) {
        let name = name.as_bytes().get(..cut).unwrap_or(name.as_bytes());
        if let Some((head, rest)) = text.split_at_checked(name.len())
            && head.eq_ignore_ascii_case(name)
        {
            return Ok((at, rest));
        }
    }
    Err(mismatch())
}

/// Nanoseconds behind a point or comma.
fn nanoseconds(text: &[u8]) -> Outcome<i64> {
    let Some((b'.' | b',', digits)) = text.split_first() else { return Err(mismatch()) };
    let digits = digits.get(..9).unwrap_or(digits);
    let nanos = within(whole(digits)?, 0..1_000_000_000, "fractional second")?;
    Ok((digits.len()..9).fold(nanos, |nanos, _| nanos * 10))
}

impl Seen {
    /// Reads one piece; `rest` is the layout behind it. Gives the text behind it.
    fn piece<'t>(&mut self, piece: Piece, rest: &[u8], text: &'t [u8]) -> Outcome<&'t [u8]> {
        match piece {
            Piece::Year => {
                let (year, text) = split(text, 2)?;
                let year = whole(year)?;
                self.year = if year >= 69 { 1900 + year } else { 2000 + year };
                Ok(text)
            }
            Piece::LongYear => {
                let (year, text) = split(text, 4)?;
                if !year.first().is_some_and(u8::is_ascii_digit) {
                    return Err(mismatch());
                }
                self.year = whole(year)?;
                Ok(text)
            }
            Piece::LongMonth | Piece::Month => {
                let (month, text) = lookup(&MONTHS, if piece == Piece::Month { 3 } else { usize::MAX }, text)?;
                self.month = Some(month + 1);
                Ok(text)
            }
            Piece::LongWeekday => Ok(lookup(&WEEKDAYS, usize::MAX, text)?.1),
            Piece::Weekday => Ok(lookup(&WEEKDAYS, 3, text)?.1),
            Piece::UnderYearDay | Piece::ZeroYearDay => self.year_day(piece, text),
            Piece::UpperPm | Piece::LowerPm => self.half(piece, text),
            Piece::Offset(style) => self.offset(style, text),
            Piece::ZoneName => self.zone(text),
            Piece::Fraction(_, count) => {
                let (fraction, text) = split(text, count + 1)?;
                self.set_clock(3, nanoseconds(fraction)?);
                Ok(text)
            }
            Piece::ShortFraction(..) => self.fraction(text),
            _ => self.number(piece, rest, text),
        }
    }

    fn set_clock(&mut self, at: usize, number: i64) {
        if let Some(part) = self.clock.get_mut(at) {
            *part = number;
        }
    }

    fn number<'t>(&mut self, piece: Piece, rest: &[u8], text: &'t [u8]) -> Outcome<&'t [u8]> {
        let text = if piece == Piece::UnderDay { text.strip_prefix(b" ").unwrap_or(text) } else { text };
        let two = matches!(
            piece,
            Piece::ZeroMonth | Piece::ZeroDay | Piece::ZeroHour12 | Piece::ZeroMinute | Piece::ZeroSecond
        );
        let (number, text) = short_number(text, if two { 2 } else { 1 })?;
        match piece {
            Piece::NumMonth | Piece::ZeroMonth => self.month = Some(within(number, 1..13, "month")?),
            Piece::Day | Piece::UnderDay | Piece::ZeroDay => self.day = Some(number),
            Piece::Hour => self.set_clock(0, within(number, 0..24, "hour")?),
            Piece::Hour12 | Piece::ZeroHour12 => self.set_clock(0, within(number, 0..13, "hour")?),
            Piece::Minute | Piece::ZeroMinute => self.set_clock(1, within(number, 0..60, "minute")?),
            _ => {
                self.set_clock(2, within(number, 0..60, "second")?);
                // A fraction is read although the layout has none.
                if !matches!(next(rest).1, Some(Piece::Fraction(..) | Piece::ShortFraction(..))) {
                    return self.fraction(text);
                }
            }
        }
        Ok(text)
    }

    /// A fraction of a second of any length, or nothing.
    fn fraction<'t>(&mut self, text: &'t [u8]) -> Outcome<&'t [u8]> {
        let Some((b'.' | b',', tail)) = text.split_first() else { return Ok(text) };
        let count = digits(tail);
        if count == 0 {
            return Ok(text);
        }
        let (fraction, text) = split(text, count + 1)?;
        self.set_clock(3, nanoseconds(fraction)?);
        Ok(text)
    }

    fn year_day<'t>(&mut self, piece: Piece, text: &'t [u8]) -> Outcome<&'t [u8]> {
        let mut text = text;
        if piece == Piece::UnderYearDay {
            text = text.strip_prefix(b" ").unwrap_or(text);
            text = text.strip_prefix(b" ").unwrap_or(text);
        }
        let count = digits(text).min(3);
        if count == 0 || piece == Piece::ZeroYearDay && count != 3 {
            return Err(mismatch());
        }
        let (day, text) = split(text, count)?;
        self.year_day = Some(whole(day)?);
        Ok(text)
    }

    fn half<'t>(&mut self, piece: Piece, text: &'t [u8]) -> Outcome<&'t [u8]> {
        let (half, text) = split(text, 2)?;
        self.half = match (piece, half) {
            (Piece::UpperPm, b"AM") | (Piece::LowerPm, b"am") => Some(Half::Morning),
            (Piece::UpperPm, b"PM") | (Piece::LowerPm, b"pm") => Some(Half::Afternoon),
            _ => return Err(mismatch()),
        };
        Ok(text)
    }

    fn offset<'t>(&mut self, style: OffsetStyle, text: &'t [u8]) -> Outcome<&'t [u8]> {
        if style.zulu
            && let Some(text) = text.strip_prefix(b"Z")
        {
            self.utc = true;
            return Ok(text);
        }
        let (sign, mut text) = text.split_first().ok_or_else(mismatch)?;
        let mut parts = [0; 3];
        for (at, part) in parts.iter_mut().enumerate().take(usize::from(style.parts)) {
            if at > 0 && style.colon {
                text = text.strip_prefix(b":").ok_or_else(mismatch)?;
            }
            (*part, text) = short_number(text, 2)?;
        }
        // Go takes 24 hours and 60 minutes, since some write offsets so.
        let [hours, minutes, seconds] = parts;
        within(hours, 0..25, "time zone offset hour")?;
        within(minutes, 0..61, "time zone offset minute")?;
        within(seconds, 0..61, "time zone offset second")?;
        let offset = (hours * 60 + minutes) * 60 + seconds;
        self.offset = match sign {
            b'+' => Some(offset),
            b'-' => Some(-offset),
            _ => return Err(mismatch()),
        };
        Ok(text)
    }

    fn zone<'t>(&mut self, text: &'t [u8]) -> Outcome<&'t [u8]> {
        if let Some(text) = text.strip_prefix(b"UTC") {
            self.utc = true;
            return Ok(text);
        }
        let (name, text) = split(text, zone_len(text).ok_or_else(mismatch)?)?;
        self.zone = name.to_vec();
        Ok(text)
    }

    fn time(mut self) -> Outcome<Time> {
        let [hour, ..] = self.clock;
        match self.half {
            Some(Half::Afternoon) if hour < 12 => self.set_clock(0, hour + 12),
            Some(Half::Morning) if hour == 12 => self.set_clock(0, 0),
            _ => {}
        }
        let date = self.date()?;
        let name = String::from_utf8_lossy(&self.zone).into_owned();
        if self.utc {
            return Ok(Time::from_wall(date, self.clock, Zone::Utc));
        }
        if let Some(offset) = self.offset {
            let mut time = Time::from_wall(date, self.clock, Zone::Utc);
            time.sec = time.sec.wrapping_sub(offset);
            let local = offset == 0 && (name.is_empty() || name == "UTC");
            time.zone = if local { Zone::Local } else { Zone::Fixed(name, offset) };
            return Ok(time);
        }
        if name.is_empty() {
            return Ok(Time::from_wall(date, self.clock, Zone::Local));
        }
        // A name alone says nothing about the distance to UTC, except for `GMT+3`.
        let hours = name.strip_prefix("GMT").and_then(|hours| hours.parse::<i64>().ok()).unwrap_or(0);
        let time = Time::from_wall(date, self.clock, Zone::Utc);
        Ok(time.seen_from(Zone::Fixed(name, hours * 3600)))
    }

    fn date(&self) -> Outcome<[i64; 3]> {
        let (mut month, mut day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if let Some(year_day) = self.year_day {
            let (m, d) = month_and_day(self.year, year_day)?;
            if self.month.is_some_and(|month| month != m) {
                return Err(bad("day-of-year does not match month"));
            }
            if self.day.is_some_and(|day| day != d) {
                return Err(bad("day-of-year does not match day"));
            }
            (month, day) = (m, d);
        }
        within(day, 1..days_in(month, self.year) + 1, "day")?;
        Ok([self.year, month, day])
    }
}

fn month_and_day(year: i64, year_day: i64) -> Outcome<(i64, i64)> {
    let leap_day = 31 + 29;
    if leap(year) && year_day == leap_day {
        return Ok((2, 29));
    }
    let year_day = if leap(year) && year_day > leap_day { year_day - 1 } else { year_day };
    within(year_day, 1..366, "day-of-year")?;
    let month = (1..=12).find(|month| year_day <= days_before(month + 1)).unwrap_or(12);
    Ok((month, year_day - days_before(month)))
}

/// How long the abbreviation of a zone is that a text begins with.
fn zone_len(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_hours(rest));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return Some(signed_hours(text)).filter(|len| *len > 0);
    }
    match text.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count() {
        3 => Some(3),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        5 if text.get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}

/// How long `+3` or `-11` is; 0 when there is none.
fn signed_hours(text: &[u8]) -> usize {
    let Some((b'+' | b'-', tail)) = text.split_first() else { return 0 };
    let count = digits(tail);
    let hours = tail.get(..count).and_then(|hours| whole(hours).ok());
    if hours.is_some_and(|hours| hours <= 23) { count + 1 } else { 0 }
}
