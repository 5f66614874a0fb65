//! The few retries that happen within one read. Longer waits are the queue's business.

use std::future::Future;
use std::time::Duration;

use eso_core::crd::RetrySettings;
use eso_core::go_duration::GoDuration;
use eso_core::{Fault, FaultKind};

/// Waits before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// Most tries that a store can ask for. ESO takes any number, and with some backends 0 for "without end", which would let one
/// secret hold up all others.
pub const MOST_TRIES: u32 = 10;

/// How often a request is sent, and how long to wait in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retry {
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
    /// Reads a store's settings. Backends count `maxRetries` differently: `tries` makes of it the number of tries in all, which
    /// is cut to [`MOST_TRIES`].
    ///
    /// Faults: Misconfigured, when the interval is no Go duration.
    pub fn of(settings: Option<&RetrySettings>, tries: impl FnOnce(Option<i32>) -> u32) -> Result<Self, Fault> {
        let Some(settings) = settings else { return Ok(Self::Usual) };
        let tries = tries(settings.max_retries).clamp(1, MOST_TRIES);
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

/// A request that failed.
pub struct Failed {
    /// Why.
    pub fault: Fault,
    /// Whether another try may fare better.
    pub again: Again,
}

/// Whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// After a broken connection, a failure of the backend, or "slow down".
    Helps,
    /// The answer would be the same, or has cost enough time already.
    Useless,
}

/// Sends a request that changes nothing, and tries again where that is likely to help.
pub async fn send<T, F>(retry: Retry, mut request: impl FnMut() -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Failed>>,
{
    for tried in 1.. {
        let Failed { fault, again } = match request().await {
            Ok(answer) => return Ok(answer),
            Err(failed) => failed,
        };
        let pause = retry.pause(tried, fault.kind).filter(|_| again == Again::Helps);
        let Some(pause) = pause else { return Err(fault) };
        tracing::debug!(%fault, ?pause, "the backend is asked again");
        tokio::time::sleep(pause).await;
    }
    Err(Fault::new(FaultKind::Internal, "the tries ran out without an answer."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test that fails may panic

    use super::*;

    fn settings(max_retries: Option<i32>, interval: Option<&str>) -> Result<Retry, Fault> {
        let settings = RetrySettings { max_retries, retry_interval: interval.map(str::to_owned) };
        Retry::of(Some(&settings), |asked| u32::try_from(asked.unwrap_or(3)).unwrap_or_default())
    }

    #[test]
    fn a17_an_interval_that_is_no_duration_is_named() {
        assert_eq!(settings(None, Some("abc")).unwrap_err().field.as_deref(), Some("spec.retrySettings.retryInterval"));
    }

    #[test]
    fn tries_are_those_of_the_backend_within_bounds() {
        let second = Some(Duration::from_secs(1));
        assert_eq!(settings(Some(2), None), Ok(Retry::Asked { tries: 2, pause: None }));
        assert_eq!(settings(None, Some("1s")), Ok(Retry::Asked { tries: 3, pause: second }));
        assert_eq!(settings(Some(0), Some("0s")), Ok(Retry::Asked { tries: 1, pause: None }));
        assert_eq!(settings(Some(99), None), Ok(Retry::Asked { tries: 10, pause: None }));
        assert_eq!(Retry::of(None, |_| 9), Ok(Retry::Usual));
    }

    #[test]
    fn the_waits_end_with_the_tries() {
        let waits = |retry: Retry, kind| (1..5).map_while(|tried| retry.pause(tried, kind)).count();
        assert_eq!(waits(Retry::Usual, FaultKind::Unavailable), 2);
        assert_eq!(waits(Retry::Usual, FaultKind::Throttled), 1);
        assert_eq!(waits(Retry::Asked { tries: 1, pause: None }, FaultKind::Unavailable), 0);
        assert_eq!(waits(Retry::Asked { tries: 4, pause: None }, FaultKind::Throttled), 3);
    }

    async fn sent(again: Again) -> (FaultKind, u32) {
        let mut count = 0;
        let answer: Result<(), Fault> = send(Retry::Usual, || {
            count += 1;
            async move { Err(Failed { fault: Fault::new(FaultKind::Unavailable, "down"), again }) }
        })
        .await;
        (answer.unwrap_err().kind, count)
    }

    #[tokio::test]
    async fn only_what_another_try_may_mend_is_tried_again() {
        assert_eq!(sent(Again::Helps).await, (FaultKind::Unavailable, 3));
        assert_eq!(sent(Again::Useless).await, (FaultKind::Unavailable, 1));
    }
}
