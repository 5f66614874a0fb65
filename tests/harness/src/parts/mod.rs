//! Where the programs come from, described in one place.
//!
//! A part is looked for in this order: 1. an environment variable (`KUBEBUILDER_ASSETS`, `ESO_HELM`, `ESO_MOTO_SERVER`, `ESO_AWS_CLI`,
//! `ESO_BAO`, `ESO_TEMPLATE_ORACLE`), or `PATH`; 2. the user's cache,
//! `${XDG_CACHE_HOME:-~/.cache}/eso-rs/parts/<name>-<version>/`; 3. a ready-made download, given up at once where the network
//! refuses it; 4. a build or an install from the language's own registry. What 3 and 4 give is kept in the cache. What a node needs
//! of the system ([`Part::Containers`]) is installed as packages of the distribution instead.
//!
//! | part | version | obtained by | started by | is ready when | ports |
//! |---|---|---|---|---|---|
//! | etcd | 3.6.5 | `parts::kubernetes` | `control_plane::args` | kube-apiserver is | `control_plane::place` |
//! | kube-apiserver | 1.35.4 | `parts::kubernetes` | `control_plane::args` | `/readyz` says so | `control_plane::place` |
//! | kube-controller-manager | 1.35.4 | `parts::kubernetes` | `control_plane::args` | the default `ServiceAccount` is there | `control_plane::place` |
//! | kube-scheduler | 1.35.4 | `parts::kubernetes` | `control_plane::args` | pods get a node | `control_plane::place` |
//! | kubelet | 1.35.4 | `parts::kubernetes` | `node::kubelet` | the node's condition `Ready` is `True` | 10250, 10248 |
//! | kube-proxy | 1.35.4 | `parts::kubernetes` | `node::kubelet` | the `kubernetes` Service answers | 10256, 10249 |
//! | containerd, runc, CNI plugins | the distribution's | `parts::distribution` | `node::containerd` | `ctr version` answers | none |
//! | kind | 0.33.0 | `parts::kind` | `venue` | `kind create cluster --wait` ends | its own choice |
//! | helm | 3.20.2 | `parts::helm` | whoever needs it | | none |
//! | moto | 5.2.5 | `parts::python` | `moto` | `/moto-api/` answers | one that is free |
//! | OpenBao, as Vault | 2.7.2 | `parts::openbao` | `bao` | `/v1/sys/health` answers | one that is free |

mod bundle;
mod cache;
pub(crate) mod distribution;
mod fetch;
mod helm;
mod kind;
mod kubernetes;
mod lookup;
mod openbao;
mod progress;
mod python;
mod run;
mod template_oracle;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

pub(crate) use cache::cache_root;

/// Something a test can ask for. Each stands for one or more [`Program`]s that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// etcd, kube-apiserver and kubectl.
    ControlPlane,
    /// kube-controller-manager: garbage collection, namespace deletion, default `ServiceAccounts`.
    ControllerManager,
    /// kube-scheduler, kubelet and kube-proxy: what makes a control plane a cluster with a node.
    Node,
    /// containerd, runc, the CNI plugins and the network tools that a node needs from the system. Linux and root.
    Containers,
    /// kind, which makes clusters with a container engine.
    Kind,
    /// `helm`.
    Helm,
    /// `moto_server`, which plays AWS.
    Moto,
    /// The `aws` command line client.
    AwsCli,
    /// OpenBao, which plays Vault.
    OpenBao,
    /// Go's text/template with sprig, which the template engine is compared with.
    TemplateOracle,
}

impl Part {
    /// Every part there is.
    pub const ALL: [Self; 10] = [
        Self::ControlPlane,
        Self::ControllerManager,
        Self::Node,
        Self::Containers,
        Self::Kind,
        Self::Helm,
        Self::Moto,
        Self::AwsCli,
        Self::OpenBao,
        Self::TemplateOracle,
    ];

    /// The programs that make up this part.
    pub const fn programs(self) -> &'static [Program] {
        match self {
            Self::ControlPlane => &[Program::Etcd, Program::KubeApiserver, Program::Kubectl],
            Self::ControllerManager => &[Program::KubeControllerManager],
            Self::Node => &[Program::KubeScheduler, Program::Kubelet, Program::KubeProxy],
            Self::Containers => &distribution::PROGRAMS,
            Self::Kind => &[Program::Kind],
            Self::Helm => &[Program::Helm],
            Self::Moto => &[Program::MotoServer],
            Self::AwsCli => &[Program::Aws],
            Self::OpenBao => &[Program::Bao],
            Self::TemplateOracle => &[Program::TemplateOracle],
        }
    }
}

