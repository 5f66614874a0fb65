//! The end of the process.

use eso_core::{Fault, FaultKind};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that the first SIGTERM or SIGINT cancels. The second one ends the process at once with code 1, for those who do not want
/// to wait. Needs a running async runtime.
///
/// Faults: Internal, when the system refuses to report signals.
pub fn on_signal() -> Result<CancellationToken, Fault> {
    let refused = |error: std::io::Error| {
        Fault::new(FaultKind::Internal, "The system refuses to report the signals SIGTERM and SIGINT.")
            .with_detail(error.to_string())
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(refused)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(refused)?;
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("Asked to end; finishing the work in hand. A second signal ends at once.");
        cancel.cancel();
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("Asked to end a second time; ending at once.");
        std::process::exit(1);
    });
    Ok(token)
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

#[cfg(test)]
#[path = "shutdown_tests.rs"]
mod tests;
