//! The few retries that happen within one read. Longer waits are the queue's business.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use eso_core::crd::RetrySettings;
use eso_core::go_duration::GoDuration;
use eso_core::{Fault, FaultKind};

use crate::fault::{Asked, Failure, detail, failure, fault};

/// Waits before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// Most tries that a store can ask for. ESO takes 0 for "without end", which would let one secret hold up all others.
const MOST_TRIES: u32 = 10;

/// How often a request is sent, and how long to wait in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Retry {
    /// Three times, waiting a little.
    #[default]
    Usual,
    /// As `spec.retrySettings` says.
    Asked {
        /// Tries in all.
        tries: u32,
        /// The wait; `None` is the usual one.
        pause: Option<Duration>,
    },
}

impl Retry {
    /// Reads a store's settings; `maxRetries` counts tries, as in ESO.
    ///
    /// Faults: Misconfigured, when the interval is no Go duration.
    pub(crate) fn of(settings: Option<&RetrySettings>) -> Result<Self, Fault> {
        let Some(settings) = settings else { return Ok(Self::Usual) };
        let tries = match u32::try_from(settings.max_retries.unwrap_or(3)) {
            Ok(0) | Err(_) => MOST_TRIES,
            Ok(tries) => tries.min(MOST_TRIES),
        };
        let pause = settings.retry_interval.as_deref().map(|text| {
            GoDuration::parse(text).and_then(GoDuration::to_std).ok_or_else(|| {
                let sentence =
                    format!("\"{text}\" is not a duration. Write a number and a unit, such as 500ms or 10s.");
                Fault::new(FaultKind::Misconfigured, sentence).at("spec.retrySettings.retryInterval")
            })
        });
        Ok(Self::Asked { tries, pause: pause.transpose()?.filter(|pause| !pause.is_zero()) })
    }

    /// The wait before the next try, after `tried` ones; `None` when it was the last.
    fn pause(self, tried: u32, kind: FaultKind) -> Option<Duration> {
        let index = usize::try_from(tried.saturating_sub(1)).unwrap_or(usize::MAX);
        match self {
            // "Slow down" is heeded once, with the longer wait.
            Self::Usual if kind == FaultKind::Throttled => PAUSES.last().copied().filter(|_| tried == 1),
            Self::Usual => PAUSES.get(index).copied(),
            Self::Asked { tries, .. } if tried >= tries => None,
            Self::Asked { pause: Some(pause), .. } => Some(pause),
            Self::Asked { pause: None, .. } => PAUSES.get(index).or(PAUSES.last()).copied(),
        }
    }
}

/// Sends a request that changes nothing, and tries again where that is likely to help: after a broken connection, a failure of
/// AWS, or "slow down"; never after a timeout, which has cost enough.
pub(crate) async fn send<T, E, F>(asked: &Asked<'_>, retry: Retry, mut request: impl FnMut() -> F) -> Result<T, Fault>
where
    E: ProvideErrorMetadata + Error + 'static,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    for tried in 1.. {
        let error = match request().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let failure = failure(&error);
        let fault = fault(&failure, asked);
        let helps = match (&failure, fault.kind) {
            (_, FaultKind::Throttled) => true,
            (Failure::Timeout | Failure::Ours(_) | Failure::Garbage { status: ..500 }, _) => false,
            (_, kind) => kind == FaultKind::Unavailable,
        };
        let pause = retry.pause(tried, fault.kind).filter(|_| helps);
        let Some(pause) = pause else { return Err(fault.with_detail(detail(&error))) };
        tracing::debug!(fault = %fault, ?pause, "AWS is asked again");
        tokio::time::sleep(pause).await;
    }
    Err(Fault::new(FaultKind::Internal, "the tries ran out without an answer."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(max_retries: Option<i32>, interval: Option<&str>) -> Result<Retry, Fault> {
        let interval = interval.map(str::to_owned);
        Retry::of(Some(&RetrySettings { max_retries, retry_interval: interval }))
    }

    #[test]
    fn a17_an_interval_that_is_no_duration_is_named() {
        assert_eq!(settings(None, Some("abc")).unwrap_err().field.as_deref(), Some("spec.retrySettings.retryInterval"));
    }

    #[test]
    fn max_retries_counts_tries_and_is_bounded() {
        let second = Some(Duration::from_secs(1));
        assert_eq!(settings(Some(1), None), Ok(Retry::Asked { tries: 1, pause: None }));
        assert_eq!(settings(None, Some("1s")), Ok(Retry::Asked { tries: 3, pause: second }));
        assert_eq!(settings(Some(0), Some("0s")), Ok(Retry::Asked { tries: 10, pause: None }));
        assert_eq!(settings(Some(99), None), Ok(Retry::Asked { tries: 10, pause: None }));
        assert_eq!(Retry::of(None), Ok(Retry::Usual));
    }

    #[test]
    fn the_waits_end_with_the_tries() {
        let waits = |retry: Retry, kind| (1..5).map_while(|tried| retry.pause(tried, kind)).count();
        assert_eq!(waits(Retry::Usual, FaultKind::Unavailable), 2);
        assert_eq!(waits(Retry::Usual, FaultKind::Throttled), 1);
        assert_eq!(waits(Retry::Asked { tries: 1, pause: None }, FaultKind::Unavailable), 0);
        assert_eq!(waits(Retry::Asked { tries: 4, pause: None }, FaultKind::Throttled), 3);
    }
}
