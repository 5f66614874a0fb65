//! What one render may use up, and what it gets from outside: the time and random bytes.

use std::time::Duration;

use crate::error::{Failure, Outcome};
use crate::value::{Bytes, Map, Value};

/// Limits of one render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nodes walked, arguments evaluated, loop turns.
    pub steps: u64,
    /// Bytes of the rendered text.
    pub output: usize,
    /// Bytes of any single value.
    pub value: usize,
    /// Bytes of all values made during the render, together.
    pub memory: usize,
    /// How deep blocks, parentheses and `template` calls may nest, together.
    pub depth: u32,
    /// Wall-clock time.
    pub time: Duration,
    /// Calls that cost milliseconds: keys, certificates, password hashes.
    pub costly_calls: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 1_000_000,
            output: 4 << 20,
            value: 4 << 20,
            memory: 24 << 20,
            depth: 1_000,
            time: Duration::from_secs(2),
            costly_calls: 8,
        }
    }
}

/// What a render reads from outside. The engine itself has no clock and no randomness.
pub trait Host {
    /// Time since the Unix epoch.
    fn now(&self) -> Duration;
    /// Time since the render began.
    fn elapsed(&self) -> Duration;
    /// Fills the buffer with random bytes fit for secrets.
    fn random(&mut self, buffer: &mut [u8]);
}

/// The state of one render that functions may use.
pub struct Ctx<'h> {
    /// The outside.
    pub host: &'h mut dyn Host,
    limits: Limits,
    steps: u64,
    memory: usize,
    costly: u32,
    changed: Vec<Map>,
}

impl<'h> Ctx<'h> {
    /// A fresh render.
    pub fn new(host: &'h mut dyn Host, limits: Limits) -> Self {
        Self { host, limits, steps: 0, memory: 0, costly: 0, changed: Vec::new() }
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Counts one step; looks at the clock every 256th.
    pub fn step(&mut self) -> Outcome<()> {
        self.steps += 1;
        if self.steps > self.limits.steps {
            return Err(Failure::budget(format_args!("takes more than {} steps", self.limits.steps)));
        }
        if self.steps.is_multiple_of(256) {
            return self.check_time();
        }
        Ok(())
    }

    /// Counts `count` steps at once, for work inside a function.
    pub fn work(&mut self, count: usize) -> Outcome<()> {
        self.steps += count as u64;
        self.step()?;
        if count > 4096 { self.check_time() } else { Ok(()) }
    }

    fn check_time(&self) -> Outcome<()> {
        if self.host.elapsed() > self.limits.time {
            return Err(Failure::budget(format_args!("runs for more than {:?}", self.limits.time)));
        }
        Ok(())
    }

    /// Counts a value of `bytes` that is about to be made.
    pub fn reserve(&mut self, bytes: usize) -> Outcome<()> {
        if bytes > self.limits.value {
            return Err(Failure::budget(format_args!("makes a value of more than {} bytes", self.limits.value)));
        }
        self.memory = self.memory.saturating_add(bytes);
        if self.memory > self.limits.memory {
            return Err(Failure::budget(format_args!(
                "makes values of more than {} bytes together",
                self.limits.memory
            )));
        }
        Ok(())
    }

    /// Counts a call that costs milliseconds.
    pub fn costly(&mut self) -> Outcome<()> {
        self.costly += 1;
        if self.costly > self.limits.costly_calls {
            return Err(Failure::budget(format_args!(
                "makes more than {} keys, certificates or password hashes",
                self.limits.costly_calls
            )));
        }
        self.check_time()
    }

    /// Sets a key of a map in place. The map is remembered, so that a cycle does not outlive the render.
    pub fn set(&mut self, map: &Map, key: Bytes, value: Value) -> Outcome<()> {
        if map.is_nil() {
            return Err(Failure::new("assignment to entry in nil map"));
        }
        self.reserve(key.len() + 3 * size_of::<Value>())?;
        if !self.changed.last().is_some_and(|last| last.same(map)) {
            self.changed.push(map.clone());
        }
        map.put(key, value);
        Ok(())
    }
}

impl Drop for Ctx<'_> {
    /// Takes changed maps apart one by one: cycles are freed, and long chains do not recurse.
    fn drop(&mut self) {
        for map in &self.changed {
            drop(map.drain());
        }
    }
}
