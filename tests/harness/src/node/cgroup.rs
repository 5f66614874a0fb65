//! Control groups of a node's own: by them kubelet keeps its pods apart from other kubelets', and we find every process again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

const ROOT: &str = "/sys/fs/cgroup";

/// What kubelet insists on finding in its own group.
const CONTROLLERS: [&str; 6] = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"];

/// Makes a group of that name in every hierarchy. `false` when somebody has it already.
pub(super) fn claim(name: &str) -> anyhow::Result<bool> {
    let hierarchies = hierarchies();
    let first = hierarchies.first().with_context(|| format!("{ROOT} holds no control groups"))?.join(name);
    match fs::create_dir(&first) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => {
            return Err(error).with_context(|| format!("the control group {} cannot be made", first.display()));
        }
    }
    hierarchies.iter().try_for_each(|hierarchy| prepare(hierarchy, name))?;
    Ok(true)
}

/// Whether a group can be made at all: in many containers it cannot.
pub(super) fn is_writable() -> bool {
    let Some(hierarchy) = hierarchies().into_iter().next() else { return false };
    let trial = hierarchy.join(format!("eso-harness-trial-{}", std::process::id()));
    fs::create_dir(&trial).and_then(|()| fs::remove_dir(&trial)).is_ok()
}

/// The file that a process of ours writes its id into before it becomes what it is to be. Its children are then in the group too,
/// however they detach themselves.
pub(super) fn processes_file(name: &str) -> anyhow::Result<PathBuf> {
    let first = hierarchies().into_iter().next().with_context(|| format!("{ROOT} holds no control groups"))?;
    Ok(first.join(name).join("system/cgroup.procs"))
}

/// Whether something of it is there.
pub(crate) fn is_left(name: &str) -> bool {
    hierarchies().iter().any(|hierarchy| hierarchy.join(name).exists())
}

/// The roots of version 2, or of version 1 with the one that we look for processes in (`pids`) first.
fn hierarchies() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    if root.join("cgroup.controllers").exists() {
        return vec![root.to_path_buf()];
    }
    let entries = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.join("cgroup.procs").exists()).collect();
    found.sort_by_key(|path| !path.ends_with("pids"));
    found
}

/// Makes the group, and in it `system`: in version 2 no process may be in a group that has groups below it.
fn prepare(hierarchy: &Path, name: &str) -> anyhow::Result<()> {
    let group = hierarchy.join(name);
    let system = group.join("system");
    fs::create_dir_all(&system).with_context(|| format!("the control group {} cannot be made", system.display()))?;
    for controller in CONTROLLERS {
        // Version 2 only. Which controllers there are, and which the system gives away, is its affair; kubelet names those it lacks.
        for parent in [hierarchy, &group] {
            let control = parent.join("cgroup.subtree_control");
            if control.exists() {
                let _ = fs::write(control, format!("+{controller}"));
            }
        }
    }
    // Version 1: a new group has no processors and no memory until it is given some.
    for file in ["cpuset.cpus", "cpuset.mems"] {
        if let (Ok(value), true) = (fs::read_to_string(hierarchy.join(file)), group.join(file).exists()) {
            let _ = fs::write(group.join(file), value);
        }
    }
    Ok(())
}
