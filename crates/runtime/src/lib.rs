//! How a process lives in a cluster: its client, watches, work queue, metrics, events, logs, admin server, shutdown and lease.
//!
//! What is absent on purpose: this crate knows no `ExternalSecret` and no provider. Names of kinds appear only as labels of metrics.

pub mod admin;
pub mod certificates;
pub mod client;
pub mod events;
pub mod flags;
mod jitter;
pub mod lease;
pub mod metrics;
pub mod program;
pub mod queue;
pub mod shutdown;
pub mod telemetry;
pub mod tls;
pub mod watch;
