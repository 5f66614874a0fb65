//! Logs: one JSON object a line on standard error, in the shape of zap's production encoder, as ESO writes them.
//!
//! `{"level":"info","ts":1732356000.5,"logger":"eso_controller::apply","msg":"...", then the fields}`. An event can name its own
//! logger with a field `logger`. Fields of the spans around an event follow its own.
//!
//! Foreign crates are kept at `warn`, at `info` when our level is trace, and never lower: `hyper`, `h2`, `rustls` and the AWS SDK
//! write request bodies and headers below that. Two are kept silent, `kube_client` and `kube_runtime`, until our level is trace,
//! because [`crate::watch`] says once what they say at every try; and `kube_client::client` always is: it quotes answers that it cannot
//! parse, whole, at level warn.

mod line;

use std::convert::Infallible;
use std::io::Write;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use line::{Fields, Line};

/// The logging flags, equal for all binaries (core.md §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub struct LogArgs {
    /// What to log: debug, info, warn, error, dpanic, panic or fatal. trace adds what developers need.
    #[arg(long = "loglevel", value_name = "LEVEL", default_value = "info", value_parser = parse_level)]
    pub level: Level,
    /// How times are written: epoch, millis, nanos, iso8601, rfc3339 or rfc3339nano; anything else is epoch.
    #[arg(long = "zap-time-encoding", value_name = "ENCODING", default_value = "epoch", value_parser = parse_time_encoding)]
    pub time_encoding: TimeEncoding,
}

impl Default for LogArgs {
    fn default() -> Self {
        Self { level: Level::INFO, time_encoding: TimeEncoding::Epoch }
    }
}

/// How `ts` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeEncoding {
    /// Seconds since 1970, with a fraction.
    #[default]
    Epoch,
    /// Milliseconds since 1970, with a fraction.
    Millis,
    /// Nanoseconds since 1970.
    Nanos,
    /// `2026-11-23T10:00:00.123Z`
    Iso8601,
    /// `2026-11-23T10:00:00Z`
    Rfc3339,
    /// `2026-11-23T10:00:00.123456789Z`, without trailing zeros.
    Rfc3339Nano,
}

/// Reads a level, for clap. dpanic, panic and fatal are error: nothing here logs above it.
pub fn parse_level(text: &str) -> Result<Level, String> {
    match text.to_ascii_lowercase().as_str() {
        "trace" => Ok(Level::TRACE),
        "debug" => Ok(Level::DEBUG),
        "info" => Ok(Level::INFO),
        "warn" => Ok(Level::WARN),
        "error" | "dpanic" | "panic" | "fatal" => Ok(Level::ERROR),
        _ => Err(format!("{text:?} is not a log level; use debug, info, warn, error, dpanic, panic, fatal or trace.")),
    }
}

/// Reads a time encoding, for clap. An unknown one is [`TimeEncoding::Epoch`], as in ESO.
pub fn parse_time_encoding(text: &str) -> Result<TimeEncoding, Infallible> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "millis" => TimeEncoding::Millis,
        "nanos" => TimeEncoding::Nanos,
        "iso8601" => TimeEncoding::Iso8601,
        "rfc3339" => TimeEncoding::Rfc3339,
        "rfc3339nano" => TimeEncoding::Rfc3339Nano,
        _ => TimeEncoding::Epoch,
    })
}

/// Makes this the logger of the process. To be called once, early in `main`; later calls change nothing.
pub fn init(args: &LogArgs) {
    // Refused only when there is a logger already.
    let _ = tracing::subscriber::set_global_default(subscriber(args, std::io::stderr));
}

fn subscriber<W: Write>(args: &LogArgs, open: impl Fn() -> W + Send + Sync + 'static) -> impl Subscriber + Send + Sync {
    Registry::default().with(Json { args: *args, open })
}

/// The lowest level that is written for a target, `None` for none. `module` is where the call stands, whatever target it names.
fn cap(level: Level, target: &str, module: &str) -> Option<Level> {
    let krate = target.split("::").next().unwrap_or_default();
    match (level, krate) {
        _ if module.starts_with("eso_") => Some(level),
        (_, "kube_client") if target == "kube_client::client" => None,
        (Level::TRACE, _) => Some(Level::INFO),
        (_, "kube_client" | "kube_runtime") => None,
        // The less talkative of the two; tracing orders levels by how much they let through.
        _ => Some(level.min(Level::WARN)),
    }
}

struct Json<F> {
    args: LogArgs,
    open: F,
}

impl<S, F, W> Layer<S> for Json<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    F: Fn() -> W + Send + Sync + 'static,
    W: Write,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let module = metadata.module_path().unwrap_or(metadata.target());
        cap(self.args.level, metadata.target(), module).is_some_and(|cap| *metadata.level() <= cap)
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(self.args.level.into())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut Reader(&mut fields));
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(&mut Reader(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut Reader(&mut fields));
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(more) = span.extensions().get::<Fields>() {
                fields.append(more);
            }
        }
        let metadata = event.metadata();
        let line = Line { level: *metadata.level(), logger: metadata.target(), time: jiff::Timestamp::now() };
        // There is nobody to tell when standard error is closed.
        let _ = (self.open)().write_all(line.json(self.args.time_encoding, &fields).as_bytes());
    }
}

/// Reads fields as tracing hands them out.
struct Reader<'a>(&'a mut Fields);

impl Visit for Reader<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.add(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.add(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.add(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.add(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.add_text(field.name(), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.0.add_text(field.name(), &value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.add_text(field.name(), &format!("{value:?}"));
    }
}

#[cfg(test)]
#[path = "telemetry_tests.rs"]
mod tests;
