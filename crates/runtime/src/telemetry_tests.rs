#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::io::Write;
use std::sync::Arc;

use clap::Parser;
use parking_lot::Mutex;
use serde_json::Value;
use tracing::Level;

use super::{LogArgs, TimeEncoding, parse_level, parse_time_encoding, subscriber};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(level: Level, work: impl FnOnce()) -> String {
    let sink = Sink::default();
    let writer = sink.clone();
    let args = LogArgs { level, time_encoding: TimeEncoding::Rfc3339 };
    tracing::subscriber::with_default(subscriber(&args, move || writer.clone()), work);
    String::from_utf8(sink.0.lock().clone()).unwrap()
}

#[test]
fn a_line_has_the_shape_of_zap() {
    let text = logged(Level::INFO, || {
        tracing::info!(count = 3, ratio = 0.5, ok = true, name = "a\"b\n", kind = ?Some(1), "It is {}.", "done");
    });
    assert!(text.starts_with(r#"{"level":"info","ts":"2"#) && text.ends_with("}\n"), "{text}");
    assert!(text.contains(r#","logger":"eso_runtime::telemetry::tests","msg":"It is done.""#), "{text}");
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["count"], 3);
    assert_eq!(line["ratio"], 0.5);
    assert_eq!(line["ok"], true);
    assert_eq!(line["name"], "a\"b\n");
    assert_eq!(line["kind"], "Some(1)");
}

#[test]
fn an_event_can_name_its_logger_and_carries_the_fields_of_its_spans() {
    let text = logged(Level::DEBUG, || {
        let span = tracing::info_span!("reconcile", object = "default/db", lane = tracing::field::Empty);
        span.record("lane", "Forced");
        let _inside = span.enter();
        tracing::debug!(logger = "controllers.ExternalSecret", "here");
    });
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["logger"], "controllers.ExternalSecret");
    assert_eq!(line["object"], "default/db");
    assert_eq!(line["lane"], "Forced");
}

#[test]
fn an_error_is_written_as_its_text() {
    let error = eso_core::Fault::new(eso_core::FaultKind::Denied, "No.").with_detail("canary");
    let text = logged(Level::TRACE, || {
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::error!(error, "It failed.");
    });
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&line["level"], &line["error"]), (&Value::from("error"), &Value::from("No.")));
}

#[test]
fn only_the_wanted_levels_are_written() {
    for (level, lines) in [(Level::ERROR, 1), (Level::WARN, 2), (Level::INFO, 3), (Level::DEBUG, 4), (Level::TRACE, 5)]
    {
        let text = logged(level, || {
            tracing::error!("1");
            tracing::warn!("2");
            tracing::info!("3");
            tracing::debug!("4");
            tracing::trace!("5");
        });
        assert_eq!(text.lines().count(), lines, "{level}");
    }
}

#[test]
fn foreign_crates_are_capped_and_the_one_that_quotes_answers_is_silent() {
    use super::cap;
    for (target, usual, at_trace) in [
        ("eso_controller::apply", Some(Level::DEBUG), Some(Level::TRACE)),
        ("hyper::proto", Some(Level::WARN), Some(Level::INFO)),
        ("h2::codec", Some(Level::WARN), Some(Level::INFO)),
        ("rustls::client", Some(Level::WARN), Some(Level::INFO)),
        ("aws_smithy_runtime::client", Some(Level::WARN), Some(Level::INFO)),
        ("aws_config::sts", Some(Level::WARN), Some(Level::INFO)),
        ("kube_runtime::watcher", None, Some(Level::INFO)),
        ("kube_client::client::builder", None, Some(Level::INFO)),
        ("kube_client::client", None, None),
    ] {
        assert_eq!(cap(Level::DEBUG, target, target), usual, "{target}");
        assert_eq!(cap(Level::TRACE, target, target), at_trace, "{target}");
    }
    assert_eq!(cap(Level::ERROR, "hyper::proto", "hyper::proto"), Some(Level::ERROR));
    assert_eq!(cap(Level::TRACE, "controllers.ExternalSecret", "eso_controller::apply"), Some(Level::TRACE));
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    log: LogArgs,
}

fn parsed(flags: &[&str]) -> Result<LogArgs, String> {
    Cli::try_parse_from(["x"].iter().chain(flags)).map(|cli| cli.log).map_err(|error| error.to_string())
}

#[test]
fn flags_have_the_defaults_of_eso_and_a_bad_level_is_refused_with_a_sentence() {
    assert_eq!(parsed(&[]).unwrap(), LogArgs::default());
    let args = parsed(&["--loglevel=debug", "--zap-time-encoding", "rfc3339nano"]).unwrap();
    assert_eq!(args, LogArgs { level: Level::DEBUG, time_encoding: TimeEncoding::Rfc3339Nano });
    assert!(parsed(&["--loglevel", "loud"]).unwrap_err().contains("\"loud\" is not a log level; use debug"));
    assert_eq!(parsed(&["--zap-time-encoding", "nano"]).unwrap().time_encoding, TimeEncoding::Epoch);
}

#[test]
fn levels_above_error_are_error() {
    for level in ["error", "dpanic", "panic", "fatal", "FATAL"] {
        assert_eq!(parse_level(level), Ok(Level::ERROR));
    }
    assert_eq!(parse_level("trace"), Ok(Level::TRACE));
    assert!(parse_level("").is_err());
    assert_eq!(parse_time_encoding("nanos"), Ok(TimeEncoding::Nanos));
}
