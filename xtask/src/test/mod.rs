//! `cargo xtask test`: everything that must pass, one step after the other.

mod deny;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use eso_harness::venue::Ground;
use eso_harness::{Part, node};

use crate::consent::Consent;
use crate::{generate, tidy};

/// One thing that must pass.
struct Step {
    name: &'static str,
    run: fn(&Path, Consent) -> Result<()>,
}

/// Quick ones first, so that a slip of the pen is told in seconds.
const STEPS: [Step; 7] = [
    Step { name: "format", run: |root, _| cargo(root, &["fmt", "--all", "--check"]) },
    Step { name: "generated files", run: |root, _| generate::run(root, generate::Mode::Check) },
    Step { name: "tidy", run: |root, _| tidy::run(root) },
    Step {
        name: "lints",
        run: |root, _| cargo(root, &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    },
    Step { name: "dependencies", run: |root, _| deny::run(root) },
    Step { name: "parts", run: |_, consent| parts(consent) },
    Step { name: "tests", run: |root, _| cargo(root, &["test", "--workspace", "--no-fail-fast"]) },
];

/// Runs the steps, stops at the first that fails, and closes with a table of them all.
pub fn run(root: &Path, consent: Consent) -> Result<()> {
    let begun = Instant::now();
    let mut done: Vec<(&str, Duration)> = Vec::new();
    let mut failed = None;
    for (number, step) in STEPS.iter().enumerate() {
        println!("\n[{}/{}] {}", number + 1, STEPS.len(), step.name);
        let step_begun = Instant::now();
        let result = (step.run)(root, consent);
        let took = step_begun.elapsed();
        done.push((step.name, took));
        if let Err(fault) = result {
            println!("      failed after {}: {fault:#}", seconds(took));
            failed = Some((step.name, fault));
            break;
        }
        println!("      passed in {}", seconds(took));
    }
    summary(&done, failed.as_ref().map(|(name, _)| *name), begun.elapsed());
    match failed {
        Some((name, fault)) => Err(fault.context(format!("step \"{name}\" failed"))),
        None => Ok(()),
    }
}

fn summary(done: &[(&str, Duration)], failed: Option<&str>, total: Duration) {
    println!("\n{:<18} {:<8} {:>9}", "step", "result", "time");
    for step in &STEPS {
        let (result, took) = match done.iter().find(|(name, _)| *name == step.name) {
            None => ("not run", String::new()),
            Some((name, took)) if failed == Some(*name) => ("failed", seconds(*took)),
            Some((_, took)) => ("passed", seconds(*took)),
        };
        println!("{:<18} {result:<8} {took:>9}", step.name);
    }
    println!("{:<18} {:<8} {:>9}", "all", if failed.is_some() { "failed" } else { "passed" }, seconds(total));
}

/// Obtains what the tests run against, so that no test's time limit has to allow for building an API server.
fn parts(consent: Consent) -> Result<()> {
    println!(
        "      Kubernetes, etcd, helm, moto, the aws CLI, OpenBao, containerd: where missing, installed or built once; and the controller"
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no async runtime")?;
    runtime.block_on(eso_harness::ensure(&[
        Part::ControlPlane,
        Part::ControllerManager,
        Part::Helm,
        Part::Moto,
        Part::AwsCli,
        Part::OpenBao,
        Part::TemplateOracle,
    ]))?;
    match node::obstacle() {
        None => {
            consent.obtain(&Ground::Node.packages_to_install())?;
            runtime.block_on(eso_harness::ensure(&node::PARTS))?;
        }
        // The others can pass; these will fail, each with the same line.
        Some(obstacle) => println!("      the tests that need a node will fail: {obstacle}"),
    }
    runtime.block_on(eso_harness::operator::controller_binary(eso_harness::Profile::default()))?;
    Ok(())
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

/// Runs the cargo that runs us, with its output shown.
fn cargo(root: &Path, args: &[&str]) -> Result<()> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    println!("      cargo {}", args.join(" "));
    shown(Command::new(program).args(args).current_dir(root))
}

/// Runs a command with its output shown; fails with its exit code.
fn shown(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("starting {name}"))?;
    if !status.success() {
        bail!("{name} ended with {status}");
    }
    Ok(())
}
