//! What the workloads found: JSON lines, and a table for people.

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::api_calls::OperatorCalls;
use crate::aws_stand_in::AwsCounts;
use crate::usage::Memory;

/// The line of `ceiling`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ceiling {
    pub(crate) workload: &'static str,
    pub(crate) by_connections: Vec<CeilingAt>,
}

/// What was reached with one number of connections.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CeilingAt {
    pub(crate) connections: usize,
    /// Of each of the first two kinds; half as many objects.
    pub(crate) operations: usize,
    pub(crate) post_secret_per_second: f64,
    pub(crate) put_status_per_second: f64,
    /// POST of a Secret, PUT of a status, POST of an event, one after the other, count as one object.
    pub(crate) objects_per_second: f64,
    pub(crate) api_server_cpu_seconds_per_1000_objects: f64,
    pub(crate) client_cpu_seconds_per_1000_objects: f64,
}

/// The line of `idle`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Idle {
    pub(crate) workload: &'static str,
    pub(crate) operator: &'static str,
    pub(crate) seconds: u64,
    pub(crate) ready_seconds: Option<f64>,
    pub(crate) memory: Memory,
    /// Until it was ready.
    pub(crate) start_cpu_seconds: f64,
    /// From the start to the end.
    pub(crate) cpu_seconds: f64,
}

/// The line of `cold`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cold {
    pub(crate) workload: &'static str,
    pub(crate) operator: &'static str,
    pub(crate) objects: u32,
    pub(crate) latency_ms: u64,
    /// All times count from the operator's start.
    pub(crate) seconds_to_50_percent: f64,
    pub(crate) seconds_to_99_percent: f64,
    pub(crate) seconds_to_100_percent: f64,
    /// Until it had nothing more to write; `None` if it never becomes quiet.
    pub(crate) seconds_to_quiet: Option<f64>,
    pub(crate) objects_per_second: f64,
    pub(crate) memory_at_last_sync: Memory,
    pub(crate) rest_seconds: u64,
    /// `rest_seconds` after the last sync; its peak is that of the whole life.
    pub(crate) memory_at_rest: Memory,
    /// From the start until it became quiet after the last sync.
    pub(crate) operator_cpu_seconds: f64,
    pub(crate) operator_cpu_seconds_per_1000: f64,
    /// From then until `memory_at_rest` was taken.
    pub(crate) rest_cpu_seconds: f64,
    pub(crate) api_server_cpu_seconds: f64,
    /// Of the benchmark itself, which plays AWS and watches.
    pub(crate) bench_cpu_seconds: f64,
    pub(crate) api_calls: OperatorCalls,
    pub(crate) rest_api_calls: OperatorCalls,
    pub(crate) provider: AwsCounts,
}

/// The line of `restart`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Restart {
    pub(crate) workload: &'static str,
    pub(crate) operator: &'static str,
    pub(crate) objects: u32,
    pub(crate) ready_seconds: Option<f64>,
    /// From the start until it became quiet.
    pub(crate) settled_seconds: f64,
    pub(crate) rest_seconds: u64,
    pub(crate) memory_at_rest: Memory,
    pub(crate) operator_cpu_seconds: f64,
    pub(crate) api_server_cpu_seconds: f64,
    pub(crate) api_calls: OperatorCalls,
    pub(crate) provider: AwsCounts,
}

/// The line of `admission`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Admission {
    pub(crate) workload: &'static str,
    /// From its start, with a Secret that was empty, until the certificate was made and injected.
    pub(crate) cert_controller_ready_seconds: f64,
    /// From its start, with the certificate in its files.
    pub(crate) webhook_ready_seconds: f64,
    pub(crate) rest_seconds: u64,
    pub(crate) cert_controller_at_rest: Memory,
    pub(crate) webhook_at_rest: Memory,
    pub(crate) webhook_after_load: Memory,
    pub(crate) admissions: usize,
    pub(crate) admissions_per_second: u32,
    /// As a client on the same machine sees them.
    pub(crate) p50_milliseconds: f64,
    pub(crate) p99_milliseconds: f64,
    /// Of those that the webhook counted in its own histogram.
    pub(crate) share_within_2_milliseconds: f64,
    pub(crate) webhook_cpu_seconds: f64,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) lines: Vec<String>,
    pub(crate) ceiling: Option<Ceiling>,
    pub(crate) idle: Option<Idle>,
    pub(crate) cold: Vec<Cold>,
    pub(crate) restart: Vec<Restart>,
    pub(crate) admission: Option<Admission>,
}

