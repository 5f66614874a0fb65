//! How long a silent or slow client is waited for.
//!
//! hyper's own limit for headers also ends connections that are kept for the next request: the API server keeps them for 90 s, and one
//! that is closed just as it is used again costs an admission. So the wait is told apart here: 5 s for headers that have begun, or for
//! the first request of a connection, and longer than the API server's 90 s between two requests.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Longest time for the headers of a request, and before them for the TLS handshake.
pub(crate) const HEAD_WITHIN: Duration = Duration::from_secs(5);

/// Longest silence between two requests.
const IDLE: Duration = Duration::from_mins(2);

/// What a connection is at.
#[derive(Clone, Debug)]
pub(crate) struct Phase(Arc<AtomicU8>);

/// Headers are awaited, or they are arriving.
const HEAD: u8 = 0;
/// A request is in work.
const WORK: u8 = 1;
/// The last request is answered.
const REST: u8 = 2;

impl Phase {
    /// The headers have arrived.
    pub fn work(&self) {
        self.0.store(WORK, Ordering::Relaxed);
    }

    /// The request is answered.
    pub fn rest(&self) {
        self.0.store(REST, Ordering::Relaxed);
    }

    fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream that fails when its client is slower than it may be in the phase that the connection is in.
pub(crate) struct Patient<S> {
    stream: S,
    phase: Phase,
    /// The phase that `limit` is for.
    timed: u8,
    limit: Pin<Box<Sleep>>,
}

impl<S> Patient<S> {
    /// Waits for the first request.
    pub fn new(stream: S) -> (Self, Phase) {
        let phase = Phase(Arc::new(AtomicU8::new(HEAD)));
        (Self { stream, phase: phase.clone(), timed: HEAD, limit: Box::pin(sleep(HEAD_WITHIN)) }, phase)
    }

    /// Begins to wait anew when the phase has changed.
    fn time(&mut self) {
        let phase = self.phase.get();
        if self.timed != phase {
            self.timed = phase;
            let wait = if phase == REST { IDLE } else { HEAD_WITHIN };
            self.limit.as_mut().reset(Instant::now() + wait);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() {
            if self.phase.get() == REST && buffer.filled().len() > before {
                self.phase.0.store(HEAD, Ordering::Relaxed);
            }
            return read;
        }
        self.time();
        if self.timed != WORK && self.limit.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::timeout;

    use super::Patient;

    #[tokio::test(start_paused = true)]
    async fn headers_have_five_seconds_however_they_trickle() {
        let (mut client, server) = tokio::io::duplex(64);
        let (mut server, _phase) = Patient::new(server);
        let mut byte = [0];
        for _ in 0..4 {
            client.write_all(b"x").await.unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
            server.read_exact(&mut byte).await.unwrap();
        }
        let error = timeout(Duration::from_secs(2), server.read_exact(&mut byte)).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_a_connection_rests_longer_than_the_api_server_keeps_it() {
        let (mut client, server) = tokio::io::duplex(64);
        let (mut server, phase) = Patient::new(server);
        let mut byte = [0];
        client.write_all(b"x").await.unwrap();
        server.read_exact(&mut byte).await.unwrap();
        phase.work();
        assert!(
            timeout(Duration::from_mins(5), server.read_exact(&mut byte)).await.is_err(),
            "work has its own limits"
        );
        phase.rest();
        assert!(timeout(Duration::from_secs(91), server.read_exact(&mut byte)).await.is_err());
        // The next request begins, and stops after one byte.
        client.write_all(b"x").await.unwrap();
        server.read_exact(&mut byte).await.unwrap();
        let error = timeout(Duration::from_secs(6), server.read_exact(&mut byte)).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_ends_after_two_minutes() {
        let (_client, server) = tokio::io::duplex(64);
        let (mut server, phase) = Patient::new(server);
        phase.rest();
        let error = timeout(Duration::from_secs(121), server.read_exact(&mut [0])).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }
}
