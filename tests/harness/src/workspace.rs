//! Where the repository is.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The root of the workspace: the nearest folder at or above the running package (or, outside cargo, the current folder) whose
/// `Cargo.toml` has a `[workspace]`.
///
/// # Errors
/// When there is none.
pub fn root() -> anyhow::Result<PathBuf> {
    let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::current_dir().context("the current folder is gone")?,
    };
    start
        .ancestors()
        .find(|folder| is_root(folder))
        .map(Path::to_path_buf)
        .with_context(|| format!("{} is not inside the workspace: run from a checkout", start.display()))
}

fn is_root(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.lines().any(|line| line == "[workspace]"))
}
