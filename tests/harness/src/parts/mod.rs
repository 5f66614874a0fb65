//! Where the programs come from, described in one place.
//!
//! A part is looked for in this order: 1. an environment variable (`KUBEBUILDER_ASSETS`, `ESO_MOTO_SERVER`, `ESO_AWS_CLI`,
//! `ESO_TEMPLATE_ORACLE`), or `PATH`; 2. the user's cache,
//! `${XDG_CACHE_HOME:-~/.cache}/eso-rs/parts/<name>-<version>/`; 3. a ready-made download, given up at once where the network
//! refuses it; 4. a build or an install from the language's own registry. What 3 and 4 give is kept in the cache.

mod bundle;
mod cache;
mod fetch;
mod kubernetes;
mod lookup;
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
    /// `moto_server`, which plays AWS.
    Moto,
    /// The `aws` command line client.
    AwsCli,
    /// Go's text/template with sprig, which the template engine is compared with.
    TemplateOracle,
}

impl Part {
    /// Every part there is.
    pub const ALL: [Self; 5] =
        [Self::ControlPlane, Self::ControllerManager, Self::Moto, Self::AwsCli, Self::TemplateOracle];

    /// The programs that make up this part.
    pub const fn programs(self) -> &'static [Program] {
        match self {
            Self::ControlPlane => &[Program::Etcd, Program::KubeApiserver, Program::Kubectl],
            Self::ControllerManager => &[Program::KubeControllerManager],
            Self::Moto => &[Program::MotoServer],
            Self::AwsCli => &[Program::Aws],
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
    /// `moto_server`
    MotoServer,
    /// `aws`
    Aws,
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
            Self::MotoServer => "moto_server",
            Self::Aws => "aws",
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
            installed
                .add(bundle.programs_in_cache(part)?.with_context(|| format!("{} is incomplete", bundle.title()))?);
        }
    }
    Ok(installed)
}
