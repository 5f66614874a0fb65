//! The pieces of a YAML text.

use super::cursor::Mark;
use crate::error::Failure;

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Style {
    Plain,
    Quoted,
    Block,
}

#[derive(Clone, PartialEq)]
pub(super) enum Kind {
    StreamEnd,
    VersionDirective,
    /// Handle and prefix.
    TagDirective(Vec<u8>, Vec<u8>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(Vec<u8>),
    Anchor(Vec<u8>),
    /// Handle and suffix.
    Tag(Vec<u8>, Vec<u8>),
    Scalar(Vec<u8>, Style),
}

#[derive(Clone)]
pub(super) struct Token {
    pub kind: Kind,
    pub mark: Mark,
}

/// An error in the form of go-yaml, whose lines are one too small when the parser finds it.
pub(super) fn problem(line: usize, context_line: usize, text: &str) -> Failure {
    let line = if line == 0 { context_line } else { line };
    if line == 0 { Failure::new(format!("yaml: {text}")) } else { Failure::new(format!("yaml: line {line}: {text}")) }
}

/// An error of the scanner, here.
pub(super) fn scan_problem(here: Mark, context: Mark, text: &str) -> Failure {
    problem(if here.line == 0 { 0 } else { here.line + 1 }, context.line, text)
}
