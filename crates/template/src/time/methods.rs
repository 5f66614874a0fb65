//! The methods of `time.Time`.

use std::cmp::Ordering;

use super::calendar::{MONTHS, WEEKDAYS};
use super::{NANOS, Time, Zone, duration, format};
use crate::error::{Failure, Outcome};
use crate::functions::Param;
use crate::object::{Call, Method, Named, Object};
use crate::value::Value;

/// The time that a method is called on.
fn this(object: &dyn Object) -> &Time {
    object.as_any().downcast_ref().unwrap_or(&Time::ZERO)
}

/// The first argument, where it is a time.
fn other(args: &[Value]) -> &Time {
    args.first().and_then(Time::of).unwrap_or(&Time::ZERO)
}

fn number(args: &[Value], at: usize) -> i64 {
    if let Some(Value::Int(n)) = args.get(at) { *n } else { 0 }
}

fn several(count: u8) -> Outcome<Value> {
    Err(Failure::new(format!("can't call method/function with {count} results")))
}

/// A method by its name.
pub(super) fn method(name: &str) -> Option<Method> {
    let params: &'static [Param] = match name {
        "Format" => &[Param::Str],
        "Add" | "Round" | "Truncate" => &[Param::Duration],
        "AddDate" => &[Param::Int, Param::Int, Param::Int],
        "Sub" | "After" | "Before" | "Equal" | "Compare" => &[Param::Time],
        "In" => &[Param::Location],
        _ => &[],
    };
    calendar(name).or_else(|| arithmetic(name)).map(|call| Method { params, call })
}

/// What the calendar and the clock show.
fn calendar(name: &str) -> Option<Call> {
    Some(match name {
        "Year" => |_, t, _| Ok(Value::Int(this(t).date().year)),
        "Month" => |_, t, _| Ok(named("time.Month", this(t).date().month, &MONTHS, 1)),
        "Day" => |_, t, _| Ok(Value::Int(this(t).date().day)),
        "Weekday" => |_, t, _| Ok(named("time.Weekday", this(t).date().weekday, &WEEKDAYS, 0)),
        "YearDay" => |_, t, _| Ok(Value::Int(this(t).date().year_day)),
        "Hour" => |_, t, _| Ok(Value::Int(this(t).date().hour)),
        "Minute" => |_, t, _| Ok(Value::Int(this(t).date().minute)),
        "Second" => |_, t, _| Ok(Value::Int(this(t).date().second)),
        "Nanosecond" => |_, t, _| Ok(Value::Int(this(t).nsec)),
        "Unix" => |_, t, _| Ok(Value::Int64(this(t).sec)),
        "UnixMilli" => |_, t, _| Ok(Value::Int64(scaled(this(t), 1_000))),
        "UnixMicro" => |_, t, _| Ok(Value::Int64(scaled(this(t), 1_000_000))),
        "UnixNano" => |_, t, _| Ok(Value::Int64(scaled(this(t), NANOS))),
        "IsZero" => |_, t, _| Ok(Value::Bool((this(t).sec, this(t).nsec) == (Time::ZERO.sec, 0))),
        "IsDST" => |_, t, _| Ok(Value::Bool(this(t).zone.at(this(t).sec).summer)),
        "Format" => |_, t, a| match a.first() {
            Some(Value::Str(layout)) => Ok(Value::text(format(this(t), layout))),
            _ => Ok(Value::text("")),
        },
        "String" => |_, t, _| Ok(Value::text(t.print())),
        "Location" => |_, t, _| Ok(Value::Object(std::rc::Rc::new(Location(this(t).zone.clone())))),
        "Date" | "Clock" => |_, _, _| several(3),
        "ISOWeek" | "ZoneBounds" | "Zone" => |_, _, _| several(2),
        _ => return None,
    })
}

