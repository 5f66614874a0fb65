//! `cargo xtask demo`: the walkthrough, step by step, with the real commands and their real output.

mod stage;
mod steps;

use std::path::Path;

use anyhow::{Context, Result, bail};
use eso_harness::venue::{Choice, Ground, Obstacles};

use crate::consent::Consent;
use stage::Stage;

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

/// Plays the walkthrough.
pub fn run(root: &Path, args: &DemoArgs) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no async runtime")?;
    runtime.block_on(play(root, args))
}

async fn play(root: &Path, args: &DemoArgs) -> Result<()> {
    println!("AWS Secrets Manager into a Kubernetes Secret, on a real API server.\n");
    let ground = choose(args.cluster).await?;
    println!("Where pods run: --cluster {}.\n", ground.name());
    let consent = if args.yes { Consent::Given } else { Consent::Ask };
    consent.obtain(&ground.packages_to_install())?;
    println!(
        "Getting ready: kube-apiserver and etcd, moto in the role of AWS, kubectl, the aws CLI, and the controller."
    );
    println!("The first time they are built from source, which takes some minutes; later they come from the cache.\n");
    let stage = Stage::set(root).await?;
    let steps = steps::walkthrough(&stage).await;
    if let Err(fault) = &steps {
        println!("\nThe walkthrough stopped: {fault:#}\n\nThe controller's log:\n{}", stage.controller_log());
    }
    steps?;
    stage.summary()?;
    if args.keep {
        stage.keep().await?;
    }
    stage.close().await
}

/// Decides where pods run, and says why not elsewhere. Without the chart there is nothing yet to run in pods.
async fn choose(cluster: Choice) -> Result<Ground> {
    let decision = cluster.decide(&Obstacles::look().await)?;
    for reason in &decision.reasons {
        println!("{reason}");
    }
    let name = decision.ground.name();
    match (cluster, decision.ground) {
        (_, Ground::Processes) => Ok(Ground::Processes),
        (Choice::Only(_), _) => {
            bail!("not --cluster {name}: the walkthrough has no chart to install yet; use processes")
        }
        (Choice::Auto, _) => {
            println!("not --cluster {name}, though it can work here: the walkthrough has no chart to install yet");
            Ok(Ground::Processes)
        }
    }
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
