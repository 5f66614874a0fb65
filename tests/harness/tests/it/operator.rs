//! The operator's handle, on a stand-in program: what matters here is the handle.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use eso_harness::{Operator, OperatorOptions};

/// A program that says how it was called and serves what every controller serves.
const STAND_IN: &str = r#"#!/usr/bin/env python3
import http.server, os, signal, sys, threading
print("args", sys.argv[1:], "env", sorted(os.environ), flush=True)
ports = [int(a.rsplit(":", 1)[1]) for a in sys.argv[1:] if a.startswith(("--metrics-addr", "--live-addr"))]
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"up 1\n")
    def log_message(self, *a): pass
for port in ports:
    threading.Thread(target=http.server.HTTPServer(("127.0.0.1", port), Page).serve_forever, daemon=True).start()
signal.signal(signal.SIGTERM, lambda *a: (print("bye", flush=True), os._exit(0)))
while True: signal.pause()
"#;

fn stand_in(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("controller");
    std::fs::write(&path, STAND_IN).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_gets_free_ports_and_only_the_environment_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let env = vec![("AWS_ROLE_ARN".to_owned(), "arn".to_owned())];
    let options =
        OperatorOptions { binary: stand_in(&folder), args: vec!["--concurrent=3".to_owned()], env, live_flag: None };
    let operator = Operator::start(options).unwrap();
    operator.wait_ready().await.unwrap();
    let log = operator.log();
    assert!(log.contains("--concurrent=3") && log.contains("'AWS_ROLE_ARN', 'HOME'"), "{log}");
    assert!(!log.contains("CARGO"), "{log}");
    assert_eq!(operator.metrics_text().await.unwrap(), "up 1\n");
    assert!(operator.rss_bytes().unwrap() > 1_000_000);
    assert!(operator.cpu_seconds().unwrap() < 60.0);
    let status = operator.stop(Duration::from_secs(5)).await.unwrap();
    assert!(status.success() && operator.log().ends_with("bye\n"));
    assert!(operator.wait_exit(Duration::from_secs(1)).await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_ends_at_start_is_reported_at_once_with_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("controller");
    std::fs::write(&binary, "#!/bin/sh\nsleep 0.2\necho 'unknown flag'\nexit 1\n").unwrap();
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    let operator = Operator::start(OperatorOptions { binary, ..OperatorOptions::default() }).unwrap();
    let error = operator.wait_ready().await.unwrap_err().to_string();
    assert!(error.contains("exit status: 1") && error.contains("unknown flag"), "{error}");
}
