//! A little randomness to keep processes apart.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Between 50 % and 150 % of `wait`. Not fit for anything that must not be guessed.
pub(crate) fn jittered(wait: Duration) -> Duration {
    let thousandths = random() % 1001;
    wait.mul_f64(f64::from(500 + u32::try_from(thousandths).unwrap_or_default()) / 1000.0)
}

/// A number that differs from call to call and from process to process; the same caveat.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::jittered;

    #[test]
    fn jitter_stays_within_its_bounds_and_differs() {
        let waits: Vec<Duration> = (0..100).map(|_| jittered(Duration::from_secs(2))).collect();
        assert!(waits.iter().all(|wait| (1.0..=3.0).contains(&wait.as_secs_f64())), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }
}
