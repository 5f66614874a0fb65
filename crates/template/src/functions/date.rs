//! Dates. Layouts are Go's: `2006-01-02 15:04:05` says how the time is written.

use super::Args;
use crate::context::Ctx;
use crate::error::Outcome;
use crate::time::{NANOS, Time, Zone, duration, format, parse};
use crate::value::Value;

const DAY: &[u8] = b"2006-01-02";

functions! {
    /// The time of the render.
    ///
    /// `{{ now.Unix }}` gives `1700000000`
    "now" () = |c, _| Ok(Time::since_epoch(c.host.now()).value());
    /// A time in a layout. Takes a time or seconds since the epoch; anything else is taken as now.
    ///
    /// `{{ date "2006-01-02 15:04" 86400 }}` gives `1970-01-02 00:00`
    "date" (Str, Any) = |c, a| write(c, a.str(0), a.at(1), b"Local");
    /// A time in a layout, seen from a zone; an unknown zone is UTC.
    ///
    /// `{{ dateInZone "15:04 MST" 1700000000 "Europe/Berlin" }}` gives `23:13 CET`
    "dateInZone" (Str, Any, Str) = |c, a| write(c, a.str(0), a.at(1), a.str(2));
    /// The same as `dateInZone`.
    ///
    /// `{{ date_in_zone "15:04 MST" 1700000000 "No/Where" }}` gives `22:13 UTC`
    "date_in_zone" (Str, Any, Str) = |c, a| write(c, a.str(0), a.at(1), a.str(2));
    /// The day of a time, as HTML forms take it.
    ///
    /// `{{ htmlDate 1700000000 }}` gives `2023-11-14`
    "htmlDate" (Any) = |c, a| write(c, DAY, a.at(0), b"Local");
    /// The day of a time in a zone.
    ///
    /// `{{ htmlDateInZone 1700000000 "Asia/Tokyo" }}` gives `2023-11-15`
    "htmlDateInZone" (Any, Str) = |c, a| write(c, DAY, a.at(0), a.str(1));
    /// A time that is so much later. What is no duration changes nothing.
    ///
    /// `{{ (toDate "2006-01-02" "2024-02-29" | dateModify "-1h30m").Format "15:04" }}` gives `22:30`
    "dateModify" (Str, Time) = |_, a| Ok(later(a.str(0), a.at(1)).unwrap_or_else(|_| a.at(1).clone()));
    /// The same as `dateModify`.
    ///
    /// `{{ toDate "15:04" "10:00" | date_modify "10m" | date "15:04" }}` gives `10:10`
    "date_modify" (Str, Time) = |_, a| Ok(later(a.str(0), a.at(1)).unwrap_or_else(|_| a.at(1).clone()));
    /// Like `dateModify`, but what is no duration is an error.
    ///
    /// `{{ toDate "15:04" "10:00" | mustDateModify "10m" | date "15:04" }}` gives `10:10`
    "mustDateModify" (Str, Time) = |_, a| later(a.str(0), a.at(1));
    /// The same as `mustDateModify`.
    ///
    /// `{{ toDate "15:04" "10:00" | must_date_modify "10m" | date "15:04" }}` gives `10:10`
    "must_date_modify" (Str, Time) = |_, a| later(a.str(0), a.at(1));
    /// The time that a text in a layout says. Text that does not match is the first second of the year 1.
    ///
    /// `{{ toDate "2006-01-02" "2024-02-29" }}` gives `2024-02-29 00:00:00 +0000 UTC`
    "toDate" (Str, Str) = |_, a| Ok(parse(a.str(0), a.str(1)).unwrap_or(Time::ZERO).value());
    /// Like `toDate`, but text that does not match is an error.
    ///
    /// `{{ (mustToDate "02.01.2006" "24.12.2025").Weekday }}` gives `Wednesday`
    "mustToDate" (Str, Str) = |_, a| parse(a.str(0), a.str(1)).map(Time::value);
    /// Seconds since the Unix epoch, as text.
    ///
    /// `{{ toDate "2006-01-02" "2024-01-01" | unixEpoch }}` gives `1704067200`
    "unixEpoch" (Time) = |_, a| Ok(Value::text(Time::of(a.at(0)).map_or(0, |time| time.sec).to_string()));
    /// How long ago a time was, in whole seconds.
    ///
    /// `{{ ago 1699996400 }}` gives `1h0m0s`
    "ago" (Any) = |c, a| {
        let now = Time::since_epoch(c.host.now());
        let past = time_of(a.at(0)).unwrap_or_else(|| now.clone());
        Ok(Value::text(duration::text(duration::round(now.minus(&past), NANOS))))
    };
    /// Seconds as a duration. Takes text or an int64; anything else, number constants too, is no time at all.
    ///
    /// `{{ duration "95" }} {{ duration (int64 3661) }} {{ duration 95 }}` gives `1m35s 1h1m1s 0s`
    "duration" (Any) = |_, a| {
        let seconds = match a.at(0) {
            Value::Str(text) => whole(text),
            Value::Int64(n) => *n,
            _ => 0,
        };
        Ok(Value::text(duration::text(seconds.wrapping_mul(NANOS))))
    };
    /// A duration in its largest unit. Takes text, an int64 of nanoseconds, or a time, which stands for the time since.
    ///
    /// `{{ durationRound "2h10m5s" }} {{ durationRound "2400h10m5s" }}` gives `2h 3mo`
    "durationRound" (Any) = |c, a| {
        let nanos = match a.at(0) {
            Value::Str(text) => duration::parse(text).unwrap_or(0),
            Value::Int64(n) => *n,
            other => Time::of(other).map_or(0, |time| Time::since_epoch(c.host.now()).minus(time)),
        };
        Ok(Value::text(rounded(nanos)))
    };
}

