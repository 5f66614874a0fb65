//! Runs the workloads that were asked for.

use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use eso_harness::{Installed, Part, ensure};

use crate::args::{BenchArgs, Workload};
use crate::operator::Candidate;
use crate::report::Findings;
use crate::stage::Stage;
use crate::workloads::{admission, ceiling, cold, idle, restart};

/// Runs the workloads, prints a JSON line for each on stdout, and then a table. What is going on is said on stderr.
///
/// # Errors
/// When a part cannot be had, an operator does not do its work in time, or the file for the lines cannot be written.
pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        return run_optimised();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.context("the asynchronous runtime could not start")?.block_on(run_all(args))
}

/// Runs the same command line again, compiled with optimisation: the benchmark plays AWS and watches on the machine that it measures,
/// and would take several times as much from it.
fn run_optimised() -> anyhow::Result<()> {
    say("building the benchmark itself");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--profile", "ci", "--package", "xtask", "--"]).args(std::env::args_os().skip(1));
    let status = command.status().context("cargo cannot be run")?;
    anyhow::ensure!(status.success(), "the benchmark ended with {status}");
    Ok(())
}

async fn run_all(args: &BenchArgs) -> anyhow::Result<()> {
    let of_operators = [Workload::Idle, Workload::Cold, Workload::Restart];
    let needs_operator = of_operators.iter().any(|workload| args.wants(*workload));
    let installed = ensure(&[Part::ControlPlane]).await?;
    let candidate = if needs_operator {
        say("building the operator");
        Some(Candidate::obtain(args).await?)
    } else {
        None
    };
    let mut findings = Findings::default();
    let measured = measure(args, &installed, candidate.as_ref(), &mut findings).await;
    if let Some(file) = &args.json {
        let mut text = findings.lines.join("\n");
        text.push('\n');
        std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    println!("{}", findings.table());
    measured
}

async fn measure(
    args: &BenchArgs,
    installed: &Installed,
    candidate: Option<&Candidate>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    if args.wants(Workload::Ceiling) {
        say("ceiling: what the API server can take");
        let line = ceiling(&Stage::start(installed, args).await?).await?;
        findings.print(&line)?;
        findings.ceiling = Some(line);
    }
    if let Some(candidate) = candidate {
        operators(args, installed, candidate, findings).await?;
    }
    if args.wants(Workload::Admission) {
        say("admission: the webhook and the cert-controller, 10 s of rest, then 20 s of load");
        let line = admission(installed, args).await?;
        findings.print(&line)?;
        findings.admission = Some(line);
    }
    Ok(())
}

async fn operators(
    args: &BenchArgs,
    installed: &Installed,
    candidate: &Candidate,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    if args.wants(Workload::Idle) {
        say("idle: the operator with nothing to do, 20 s");
        let line = idle(&Stage::start(installed, args).await?, candidate).await?;
        findings.print(&line)?;
        findings.idle = Some(line);
    }
    if args.wants(Workload::Cold) || args.wants(Workload::Restart) {
        for &objects in &args.objects {
            syncs(args, installed, candidate, (objects, findings)).await?;
        }
    }
    Ok(())
}

/// `cold` and `restart` share an API server: the one leaves what the other needs.
async fn syncs(
    args: &BenchArgs,
    installed: &Installed,
    candidate: &Candidate,
    (objects, findings): (u32, &mut Findings),
) -> anyhow::Result<()> {
    let wants_cold = args.wants(Workload::Cold);
    let rest = if wants_cold { args.rest() } else { Duration::ZERO };
    say(&format!("cold: {objects} objects, then {} s of rest", rest.as_secs()));
    let stage = Stage::start(installed, args).await?;
    let (line, operator) = cold(&stage, candidate, args, objects, rest).await?;
    if wants_cold {
        findings.print(&line)?;
        findings.cold.push(line);
    }
    operator.stop().await?;
    if args.wants(Workload::Restart) {
        say(&format!(
            "restart: the operator again over {objects} synced objects, then {} s of rest",
            args.rest_seconds
        ));
        let line = restart(&stage, candidate, args, objects).await?;
        findings.print(&line)?;
        findings.restart.push(line);
    }
    Ok(())
}

fn say(text: &str) {
    eprintln!("bench: {text}");
}
