//! A folder for one part's files and logs.

use std::path::Path;

use anyhow::Context as _;
use tempfile::TempDir;

use crate::guardian;

/// A temporary folder that goes away with this value, or with the process; kept, and named on stderr, with `ESO_HARNESS_KEEP`.
#[derive(Debug)]
pub(crate) struct WorkDir {
    folder: TempDir,
}

impl WorkDir {
    /// `name` becomes part of the folder's name.
    pub(crate) fn new(name: &str) -> anyhow::Result<Self> {
        let keep = std::env::var_os("ESO_HARNESS_KEEP").is_some_and(|value| !value.is_empty());
        let mut folder = tempfile::Builder::new()
            .prefix(&format!("eso-harness-{name}-"))
            .tempdir()
            .context("no temporary folder can be made: is TMPDIR right?")?;
        folder.disable_cleanup(keep);
        if keep {
            announce(folder.path());
        } else {
            guardian::adopt_folder(folder.path())?;
        }
        Ok(Self { folder })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        guardian::release_folder(self.folder.path());
    }
}

#[allow(clippy::print_stderr, reason = "the person asked to keep the folder and wants to find it")]
fn announce(folder: &Path) {
    eprintln!("kept: {}", folder.display());
}
