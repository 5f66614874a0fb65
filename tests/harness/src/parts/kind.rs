//! kind: the published program where the network allows it, otherwise a build with Go.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::Command;

use super::fetch::Fetcher;
use super::kubernetes::make_executable;
use super::progress::Task;
use super::run::run;

pub(super) const TITLE: &str = "kind 0.33.0";
pub(super) const KEY: &str = "kind-0.33.0";
pub(super) const REMEDY: &str = "install kind, or Go 1.25 or newer with access to the Go module proxy";

const VERSION: &str = "0.33.0";
const PUBLISHED: &str = "https://kind.sigs.k8s.io/dl";
/// On two cores.
const EXPECTED: Duration = Duration::from_secs(20);

pub(super) async fn install(folder: &Path, task: &Task) -> anyhow::Result<()> {
    task.step("looking for the published program", None);
    if let Err(reason) = download(folder, task).await {
        task.step(&format!("no download ({reason:#}), so a build it is"), Some(EXPECTED));
        let mut go = Command::new("go");
        go.env("CGO_ENABLED", "0").env("GOBIN", folder);
        go.args(["install", "-trimpath", "-ldflags=-s -w", &format!("sigs.k8s.io/kind@v{VERSION}")]);
        run(&mut go, task, |_| None).await?;
    }
    Ok(())
}

async fn download(folder: &Path, task: &Task) -> anyhow::Result<()> {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => anyhow::bail!("nothing is published for {other}"),
    };
    let fetcher = Fetcher::new()?;
    let url = format!("{PUBLISHED}/v{VERSION}/kind-{}-{arch}", std::env::consts::OS);
    let sum = fetcher.text(&format!("{url}.sha256sum")).await?;
    let sum = sum.split_whitespace().next().context("the published hash is empty")?;
    fetcher.file(&url, &folder.join("kind"), sum, task).await?;
    make_executable(&folder.join("kind"))
}
