//! Steps 3 and 4: what is obtained together, and how it gets into the cache.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use super::cache::{Lock, parts_root};
use super::progress::{Progress, Task};
use super::{Part, Program, kubernetes, lookup, python, template_oracle};

/// Parts that are downloaded or built in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bundle {
    Kubernetes,
    AwsTools,
    TemplateOracle,
}

impl Bundle {
    pub(super) const fn of(part: Part) -> Self {
        match part {
            Part::ControlPlane | Part::ControllerManager => Self::Kubernetes,
            Part::Moto | Part::AwsCli => Self::AwsTools,
            Part::TemplateOracle => Self::TemplateOracle,
        }
    }

    /// What a person knows it by.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Kubernetes => kubernetes::TITLE,
            Self::AwsTools => python::TITLE,
            Self::TemplateOracle => template_oracle::TITLE,
        }
    }

    /// Its folder in the cache: name and version.
    fn key(self) -> String {
        match self {
            Self::Kubernetes => kubernetes::KEY.into(),
            Self::AwsTools => python::KEY.into(),
            Self::TemplateOracle => template_oracle::key(),
        }
    }

    /// How to have it without our help.
    const fn remedy(self) -> &'static str {
        match self {
            Self::Kubernetes => kubernetes::REMEDY,
            Self::AwsTools => python::REMEDY,
            Self::TemplateOracle => template_oracle::REMEDY,
        }
    }

    fn folder(self) -> anyhow::Result<PathBuf> {
        Ok(parts_root()?.join(self.key()))
    }

    /// The part's programs in the cache, or `None` when they have not been installed yet.
    pub(super) fn programs_in_cache(self, part: Part) -> anyhow::Result<Option<BTreeMap<Program, PathBuf>>> {
        Ok(lookup::all_in(&self.folder()?, part.programs()).ok())
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
    if place.is_dir() {
        return Ok(());
    }
    let temporary = tempfile::Builder::new().prefix(".partial-").tempdir_in(&root).context("no temporary folder")?;
    let folder = temporary.path().join(bundle.key());
    std::fs::create_dir(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    match bundle {
        Bundle::Kubernetes => kubernetes::install(&folder, task).await?,
        Bundle::AwsTools => python::install(&folder, task).await?,
        Bundle::TemplateOracle => template_oracle::install(&folder, task).await?,
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
