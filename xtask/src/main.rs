//! `cargo xtask`: what this workspace can do with itself.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line program talks to people

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use xtask::consent::Consent;
use xtask::{demo, generate, image, test, tidy};

/// What this workspace can do with itself.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// The walkthrough: AWS Secrets Manager into a Kubernetes Secret, on a real API server.
    Demo(demo::DemoArgs),
    /// Everything that must pass: format, lints, generated files, tidy, dependencies, tests.
    Test {
        /// Installs what is missing on this system without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Writes the generated files: CRDs, RBAC, the chart's schema and README, Dockerfiles, the test column of docs/parity.md.
    Gen {
        /// Writes nothing and fails when a file differs.
        #[arg(long)]
        check: bool,
    },
    /// Checks of the design that no compiler makes.
    Tidy,
    /// Writes an image of each program, without a container engine, and lists what it is made of.
    Image(image::ImageArgs),
    /// Workloads on a real API server, one JSON line each.
    Bench(eso_bench::BenchArgs),
}

fn main() -> ExitCode {
    match run(Args::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies outside a workspace")?;
    match task {
        Task::Demo(args) => demo::run(root, &args),
        Task::Test { yes } => test::run(root, if yes { Consent::Given } else { Consent::Ask }),
        Task::Gen { check: false } => generate::run(root, generate::Mode::Write),
        Task::Gen { check: true } => generate::run(root, generate::Mode::Check),
        Task::Tidy => tidy::run(root),
        Task::Image(args) => image::run(root, &args),
        Task::Bench(args) => eso_bench::run(&args),
    }
}