impl Findings {
    /// Prints a line and keeps it.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(crate) fn print(&mut self, line: &impl Serialize) -> anyhow::Result<()> {
        let line = serde_json::to_string(line)?;
        println!("{line}");
        self.lines.push(line);
        Ok(())
    }

    /// The table.
    pub(crate) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["workload", "figure", "value"]);
        let mut rows = Vec::new();
        if let Some(ceiling) = &self.ceiling {
            rows.extend(ceiling.by_connections.iter().flat_map(CeilingAt::rows));
        }
        rows.extend(self.idle.iter().flat_map(Idle::rows));
        for cold in &self.cold {
            rows.extend(cold.rows());
            rows.extend(self.ratio(cold));
        }
        rows.extend(self.restart.iter().flat_map(Restart::rows));
        rows.extend(self.admission.iter().flat_map(Admission::rows));
        for (workload, figure, value) in rows {
            table.add_row([workload, figure.to_owned(), value]);
        }
        table.to_string()
    }

    /// How near a cold sync came to the ceiling, in the three writes that each object needs, until the last was done. Writes that
    /// were left out are not counted as done; writes beyond three are of no use.
    fn ratio(&self, cold: &Cold) -> Option<Row> {
        let best = self.ceiling.iter().flat_map(|ceiling| &ceiling.by_connections).map(|at| at.objects_per_second);
        let best = best.max_by(f64::total_cmp)?;
        let needed = f64::from(cold.objects) * 3.0;
        let done = f64::from(u32::try_from(cold.api_calls.writes).unwrap_or(u32::MAX)).min(needed) / 3.0;
        let rate = done / cold.seconds_to_quiet.unwrap_or_default().max(cold.seconds_to_100_percent);
        let share = format!("{:.0} %: {rate:.0} of {best:.0} objects/s", 100.0 * rate / best);
        Some((cold.title(), "share of the ceiling (Secret, status, event)", share))
    }
}

