//! The commands that a newcomer types, run and shown.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use eso_harness::{Access, Moto};

use super::shown;

/// Where the walkthrough's Secret holds its value.
const VALUE: &str = "jsonpath={.data.secret-key-to-be-managed}";

/// kubectl and the aws CLI, and the folder with the guide's manifests.
pub struct Terminal<'a> {
    access: &'a Access,
    moto: &'a Moto,
    examples: PathBuf,
    steps: AtomicU8,
}

impl<'a> Terminal<'a> {
    /// For this cluster and this AWS; manifests are in `examples`, and go by their short names.
    pub const fn new(access: &'a Access, moto: &'a Moto, examples: PathBuf) -> Self {
        Self { access, moto, examples, steps: AtomicU8::new(0) }
    }

    /// The next step's heading.
    pub fn step(&self, text: &str) {
        println!("\n── {}. {text}", self.steps.fetch_add(1, Ordering::Relaxed) + 1);
    }

    /// Runs and shows an aws command in the guide's region.
    pub async fn aws(&self, args: &[&str]) -> Result<String> {
        let args = [args, &["--region", "us-west-2"]].concat();
        shown::command("aws", &args);
        let output = self.moto.aws_ok(&args).await?;
        shown::output(&output);
        Ok(output)
    }

    /// Runs and shows a kubectl command.
    pub async fn kubectl(&self, args: &[&str]) -> Result<String> {
        shown::command("kubectl", args);
        let output = self.kubectl_quietly(args).await?;
        shown::output(&output);
        Ok(output)
    }

    /// Runs and shows a kubectl command that must fail; gives what it says.
    pub async fn kubectl_refused(&self, args: &[&str]) -> Result<String> {
        shown::command("kubectl", args);
        let output = self.access.kubectl(&self.with_paths(args)).await?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        shown::output(&said);
        ensure!(!output.status.success(), "it was to be refused, and was not");
        Ok(said)
    }

    /// Runs a kubectl command that is not shown.
    pub async fn kubectl_quietly(&self, args: &[&str]) -> Result<String> {
        self.access.kubectl_ok(&self.with_paths(args)).await
    }

    fn with_paths(&self, args: &[&str]) -> Vec<String> {
        let full = |name: &str| match name.strip_suffix(".yaml") {
            Some(_) => self.examples.join(name).display().to_string(),
            None => name.to_owned(),
        };
        args.iter().map(|arg| full(arg)).collect()
    }

    /// Waits until the Secret holds `wanted`; gives the time it took.
    pub async fn wait_for_value(&self, wanted: &str) -> Result<Duration> {
        let begun = Instant::now();
        let mut last = String::new();
        while begun.elapsed() < Duration::from_mins(1) {
            last = self.value().await?;
            if last == wanted {
                return Ok(begun.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("the Secret holds \"{last}\" after a minute, not \"{wanted}\"")
    }

    /// Shows the Secret's value the way a person would look at it, and insists on it.
    pub async fn show_value(&self, wanted: &str) -> Result<()> {
        println!("   $ kubectl get secret example -n default -o {VALUE} | base64 -d");
        let value = self.value().await?;
        println!("   {value}");
        ensure!(value == wanted, "the Secret holds \"{value}\", not \"{wanted}\"");
        Ok(())
    }

    async fn value(&self) -> Result<String> {
        let args = ["get", "secret", "example", "-n", "default", "--ignore-not-found", "-o", VALUE];
        shown::decode(&self.kubectl_quietly(&args).await?)
    }
}
