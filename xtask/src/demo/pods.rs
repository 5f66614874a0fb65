//! The guide, with real pods: the chart is installed with helm, and then comes everything that a newcomer does.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use eso_harness::files::Files;
use eso_harness::image::{Image, compile_static_rust};
use eso_harness::venue::Ground;
use eso_harness::{AwsProxy, Installed, Moto, Part, Program, Venue, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use super::terminal::Terminal;
use super::{Facts, shown, steps};
use crate::image;

/// Where the chart is installed, and the name of its ServiceAccount and of the role in AWS.
const NAMESPACE: &str = "external-secrets";
/// How the programs in the images are compiled: as those that are released, but quicker to build.
const PROFILE: &str = "ci";

/// The cluster, AWS, and a Helm repository with the chart.
struct Stage {
    // Dropped in this order: first what uses the others.
    venue: Venue,
    aws: AwsProxy,
    moto: Moto,
    repository: Files,
    installed: Installed,
    folder: TempDir,
}

/// Plays the guide; where it stops, what the cluster knows of the reason is shown, and put into the folder `logs`.
pub async fn play(root: &Path, ground: Ground, keep: bool, logs: Option<&Path>) -> Result<()> {
    println!("Getting ready: the images, a cluster, moto in the role of AWS, helm, the aws CLI.");
    println!("The first time they are built from source, which takes some minutes; later they come from the cache.\n");
    let stage = Stage::set(root, ground).await?;
    let examples = root.join("deploy/examples");
    let terminal = Terminal::new(stage.venue.access(), &stage.moto, examples.clone());
    let played = guide(&stage, &terminal, &examples).await;
    if let Some(folder) = logs {
        stage.collect(folder).await?;
    }
    if let Err(fault) = &played {
        println!("\nThe guide stopped: {fault:#}\n");
        for args in TROUBLES {
            // What cannot be had cannot be shown.
            let _ = terminal.kubectl(args).await;
        }
    }
    let (ready, first_sync) = played?;
    let memory = stage.memory().await?;
    // As in ESO's chart; the programs themselves are ready within a second.
    let ready_after = "helm install began; the chart's readiness probes begin after 20 s";
    Facts { ready, ready_after, first_sync, memory, aws: &stage.aws }.show();
    if keep {
        super::wait_for_enter(stage.venue.access(), &stage.moto, &stage.installed).await?;
    }
    Ok(())
}

/// What may tell why the guide stopped.
const TROUBLES: [&[&str]; 3] = [
    &["get", "pods", "-A", "-o", "wide"],
    &["get", "events", "-A", "--sort-by=.lastTimestamp"],
    &["logs", "-n", NAMESPACE, "-l", "app.kubernetes.io/instance=external-secrets", "--prefix", "--tail=30"],
];

/// Every step. Gives the time until three pods were ready, and until the first Secret was there.
async fn guide(stage: &Stage, terminal: &Terminal<'_>, examples: &Path) -> Result<(Duration, Duration)> {
    steps::store_in_aws(terminal).await?;
    let ready = install(stage, terminal, examples).await?;
    let first_sync = steps::sync(terminal).await?;
    steps::update_by_delete(terminal).await?;
    steps::update_by_annotation(terminal).await?;
    steps::application(terminal).await?;
    steps::troubleshoot(terminal).await?;
    let logs = ["logs", "-n", NAMESPACE, "-l", "app.kubernetes.io/name=external-secrets", "--tail=5"];
    let log = terminal.kubectl(&logs).await?;
    ensure!(!log.trim().is_empty(), "the controller's log is empty");
    steps::refuse(terminal).await?;
    Ok((ready, first_sync))
}

async fn install(stage: &Stage, terminal: &Terminal<'_>, examples: &Path) -> Result<Duration> {
    terminal.step("The chart, from a Helm repository; no AWS credential is stored anywhere.");
    println!("   $ cat helm-values.yaml");
    shown::output(&stage.write_values(examples)?);
    stage.helm(&["repo", "add", "external-secrets", &stage.repository.url()]).await?;
    let begun = Instant::now();
    let chart = ["install", "external-secrets", "external-secrets/external-secrets"];
    let place = ["-n", NAMESPACE, "--create-namespace", "-f", "helm-values.yaml"];
    stage.helm(&[&chart[..], &place].concat()).await?;
    terminal.kubectl(&["wait", "pods", "--all", "-n", NAMESPACE, "--for=condition=Ready", "--timeout=180s"]).await?;
    let ready = begun.elapsed();
    let pods = terminal.kubectl(&["get", "pods", "-n", NAMESPACE]).await?;
    let running = pods.lines().filter(|line| line.contains("1/1") && line.contains("Running")).count();
    ensure!(running == 3, "{running} pods are running, not three");
    Ok(ready)
}

impl Stage {
    /// Builds the images and starts everything.
    async fn set(root: &Path, ground: Ground) -> Result<Self> {
        let begun = Instant::now();
        let mut parts = vec![Part::Helm, Part::Moto, Part::AwsCli];
        parts.extend(ground.parts());
        let installed = ensure(&parts).await?;
        let folder = tempfile::tempdir().context("no folder")?;
        println!("Building the programs for the images ...");
        let mut archives = image::archives(root, PROFILE, folder.path())?;
        archives.push(sample_app(root, folder.path())?);
        let (venue, moto) = tokio::try_join!(Venue::start(ground, &installed), Moto::start(&installed))?;
        for archive in &archives {
            venue.load_images(archive).await?;
        }
        let admin = venue.access().admin_client();
        let aws = AwsProxy::start_at(venue.host_address(), &moto.endpoint(), venue.issuer(), admin).await?;
        let role = moto.create_role(NAMESPACE).await?;
        aws.trust(&role, &format!("system:serviceaccount:{NAMESPACE}:{NAMESPACE}"));
        let repository = Files::serve(folder.path()).await?;
        let stage = Self { venue, aws, moto, repository, installed, folder };
        stage.publish(root).await?;
        println!("Ready after {:.1} s.", begun.elapsed().as_secs_f64());
        Ok(stage)
    }

    /// Packs the chart and makes a repository of it.
    async fn publish(&self, root: &Path) -> Result<()> {
        let (folder, chart) = (self.path(""), root.join("charts/external-secrets").display().to_string());
        self.helm_quietly(&["package", &chart, "--destination", &folder]).await?;
        self.helm_quietly(&["repo", "index", &folder]).await?;
        Ok(())
    }

    /// Writes and gives the values for helm: the guide's, and where AWS is played.
    fn write_values(&self, examples: &Path) -> Result<String> {
        let mut values = std::fs::read_to_string(examples.join("helm-values.yaml")).context("no helm-values.yaml")?;
        for name in ["AWS_SECRETSMANAGER_ENDPOINT", "AWS_STS_ENDPOINT"] {
            values.extend(["- name: ", name, "\n  value: ", &self.aws.endpoint(), "\n"]);
        }
        std::fs::write(self.path("helm-values.yaml"), &values).context("the values cannot be written")?;
        Ok(values)
    }

    /// Runs and shows a helm command.
    async fn helm(&self, args: &[&str]) -> Result<()> {
        shown::command("helm", args);
        shown::output(&self.helm_quietly(args).await?);
        Ok(())
    }

    async fn helm_quietly(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(self.installed.path(Program::Helm)?);
        // The guide types the command in the folder with its values.
        command.args(args).current_dir(self.folder.path()).env("KUBECONFIG", self.venue.access().kubeconfig_path());
        for (name, part) in [("HELM_CACHE_HOME", "cache"), ("HELM_CONFIG_HOME", "config"), ("HELM_DATA_HOME", "data")] {
            command.env(name, self.folder.path().join("helm").join(part));
        }
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.context("helm cannot be run")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "helm ended with {}: {}", output.status, said.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Resident memory of the programs in the pods, as the kubelet measures it, with the part of the pod's name that says which.
    async fn memory(&self) -> Result<Vec<(String, u64)>> {
        let kubectl = |args: &'static [&'static str]| self.venue.access().kubectl_ok(args);
        let node = kubectl(&["get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"]).await?;
        let url = format!("/api/v1/nodes/{}/proxy/stats/summary", node.trim());
        let stats: Value = serde_json::from_str(&self.venue.access().kubectl_ok(&["get", "--raw", &url]).await?)?;
        let pods = stats.get("pods").and_then(Value::as_array).into_iter().flatten();
        let mut memory: Vec<(String, u64)> = pods.filter_map(memory_of).collect();
        memory.sort();
        Ok(memory)
    }

    /// Writes what the cluster knows of this run into a folder, for a run that nobody watches.
    async fn collect(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        for (args, name) in TROUBLES.iter().zip(["pods.txt", "events.txt", "logs.txt"]) {
            let output = self.venue.access().kubectl(args).await?;
            let path = folder.join(name);
            std::fs::write(&path, output.stdout).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        println!("\nPods, events and logs are in {}.", folder.display());
        Ok(())
    }
}

/// Of one pod in the kubelet's statistics, when it is ours.
fn memory_of(pod: &Value) -> Option<(String, u64)> {
    let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str);
    (text("/podRef/namespace")? == NAMESPACE).then_some(())?;
    // Without the two random parts that a Deployment adds.
    let name = text("/podRef/name")?.rsplitn(3, '-').nth(2)?;
    let name = name.strip_prefix("external-secrets-").unwrap_or("controller");
    Some((name.to_owned(), pod.pointer("/containers/0/memory/workingSetBytes")?.as_u64()?))
}

/// The image of the sample application.
fn sample_app(root: &Path, folder: &Path) -> Result<PathBuf> {
    let (program, archive) = (folder.join("sample-app"), folder.join("sample-app.tar"));
    compile_static_rust(&root.join("deploy/examples/sample-app.rs"), &program)?;
    let image =
        Image { name: "localhost/sample-app:1", entrypoint: &["/sample-app"], programs: &[(&program, "/sample-app")] };
    image.write(&folder.join("sample-image"), &archive)?;
    Ok(archive)
}
