//! Requests to AWS through the shared retries.

use std::error::Error;
use std::future::Future;

use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use eso_core::crd::RetrySettings;
use eso_core::{Fault, FaultKind};
pub(crate) use eso_provider_kit::guard::Retry;
use eso_provider_kit::guard::{self, Again, Failed, MOST_TRIES};

use crate::fault::{Asked, Failure, detail, failure, fault};

/// Reads a store's settings: `maxRetries` counts tries and 0 is without end, as in ESO, but never more than [`MOST_TRIES`].
///
/// Faults: Misconfigured, when the interval is no Go duration.
pub(crate) fn retry(settings: Option<&RetrySettings>) -> Result<Retry, Fault> {
    Retry::of(settings, |asked| match u32::try_from(asked.unwrap_or(3)) {
        Ok(0) | Err(_) => MOST_TRIES,
        Ok(tries) => tries,
    })
}

/// Sends a request that changes nothing, and tries again where that is likely to help: after a broken connection, a failure of
/// AWS, or "slow down"; never after a timeout, which has cost enough.
pub(crate) async fn send<T, E, F>(asked: &Asked<'_>, retry: Retry, mut request: impl FnMut() -> F) -> Result<T, Fault>
where
    E: ProvideErrorMetadata + Error + 'static,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    let answer = guard::send(retry, || {
        let sent = request();
        async {
            sent.await.map_err(|error| {
                let failure = failure(&error);
                let fault = fault(&failure, asked);
                let again = again(&failure, fault.kind);
                Failed { fault: fault.with_detail(detail(&error)), again }
            })
        }
    });
    answer.await
}

fn again(failure: &Failure, kind: FaultKind) -> Again {
    let useless = matches!(failure, Failure::Timeout | Failure::Ours(_) | Failure::Garbage { status: ..500 });
    match kind {
        FaultKind::Throttled => Again::Helps,
        FaultKind::Unavailable if !useless => Again::Helps,
        _ => Again::Useless,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries(max_retries: Option<i32>) -> Result<Retry, Fault> {
        retry(Some(&RetrySettings { max_retries, retry_interval: None }))
    }

    #[test]
    fn max_retries_counts_tries_and_is_bounded() {
        assert_eq!(tries(Some(1)), Ok(Retry::Asked { tries: 1, pause: None }));
        assert_eq!(tries(None), Ok(Retry::Asked { tries: 3, pause: None }));
        assert_eq!(tries(Some(0)), Ok(Retry::Asked { tries: 10, pause: None }));
        assert_eq!(retry(None), Ok(Retry::Usual));
    }
}