type Row = (String, &'static str, String);

impl CeilingAt {
    fn rows(&self) -> Vec<Row> {
        let title = format!("ceiling, {} connections", self.connections);
        let cpu = format!(
            "{:.2} s, client {:.2} s",
            self.api_server_cpu_seconds_per_1000_objects, self.client_cpu_seconds_per_1000_objects
        );
        vec![
            (title.clone(), "POST Secret", format!("{:.0}/s", self.post_secret_per_second)),
            (title.clone(), "PUT status", format!("{:.0}/s", self.put_status_per_second)),
            (title.clone(), "Secret, status and event", format!("{:.0} objects/s", self.objects_per_second)),
            (title, "API server CPU per 1,000 objects", cpu),
        ]
    }
}

impl Idle {
    fn rows(&self) -> Vec<Row> {
        let title = format!("{} idle", self.operator);
        vec![
            (title.clone(), "memory", memory(&self.memory)),
            (title.clone(), "ready after", seconds(self.ready_seconds)),
            (
                title,
                "CPU",
                format!("{:.2} s until ready, {:.2} s in {} s", self.start_cpu_seconds, self.cpu_seconds, self.seconds),
            ),
        ]
    }
}

impl Cold {
    fn title(&self) -> String {
        format!("{} cold {}", self.operator, self.objects)
    }

    fn rows(&self) -> Vec<Row> {
        let title = self.title();
        let times = format!(
            "{:.2} / {:.2} / {:.2} s",
            self.seconds_to_50_percent, self.seconds_to_99_percent, self.seconds_to_100_percent
        );
        let cpu = format!("{:.2} s ({:.2} s per 1,000)", self.operator_cpu_seconds, self.operator_cpu_seconds_per_1000);
        let others = format!("{:.2} s / {:.2} s", self.api_server_cpu_seconds, self.bench_cpu_seconds);
        let rest = format!("{:.2} s CPU, {} API writes", self.rest_cpu_seconds, self.rest_api_calls.writes);
        vec![
            (title.clone(), "50 / 99 / 100 % synced", times),
            (title.clone(), "rate", format!("{:.0} objects/s", self.objects_per_second)),
            (title.clone(), "quiet after", seconds(self.seconds_to_quiet)),
            (title.clone(), "memory at the last sync", memory(&self.memory_at_last_sync)),
            (title.clone(), "memory at rest", memory(&self.memory_at_rest)),
            (title.clone(), "operator CPU", cpu),
            (title.clone(), "API server / benchmark CPU", others),
            (title.clone(), "API calls", calls(&self.api_calls)),
            (title.clone(), "at rest", rest),
            (title, "provider", provider(&self.provider)),
        ]
    }
}

impl Restart {
    fn rows(&self) -> Vec<Row> {
        let title = format!("{} restart {}", self.operator, self.objects);
        vec![
            (title.clone(), "ready after", seconds(self.ready_seconds)),
            (title.clone(), "quiet after", seconds(Some(self.settled_seconds))),
            (title.clone(), "memory at rest", memory(&self.memory_at_rest)),
            (title.clone(), "operator CPU", format!("{:.2} s", self.operator_cpu_seconds)),
            (title.clone(), "API server CPU", format!("{:.2} s", self.api_server_cpu_seconds)),
            (title.clone(), "API calls", calls(&self.api_calls)),
            (title, "provider", provider(&self.provider)),
        ]
    }
}

impl Admission {
    fn rows(&self) -> Vec<Row> {
        let title = format!("webhook, {} admissions at {}/s", self.admissions, self.admissions_per_second);
        let certs = "cert-controller".to_owned();
        let quick = format!("{:.2} %", 100.0 * self.share_within_2_milliseconds);
        vec![
            (certs.clone(), "ready after, certificates included", seconds(Some(self.cert_controller_ready_seconds))),
            (certs, "memory at rest", memory(&self.cert_controller_at_rest)),
            (title.clone(), "ready after", seconds(Some(self.webhook_ready_seconds))),
            (title.clone(), "memory at rest", memory(&self.webhook_at_rest)),
            (title.clone(), "memory after the load", memory(&self.webhook_after_load)),
            (
                title.clone(),
                "p50 / p99 of a client",
                format!("{:.2} / {:.2} ms", self.p50_milliseconds, self.p99_milliseconds),
            ),
            (title.clone(), "answered within 2 ms, by its own clock", quick),
            (title, "CPU", format!("{:.2} s", self.webhook_cpu_seconds)),
        ]
    }
}

/// CPU seconds for each thousand objects.
pub(crate) fn per_thousand(seconds: f64, objects: u32) -> f64 {
    seconds * 1000.0 / f64::from(objects)
}

fn memory(memory: &Memory) -> String {
    let [rss, anonymous, peak] = [memory.rss_bytes, memory.rss_anon_bytes, memory.peak_rss_bytes].map(mebibytes);
    format!("{rss:.1} MiB RSS ({anonymous:.1} anonymous), peak {peak:.1}")
}

fn mebibytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}

fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "unknown".to_owned(), |seconds| format!("{seconds:.2} s"))
}

fn calls(calls: &OperatorCalls) -> String {
    let kinds: Vec<String> = calls.by_kind.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    // A kind on each line: there may be a dozen.
    format!("{} writes of {} calls:\n{}", calls.writes, calls.total, kinds.join("\n"))
}

fn provider(counts: &AwsCounts) -> String {
    let actions: Vec<String> = counts.calls.iter().map(|(action, count)| format!("\n{action} {count}")).collect();
    format!("{} connections, {} in flight at most{}", counts.connections, counts.most_in_flight, actions.concat())
}
