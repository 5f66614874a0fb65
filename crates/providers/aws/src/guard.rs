//! The few retries that happen within one read. Longer waits are the queue's business.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use eso_core::{Fault, FaultKind};

use crate::fault::{Asked, Failure, detail, failure, fault};

/// Waits before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// Sends a request that changes nothing, and tries again where that is likely to help: twice after a broken connection or a
/// failure of AWS, once after "slow down", never after a timeout, which has cost enough.
pub(crate) async fn send<T, E, F>(asked: &Asked<'_>, mut request: impl FnMut() -> F) -> Result<T, Fault>
where
    E: ProvideErrorMetadata + Error + 'static,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    let mut pauses = PAUSES.into_iter();
    loop {
        let error = match request().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let failure = failure(&error);
        let fault = fault(&failure, asked);
        let pause = match (&failure, fault.kind) {
            (_, FaultKind::Throttled) => pauses.nth(1),
            (Failure::Timeout | Failure::Ours(_) | Failure::Garbage { status: ..500 }, _) => None,
            (_, FaultKind::Unavailable) => pauses.next(),
            _ => None,
        };
        let Some(pause) = pause else { return Err(fault.with_detail(detail(&error))) };
        tracing::debug!(fault = %fault, ?pause, "AWS is asked again");
        tokio::time::sleep(pause).await;
    }
}
