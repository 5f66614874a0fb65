//! The user's cache folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// `${XDG_CACHE_HOME:-~/.cache}/eso-rs`.
pub(crate) fn cache_root() -> anyhow::Result<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    Ok(base.context("there is no place for a cache: set HOME or XDG_CACHE_HOME")?.join("eso-rs"))
}

/// The folder of installed parts; made when missing.
pub(super) fn parts_root() -> anyhow::Result<PathBuf> {
    let root = cache_root()?.join("parts");
    fs::create_dir_all(&root).with_context(|| format!("{} cannot be made", root.display()))?;
    Ok(root)
}

/// A lock between processes, held until it is dropped. The system lets go of it when the process ends, however it ends.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or gives `None` when another process has it.
    pub(super) fn try_take(path: &Path) -> anyhow::Result<Option<Self>> {
        let file = File::options().create(true).truncate(false).write(true).open(path);
        let file = file.with_context(|| format!("{} cannot be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }
}
