//! Downloads that are checked against the hash published beside them.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::digest;
use tokio::io::AsyncWriteExt as _;

use super::progress::Task;

/// A network that refuses must not cost the person time.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// For the first, small answer, name resolution included.
const ANSWER_WITHIN: Duration = Duration::from_secs(6);
/// Between two pieces of a body.
const READ_WITHIN: Duration = Duration::from_secs(20);

pub(super) struct Fetcher {
    client: reqwest::Client,
}

impl Fetcher {
    pub(super) fn new() -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).read_timeout(READ_WITHIN).build();
        Ok(Self { client: client.context("no HTTP client")? })
    }

    /// A small text, such as a hash.
    pub(super) async fn text(&self, url: &str) -> anyhow::Result<String> {
        let get = async { self.client.get(url).send().await?.error_for_status()?.text().await };
        match tokio::time::timeout(ANSWER_WITHIN, get).await {
            Ok(Ok(text)) => Ok(text),
            Ok(Err(error)) if error.is_status() => anyhow::bail!("the publisher answers {}", status_of(&error)),
            Ok(Err(_)) | Err(_) => anyhow::bail!("the publisher is out of reach"),
        }
    }

    /// A file with a known SHA-256 (lower-case hex). What does not match is an error, and is of no use to anybody.
    pub(super) async fn file(&self, url: &str, target: &Path, sha256: &str, task: &Task) -> anyhow::Result<()> {
        let mut response = self.client.get(url).send().await?.error_for_status()?;
        let total = response.content_length();
        let mut file =
            tokio::fs::File::create(target).await.with_context(|| format!("{} cannot be made", target.display()))?;
        let mut hash = digest::Context::new(&digest::SHA256);
        let mut received = 0_u64;
        while let Some(chunk) = response.chunk().await.context("the download broke off")? {
            hash.update(&chunk);
            file.write_all(&chunk).await.with_context(|| format!("{} cannot be written", target.display()))?;
            received += u64::try_from(chunk.len()).unwrap_or_default();
            task.detail(match total {
                Some(total) => format!("{} of {} MB", received / 1_000_000, total / 1_000_000),
                None => format!("{} MB", received / 1_000_000),
            });
        }
        file.flush().await.with_context(|| format!("{} cannot be written", target.display()))?;
        let actual = hash.finish().as_ref().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        anyhow::ensure!(actual == sha256, "{url} has the SHA-256 {actual}, but {sha256} is published beside it");
        Ok(())
    }
}

fn status_of(error: &reqwest::Error) -> String {
    error.status().map_or_else(|| "an error".to_owned(), |status| status.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]

    use super::*;
    use crate::parts::progress::Progress;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    async fn serve(body: &'static str) -> String {
        crate::install_crypto();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/part", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            // A socket that is closed with unread bytes resets the connection.
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(body.as_bytes()).await.unwrap();
        });
        url
    }

    #[tokio::test]
    async fn a_download_with_the_published_hash_is_kept() {
        let url = serve("hello").await;
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("part");
        let sum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        Fetcher::new().unwrap().file(&url, &target, sum, &Progress::new().task("test")).await.unwrap();
        assert_eq!(std::fs::read_to_string(target).unwrap(), "hello");
    }

    #[tokio::test]
    async fn a_download_with_another_hash_is_refused() {
        let url = serve("hellO").await;
        let folder = tempfile::tempdir().unwrap();
        let sum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let task = Progress::new().task("test");
        let error = Fetcher::new().unwrap().file(&url, &folder.path().join("part"), sum, &task).await.unwrap_err();
        assert!(error.to_string().contains("is published beside it"), "{error}");
    }

    #[tokio::test]
    async fn a_refused_connection_is_given_up_at_once() {
        crate::install_crypto();
        let port = { TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port() };
        let started = std::time::Instant::now();
        let error = Fetcher::new().unwrap().text(&format!("http://127.0.0.1:{port}/x")).await.unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(4));
        assert_eq!(error.to_string(), "the publisher is out of reach");
    }
}
