//! Durations as Go writes them (`1h30m`, `1.5h`, `-90s`, `500ms`, `0`).
//!
//! Source: the Go standard library's documentation of `time.ParseDuration`. There are no days.

use std::time::Duration;

/// A signed span of time, because users may write a negative one and the rules distinguish `<= 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration {
    nanos: i128,
}

impl GoDuration {
    /// From an unsigned duration.
    pub fn from_std(duration: Duration) -> Self {
        Self { nanos: i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX) }
    }

    /// The span, or `None` when it is negative.
    pub fn to_std(self) -> Option<Duration> {
        u64::try_from(self.nanos).ok().map(Duration::from_nanos)
    }

    /// Whether the span is zero or negative: "never again" in refresh intervals.
    pub fn is_zero_or_less(self) -> bool {
        self.nanos <= 0
    }

    /// Parses Go's syntax; `None` when Go would refuse it (also above its range of about 292 years).
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        if rest == "0" {
            return Some(Self { nanos: 0 });
        }
        if rest.is_empty() {
            return None;
        }
        let mut nanos: i128 = 0;
        while !rest.is_empty() {
            let (value, after) = component(rest)?;
            nanos += value;
            rest = after;
        }
        if nanos > i128::from(i64::MAX) {
            return None;
        }
        Some(Self { nanos: if negative { -nanos } else { nanos } })
    }
}

/// One `<number><unit>` in nanoseconds, and what follows it.
fn component(text: &str) -> Option<(i128, &str)> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, rest) = text.split_at_checked(number_end)?;
    let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
    let (unit, after) = rest.split_at_checked(unit_end)?;
    let unit_nanos: i128 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.into() };
    let mut nanos = whole.checked_mul(unit_nanos)?;
    let mut scale = unit_nanos;
    for digit in fraction.bytes() {
        scale /= 10;
        nanos += i128::from(digit - b'0') * scale;
    }
    Some((nanos, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<i128> {
        GoDuration::parse(text).map(|d| d.nanos / 1_000_000)
    }

    #[test]
    fn accepts_what_go_accepts() {
        assert_eq!(millis("1h0m0s"), Some(3_600_000));
        assert_eq!(millis("1.5h"), Some(5_400_000));
        assert_eq!(millis("90s"), Some(90_000));
        assert_eq!(millis("0"), Some(0));
        assert_eq!(millis("100ms"), Some(100));
        assert_eq!(millis("-2s"), Some(-2_000));
        assert_eq!(millis("+.5s"), Some(500));
        assert_eq!(GoDuration::parse("1µs"), GoDuration::parse("1us"));
    }

    #[test]
    fn refuses_what_go_refuses() {
        for text in ["", "-", "90", "1d", "1h ", "h", ".s", "1.2.3s", "9999999999h", "1hm"] {
            assert_eq!(GoDuration::parse(text), None, "{text:?}");
        }
    }
}
