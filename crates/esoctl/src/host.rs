//! What a render on a command line reads from outside.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use eso_template::Host;

/// The clock and the random bytes of this machine.
#[derive(Debug)]
pub struct Machine {
    begun: Instant,
    random: SystemRandom,
}

impl Machine {
    /// A render begins.
    pub fn new() -> Self {
        Self { begun: Instant::now(), random: SystemRandom::new() }
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Host for Machine {
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn random(&mut self, buffer: &mut [u8]) {
        // The system's generator does not fail once the process runs; bytes that are not random must never be used.
        if self.random.fill(buffer).is_err() {
            std::process::abort();
        }
    }
}
