//! What the walkthrough plays on, and how its commands are shown.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use eso_harness::{Cluster, ClusterOptions, Controllers, Operator};
use tokio::sync::OnceCell;

/// The cluster, AWS, and the controller once it was started.
pub struct Stage {
    cluster: Cluster,
    operator: OnceCell<Operator>,
    objects: PathBuf,
    first_sync: OnceCell<Duration>,
}

impl Stage {
    /// Starts the cluster and AWS, builds the controller.
    pub async fn set(root: &Path) -> Result<Self> {
        let begun = Instant::now();
        let options = ClusterOptions { controllers: Controllers::Usual, ..ClusterOptions::default() };
        let cluster = Cluster::start(options).await?;
        println!("Building the controller (the first time some minutes) ...");
        cluster.operator_options().await?;
        println!("Ready after {:.1} s.", begun.elapsed().as_secs_f64());
        let objects = root.join("deploy/examples/eso-objects.yaml");
        ensure!(objects.is_file(), "{} is missing", objects.display());
        Ok(Self { cluster, operator: OnceCell::new(), objects, first_sync: OnceCell::new() })
    }

    /// Runs and shows an aws command.
    pub async fn aws(&self, args: &[&str]) -> Result<String> {
        show("aws", args);
        let output = self.cluster.moto().aws_ok(args).await?;
        print_output(&output);
        Ok(output)
    }

    /// Runs and shows a kubectl command. The manifests of the walkthrough go by their short name.
    pub async fn kubectl(&self, args: &[&str]) -> Result<String> {
        show("kubectl", args);
        let output = self.kubectl_quietly(args).await?;
        print_output(&output);
        Ok(output)
    }

    /// Runs a kubectl command that is not shown.
    pub async fn kubectl_quietly(&self, args: &[&str]) -> Result<String> {
        let path = self.objects.display().to_string();
        let args: Vec<&str> =
            args.iter().map(|arg| if *arg == "eso-objects.yaml" { path.as_str() } else { *arg }).collect();
        self.cluster.plane().kubectl_ok(&args).await
    }

    /// Starts the controller and shows how.
    pub async fn start_controller(&self) -> Result<()> {
        for (name, value) in self.cluster.operator_env() {
            let value = if value.starts_with('/') { file_name(&value) } else { value };
            println!("   {name}={value}");
        }
        println!("   $ eso-controller");
        let operator = self.cluster.start_operator(&[]).await?;
        self.operator.set(operator).ok().context("the controller was started already")
    }

    /// Waits until the Secret holds `wanted`; gives the time it took.
    pub async fn wait_for_value(&self, wanted: &str) -> Result<Duration> {
        let begun = Instant::now();
        let path = "jsonpath={.data.secret-key-to-be-managed}";
        let mut last = String::new();
        while begun.elapsed() < Duration::from_mins(1) {
            let args = ["get", "secret", "example", "-n", "default", "--ignore-not-found", "-o", path];
            last = decode(&self.kubectl_quietly(&args).await?)?;
            if last == wanted {
                return Ok(begun.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("the Secret holds \"{last}\" after a minute, not \"{wanted}\"")
    }

    /// Shows the Secret's value the way a person would look at it, and insists on it.
    pub async fn show_value(&self, wanted: &str) -> Result<()> {
        let path = "jsonpath={.data.secret-key-to-be-managed}";
        println!("   $ kubectl get secret example -n default -o {path} | base64 -d");
        let value = decode(&self.kubectl_quietly(&["get", "secret", "example", "-n", "default", "-o", path]).await?)?;
        println!("   {value}");
        ensure!(value == wanted, "the Secret holds \"{value}\", not \"{wanted}\"");
        Ok(())
    }

    /// Keeps the time of the first sync for the summary.
    pub fn first_sync(&self, took: Duration) {
        let _ = self.first_sync.set(took);
    }

    /// What it took.
    pub fn summary(&self) -> Result<()> {
        let operator = self.operator.get().context("the controller was not started")?;
        let writes = self.cluster.api_proxy().calls();
        let aws = self.cluster.aws();
        println!("\n── Summary");
        if let Some(took) = self.first_sync.get() {
            println!("   time to first sync          {} ms after kubectl apply returned", took.as_millis());
        }
        println!("   controller's memory         {:.1} MiB (a debug build)", mebibytes(operator.rss_bytes()?));
        println!("   writes to the API server    {}", writes.writes());
        for ((verb, resource), count) in
            writes.iter().filter(|((verb, _), _)| ["POST", "PUT", "PATCH", "DELETE"].contains(&verb.as_str()))
        {
            println!("     {verb:<6} {resource:<24} {count}");
        }
        println!("   logins to AWS               {}", aws.count("AssumeRoleWithWebIdentity"));
        println!("   reads from Secrets Manager  {}", aws.count("GetSecretValue"));
        println!("   connections to AWS          {}", aws.connections());
        Ok(())
    }

    /// Waits for Enter, with everything running.
    pub async fn keep(&self) -> Result<()> {
        println!("\nEverything keeps running. In another terminal:\n");
        println!("   export KUBECONFIG={}", self.cluster.plane().kubeconfig_path().display());
        for (name, value) in self.cluster.moto().aws_env() {
            println!("   export {name}={value}");
        }
        println!("   export PATH={}:$PATH", self.tool_folders());
        println!("\nPress Enter to end it.");
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
        Ok(())
    }

    fn tool_folders(&self) -> String {
        let folders: Vec<String> =
            self.cluster.installed().folders().iter().map(|folder| folder.display().to_string()).collect();
        folders.join(":")
    }

    /// Stops everything.
    pub async fn close(self) -> Result<()> {
        if let Some(operator) = self.operator.get() {
            let status = operator.stop(Duration::from_secs(30)).await?;
            ensure!(status.success(), "the controller ended with {status}");
        }
        println!("\nAll steps passed.");
        Ok(())
    }

    /// The controller's log, for a walkthrough that stopped.
    pub fn controller_log(&self) -> String {
        self.operator.get().map(Operator::log).unwrap_or_default()
    }
}

/// A heading.
pub fn step(number: u8, text: &str) {
    println!("\n── {number}. {text}");
}

fn show(program: &str, args: &[&str]) {
    let quoted: Vec<String> = args
        .iter()
        .map(|arg| if arg.contains([' ', '"', '{', '*']) { format!("'{arg}'") } else { (*arg).to_owned() })
        .collect();
    println!("   $ {program} {}", quoted.join(" "));
}

fn print_output(output: &str) {
    output.lines().for_each(|line| println!("   {line}"));
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    format!(".../{name}")
}

fn decode(base64_text: &str) -> Result<String> {
    let secret = serde_json::json!({"data": {"value": base64_text.trim()}});
    let secret: k8s_openapi::api::core::v1::Secret = serde_json::from_value(secret)?;
    let bytes = secret.data.and_then(|mut data| data.remove("value")).map(|value| value.0).unwrap_or_default();
    String::from_utf8(bytes).context("the value is not text")
}

#[allow(clippy::cast_precision_loss)] // memory sizes fit a double
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