/// Other times and distances between times.
fn arithmetic(name: &str) -> Option<Call> {
    Some(match name {
        "Add" => |_, t, a| Ok(this(t).plus(a.first().map_or(0, duration::of)).value()),
        "AddDate" => |_, t, a| {
            let (time, date) = (this(t), this(t).date());
            let wanted = [0, 1, 2].map(|at| number(a, at).clamp(-1 << 40, 1 << 40));
            let [years, months, days] = wanted;
            let day = [date.year + years, date.month + months, date.day + days];
            let clock = [date.hour, date.minute, date.second, time.nsec];
            Ok(Time::from_wall(day, clock, time.zone.clone()).value())
        },
        "Round" => |_, t, a| Ok(rounded(this(t), a.first().map_or(0, duration::of), Direction::Nearest).value()),
        "Truncate" => |_, t, a| Ok(rounded(this(t), a.first().map_or(0, duration::of), Direction::Down).value()),
        "Sub" => |_, t, a| Ok(duration::value(this(t).minus(other(a)))),
        "After" => |_, t, a| Ok(Value::Bool(order(this(t), other(a)) == Ordering::Greater)),
        "Before" => |_, t, a| Ok(Value::Bool(order(this(t), other(a)) == Ordering::Less)),
        "Equal" => |_, t, a| Ok(Value::Bool(order(this(t), other(a)) == Ordering::Equal)),
        "Compare" => |_, t, a| Ok(Value::Int(order(this(t), other(a)) as i64)),
        "UTC" => |_, t, _| Ok(this(t).seen_from(Zone::Utc).value()),
        "Local" => |_, t, _| Ok(this(t).seen_from(Zone::Local).value()),
        "In" => |_, t, a| Ok(this(t).seen_from(zone(a)).value()),
        _ => return None,
    })
}

fn order(a: &Time, b: &Time) -> Ordering {
    (a.sec, a.nsec).cmp(&(b.sec, b.nsec))
}

/// Time since the epoch in units of which a second has so many; wraps as in Go.
fn scaled(time: &Time, per_second: i64) -> i64 {
    time.sec.wrapping_mul(per_second).wrapping_add(time.nsec / (NANOS / per_second))
}

/// Which multiple rounding gives.
#[derive(PartialEq)]
enum Direction {
    Down,
    Nearest,
}

/// To a multiple of `unit` nanoseconds since the zero time, down or to the nearest (halves up).
fn rounded(time: &Time, unit: i64, direction: Direction) -> Time {
    if unit <= 0 {
        return time.clone();
    }
    let since = (i128::from(time.sec) - i128::from(Time::ZERO.sec)) * i128::from(NANOS) + i128::from(time.nsec);
    let rest = i64::try_from(since.rem_euclid(i128::from(unit))).unwrap_or(0);
    if direction == Direction::Nearest && rest >= unit - rest { time.plus(unit - rest) } else { time.plus(-rest) }
}

/// A number of which Go prints the name.
fn named(type_name: &'static str, number: i64, names: &[&str], first: i64) -> Value {
    let text = usize::try_from(number - first).ok().and_then(|at| names.get(at)).unwrap_or(&"");
    let method = |name: &str| -> Option<Method> {
        (name == "String").then_some(Method { params: &[], call: |_, n, _| Ok(Value::text(n.print())) })
    };
    Value::named(Named { type_name, kind: "int", number, text: (*text).into(), method })
}

fn zone(args: &[Value]) -> Zone {
    let Some(Value::Object(object)) = args.first() else { return Zone::Utc };
    object.as_any().downcast_ref::<Location>().map_or(Zone::Utc, |location| location.0.clone())
}

/// Go's `*time.Location`.
struct Location(Zone);

impl Object for Location {
    fn type_name(&self) -> &'static str {
        "*time.Location"
    }

    fn kind_name(&self) -> &'static str {
        "ptr"
    }

    fn print(&self) -> Vec<u8> {
        self.0.name().into()
    }

    fn json(&self) -> Outcome<Value> {
        Value::dict(std::collections::BTreeMap::new())
    }

    fn member(&self, name: &str) -> Option<crate::object::Member> {
        let method = Method { params: &[], call: |_, l, _| Ok(Value::text(l.print())) };
        (name == "String").then_some(crate::object::Member::Method(method))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn equals(&self, other: &std::rc::Rc<dyn Object>) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| other.0 == self.0)
    }
}
