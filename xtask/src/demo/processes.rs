//! The walkthrough without pods: the three programs are processes of this machine.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use eso_harness::admission::{self, Admission};
use eso_harness::{Cluster, ClusterOptions, Controllers, Operator, Profile};

use super::terminal::Terminal;
use super::{Facts, shown, steps};

/// What the walkthrough plays on.
struct Stage {
    cluster: Cluster,
    admission: Admission,
    examples: PathBuf,
}

/// The programs, in the order in which they are started.
struct Programs([(&'static str, Operator); 3]);

/// Plays the walkthrough.
pub async fn play(root: &Path, keep: bool) -> Result<()> {
    println!(
        "Getting ready: kube-apiserver and etcd, moto in the role of AWS, kubectl, the aws CLI, and the three programs."
    );
    println!("The first time they are built from source, which takes some minutes; later they come from the cache.\n");
    let stage = Stage::set(root).await?;
    let terminal = Terminal::new(stage.cluster.plane().access(), stage.cluster.moto(), stage.examples.clone());
    steps::store_in_aws(&terminal).await?;
    let (programs, ready) = stage.start(&terminal).await?;
    let first_sync = async {
        let first_sync = steps::sync(&terminal).await?;
        steps::update_by_delete(&terminal).await?;
        steps::update_by_annotation(&terminal).await?;
        steps::troubleshoot(&terminal).await?;
        steps::refuse(&terminal).await?;
        anyhow::Ok(first_sync)
    }
    .await
    .inspect_err(|fault| println!("\nThe walkthrough stopped: {fault:#}\n\n{}", programs.logs()))?;
    stage.summary(&programs, ready, first_sync)?;
    if keep {
        let access = stage.cluster.plane().access();
        super::wait_for_enter(access, stage.cluster.moto(), stage.cluster.installed()).await?;
    }
    programs.stop().await
}

impl Stage {
    /// Starts the cluster and AWS, builds the programs.
    async fn set(root: &Path) -> Result<Self> {
        let begun = Instant::now();
        let options = ClusterOptions { controllers: Controllers::Usual, ..ClusterOptions::default() };
        let cluster = Cluster::start(options).await?;
        println!("Building the programs (the first time some minutes) ...");
        cluster.operator_options().await?;
        let admission = Admission::install(cluster.plane(), Profile::Dev).await?;
        println!("Ready after {:.1} s.", begun.elapsed().as_secs_f64());
        Ok(Self { cluster, admission, examples: root.join("deploy/examples") })
    }

    /// Starts the three programs and shows how. Gives the time until all were ready.
    async fn start(&self, terminal: &Terminal<'_>) -> Result<(Programs, Duration)> {
        terminal.step("The three programs, under ServiceAccounts of their own with just the rights that they need.");
        println!(
            "   No AWS credential is stored anywhere: the controller logs in with the token that Kubernetes signs."
        );
        for (name, value) in self.cluster.operator_env() {
            let value = if value.starts_with('/') { shown::file_name(&value) } else { value };
            println!("   {name}={value}");
        }
        let begun = Instant::now();
        println!("   $ eso-cert-controller &\n   $ eso-webhook &\n   $ eso-controller &");
        let certs = self.admission.cert_controller(&[])?;
        let webhook = self.admission.webhook()?;
        let controller = self.cluster.start_operator(&[]).await?;
        let programs = Programs([("cert-controller", certs), ("webhook", webhook), ("controller", controller)]);
        for (_, program) in &programs.0 {
            program.wait_ready().await?;
        }
        admission::until_asked(&self.cluster.plane().admin_client()).await?;
        let ready = begun.elapsed();
        println!("   All three are ready.");
        Ok((programs, ready))
    }

    /// What it took.
    fn summary(&self, programs: &Programs, ready: Duration, first_sync: Duration) -> Result<()> {
        let calls = self.cluster.api_proxy().calls();
        let mut memory = Vec::new();
        for (name, program) in &programs.0 {
            memory.push((format!("{name}, a debug build"), program.rss_bytes()?));
        }
        let ready_after = "the first was asked for";
        Facts { ready, ready_after, first_sync, memory, aws: self.cluster.aws() }.show();
        println!("   writes to the API server    {}", calls.writes());
        for ((verb, resource), count) in
            calls.iter().filter(|((verb, _), _)| ["POST", "PUT", "PATCH", "DELETE"].contains(&verb.as_str()))
        {
            println!("     {verb:<6} {resource:<24} {count}");
        }
        Ok(())
    }
}

impl Programs {
    async fn stop(&self) -> Result<()> {
        for (name, program) in &self.0 {
            let status = program.stop(Duration::from_secs(30)).await.with_context(|| format!("stopping {name}"))?;
            ensure!(status.success(), "{name} ended with {status}");
        }
        Ok(())
    }

    fn logs(&self) -> String {
        let logs: Vec<String> =
            self.0.iter().map(|(name, program)| format!("The log of {name}:\n{}", program.log())).collect();
        logs.join("\n")
    }
}
