//! What one render may use up, and what it gets from outside: the time and random bytes.

use std::time::Duration;

use crate::error::{Failure, Outcome};
use crate::functions::Patterns;
use crate::value::{Bytes, Map, Value};

/// Bytes that a function may read for one step.
const BYTES_PER_STEP: usize = 256;

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
    /// Wall-clock time, that of costly calls not counted.
    pub time: Duration,
    /// Calls that cost milliseconds: keys, certificates, password hashes.
    pub costly_calls: u32,
    /// Wall-clock time of all costly calls together; looked at before each.
    pub costly_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 1_000_000,
            output: 4 << 20,
            value: 2 << 20,
            memory: 16 << 20,
            depth: 1_000,
            time: Duration::from_millis(200),
            costly_calls: 8,
            costly_time: Duration::from_secs(10),
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
    /// When the costly call that runs now began.
    costly_since: Option<Duration>,
    /// Time of the costly calls that are over.
    costly_time: Duration,
    /// What the template renders: error texts must not repeat it.
    data: Value,
    changed: Vec<Map>,
    /// Those of the template.
    pub(crate) patterns: Option<&'h Patterns>,
}

impl<'h> Ctx<'h> {
    /// A fresh render.
    pub fn new(host: &'h mut dyn Host, limits: Limits, data: Value) -> Self {
        Self {
            host,
            limits,
            steps: 0,
            memory: 0,
            costly: 0,
            costly_since: None,
            costly_time: Duration::ZERO,
            data,
            changed: Vec::new(),
            patterns: None,
        }
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
        let before = self.steps;
        self.steps = self.steps.saturating_add(count as u64);
        self.step()?;
        if before / 4096 == self.steps / 4096 { Ok(()) } else { self.check_time() }
    }

    /// Counts reading so many bytes.
    pub fn read(&mut self, bytes: usize) -> Outcome<()> {
        if bytes < BYTES_PER_STEP { Ok(()) } else { self.work(bytes / BYTES_PER_STEP) }
    }

    /// Looks at the clock, before work that takes long.
    pub fn check_time(&self) -> Outcome<()> {
        if self.host.elapsed().saturating_sub(self.costly_time) > self.limits.time {
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
        self.check_time()?;
        if self.costly_time > self.limits.costly_time {
            return Err(Failure::budget(format_args!(
                "makes keys, certificates and password hashes for more than {:?}",
                self.limits.costly_time
            )));
        }
        self.costly_since.get_or_insert(self.host.elapsed());
        Ok(())
    }

    /// A function has returned: its time counts as costly if it said so.
    pub(crate) fn returned(&mut self) {
        if let Some(since) = self.costly_since.take() {
            self.costly_time += self.host.elapsed().saturating_sub(since);
        }
    }

    /// A text of the template's author with the values of the data taken out of it.
    pub fn without_data(&self, text: &[u8]) -> Vec<u8> {
        let mut shown = text.to_vec();
        hide(&self.data, &mut shown, 0);
        shown
    }

    /// Sets a key of a map in place. The map is remembered, so that a cycle does not outlive the render.
    pub fn set(&mut self, map: &Map, key: Bytes, value: Value) -> Outcome<()> {
        if map.is_nil() {
            return Err(Failure::new("assignment to entry in nil map"));
        }
        self.reserve(key.len() + 4 * size_of::<Value>())?;
        if !self.changed.last().is_some_and(|last| last.same(map)) {
            self.changed.push(map.clone());
        }
        map.put(key, value);
        Ok(())
    }
}

/// Shorter values than this stand in ordinary words as well.
const SHORTEST_SECRET: usize = 4;

fn hide(value: &Value, text: &mut Vec<u8>, depth: u32) {
    match value {
        _ if depth > 8 => {}
        Value::Str(secret) if secret.len() >= SHORTEST_SECRET => {
            while let Some(at) = memchr::memmem::find(text, secret) {
                text.splice(at..at + secret.len(), *b"***");
            }
        }
        Value::List(list) => list.items().iter().for_each(|item| hide(item, text, depth + 1)),
        Value::Map(map) => map.entries().iter().for_each(|(_, item)| hide(item, text, depth + 1)),
        _ => {}
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
