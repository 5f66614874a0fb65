//! Nothing outlives the process that started it.
//!
//! Handles stop their children when they are dropped, but a handle in a `static` is never dropped, and a killed process drops
//! nothing. So each process that starts children keeps a file of what it has (children with their start times, sandboxes, clusters of
//! kind's, working folders) and one small shell, the guardian, which does nothing but wait for its input to end. The system closes that input when the
//! process ends, however it ends; then the guardian kills and removes what the file still lists. Should the guardian have been
//! killed too, the next process that uses the harness does the same for it.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use anyhow::Context as _;
use parking_lot::Mutex;

use crate::node::is_left;
use crate::parts::cache_root;
use crate::process::start_time;

/// Ends whatever is left of the sandbox named `$1`: every process in its control groups, those groups, its link.
///
/// Containers' processes are nobody's children; only their group tells whose they are. A `0` in a group's list stands for a process
/// that this shell cannot see, and `kill` would take it for the shell's own.
const END_SANDBOX: &str = r#"
end_sandbox() {
  case $1 in eso-harness-*) ;; *) return ;; esac
  groups() { ls -d /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1" 2>/dev/null; }
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -n "$(groups "$1")" ] || break
    pids=$(find $(groups "$1") -name cgroup.procs -exec cat {} + 2>/dev/null | grep -vx 0 | sort -u)
    [ -z "$pids" ] || kill -s KILL $pids 2>/dev/null
    find $(groups "$1") -depth -type d -exec rmdir {} + 2>/dev/null && break
    sleep 0.05
  done
  PATH=$PATH:/usr/sbin:/sbin
  ip link delete "$1" 2>/dev/null
}
"#;

/// `$1` is the file. A process is killed, with its group, only if it is still the one that was listed; a folder is removed only
/// if it is one of ours. In this order: processes, sandboxes, clusters, folders.
const SWEEP: &str = r#"
cat >/dev/null
[ -f "$1" ] || exit 0
while read -r kind rest; do
  case $kind in
  child) pid=${rest%% *}
    now=$(sed 's/^.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f20)
    [ "$now" = "${rest#* }" ] && kill -s KILL -- "-$pid" ;;
  kind) cluster=${rest%% *} rest=${rest#* }
    KIND_EXPERIMENTAL_PROVIDER=${rest%% *} "${rest#* }" delete cluster --name "$cluster" ;;
  sandbox) end_sandbox "$rest" ;;
  folder) case $rest in */eso-harness-*) rm -rf -- "$rest" || { sleep 1; rm -rf -- "$rest"; } ;; esac ;;
  esac
done < "$1"
rm -f -- "$1"
"#;

/// What this process has running.
#[derive(Default)]
struct Belongings {
    children: Vec<(u32, u64)>,
    sandboxes: Vec<String>,
    /// Name, engine and kind's program.
    kind_clusters: Vec<(String, &'static str, PathBuf)>,
    folders: Vec<PathBuf>,
}

struct Guardian {
    file: PathBuf,
    belongings: Mutex<Belongings>,
    /// Its input ends with this process.
    _shell: Child,
}

static GUARDIAN: OnceLock<Guardian> = OnceLock::new();

/// Lists a child, which must lead a process group of its own. One that has ended already needs no guarding.
pub(crate) fn adopt_child(pid: u32) -> anyhow::Result<()> {
    let Some(started) = start_time(pid) else { return Ok(()) };
    change(|belongings| belongings.children.push((pid, started)))
}

/// A child that has been waited for.
pub(crate) fn release_child(pid: u32) {
    // A stale line does no harm: the start time will not match.
    let _ = change(|belongings| belongings.children.retain(|(listed, _)| *listed != pid));
}

/// Lists a sandbox, whose name must begin with `eso-harness-`.
pub(crate) fn adopt_sandbox(name: &str) -> anyhow::Result<()> {
    change(|belongings| belongings.sandboxes.push(name.to_owned()))
}

/// Ends everything that is in a sandbox; see [`END_SANDBOX`].
pub(crate) fn end_sandbox(name: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{END_SANDBOX}\nend_sandbox \"$1\""), "sh", name]);
    // What it could not end stays listed, and is tried again when this process has ended.
    if command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|_| !is_left(name)) {
        let _ = change(|belongings| belongings.sandboxes.retain(|listed| listed != name));
    }
}

