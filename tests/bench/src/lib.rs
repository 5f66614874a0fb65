//! `cargo xtask bench`: workloads that measure an operator on a real API server.
//!
//! | workload | what is measured |
//! |---|---|
//! | `ceiling` | what this machine's API server can take: POST of a Secret, PUT of a status, and both with an event, at several numbers of connections |
//! | `idle` | the operator with nothing to do |
//! | `cold` | N `ExternalSecret`s that exist before the operator starts |
//! | `restart` | the operator started again over N synced objects |
//!
//! Each prints one JSON line per run, and at the end a table. AWS is [`AwsStandIn`], in this process. Any other operator takes part
//! with `--peer-cmd`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to people")]

mod api_calls;
mod api_client;
mod args;
mod aws_stand_in;
mod objects;
mod operator;
mod report;
mod run;
mod stage;
mod sync_watch;
mod usage;
mod workloads;

pub use args::{BenchArgs, Workload};
pub use aws_stand_in::{AwsStandIn, secret_value};
pub use run::run;
