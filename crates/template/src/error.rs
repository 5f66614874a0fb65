//! What a template can fail with. Texts have Go's form and never hold a value of the data.

use std::fmt;

/// When a template failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The text is not a template.
    Parse,
    /// The template met data or a function that it cannot work with.
    Execute,
    /// A limit of the render was reached.
    Budget,
}

/// A template that failed: `template: <name>:<line>:<column>: executing "<name>" at <context>: <cause>`.
///
/// Positions, function names, types and keys are named; values of the data never are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// When it failed.
    pub phase: Phase,
    /// The full text.
    pub text: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

/// Why a function or a step failed, before the position is known. The text must not hold a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// True when a limit was reached: no function may swallow it.
    pub budget: bool,
    /// The cause.
    pub text: String,
}

impl Failure {
    /// A failure of the template or its data.
    pub fn new(text: impl Into<String>) -> Self {
        Self { budget: false, text: text.into() }
    }

    /// A limit that was reached; `what` completes "the template ...".
    pub fn budget(what: impl fmt::Display) -> Self {
        Self { budget: true, text: format!("the template {what}") }
    }
}

/// What functions return.
pub type Outcome<T> = Result<T, Failure>;
