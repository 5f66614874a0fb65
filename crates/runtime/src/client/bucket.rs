//! A token bucket that is kept as one point in time.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Lets `burst` callers through at once and then one every `1 / qps` seconds, in the order in which they came.
pub(super) struct Bucket {
    /// `None`: no limit.
    interval: Option<Duration>,
    /// What a full bucket is worth in time.
    full: Duration,
    born: Instant,
    /// When the bucket will be full again, counted from `born` and `full` before it.
    spent: Mutex<Duration>,
}

impl Bucket {
    pub fn new(qps: f32, burst: u32) -> Self {
        let interval = if qps > 0.0 { Duration::try_from_secs_f32(1.0 / qps).ok() } else { None };
        let full = interval.unwrap_or_default().saturating_mul(burst.max(1));
        Self { interval, full, born: Instant::now(), spent: Mutex::new(Duration::ZERO) }
    }

    /// Waits for a token. A caller that gives up waiting has used its token up.
    pub async fn take(&self) {
        let wait = self.reserve();
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    fn reserve(&self) -> Duration {
        let Some(interval) = self.interval else { return Duration::ZERO };
        let now = self.born.elapsed();
        let mut spent = self.spent.lock();
        *spent = (*spent).max(now).saturating_add(interval);
        spent.saturating_sub(now.saturating_add(self.full))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Bucket;

    async fn seconds_for(bucket: &Bucket, calls: u32) -> f64 {
        let began = Instant::now();
        for _ in 0..calls {
            bucket.take().await;
        }
        began.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_then_the_rate_holds() {
        let bucket = Bucket::new(50.0, 100);
        assert!(seconds_for(&bucket, 100).await < 0.001);
        let took = seconds_for(&bucket, 500).await;
        assert!((9.9..10.5).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_time_refills_the_burst_and_no_more() {
        let bucket = Bucket::new(10.0, 5);
        seconds_for(&bucket, 5).await;
        tokio::time::sleep(Duration::from_hours(1)).await;
        assert!(seconds_for(&bucket, 5).await < 0.001);
        let took = seconds_for(&bucket, 10).await;
        assert!((0.9..1.1).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn zero_or_less_means_no_limit() {
        for qps in [0.0, -1.0, f32::NAN] {
            assert!(seconds_for(&Bucket::new(qps, 1), 10_000).await < 0.001);
        }
    }
}
