//! What both proxies have in front: a listener that counts connections and can cut them.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A listener and its connections; all end when it is dropped.
#[derive(Debug)]
pub(crate) struct Front {
    address: SocketAddr,
    gauges: Arc<Gauges>,
    cut: watch::Sender<()>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Gauges {
    accepted: AtomicU64,
    open: AtomicU64,
}

/// One accepted connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Counted from 1.
    pub(crate) number: u64,
    /// Ends the connection with a TCP reset instead of an orderly close, once it is dropped.
    pub(crate) reset: Arc<AtomicBool>,
    pub(crate) stream: Stream,
}

/// A TCP stream that can be reset.
#[derive(Debug)]
pub(crate) struct Stream {
    tcp: TcpStream,
    reset: Arc<AtomicBool>,
    gauges: Arc<Gauges>,
}

impl Front {
    /// Listens on a free port of 127.0.0.1 and serves each connection in a task of its own.
    pub(crate) async fn start<F>(serve: impl Fn(Connection) -> F + Send + 'static) -> anyhow::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_at(Ipv4Addr::LOCALHOST, serve).await
    }

    /// [`Self::start`] on another address of this machine.
    pub(crate) async fn start_at<F>(
        address: Ipv4Addr,
        serve: impl Fn(Connection) -> F + Send + 'static,
    ) -> anyhow::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener =
            TcpListener::bind((address, 0)).await.with_context(|| format!("no port of {address} for a proxy"))?;
        let address = listener.local_addr().context("no port for a proxy")?;
        let gauges = Arc::<Gauges>::default();
        let cut = watch::Sender::new(());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&gauges), cut.clone(), serve));
        Ok(Self { address, gauges, cut, accepting })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections accepted so far.
    pub(crate) fn accepted(&self) -> u64 {
        self.gauges.accepted.load(Ordering::Relaxed)
    }

    /// Connections that are open now.
    pub(crate) fn open(&self) -> u64 {
        self.gauges.open.load(Ordering::Relaxed)
    }

    /// Resets every open connection. New ones are accepted.
    pub(crate) fn cut(&self) {
        self.cut.send_replace(());
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept<F>(
    listener: TcpListener,
    gauges: Arc<Gauges>,
    cut: watch::Sender<()>,
    serve: impl Fn(Connection) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    // Dropped, and with it every connection, when this task is aborted.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((tcp, _)) = accepted else { continue };
        let _ = tcp.set_nodelay(true);
        let reset = Arc::new(AtomicBool::new(false));
        let number = gauges.accepted.fetch_add(1, Ordering::Relaxed) + 1;
        gauges.open.fetch_add(1, Ordering::Relaxed);
        let stream = Stream { tcp, reset: Arc::clone(&reset), gauges: Arc::clone(&gauges) };
        let mut cut = cut.subscribe();
        let serving = serve(Connection { number, reset: Arc::clone(&reset), stream });
        connections.spawn(async move {
            tokio::select! {
                () = serving => {}
                _ = cut.changed() => reset.store(true, Ordering::Relaxed),
            }
        });
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.gauges.open.fetch_sub(1, Ordering::Relaxed);
        if self.reset.load(Ordering::Relaxed) {
            // Closing a socket that does not linger discards what is unsent and sends RST.
            let _ = self.tcp.set_zero_linger();
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
