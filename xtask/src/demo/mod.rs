//! `cargo xtask demo`: the walkthrough, step by step, with the real commands and their real output.

mod stage;
mod steps;

use std::path::Path;

use anyhow::{Context, Result};

use stage::Stage;

/// Options of the demo.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Leaves everything running at the end and prints the environment to use, until Enter or Ctrl-C.
    #[arg(long)]
    pub keep: bool,
}

/// Plays the walkthrough.
pub fn run(root: &Path, args: &DemoArgs) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no async runtime")?;
    runtime.block_on(play(root, args.keep))
}

async fn play(root: &Path, keep: bool) -> Result<()> {
    println!("AWS Secrets Manager into a Kubernetes Secret, on a real API server.\n");
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
    if keep {
        stage.keep().await?;
    }
    stage.close().await
}
