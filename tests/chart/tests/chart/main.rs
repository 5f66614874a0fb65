//! The chart and the Terraform module, rendered by Helm and given to real servers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a test may fail loudly

mod defaults;
mod flags;
mod scoped;
mod server;
mod terraform;
mod upgrade;
mod values;
