//! The program itself: its start, its end, and what it takes when many do nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
#![allow(clippy::print_stdout, clippy::cast_precision_loss)] // they tell what they measured // tests fail loudly

#[allow(dead_code)] // shared with the tests of the server
#[path = "../serving/client.rs"]
mod client;
mod life;
mod load;
mod rotation;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use client::{Authority, NAME};

const DAY: Duration = Duration::from_hours(24);

/// A running webhook, with the certificates in its folder. Dropping it kills it.
struct Webhook {
    child: Child,
    folder: TempDir,
    authority: Authority,
    port: u16,
    health: u16,
    metrics: u16,
}

impl Webhook {
    /// Starts it with a certificate that holds for so long.
    fn start(life: Duration, args: &[&str]) -> Self {
        eso_runtime::client::install_crypto();
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        authority.write(folder.path(), life);
        let (port, health, metrics) = (free_port(), free_port(), free_port());
        // Another build of it can be measured.
        let binary = std::env::var_os("ESO_WEBHOOK").unwrap_or_else(|| env!("CARGO_BIN_EXE_eso-webhook").into());
        let child = Command::new(binary)
            .args([format!("--port={port}"), format!("--dns-name={NAME}")])
            .args([format!("--cert-dir={}", folder.path().display()), format!("--healthz-addr=127.0.0.1:{health}")])
            .args([format!("--metrics-addr=127.0.0.1:{metrics}"), "--loglevel=error".to_owned()])
            .args(args)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, folder, authority, port, health, metrics }
    }

    async fn ready(life: Duration, args: &[&str]) -> Self {
        let began = Instant::now();
        let webhook = Self::start(life, args);
        webhook.answers("/readyz", 200).await;
        println!("ready after {} ms", began.elapsed().as_millis());
        webhook
    }

    /// Waits until this path answers so.
    async fn answers(&self, path: &str, status: u16) {
        let began = Instant::now();
        while self.health(path).await.0 != status {
            assert!(began.elapsed() < Duration::from_secs(30), "{path} answers {:?}", self.health(path).await);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Status and text; 0 while it does not listen.
    async fn health(&self, path: &str) -> (u16, String) {
        self.get(self.health, path).await
    }

    async fn get(&self, port: u16, path: &str) -> (u16, String) {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return (0, String::new()) };
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        (text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0), text)
    }

    /// A figure of `/proc/<pid>/status`, in MiB.
    fn memory(&self, figure: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
        line.split_whitespace().find_map(|word| word.parse::<f64>().ok()).unwrap() / 1024.0
    }

    async fn exit_code(&mut self, within: Duration) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < within {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it still runs");
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

impl Authority {
    /// Puts authority, certificate and key into the folder, as the kubelet does: all at once.
    fn write(&self, folder: &Path, life: Duration) {
        let (certificate, key) = self.pem(life);
        let data = tempfile::Builder::new().prefix("..").tempdir_in(folder).unwrap().keep();
        std::fs::write(data.join("ca.crt"), self.certificate()).unwrap();
        std::fs::write(data.join("tls.crt"), certificate).unwrap();
        std::fs::write(data.join("tls.key"), key).unwrap();
        let link = |name: &str, to: &Path| {
            let next = folder.join("..next");
            std::os::unix::fs::symlink(to, &next).unwrap();
            std::fs::rename(next, folder.join(name)).unwrap();
        };
        link("..data", &data);
        for name in ["ca.crt", "tls.crt", "tls.key"] {
            link(name, &Path::new("..data").join(name));
        }
    }
}
