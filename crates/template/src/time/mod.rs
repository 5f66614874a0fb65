//! Go's package time, as far as templates meet it: points in time, zones, durations and layouts.

mod calendar;
pub(crate) mod duration;
mod format;
mod layout;
mod methods;
mod parse;
mod zone;

use std::any::Any;
use std::rc::Rc;
use std::time::Duration as Since;

use crate::error::{Failure, Outcome};
use crate::object::{Member, Object};
use crate::value::Value;

pub(crate) use format::format;
pub(crate) use parse::parse;
pub(crate) use zone::Zone;

/// Nanoseconds of a second.
pub(crate) const NANOS: i64 = 1_000_000_000;

/// Go's `time.Time`.
#[derive(Clone, PartialEq)]
pub(crate) struct Time {
    /// Seconds since the Unix epoch.
    pub sec: i64,
    /// Nanoseconds after that second.
    pub nsec: i64,
    /// Where it is looked at from.
    pub zone: Zone,
}

impl Time {
    /// Go's zero time: the first of January of the year 1.
    pub const ZERO: Self = Self { sec: -62_135_596_800, nsec: 0, zone: Zone::Utc };

    /// `time.Unix`
    pub fn unix(sec: i64) -> Self {
        Self { sec, nsec: 0, zone: Zone::Local }
    }

    /// The time that a clock shows.
    pub fn since_epoch(since: Since) -> Self {
        Self {
            sec: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            nsec: i64::from(since.subsec_nanos()),
            zone: Zone::Local,
        }
    }

    /// The same point in time, seen from another zone.
    #[must_use]
    pub fn seen_from(&self, zone: Zone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// So many nanoseconds later.
    #[must_use]
    pub fn plus(&self, nanos: i64) -> Self {
        let nsec = self.nsec + nanos.rem_euclid(NANOS);
        let sec = self.sec.wrapping_add(nanos.div_euclid(NANOS)).wrapping_add(nsec / NANOS);
        Self { sec, nsec: nsec % NANOS, zone: self.zone.clone() }
    }

    /// Nanoseconds from `earlier` to this time; the nearest that fit into a duration.
    pub fn minus(&self, earlier: &Self) -> i64 {
        let nanos = (i128::from(self.sec) - i128::from(earlier.sec)) * i128::from(NANOS);
        let nanos = nanos + i128::from(self.nsec) - i128::from(earlier.nsec);
        i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
    }

    /// As a template sees it.
    pub fn value(self) -> Value {
        Value::Object(Rc::new(self))
    }

    /// The time in a value, if it is one.
    pub fn of(value: &Value) -> Option<&Self> {
        let Value::Object(object) = value else { return None };
        object.as_any().downcast_ref()
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }

    fn print(&self) -> Vec<u8> {
        format(self, b"2006-01-02 15:04:05.999999999 -0700 MST")
    }

    fn json(&self) -> Outcome<Value> {
        let year = self.date().year;
        if !(0..=9999).contains(&year) {
            return Err(Failure::new("Time.MarshalJSON: year outside of range [0,9999]"));
        }
        Ok(Value::text(format(self, b"2006-01-02T15:04:05.999999999Z07:00")))
    }

    fn member(&self, name: &str) -> Option<Member> {
        methods::method(name).map(Member::Method)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &Rc<dyn Object>) -> bool {
        other.as_any().downcast_ref() == Some(self)
    }
}
