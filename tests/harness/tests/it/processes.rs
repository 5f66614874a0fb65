//! Nothing stays behind.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use eso_harness::eventually;
use eso_harness::process::Process;

/// Set for the copy of this test that dies on purpose.
const DIES: &str = "ESO_HARNESS_TEST_DIES";

fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn sleeper(folder: &Path) -> Process {
    let mut command = Command::new("sleep");
    command.arg("600");
    Process::spawn("sleep", command, &folder.join("log")).unwrap()
}

#[test]
fn a_dropped_process_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let process = sleeper(folder.path());
    let pid = process.pid();
    assert!(runs(pid));
    drop(process);
    assert!(!runs(pid));
}

#[tokio::test]
async fn a_process_that_ignores_sigterm_is_killed_at_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' TERM; echo trapped; while :; do sleep 0.1; done"]);
    let process = Process::spawn("stubborn", command, &folder.path().join("log")).unwrap();
    eventually("it traps", || async { process.log().contains("trapped").then_some(()).context("not yet") })
        .await
        .unwrap();
    let error = process.stop(Duration::from_millis(300)).await.unwrap_err();
    assert!(error.to_string().contains("was killed"), "{error}");
    assert!(!runs(process.pid()));
    assert!(process.stop(Duration::from_secs(1)).await.is_err(), "it has ended already");
}

#[tokio::test]
async fn a_process_that_ends_by_itself_is_reported_with_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "echo the reason; exit 3"]);
    let process = Process::spawn("brief", command, &folder.path().join("log")).unwrap();
    eventually("it ends", || async { process.exited().map(drop).context("not yet") }).await.unwrap();
    let message = process.check_alive().unwrap_err().to_string();
    assert!(message.contains("exit status: 3") && message.contains("the reason"), "{message}");
}

#[tokio::test]
async fn the_children_of_a_killed_process_are_ended() {
    if std::env::var_os(DIES).is_some() {
        let folder = tempfile::tempdir().unwrap();
        let process = sleeper(folder.path());
        println!("child {}", process.pid());
        // No destructor runs, as when the process is killed.
        std::process::abort();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "processes::the_children_of_a_killed_process_are_ended", "--nocapture"]).env(DIES, "1");
    let output = command.stderr(Stdio::null()).output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let pid = text.split_once("child ").unwrap().1.split_whitespace().next().unwrap().parse().unwrap();
    eventually("the child is gone", || async move { (!runs(pid)).then_some(()).context("it runs") }).await.unwrap();
}
