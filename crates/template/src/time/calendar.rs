//! The Gregorian calendar, without bounds in either direction.

use super::{Time, Zone};

/// What a calendar and a clock on the wall show.
pub(crate) struct Date {
    pub year: i64,
    /// 1 to 12
    pub month: i64,
    /// 1 to 31
    pub day: i64,
    /// 1 to 366
    pub year_day: i64,
    /// 0 is Sunday
    pub weekday: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Days from the first of January 1970 to a date; months and days may lie outside their usual bounds.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let month = month - 1;
    let year = year + month.div_euclid(12);
    let month = month.rem_euclid(12);
    // Years that begin in March end with the leap day.
    let year = if month < 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 10) % 12) + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year + day - 1 - 719_468
}

pub(super) fn leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

/// How many days a month has.
pub(super) fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 => 28 + i64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of a usual year before a month; 13 is the end of the year.
pub(super) fn days_before(month: i64) -> i64 {
    (1..month).map(|m| days_in(m, 1)).sum()
}

impl Time {
    /// What the calendar shows in the zone of the time.
    pub fn date(&self) -> Date {
        let local = self.sec.saturating_add(self.zone.at(self.sec).offset);
        let (day_number, clock) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let shifted = day_number + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * from_march + 2) / 153;
        let day = from_march - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Date {
            year,
            month,
            day,
            year_day: day_number - days(year, 1, 1) + 1,
            weekday: (day_number + 4).rem_euclid(7),
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
        }
    }

    /// `time.Date`: what a wall in a zone shows, as a point in time. `date` is year, month, day; `clock` is hour, minute,
    /// second and nanosecond.
    pub fn from_wall(date: [i64; 3], clock: [i64; 4], zone: Zone) -> Self {
        let [year, month, day] = date;
        let [hour, minute, second, nsec] = clock;
        let clock = hour * 3600 + minute * 60 + second;
        let wall = i128::from(days(year, month, day)) * 86_400 + i128::from(clock);
        // Years beyond any calendar end at the last one that fits.
        let wall = i64::try_from(wall.clamp(-1 << 62, 1 << 62)).unwrap_or(0);
        let sec = wall - zone.offset_of_wall(wall);
        Self { sec, nsec, zone }
    }
}
