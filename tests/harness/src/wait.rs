//! Waiting for something to become true.

use std::future::Future;
use std::time::{Duration, Instant};

/// Calls `check` every 50 ms until it gives a value, for at most 30 s.
///
/// # Errors
/// The last reason that `check` gave, after `what` and the time that was spent.
pub async fn eventually<T, F>(what: &str, check: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    eventually_within(Duration::from_secs(30), what, check).await
}

/// [`eventually`] with another limit. A call of `check` that outlasts the limit is given up.
///
/// # Errors
/// As [`eventually`].
pub async fn eventually_within<T, F>(limit: Duration, what: &str, mut check: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let started = Instant::now();
    let mut reason = anyhow::anyhow!("it was never answered");
    while let Some(left) = limit.checked_sub(started.elapsed()) {
        match tokio::time::timeout(left, check()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => reason = error,
            Err(_) => break,
        }
        tokio::time::sleep(Duration::from_millis(50).min(left)).await;
    }
    Err(reason.context(format!("{what}: not within {limit:?}")))
}
