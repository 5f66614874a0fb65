//! Kubernetes and etcd: the published programs where the network allows it, otherwise one Go build that makes them all.

use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::Command;

use super::fetch::Fetcher;
use super::progress::Task;
use super::run::run;

pub(super) const TITLE: &str = "Kubernetes 1.35.4 and etcd 3.6.5";
pub(super) const KEY: &str = "kubernetes-1.35.4";
pub(super) const REMEDY: &str = "install Go 1.25 or newer with access to the Go module proxy, or set KUBEBUILDER_ASSETS to a \
     folder with etcd and the programs of Kubernetes";

const VERSION: &str = "1.35.4";
const ETCD_VERSION: &str = "3.6.5";
const PUBLISHED: &str = "https://dl.k8s.io/release";
const ETCD_PUBLISHED: &str = "https://github.com/etcd-io/etcd/releases/download";

/// What a build with cold caches takes on a machine with 2 cores; a warm one takes half a minute.
const EXPECTED: Duration = Duration::from_mins(7);

/// About how many packages a build with cold caches compiles.
const PACKAGES: u32 = 2_830;

/// The module that is built, and all its dependencies with their hashes.
const MODULE: [(&str, &str); 3] = [
    ("go.mod", include_str!("../../k8s/go.mod")),
    ("go.sum", include_str!("../../k8s/go.sum")),
    ("main.go", include_str!("../../k8s/main.go")),
];

/// The names under which the multi-call program is linked.
const PROGRAMS: [&str; 7] =
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet"];

pub(super) async fn install(folder: &Path, task: &Task) -> anyhow::Result<()> {
    task.step("looking for the published programs", None);
    match download(folder, task).await {
        Ok(()) => Ok(()),
        Err(reason) => {
            task.step(&format!("no download ({reason:#}), so a build it is"), None);
            build(folder, task).await
        }
    }
}

async fn download(folder: &Path, task: &Task) -> anyhow::Result<()> {
    let arch = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "amd64",
        ("linux", "aarch64") => "arm64",
        (os, arch) => anyhow::bail!("nothing is published for {os} on {arch}"),
    };
    let fetcher = Fetcher::new()?;
    let base = format!("{PUBLISHED}/v{VERSION}/bin/linux/{arch}");
    for name in PROGRAMS.into_iter().filter(|name| *name != "etcd") {
        let sum = fetcher.text(&format!("{base}/{name}.sha256")).await?;
        task.step(&format!("downloading {name}"), None);
        fetcher.file(&format!("{base}/{name}"), &folder.join(name), sum.trim(), task).await?;
        make_executable(&folder.join(name))?;
    }
    let release = format!("etcd-v{ETCD_VERSION}-linux-{arch}");
    let base = format!("{ETCD_PUBLISHED}/v{ETCD_VERSION}");
    let sums = fetcher.text(&format!("{base}/SHA256SUMS")).await?;
    let archive = format!("{release}.tar.gz");
    let sum = sums.lines().find_map(|line| line.split_once(&archive).filter(|(_, rest)| rest.is_empty()));
    let (sum, _) = sum.with_context(|| format!("SHA256SUMS does not name {archive}"))?;
    task.step("downloading etcd", None);
    let file = folder.join(&archive);
    fetcher.file(&format!("{base}/{archive}"), &file, sum.trim(), task).await?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&file).arg("-C").arg(folder).args(["--strip-components=1", &format!("{release}/etcd")]);
    run(&mut tar, task, |_| None).await?;
    std::fs::remove_file(&file).with_context(|| format!("{} cannot be removed", file.display()))
}

pub(super) fn make_executable(file: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("{} cannot be made executable", file.display()))
}

async fn build(folder: &Path, task: &Task) -> anyhow::Result<()> {
    task.step("building with Go; once per machine", Some(EXPECTED));
    go_build(folder, ".", &folder.join("kubeall"), (&linker_flags(), PACKAGES), task).await?;
    for name in PROGRAMS {
        symlink("kubeall", folder.join(name)).with_context(|| format!("{name} cannot be linked"))?;
    }
    Ok(())
}

/// Builds a package of the module in `folder`. `how` are the linker's flags, and about how many packages are compiled with cold caches.
pub(super) async fn go_build(
    folder: &Path,
    package: &str,
    program: &Path,
    how: (&str, u32),
    task: &Task,
) -> anyhow::Result<()> {
    let source = folder.join("src");
    std::fs::create_dir(&source).context("no folder for the sources")?;
    for (name, text) in MODULE {
        std::fs::write(source.join(name), text).with_context(|| format!("{name} cannot be written"))?;
    }
    let (flags, packages) = how;
    let mut go = Command::new("go");
    go.current_dir(&source).env("CGO_ENABLED", "0").env("GOWORK", "off").args(["build", "-v", "-mod=readonly"]);
    go.args(["-trimpath", "-buildvcs=false", "-ldflags", flags, "-o"]).arg(program).arg(package);
    let (mut compiled, mut downloaded) = (0_u32, 0_u32);
    let describe = |line: &str| {
        if line.starts_with("go: downloading") {
            downloaded += 1;
        } else {
            compiled += 1;
        }
        Some(format!("{downloaded} modules downloaded, {compiled} of {packages} packages compiled"))
    };
    run(&mut go, task, describe).await
}

/// Small, and with the version that `/version` and `kubectl version` are to tell.
fn linker_flags() -> String {
    let mut flags = String::from("-s -w");
    for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
        for (name, value) in [("gitVersion", "v1.35.4"), ("gitMajor", "1"), ("gitMinor", "35")] {
            let _ = write!(flags, " -X {package}.{name}={value}");
        }
    }
    flags
}
