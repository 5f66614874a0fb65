//! `cargo xtask demo`: the walkthrough, step by step, with the real commands and their real output.

mod pods;
mod processes;
mod shown;
mod steps;
mod terminal;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use eso_harness::venue::{Choice, Ground, Obstacles};
use eso_harness::{Access, AwsProxy, Installed, Moto};

use crate::consent::Consent;

/// Options of the demo.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Leaves everything running at the end and prints the environment to use, until Enter or Ctrl-C.
    #[arg(long)]
    pub keep: bool,
    /// Where pods run: kind, node, processes, or auto for the first of these that can work here.
    #[arg(long, default_value_t)]
    pub cluster: Choice,
    /// Installs what is missing on this system without asking.
    #[arg(long)]
    pub yes: bool,
}

/// Options of the end-to-end run.
#[derive(Debug, clap::Args)]
pub struct EndToEndArgs {
    /// Where pods run: kind, node, or auto for the first of these that can work here.
    #[arg(long, default_value_t = Choice::Only(Ground::Kind))]
    pub cluster: Choice,
    /// Installs what is missing on this system without asking.
    #[arg(long)]
    pub yes: bool,
    /// Folder for pods, events and logs at the end of the run.
    #[arg(long, default_value = "target/e2e")]
    pub logs: PathBuf,
}

/// Plays the guide, with pods where they can run.
pub fn run(root: &Path, args: &DemoArgs) -> Result<()> {
    println!("AWS Secrets Manager into a Kubernetes Secret, on a real API server.\n");
    runtime()?.block_on(async {
        match ground(args.cluster, args.yes).await? {
            Ground::Processes => Box::pin(processes::play(root, args.keep)).await,
            ground => Box::pin(pods::play(root, ground, args.keep, None)).await,
        }
    })?;
    println!("\nAll steps passed.");
    Ok(())
}

/// Plays the guide for nobody to watch: a cluster is made, the images are loaded, the chart is installed, every step is checked,
/// the logs are collected, and the cluster is deleted.
pub fn end_to_end(root: &Path, args: &EndToEndArgs) -> Result<()> {
    runtime()?.block_on(async {
        let ground = ground(args.cluster, args.yes).await?;
        anyhow::ensure!(
            ground != Ground::Processes,
            "an end-to-end run needs pods: give --cluster kind or --cluster node"
        );
        Box::pin(pods::play(root, ground, false, Some(&root.join(&args.logs)))).await
    })?;
    println!("\nAll steps passed.");
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no async runtime")
}

/// Decides where pods run and installs what that needs of the system.
async fn ground(cluster: Choice, yes: bool) -> Result<Ground> {
    let ground = choose(cluster).await?;
    println!("Where pods run: --cluster {}.\n", ground.name());
    let consent = if yes { Consent::Given } else { Consent::Ask };
    consent.obtain(&ground.packages_to_install())?;
    Ok(ground)
}

/// What a run took.
struct Facts<'a> {
    /// Until all three programs were ready, and from what on.
    ready: Duration,
    ready_after: &'a str,
    /// From `kubectl apply` to the Secret.
    first_sync: Duration,
    /// Resident, in bytes, by program.
    memory: Vec<(String, u64)>,
    aws: &'a AwsProxy,
}

impl Facts<'_> {
    fn show(&self) {
        println!("\n── Summary");
        println!("   all three ready             {:.1} s after {}", self.ready.as_secs_f64(), self.ready_after);
        println!("   time to first sync          {} ms after kubectl apply returned", self.first_sync.as_millis());
        for (program, bytes) in &self.memory {
            println!("   memory                      {:.1} MiB ({program})", shown::mebibytes(*bytes));
        }
        println!("   logins to AWS               {}", self.aws.count("AssumeRoleWithWebIdentity"));
        println!("   reads from Secrets Manager  {}", self.aws.count("GetSecretValue"));
        println!("   connections to AWS          {}", self.aws.connections());
    }
}

/// Waits for Enter, with everything running.
async fn wait_for_enter(access: &Access, moto: &Moto, installed: &Installed) -> Result<()> {
    println!("\nEverything keeps running. In another terminal:\n");
    println!("   export KUBECONFIG={}", access.kubeconfig_path().display());
    for (name, value) in moto.aws_env() {
        println!("   export {name}={value}");
    }
    let folders: Vec<String> = installed.folders().iter().map(|folder| folder.display().to_string()).collect();
    println!("   export PATH={}:$PATH", folders.join(":"));
    println!("\nPress Enter to end it.");
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
    Ok(())
}

/// Decides where pods run, and says why not elsewhere.
async fn choose(cluster: Choice) -> Result<Ground> {
    let decision = cluster.decide(&Obstacles::look().await)?;
    for reason in &decision.reasons {
        println!("{reason}");
    }
    Ok(decision.ground)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: DemoArgs,
    }

    #[test]
    fn where_pods_run_is_found_out_unless_it_is_said() {
        let parse = |line: &[&str]| Line::try_parse_from([&["demo"], line].concat()).map(|line| line.args);
        let plain = parse(&[]).unwrap();
        assert_eq!((plain.cluster, plain.yes), (Choice::Auto, false));
        let named = parse(&["--cluster", "node", "--yes"]).unwrap();
        assert_eq!((named.cluster, named.yes), (Choice::Only(Ground::Node), true));
        let wrong = parse(&["--cluster", "minikube"]).unwrap_err().to_string();
        assert!(wrong.contains("none of auto, kind, node, processes"), "{wrong}");
    }
}
