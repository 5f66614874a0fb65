//! Steps 3 and 4: what is obtained together, and how it gets into the cache.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use super::cache::{Lock, parts_root};
use super::progress::{Progress, Task};
use super::{Part, Program, distribution, helm, kind, kubernetes, lookup, openbao, python, template_oracle};

/// Parts that are downloaded or built in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bundle {
    Kubernetes,
    Helm,
    AwsTools,
    Kind,
    /// Packages of the system, which are not kept in the cache.
    Distribution,
    OpenBao,
    TemplateOracle,
}

impl Bundle {
    pub(super) const fn of(part: Part) -> Self {
        match part {
            Part::ControlPlane | Part::ControllerManager | Part::Node => Self::Kubernetes,
            Part::Containers => Self::Distribution,
            Part::Kind => Self::Kind,
            Part::Helm => Self::Helm,
            Part::Moto | Part::AwsCli => Self::AwsTools,
            Part::OpenBao => Self::OpenBao,
            Part::TemplateOracle => Self::TemplateOracle,
        }
    }

    /// What a person knows it by.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Kubernetes => kubernetes::TITLE,
            Self::Helm => helm::TITLE,
            Self::AwsTools => python::TITLE,
            Self::Kind => kind::TITLE,
            Self::Distribution => distribution::TITLE,
            Self::OpenBao => openbao::TITLE,
            Self::TemplateOracle => template_oracle::TITLE,
        }
    }

    /// Its folder in the cache: name and version.
    fn key(self) -> String {
        match self {
            Self::Kubernetes => kubernetes::KEY.into(),
            Self::Helm => helm::KEY.into(),
            Self::AwsTools => python::KEY.into(),
            Self::Kind => kind::KEY.into(),
            Self::Distribution => distribution::KEY.into(),
            Self::OpenBao => openbao::KEY.into(),
            Self::TemplateOracle => template_oracle::key(),
        }
    }

    /// How to have it without our help.
    const fn remedy(self) -> &'static str {
        match self {
            Self::Kubernetes => kubernetes::REMEDY,
            Self::Helm => helm::REMEDY,
            Self::AwsTools => python::REMEDY,
            Self::Kind => kind::REMEDY,
            Self::Distribution => distribution::REMEDY,
            Self::OpenBao => openbao::REMEDY,
            Self::TemplateOracle => template_oracle::REMEDY,
        }
    }

    fn folder(self) -> anyhow::Result<PathBuf> {
        Ok(parts_root()?.join(self.key()))
    }

    /// Where the part's programs are once they have been installed, or `None` when they have not been yet.
    pub(super) fn installed(self, part: Part) -> anyhow::Result<Option<BTreeMap<Program, PathBuf>>> {
        match self {
            Self::Distribution => Ok(distribution::find()),
            _ => Ok(lookup::all_in(&self.folder()?, part.programs()).ok()),
        }
    }

    /// Whether it is in the cache with everything that it has today: an older version of this code may have put less there.
    fn is_whole(self) -> anyhow::Result<bool> {
        let parts = Part::ALL.into_iter().filter(|part| Self::of(*part) == self);
        parts
            .map(|part| Ok(self.installed(part)?.is_some()))
            .collect::<anyhow::Result<Vec<_>>>()
            .map(|all| !all.contains(&false))
    }
}

/// Puts a bundle into the cache, unless another process does so first.
///
/// It is written to a temporary folder beside its place and renamed, so that what is in place is whole.
pub(super) async fn install(bundle: Bundle, progress: Progress) -> anyhow::Result<()> {
    let task = progress.task(bundle.title());
    let result = install_locked(bundle, &task).await;
    match &result {
        Ok(()) => task.finish("ready"),
        Err(_) => task.finish("failed"),
    }
    result.with_context(|| format!("{} could not be had ({})", bundle.title(), bundle.remedy()))
}

async fn install_locked(bundle: Bundle, task: &Task) -> anyhow::Result<()> {
    let root = parts_root()?;
    let place = bundle.folder()?;
    let _lock = take_lock(&root.join(format!("{}.lock", bundle.key())), task).await?;
    if bundle.is_whole()? {
        return Ok(());
    }
    if bundle == Bundle::Distribution {
        return distribution::install(task).await;
    }
    let temporary = tempfile::Builder::new().prefix(".partial-").tempdir_in(&root).context("no temporary folder")?;
    let folder = temporary.path().join(bundle.key());
    std::fs::create_dir(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    match bundle {
        Bundle::Kubernetes => kubernetes::install(&folder, task).await?,
        Bundle::Helm => helm::install(&folder, task).await?,
        Bundle::AwsTools => python::install(&folder, task).await?,
        Bundle::Kind => kind::install(&folder, task).await?,
        Bundle::OpenBao => openbao::install(&folder, task).await?,
        Bundle::TemplateOracle => template_oracle::install(&folder, task).await?,
        Bundle::Distribution => {}
    }
    if place.is_dir() {
        std::fs::rename(&place, temporary.path().join("former"))
            .with_context(|| format!("{} cannot be replaced", place.display()))?;
    }
    std::fs::rename(&folder, &place).with_context(|| format!("{} cannot be put in place", place.display()))
}

async fn take_lock(path: &std::path::Path, task: &Task) -> anyhow::Result<Lock> {
    if let Some(lock) = Lock::try_take(path)? {
        return Ok(lock);
    }
    task.step("waiting for another process that is obtaining it", None);
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if let Some(lock) = Lock::try_take(path)? {
            return Ok(lock);
        }
    }
}
