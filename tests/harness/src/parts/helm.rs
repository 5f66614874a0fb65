//! Helm: the published program where the network allows it, otherwise a Go build from the module that makes Kubernetes.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::Command;

use super::fetch::Fetcher;
use super::kubernetes::{go_build, make_executable};
use super::progress::Task;
use super::run::run;

pub(super) const TITLE: &str = "Helm 3.20.2";
pub(super) const KEY: &str = "helm-3.20.2";
pub(super) const REMEDY: &str =
    "install Go 1.25 or newer with access to the Go module proxy, or set ESO_HELM to the path of a helm 3 program";

/// As `k8s/go.mod` pins it.
const VERSION: &str = "v3.20.2";
/// The version that the module builds.
const KUBERNETES: [(&str, &str); 2] = [("k8sVersionMajor", "1"), ("k8sVersionMinor", "35")];
const PUBLISHED: &str = "https://get.helm.sh";

/// What a build takes on a machine with 2 cores once Kubernetes was built, and most packages with it.
const EXPECTED: Duration = Duration::from_mins(1);
/// About how many packages a build with cold caches compiles.
const PACKAGES: u32 = 1_100;

pub(super) async fn install(folder: &Path, task: &Task) -> anyhow::Result<()> {
    task.step("looking for the published program", None);
    if let Err(reason) = download(folder, task).await {
        task.step(&format!("no download ({reason:#}), so a build it is"), None);
        task.step("building with Go; once per machine", Some(EXPECTED));
        let program = folder.join("helm");
        go_build(folder, "helm.sh/helm/v3/cmd/helm", &program, (&linker_flags(), PACKAGES), task).await?;
    }
    Ok(())
}

/// Small, with Helm's version, and with the Kubernetes version that `helm template` takes for the cluster's.
fn linker_flags() -> String {
    let mut flags = format!("-s -w -X helm.sh/helm/v3/internal/version.version={VERSION}");
    for package in ["helm.sh/helm/v3/pkg/chartutil", "helm.sh/helm/v3/pkg/lint/rules"] {
        for (name, value) in KUBERNETES {
            let _ = write!(flags, " -X {package}.{name}={value}");
        }
    }
    flags
}

async fn download(folder: &Path, task: &Task) -> anyhow::Result<()> {
    let arch = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "amd64",
        ("linux", "aarch64") => "arm64",
        (os, arch) => anyhow::bail!("nothing is published for {os} on {arch}"),
    };
    let fetcher = Fetcher::new()?;
    let archive = format!("helm-{VERSION}-linux-{arch}.tar.gz");
    let sums = fetcher.text(&format!("{PUBLISHED}/{archive}.sha256sum")).await?;
    let sum = sums.split_whitespace().next().context("the published checksum is empty")?;
    task.step("downloading helm", None);
    let file = folder.join(&archive);
    fetcher.file(&format!("{PUBLISHED}/{archive}"), &file, sum, task).await?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&file).arg("-C").arg(folder).args(["--strip-components=1", &format!("linux-{arch}/helm")]);
    run(&mut tar, task, |_| None).await?;
    make_executable(&folder.join("helm"))?;
    std::fs::remove_file(&file).with_context(|| format!("{} cannot be removed", file.display()))
}