/// One executable file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// `etcd`
    Etcd,
    /// `kube-apiserver`
    KubeApiserver,
    /// `kube-controller-manager`
    KubeControllerManager,
    /// `kubectl`
    Kubectl,
    /// `kube-scheduler`
    KubeScheduler,
    /// `kubelet`
    Kubelet,
    /// `kube-proxy`
    KubeProxy,
    /// `containerd`
    Containerd,
    /// `ctr`, containerd's own client
    Ctr,
    /// `runc`
    Runc,
    /// `ptp`, the CNI plugin by whose path the folder of the plugins is known
    CniPtp,
    /// `nft`
    Nft,
    /// `iptables`
    Iptables,
    /// `conntrack`
    Conntrack,
    /// `ip`
    Ip,
    /// `kind`
    Kind,
    /// `helm`
    Helm,
    /// `moto_server`
    MotoServer,
    /// `aws`
    Aws,
    /// `bao`
    Bao,
    /// `template-oracle`
    TemplateOracle,
}

impl Program {
    /// The file name it has in `PATH`.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::Kubectl => "kubectl",
            Self::KubeScheduler => "kube-scheduler",
            Self::Kubelet => "kubelet",
            Self::KubeProxy => "kube-proxy",
            Self::Containerd => "containerd",
            Self::Ctr => "ctr",
            Self::Runc => "runc",
            Self::CniPtp => "ptp",
            Self::Nft => "nft",
            Self::Iptables => "iptables",
            Self::Conntrack => "conntrack",
            Self::Ip => "ip",
            Self::Kind => "kind",
            Self::Helm => "helm",
            Self::MotoServer => "moto_server",
            Self::Aws => "aws",
            Self::Bao => "bao",
            Self::TemplateOracle => "template-oracle",
        }
    }
}

/// Programs that are on this machine, with their paths.
#[derive(Clone, Debug, Default)]
pub struct Installed {
    programs: BTreeMap<Program, PathBuf>,
}

impl Installed {
    /// The path of a program. An error means that the part holding it was not asked of [`ensure`].
    pub fn path(&self, program: Program) -> anyhow::Result<&Path> {
        self.programs
            .get(&program)
            .map(PathBuf::as_path)
            .with_context(|| format!("{} was not asked for: name its part in ensure()", program.file_name()))
    }

    /// Folders to put in front of `PATH` so that a person can type the programs' names.
    pub fn folders(&self) -> Vec<PathBuf> {
        let folders: BTreeSet<_> =
            self.programs.values().filter_map(|path| path.parent().map(Path::to_path_buf)).collect();
        folders.into_iter().collect()
    }

    /// Stand-ins for programs.
    #[cfg(test)]
    pub(crate) fn of(programs: &[(Program, &Path)]) -> Self {
        Self { programs: programs.iter().map(|(program, path)| (*program, path.to_path_buf())).collect() }
    }

    fn add(&mut self, found: BTreeMap<Program, PathBuf>) {
        self.programs.extend(found);
    }
}

/// Obtains the parts, several at once, and gives their paths. Says on stderr what it is doing, if there is anything to do.
///
/// # Errors
/// One line that names the part, what went wrong, and how to get it otherwise.
pub async fn ensure(parts: &[Part]) -> anyhow::Result<Installed> {
    crate::install_crypto();
    let wanted: BTreeSet<Part> = parts.iter().copied().collect();
    // Told at once, not after everything else was built.
    if let (true, Some(obstacle)) = (wanted.contains(&Part::Containers), crate::node::obstacle()) {
        anyhow::bail!("this machine can have no node: {obstacle}");
    }
    let mut installed = Installed::default();
    let mut missing = BTreeMap::<bundle::Bundle, Vec<Part>>::new();
    for part in wanted {
        match lookup::find(part).await? {
            Some(found) => installed.add(found),
            None => missing.entry(bundle::Bundle::of(part)).or_default().push(part),
        }
    }
    let progress = progress::Progress::new();
    let jobs: Vec<_> = missing.keys().map(|bundle| tokio::spawn(bundle::install(*bundle, progress.clone()))).collect();
    let mut failures = Vec::new();
    for job in jobs {
        if let Err(error) = job.await.context("a part's installation was interrupted")? {
            failures.push(format!("{error:#}"));
        }
    }
    anyhow::ensure!(failures.is_empty(), "{}", failures.join("; "));
    for (bundle, parts) in missing {
        for part in parts {
            installed.add(bundle.installed(part)?.with_context(|| format!("{} is incomplete", bundle.title()))?);
        }
    }
    Ok(installed)
}
