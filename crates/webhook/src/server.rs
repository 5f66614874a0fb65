//! Accepts connections and ends them.

use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use eso_core::{Fault, FaultKind};
use eso_runtime::admin::bind;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection;
use crate::handler::{Judges, router};
use crate::metrics::AdmissionMetrics;

/// How many connections stand at the same time. One more waits until another ends; those that say nothing end within seconds.
const MOST_CONNECTIONS: usize = 4096;

/// After an error of the system, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Longest time for requests in work once the process is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// A bound port, not served yet.
pub struct Server {
    listener: TcpListener,
    tls: Arc<ServerConfig>,
}

impl Server {
    /// Binds the port on all interfaces.
    ///
    /// Faults: Misconfigured, when that cannot be.
    pub async fn bind(port: u16, tls: ServerConfig) -> Result<Self, Fault> {
        let refused = |error: std::io::Error| {
            let text = format!("Cannot listen on port {port} ({error}); choose another one with --port.");
            Fault::new(FaultKind::Misconfigured, text)
        };
        let listener = bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))).await.map_err(refused)?;
        Ok(Self { listener, tls: Arc::new(tls) })
    }

    /// The port, of interest where it was 0.
    ///
    /// Faults: Internal, when the system does not tell.
    pub fn port(&self) -> Result<u16, Fault> {
        let address = self.listener.local_addr();
        address.map(|address| address.port()).map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))
    }

    /// Serves until `stop`; then answers what is in work.
    pub async fn serve(self, judges: Judges, metrics: AdmissionMetrics, stop: CancellationToken) {
        let router = router(judges, metrics);
        let (slots, connections) = (Arc::new(Semaphore::new(MOST_CONNECTIONS)), TaskTracker::new());
        loop {
            let accepted = tokio::select! {
                accepted = self.accept(&slots) => accepted,
                () = stop.cancelled() => break,
            };
            let Some((stream, slot)) = accepted else { continue };
            let serving = connection::serve(stream, Arc::clone(&self.tls), router.clone(), stop.clone());
            connections.spawn(async move {
                serving.await;
                drop(slot);
            });
        }
        connections.close();
        if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
            tracing::warn!("some admissions did not end in time");
        }
    }

    async fn accept(
        &self,
        slots: &Arc<Semaphore>,
    ) -> Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
        let slot = Arc::clone(slots).acquire_owned().await.ok()?;
        match self.listener.accept().await {
            Ok((stream, _)) => Some((stream, slot)),
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
                None
            }
        }
    }
}
