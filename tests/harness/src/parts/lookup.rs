//! Steps 1 and 2: the environment, `PATH`, the cache.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::bundle::Bundle;
use super::{Part, Program};

type Found = BTreeMap<Program, PathBuf>;

/// The part's programs if all of them are on this machine already.
pub(super) async fn find(part: Part) -> anyhow::Result<Option<Found>> {
    if let Some(found) = in_environment(part)? {
        return Ok(Some(found));
    }
    if let Some(found) = in_path(part).await {
        return Ok(Some(found));
    }
    Bundle::of(part).installed(part)
}

fn in_environment(part: Part) -> anyhow::Result<Option<Found>> {
    let variable = match part {
        Part::ControlPlane | Part::ControllerManager | Part::Node => "KUBEBUILDER_ASSETS",
        Part::Containers | Part::Kind => return Ok(None),
        Part::Helm => "ESO_HELM",
        Part::Moto => "ESO_MOTO_SERVER",
        Part::AwsCli => "ESO_AWS_CLI",
        Part::OpenBao => "ESO_BAO",
        Part::TemplateOracle => "ESO_TEMPLATE_ORACLE",
    };
    let Some(value) = std::env::var_os(variable).filter(|value| !value.is_empty()) else { return Ok(None) };
    let value = PathBuf::from(value);
    if let (Part::Helm | Part::Moto | Part::AwsCli | Part::OpenBao | Part::TemplateOracle, [program]) =
        (part, part.programs())
    {
        anyhow::ensure!(
            is_program(&value),
            "{variable} is {}, which is not a program: correct or unset it",
            value.display()
        );
        return Ok(Some(BTreeMap::from([(*program, value)])));
    }
    match all_in(&value, part.programs()) {
        Ok(found) => Ok(Some(found)),
        // The folders that envtest makes hold a control plane only, and are none the worse for it.
        Err(_) if part != Part::ControlPlane => Ok(None),
        Err(lacking) => anyhow::bail!("{variable} is {}, which has no {lacking}: correct or unset it", value.display()),
    }
}

/// Programs in `PATH`; all of a part or none, so that versions are not mixed. Not moto, Helm and our own oracle: what they answer must
/// not depend on which one happens to lie around. Not those of a node: they must be of the API server's version, and a machine that
/// has them in `PATH` is another cluster's node.
async fn in_path(part: Part) -> Option<Found> {
    if matches!(part, Part::Moto | Part::Helm | Part::TemplateOracle | Part::Node | Part::Containers) {
        return None;
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = each_in(&folders, part.programs())?;
    // Version managers of Python put a launcher into PATH for programs that the active version does not have.
    let answers = match part {
        Part::AwsCli => answers_version(found.get(&Program::Aws)?).await,
        Part::OpenBao => answers_version(found.get(&Program::Bao)?).await,
        _ => true,
    };
    answers.then_some(found)
}

async fn answers_version(file: &Path) -> bool {
    let mut command = tokio::process::Command::new(file);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(Duration::from_secs(20), command.status()).await {
        Ok(Ok(status)) => status.success(),
        _ => false,
    }
}

/// All the programs in one folder, or the name of the first one that is not there.
pub(super) fn all_in(folder: &Path, programs: &[Program]) -> Result<Found, &'static str> {
    let locate = |program: &Program| {
        let file = folder.join(program.file_name());
        if is_program(&file) { Ok((*program, file)) } else { Err(program.file_name()) }
    };
    programs.iter().map(locate).collect()
}

/// Each program in the first of the folders that has it, or `None` when one is in none of them.
pub(super) fn each_in(folders: &[PathBuf], programs: &[Program]) -> Option<Found> {
    let locate = |program: &Program| {
        let file = folders.iter().map(|folder| folder.join(program.file_name())).find(|file| is_program(file))?;
        Some((*program, file))
    };
    programs.iter().map(locate).collect()
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
