//! Schedules of sync windows: cron lines of five fields, words such as `@daily`, and `@every <duration>`.
//!
//! Source: the documentation of robfig/cron v3, standard parser. Seconds do not exist; days of the week run from 0 (Sunday) to 6.

use std::time::Duration;

use eso_core::go_duration::GoDuration;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// When a schedule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// At the minutes that all fields admit.
    Fields(Fields),
    /// Again and again after this time, in whole seconds, at least one.
    Every(Duration),
}

/// A cron line. Bit `n` of a set says that `n` is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fields {
    /// Minutes, 0 to 59.
    pub minutes: u64,
    /// Hours, 0 to 23.
    pub hours: u64,
    /// Days of the month, 1 to 31; `None` when the field is open (`*` or `?`).
    pub days: Option<u64>,
    /// Months, 1 to 12.
    pub months: u64,
    /// Days of the week, 0 to 6; `None` when the field is open. Where both kinds of days are restricted, either may match.
    pub weekdays: Option<u64>,
}

/// What a field may hold.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names of values, the first one standing for `least`.
    names: &'static [&'static str],
}

const MINUTE: Field = Field { name: "minute", least: 0, most: 59, names: &[] };
const HOUR: Field = Field { name: "hour", least: 0, most: 23, names: &[] };
const DAY: Field = Field { name: "day of the month", least: 1, most: 31, names: &[] };
const MONTH: Field = Field {
    name: "month",
    least: 1,
    most: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAY: Field =
    Field { name: "day of the week", least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

impl Schedule {
    /// Reads a schedule.
    ///
    /// Errors: what is wrong with it, in a few words without a full stop.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            Some(word) => word_of(word),
            None => line(text),
        }
    }

    /// The first time after `time` at which it fires, in UTC. `None` when there is none within five years, as on the 30th of February.
    pub fn next_after(self, time: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(span) => {
                let whole = Timestamp::from_second(time.as_second()).ok()?;
                whole.checked_add(span).ok()
            }
            Self::Fields(fields) => fields.next_after(time),
        }
    }
}

/// Longer than any gap between two days that a line can name: from one 29th of February to the next is eight years, but the standard
/// parser's users wait for five at most.
const DAYS_AHEAD: usize = 5 * 366;

impl Fields {
    fn next_after(self, time: Timestamp) -> Option<Timestamp> {
        let start = time.to_zoned(TimeZone::UTC).datetime();
        let mut day = start.date();
        // Minutes of the first day that are over.
        let mut from = i32::from(start.hour()) * 60 + i32::from(start.minute()) + 1;
        for _ in 0..DAYS_AHEAD {
            if self.on(day)
                && let Some(minute) = (from..24 * 60).find(|minute| self.at(*minute))
            {
                let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
                return Some(day.at(hour, minute, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp());
            }
            day = day.tomorrow().ok()?;
            from = 0;
        }
        None
    }

    fn on(self, day: Date) -> bool {
        let has = |set: u64, value: i8| set & (1 << value) != 0;
        let day_of_month = self.days.map(|set| has(set, day.day()));
        let weekday = self.weekdays.map(|set| has(set, day.weekday().to_sunday_zero_offset()));
        has(self.months, day.month())
            && match (day_of_month, weekday) {
                (Some(one), Some(other)) => one || other,
                (one, other) => one.or(other).unwrap_or(true),
            }
    }

    fn at(self, minute: i32) -> bool {
        self.hours & (1 << (minute / 60)) != 0 && self.minutes & (1 << (minute % 60)) != 0
    }
}

fn word_of(word: &str) -> Result<Schedule, String> {
    match word {
        "yearly" | "annually" => line("0 0 1 1 *"),
        "monthly" => line("0 0 1 * *"),
        "weekly" => line("0 0 * * 0"),
        "daily" | "midnight" => line("0 0 * * *"),
        "hourly" => line("0 * * * *"),
        _ => every(word),
    }
}

fn every(word: &str) -> Result<Schedule, String> {
    let Some(span) = word.strip_prefix("every ") else { return Err(format!("there is no word @{word}")) };
    let span = GoDuration::parse(span).ok_or_else(|| format!("{span:?} is not a duration such as 90s or 1h30m"))?;
    let seconds = span.to_std().unwrap_or_default().as_secs().max(1);
    Ok(Schedule::Every(Duration::from_secs(seconds)))
}

fn line(text: &str) -> Result<Schedule, String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return Err(format!("it has {} fields instead of 5", fields.len()));
    };
    let (minutes, _) = MINUTE.read(minute)?;
    let (hours, _) = HOUR.read(hour)?;
    let (days, any_day) = DAY.read(day)?;
    let (months, _) = MONTH.read(month)?;
    let (weekdays, any_weekday) = WEEKDAY.read(weekday)?;
    let (days, weekdays) = ((!any_day).then_some(days), (!any_weekday).then_some(weekdays));
    Ok(Schedule::Fields(Fields { minutes, hours, days, months, weekdays }))
}

