//! `cargo xtask bench`: workloads on a real API server.

use std::path::Path;

use anyhow::{Result, bail};

/// Options of the benchmark.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// What to run and how, handed on as it is.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub rest: Vec<String>,
}

/// Runs the workloads.
pub fn run(_root: &Path, _args: &BenchArgs) -> Result<()> {
    bail!("the benchmark is not built yet")
}
