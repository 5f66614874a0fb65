//! `cargo xtask`: what this workspace can do with itself.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line program talks to people

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use eso_harness::{Part, Program};
use xtask::consent::Consent;
use xtask::{demo, generate, image, test, tidy};

/// What this workspace can do with itself.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(clap::Args)]
struct BenchTask {
    /// Only the template engine: a typical config file, beside the time that Go takes for it.
    #[arg(long)]
    templates: bool,
    #[command(flatten)]
    workloads: eso_bench::BenchArgs,
}

#[derive(Subcommand)]
enum Task {
    /// The guide, step by step: AWS Secrets Manager into a Kubernetes Secret, with three pods where pods can run.
    Demo(demo::DemoArgs),
    /// The same guide on kind, for nobody to watch: its logs are collected at the end.
    E2e(demo::EndToEndArgs),
    /// Everything that must pass: format, lints, generated files, tidy, dependencies, tests.
    Test {
        /// Installs what is missing on this system without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Writes the generated files: CRDs, RBAC, the chart's schema and README, Dockerfiles, docs/templates.md, the test column of docs/parity.md.
    Gen {
        /// Writes nothing and fails when a file differs.
        #[arg(long)]
        check: bool,
    },
    /// Checks of the design that no compiler makes.
    Tidy,
    /// Writes an image of each program, without a container engine, and lists what it is made of.
    Image(image::ImageArgs),
    /// Workloads on a real API server, one JSON line each; or the template engine beside Go's.
    Bench(BenchTask),
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
        Task::E2e(args) => demo::end_to_end(root, &args),
        Task::Test { yes } => test::run(root, if yes { Consent::Given } else { Consent::Ask }),
        Task::Gen { check: false } => generate::run(root, generate::Mode::Write),
        Task::Gen { check: true } => generate::run(root, generate::Mode::Check),
        Task::Tidy => tidy::run(root),
        Task::Image(args) => image::run(root, &args),
        Task::Bench(BenchTask { templates: true, .. }) => templates_bench(root),
        Task::Bench(BenchTask { workloads, .. }) => eso_bench::run(&workloads),
    }
}

/// Measures the template engine beside the oracle program, which is built first if need be.
fn templates_bench(root: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no async runtime")?;
    let installed = runtime.block_on(eso_harness::ensure(&[Part::TemplateOracle]))?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    command.args(["bench", "-p", "eso-template", "--bench", "typical"]).current_dir(root);
    command.env("ESO_TEMPLATE_ORACLE", installed.path(Program::TemplateOracle)?);
    let status = command.status().context("starting cargo bench")?;
    anyhow::ensure!(status.success(), "cargo bench ended with {status}");
    Ok(())
}