impl Field {
    /// The set that a list of ranges names, and whether one of them is open.
    fn read(&self, text: &str) -> Result<(u64, bool), String> {
        let (mut set, mut open) = (0, false);
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (more, star) = self.range(part).map_err(|why| format!("{} {text:?}: {why}", self.name))?;
            set |= more;
            open |= star;
        }
        Ok((set, open))
    }

    /// `*`, `n`, `n-m`, each with or without `/step`. A single number with a step runs to the end.
    fn range(&self, text: &str) -> Result<(u64, bool), String> {
        let mut parts = text.split('/');
        let (bounds, step, rest) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let mut ends = bounds.split('-');
        let (low, high, more) = (ends.next().unwrap_or_default(), ends.next(), ends.next());
        if rest.is_some() || more.is_some() {
            return Err("it has too many parts".to_owned());
        }
        let star = low == "*" || low == "?";
        let start = if star { self.least } else { self.value(low)? };
        let end = match high {
            _ if star => self.most,
            Some(high) => self.value(high)?,
            None if step.is_some() => self.most,
            None => start,
        };
        let step = step.map_or(Ok(1), number)?;
        if start < self.least || end > self.most || start > end || step == 0 {
            return Err(format!(
                "values run from {} to {}, the lower one first, in steps above 0",
                self.least, self.most
            ));
        }
        let step_by = usize::try_from(step).unwrap_or(usize::MAX);
        let set = (start..=end).step_by(step_by).fold(0_u64, |set, value| set | (1 << value));
        Ok((set, star && step == 1))
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let named = self.names.iter().position(|name| text.eq_ignore_ascii_case(name));
        match named.and_then(|at| u32::try_from(at).ok()) {
            Some(at) => Ok(self.least + at),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number"))
}

#[cfg(test)]
mod tests {
    use super::{Fields, Schedule};
    use std::time::Duration;

    fn fields(text: &str) -> Fields {
        match Schedule::parse(text) {
            Ok(Schedule::Fields(fields)) => fields,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn lists_ranges_steps_and_names_are_sets() {
        let line = fields("*/15 1,3-5 ? JAN-mar MON,fri");
        assert_eq!(line.minutes, (1 << 0) | (1 << 15) | (1 << 30) | (1 << 45));
        assert_eq!(line.hours, (1 << 1) | (1 << 3) | (1 << 4) | (1 << 5));
        assert_eq!(line.days, None);
        assert_eq!(line.months, (1 << 1) | (1 << 2) | (1 << 3));
        assert_eq!(line.weekdays, Some((1 << 1) | (1 << 5)));
    }

    #[test]
    fn a_number_with_a_step_runs_to_the_end_and_a_stepped_star_restricts() {
        assert_eq!(fields("50/3 0 */10 * *").minutes, (1 << 50) | (1 << 53) | (1 << 56) | (1 << 59));
        assert_eq!(fields("0 0 */10 * *").days, Some((1 << 1) | (1 << 11) | (1 << 21) | (1 << 31)));
    }

    #[test]
    fn it_fires_at_the_next_minute_that_all_fields_admit() {
        let next = |line: &str, time: &str| {
            Schedule::parse(line).unwrap().next_after(time.parse().unwrap()).map(|time| time.to_string())
        };
        for (line, time, expected) in [
            ("* * * * *", "2025-03-04T09:00:00Z", "2025-03-04T09:01:00Z"),
            ("*/15 9-17 * * *", "2025-03-04T17:45:00Z", "2025-03-05T09:00:00Z"),
            ("0 0 1 1 *", "2025-03-04T09:00:00Z", "2026-01-01T00:00:00Z"),
            ("0 0 29 2 *", "2025-03-04T09:00:00Z", "2028-02-29T00:00:00Z"),
            // Either day: the 13th is a Thursday, the 7th a Friday.
            ("0 0 13 * 5", "2025-03-04T09:00:00Z", "2025-03-07T00:00:00Z"),
            ("0 0 */10 * *", "2025-03-04T09:00:00Z", "2025-03-11T00:00:00Z"),
            ("@every 90s", "2025-03-04T09:00:00.5Z", "2025-03-04T09:01:30Z"),
        ] {
            assert_eq!(next(line, time).as_deref(), Some(expected), "{line}");
        }
        assert_eq!(next("0 0 30 2 *", "2025-03-04T09:00:00Z"), None);
    }

    #[test]
    fn words_stand_for_lines() {
        assert_eq!(Schedule::parse("@daily"), Schedule::parse("0 0 * * *"));
        assert_eq!(Schedule::parse("@annually"), Schedule::parse("0 0 1 1 *"));
        assert_eq!(Schedule::parse("@every 1h30m"), Ok(Schedule::Every(Duration::from_mins(90))));
        assert_eq!(Schedule::parse("@every 5ms"), Ok(Schedule::Every(Duration::from_secs(1))));
    }

    #[test]
    fn what_the_standard_parser_refuses_is_told() {
        for (text, part) in [
            ("99 * * * *", "minute \"99\": values run from 0 to 59"),
            ("* 24 * * *", "hour"),
            ("* * 0 * *", "day of the month"),
            ("* * * 13 *", "month"),
            ("* * * * 7", "day of the week"),
            ("5-1 * * * *", "lower one first"),
            ("*/0 * * * *", "steps above 0"),
            ("1-2-3 * * * *", "too many parts"),
            ("1/2/3 * * * *", "too many parts"),
            ("x * * * *", "\"x\" is not a number"),
            ("-5 * * * *", "\"\" is not a number"),
            ("* * * *", "4 fields"),
            ("* * * * * *", "6 fields"),
            ("", "0 fields"),
            ("@fortnightly", "@fortnightly"),
            ("@every soon", "\"soon\" is not a duration"),
        ] {
            let why = Schedule::parse(text).expect_err(text);
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}
