#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::on_signal;

/// Set for a copy of this test program that plays the process to be ended.
const CHILD: &str = "ESO_RUNTIME_TEST_CHILD";

#[tokio::test]
async fn the_first_signal_cancels_and_the_second_ends_the_process() {
    if std::env::var_os(CHILD).is_some() {
        let token = on_signal().unwrap();
        std::fs::write(std::env::var("READY").unwrap(), "listening").unwrap();
        token.cancelled().await;
        std::fs::write(std::env::var("READY").unwrap(), "cancelled").unwrap();
        tokio::time::sleep(Duration::from_mins(1)).await;
        return;
    }
    let ready = std::env::temp_dir().join(format!("eso-runtime-signal-{}", std::process::id()));
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "shutdown::tests::the_first_signal_cancels_and_the_second_ends_the_process"])
        .env(CHILD, "1")
        .env("READY", &ready)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let says = |text: &str| std::fs::read_to_string(&ready).is_ok_and(|present| present == text);
    let begin = Instant::now();
    let wait = |text: &'static str| {
        while !says(text) {
            assert!(begin.elapsed() < Duration::from_secs(20), "the process never said {text}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let send = |name: &str| {
        assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
    };
    wait("listening");
    send("TERM");
    wait("cancelled");
    send("INT");
    let code = child.wait().unwrap().code();
    std::fs::remove_file(&ready).unwrap();
    assert_eq!(code, Some(1));
    assert!(begin.elapsed() < Duration::from_secs(30));
}
