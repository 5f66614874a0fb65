//! One line of log.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use tracing::Level;

use super::TimeEncoding;

/// Fields on their way into a line.
#[derive(Default)]
pub(super) struct Fields {
    message: String,
    logger: Option<String>,
    /// JSON members, each led by a comma.
    members: String,
}

impl Fields {
    pub fn add(&mut self, name: &str, value: &impl Serialize) {
        self.members.push(',');
        self.members.push_str(&json(name));
        self.members.push(':');
        self.members.push_str(&json(value));
    }

    pub fn add_text(&mut self, name: &str, value: &str) {
        match name {
            "message" => value.clone_into(&mut self.message),
            "logger" => self.logger = Some(value.to_owned()),
            _ => self.add(name, &value),
        }
    }

    pub fn append(&mut self, other: &Self) {
        self.members.push_str(&other.members);
        if self.logger.is_none() {
            self.logger.clone_from(&other.logger);
        }
    }
}

/// What a line has beside its fields.
pub(super) struct Line<'a> {
    pub level: Level,
    pub logger: &'a str,
    pub time: Timestamp,
}

impl Line<'_> {
    pub fn json(&self, encoding: TimeEncoding, fields: &Fields) -> String {
        let level = match self.level {
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        let logger = fields.logger.as_deref().unwrap_or(self.logger);
        let mut line = String::with_capacity(128 + fields.message.len() + fields.members.len());
        // Writing to a String cannot fail.
        let _ = writeln!(
            line,
            "{{\"level\":\"{level}\",\"ts\":{},\"logger\":{},\"msg\":{}{}}}",
            time(self.time, encoding),
            json(logger),
            json(&fields.message),
            fields.members
        );
        line
    }
}

/// The time as a JSON value.
fn time(time: Timestamp, encoding: TimeEncoding) -> String {
    let nanos = time.as_nanosecond();
    match encoding {
        TimeEncoding::Epoch => fraction(nanos, 9),
        TimeEncoding::Millis => fraction(nanos, 6),
        TimeEncoding::Nanos => nanos.to_string(),
        TimeEncoding::Iso8601 => format!("\"{}\"", time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")),
        TimeEncoding::Rfc3339 => format!("\"{}\"", time.strftime("%Y-%m-%dT%H:%M:%SZ")),
        TimeEncoding::Rfc3339Nano => format!("\"{}\"", time.strftime("%Y-%m-%dT%H:%M:%S%.fZ")),
    }
}

/// Divides by 10^`digits` without the rounding of floats.
fn fraction(nanos: i128, digits: usize) -> String {
    let unit = 10_i128.pow(u32::try_from(digits).unwrap_or_default());
    let text = format!("{}.{:0digits$}", nanos.div_euclid(unit), nanos.rem_euclid(unit));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// JSON of a scalar. Numbers that JSON does not know become null.
fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{TimeEncoding, time};

    #[test]
    fn each_encoding_writes_times_as_zap_does() {
        let at = Timestamp::new(1_763_892_000, 120_000_000).unwrap_or_default();
        for (encoding, text) in [
            (TimeEncoding::Epoch, "1763892000.12"),
            (TimeEncoding::Millis, "1763892000120"),
            (TimeEncoding::Nanos, "1763892000120000000"),
            (TimeEncoding::Iso8601, "\"2025-11-23T10:00:00.120Z\""),
            (TimeEncoding::Rfc3339, "\"2025-11-23T10:00:00Z\""),
            (TimeEncoding::Rfc3339Nano, "\"2025-11-23T10:00:00.12Z\""),
        ] {
            assert_eq!(time(at, encoding), text, "{encoding:?}");
        }
        let whole = Timestamp::new(1_763_892_000, 0).unwrap_or_default();
        assert_eq!(time(whole, TimeEncoding::Rfc3339Nano), "\"2025-11-23T10:00:00Z\"");
        assert_eq!(time(whole, TimeEncoding::Epoch), "1763892000");
    }
}
