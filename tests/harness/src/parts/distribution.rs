//! What a node needs of the system it runs on: packages of the distribution, installed by the system's own package manager.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::process::Command;

use super::progress::Task;
use super::run::run;
use super::{Program, lookup};

pub(super) const TITLE: &str = "containerd, runc, CNI plugins and network tools";
pub(super) const KEY: &str = "distribution";
pub(super) const REMEDY: &str = "install containerd, runc, the CNI plugins, nftables, iptables, conntrack and iproute2 with your \
     system's package manager";

/// What is looked for.
pub(super) const PROGRAMS: [Program; 8] = [
    Program::Containerd,
    Program::Ctr,
    Program::Runc,
    Program::CniPtp,
    Program::Nft,
    Program::Iptables,
    Program::Conntrack,
    Program::Ip,
];

/// Folders of programs that a root's `PATH` may lack, and those that distributions put CNI plugins into.
const FOLDERS: [&str; 6] =
    ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];

/// The packages by Debian's and Ubuntu's names, and the program that each is wanted for.
const PACKAGES: [(&str, Program); 7] = [
    ("containerd", Program::Containerd),
    ("runc", Program::Runc),
    ("containernetworking-plugins", Program::CniPtp),
    ("nftables", Program::Nft),
    ("iptables", Program::Iptables),
    ("conntrack", Program::Conntrack),
    ("iproute2", Program::Ip),
];

/// Where the programs are, or `None` when one is missing.
pub(super) fn find() -> Option<BTreeMap<Program, PathBuf>> {
    lookup::each_in(&folders(), &PROGRAMS)
}

/// The packages that are to be installed before a node can be started; none when everything is there.
pub(crate) fn missing_packages() -> Vec<&'static str> {
    let folders = folders();
    let lacks = |program: Program| lookup::each_in(&folders, &[program]).is_none();
    PACKAGES.iter().filter(|(_, program)| lacks(*program)).map(|(package, _)| *package).collect()
}

/// Whether there is a package manager that [`install`] knows.
pub(crate) fn can_install() -> bool {
    Path::new("/usr/bin/apt-get").exists()
}

/// Installs what is missing, with `apt-get`. [`super::ensure`] has seen that there is one, and that we may.
pub(super) async fn install(task: &Task) -> anyhow::Result<()> {
    let packages = missing_packages();
    task.step("apt-get update", None);
    // Old lists of packages name versions that are gone; where a source does not answer, the lists may still do.
    let updated = run(Command::new("apt-get").args(["update", "--quiet"]), task, |_| None).await;
    task.step(&format!("apt-get install {}", packages.join(" ")), None);
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive");
    install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(&packages);
    let installed = run(&mut install, task, |line| line.starts_with("Setting up").then(|| line.to_owned())).await;
    installed.and(find().map(drop).context("the packages are installed, but programs are missing")).or_else(|error| {
        updated.context("the lists of packages are old")?;
        Err(error)
    })
}

fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain(FOLDERS.map(PathBuf::from)).collect()
}
