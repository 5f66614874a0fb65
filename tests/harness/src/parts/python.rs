//! moto and the aws CLI, from the Python package index into a virtual environment of their own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::Command;

use super::progress::Task;
use super::run::run;

pub(super) const TITLE: &str = "moto 5.2.5 and the aws CLI";
pub(super) const KEY: &str = "moto-5.2.5-awscli-1.46.3";
pub(super) const REMEDY: &str =
    "install Python 3.10 or newer with its venv module, or set ESO_MOTO_SERVER and ESO_AWS_CLI to the two programs";

/// Exact versions and hashes of every package; `requirements.in` beside it is what they were resolved from.
const REQUIREMENTS: &str = include_str!("../../python/requirements.txt");

/// Seconds on a machine with 2 cores and an empty cache.
const EXPECTED: Duration = Duration::from_secs(90);

/// Makes the virtual environment and, beside it, the programs.
pub(super) async fn install(folder: &Path, task: &Task) -> anyhow::Result<()> {
    environment(folder, REQUIREMENTS, EXPECTED, task).await?;
    write_launcher(folder, "moto_server", "moto.server")?;
    write_launcher(folder, "aws", "awscli")
}

/// Makes a virtual environment with exactly these packages below `folder`; gives its place.
pub(super) async fn environment(
    folder: &Path,
    requirements: &str,
    expected: Duration,
    task: &Task,
) -> anyhow::Result<PathBuf> {
    task.step("making a virtual environment", None);
    let environment = folder.join("venv");
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment), task, |_| None).await?;
    task.step("installing from the Python package index", Some(expected));
    let file = folder.join("requirements.txt");
    std::fs::write(&file, requirements).context("requirements.txt cannot be written")?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--require-hashes",
        "--requirement",
    ]);
    pip.arg(&file);
    run(&mut pip, task, |line| line.strip_prefix("Collecting ")?.split(' ').next().map(str::to_owned)).await?;
    Ok(environment)
}

/// The scripts that pip writes hold the folder's temporary name; these find the interpreter beside themselves.
fn write_launcher(folder: &Path, name: &str, module: &str) -> anyhow::Result<()> {
    let file = folder.join(name);
    let script = format!("#!/bin/sh\nexec \"$(dirname \"$0\")/venv/bin/python\" -m {module} \"$@\"\n");
    std::fs::write(&file, script).with_context(|| format!("{} cannot be written", file.display()))?;
    make_executable(&file)
}

pub(super) fn make_executable(file: &Path) -> anyhow::Result<()> {
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(file, mode).with_context(|| format!("{} cannot be made executable", file.display()))
}