/// The time that a value stands for.
fn time_of(value: &Value) -> Option<Time> {
    match value {
        Value::Int(sec) | Value::Int64(sec) => Some(Time::unix(*sec)),
        other => Time::of(other).cloned(),
    }
}

fn write(ctx: &mut Ctx<'_>, layout: &[u8], value: &Value, zone: &[u8]) -> Outcome<Value> {
    ctx.work(layout.len())?;
    ctx.reserve(layout.len().saturating_mul(4))?;
    let time = time_of(value).unwrap_or_else(|| Time::since_epoch(ctx.host.now()));
    let zone = Zone::load(zone).unwrap_or(Zone::Utc);
    Ok(Value::text(format(&time.seen_from(zone), layout)))
}

fn later(text: &[u8], time: &Value) -> Outcome<Value> {
    let nanos = duration::parse(text)?;
    Ok(Time::of(time).unwrap_or(&Time::ZERO).plus(nanos).value())
}

/// `strconv.ParseInt` with its error ignored: numbers out of range are the largest there is, other text is 0.
fn whole(text: &[u8]) -> i64 {
    use std::num::IntErrorKind;
    match std::str::from_utf8(text).unwrap_or_default().parse::<i64>() {
        Ok(n) => n,
        Err(e) if *e.kind() == IntErrorKind::PosOverflow => i64::MAX,
        Err(e) if *e.kind() == IntErrorKind::NegOverflow => i64::MIN,
        Err(_) => 0,
    }
}

/// The sign is lost, as in sprig.
fn rounded(nanos: i64) -> String {
    const HOUR: u64 = 3_600_000_000_000;
    let units = [
        (HOUR * 24 * 365, "y"),
        (HOUR * 24 * 30, "mo"),
        (HOUR * 24, "d"),
        (HOUR, "h"),
        (HOUR / 60, "m"),
        (HOUR / 3600, "s"),
    ];
    let all = nanos.unsigned_abs();
    let unit = units.iter().find(|(size, _)| all > *size);
    unit.map_or_else(|| "0s".into(), |(size, name)| format!("{}{name}", all / size))
}
