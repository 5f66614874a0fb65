//! The clock of one render.

use std::time::Duration;

use eso_template::Host;

/// The outside, with the time since one render began.
pub(crate) struct Since<'h> {
    host: &'h mut dyn Host,
    begun: Duration,
}

impl<'h> Since<'h> {
    /// One that begins now.
    pub(crate) fn now(host: &'h mut dyn Host) -> Self {
        let begun = host.elapsed();
        Self { host, begun }
    }
}

impl Host for Since<'_> {
    fn now(&self) -> Duration {
        self.host.now()
    }

    fn elapsed(&self) -> Duration {
        self.host.elapsed().saturating_sub(self.begun)
    }

    fn random(&mut self, buffer: &mut [u8]) {
        self.host.random(buffer);
    }
}