/// Lists a cluster that kind is to delete.
pub(crate) fn adopt_kind_cluster(program: &Path, engine: &'static str, name: &str) -> anyhow::Result<()> {
    change(|belongings| belongings.kind_clusters.push((name.to_owned(), engine, program.to_path_buf())))
}

/// Deletes a cluster of kind's.
pub(crate) fn delete_kind_cluster(program: &Path, engine: &'static str, name: &str) {
    let mut command = Command::new(program);
    command.args(["delete", "cluster", "--name", name]).env("KIND_EXPERIMENTAL_PROVIDER", engine);
    // What could not be deleted stays listed, and is tried again when this process has ended.
    if command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success()) {
        let _ = change(|belongings| belongings.kind_clusters.retain(|(listed, ..)| listed != name));
    }
}

/// Lists a folder to be removed, whose name must begin with `eso-harness-`.
pub(crate) fn adopt_folder(folder: &Path) -> anyhow::Result<()> {
    change(|belongings| belongings.folders.push(folder.to_path_buf()))
}

/// A folder that has been removed, or is to be kept.
pub(crate) fn release_folder(folder: &Path) {
    let _ = change(|belongings| belongings.folders.retain(|listed| listed != folder));
}

/// Makes sure that the guardian is there, before anything is started that it would have to end.
pub(crate) fn appoint() -> anyhow::Result<()> {
    guardian().map(|_| ())
}

fn change(edit: impl FnOnce(&mut Belongings)) -> anyhow::Result<()> {
    let guardian = guardian()?;
    let mut belongings = guardian.belongings.lock();
    edit(&mut belongings);
    let mut text = String::new();
    for (pid, started) in &belongings.children {
        let _ = writeln!(text, "child {pid} {started}");
    }
    for name in &belongings.sandboxes {
        let _ = writeln!(text, "sandbox {name}");
    }
    for (name, engine, program) in &belongings.kind_clusters {
        let _ = writeln!(text, "kind {name} {engine} {}", program.display());
    }
    for folder in &belongings.folders {
        let _ = writeln!(text, "folder {}", folder.display());
    }
    let file = &guardian.file;
    let next = file.with_extension("next");
    fs::write(&next, text).with_context(|| format!("{} cannot be written", next.display()))?;
    fs::rename(&next, file).with_context(|| format!("{} cannot be written", file.display()))
}

fn guardian() -> anyhow::Result<&'static Guardian> {
    static STARTING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = STARTING.lock();
    if let Some(guardian) = GUARDIAN.get() {
        return Ok(guardian);
    }
    let folder = cache_root()?.join("run");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    sweep_after_the_dead(&folder);
    let own = std::process::id();
    let started = start_time(own).context("/proc does not list this process: the harness needs Linux")?;
    let file = folder.join(format!("{own}.{started}"));
    let shell = sweeper(&file).stdin(Stdio::piped()).spawn().context("sh cannot be run")?;
    Ok(GUARDIAN.get_or_init(|| Guardian { file, belongings: Mutex::default(), _shell: shell }))
}

fn sweeper(file: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{END_SANDBOX}{SWEEP}"), "sh"]).arg(file).current_dir("/").process_group(0);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Files whose process is gone and whose guardian has not done its work.
fn sweep_after_the_dead(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some((pid, started)) = name.to_str().and_then(|name| name.split_once('.')) else { continue };
        let (Ok(pid), Ok(started)) = (pid.parse(), started.parse()) else { continue };
        if start_time(pid) != Some(started) {
            let _ = sweeper(&entry.path()).stdin(Stdio::null()).status();
        }
    }
}
