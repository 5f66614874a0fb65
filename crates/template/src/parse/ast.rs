//! The tree of a parsed template. Positions are byte offsets into the text. `Display` gives a node back as Go shows it in errors.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::format::quote::quote_text;
use crate::functions::{Function, Patterns};
use crate::value::Bytes;

/// Nodes in a row.
pub type Block = Vec<Node>;

/// All templates of one text, by name.
#[derive(Debug)]
pub struct Set {
    /// The text, for positions.
    pub text: Arc<str>,
    /// The name given to the text.
    pub name: String,
    /// Bodies by name.
    pub bodies: BTreeMap<String, Block>,
    /// The constants in it that are regular expressions.
    pub patterns: Patterns,
}

#[derive(Debug)]
pub enum Node {
    /// Literal text: where it stands in the template's text, so that none is copied.
    Text(Range<usize>),
    Action(Pipe),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template {
        pos: usize,
        name: String,
        pipe: Option<Pipe>,
    },
    Break(usize),
    Continue(usize),
}

/// `if a … else if b … else … end`: an `else if` is an arm, so that a long chain does not nest.
#[derive(Debug)]
pub struct Branch {
    pub arms: Vec<(Pipe, Block)>,
    pub otherwise: Option<Block>,
}

#[derive(Debug)]
pub struct Pipe {
    pub pos: usize,
    pub decl: Vec<String>,
    pub assigns: bool,
    pub commands: Vec<Command>,
}

#[derive(Debug)]
pub struct Command {
    pub pos: usize,
    pub args: Vec<Term>,
}

#[derive(Debug)]
pub struct Term {
    pub pos: usize,
    pub kind: TermKind,
}

#[derive(Debug)]
pub enum TermKind {
    Bool(bool),
    Dot,
    Nil,
    Number(Box<Number>),
    Text { source: String, text: Bytes },
    Field(Vec<String>),
    Variable(Vec<String>),
    Function(&'static Function),
    Chain(Box<Term>, Vec<String>),
    Pipe(Pipe),
}

/// A constant and everything that it can be.
#[derive(Debug, Default)]
pub struct Number {
    pub source: String,
    pub int: Option<i64>,
    pub uint: Option<u64>,
    pub float: Option<f64>,
    pub complex: Option<(f64, f64)>,
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.decl.is_empty() {
            write!(f, "{} {} ", self.decl.join(", "), if self.assigns { "=" } else { ":=" })?;
        }
        for (at, command) in self.commands.iter().enumerate() {
            write!(f, "{}{command}", if at > 0 { " | " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, arg) in self.args.iter().enumerate() {
            write!(f, "{}{arg}", if at > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TermKind::Bool(b) => write!(f, "{b}"),
            TermKind::Dot => f.write_str("."),
            TermKind::Nil => f.write_str("nil"),
            TermKind::Number(number) => f.write_str(&number.source),
            TermKind::Text { source, .. } => f.write_str(source),
            TermKind::Field(names) => names.iter().try_for_each(|name| write!(f, ".{name}")),
            TermKind::Variable(names) => f.write_str(&names.join(".")),
            TermKind::Function(function) => f.write_str(function.name),
            TermKind::Chain(inner, names) => {
                write!(f, "{inner}")?;
                names.iter().try_for_each(|name| write!(f, ".{name}"))
            }
            TermKind::Pipe(pipe) => write!(f, "({pipe})"),
        }
    }
}

impl Term {
    /// As an error names it: Go leaves the brackets of a pipeline out there.
    pub fn named(&self) -> String {
        if let TermKind::Pipe(pipe) = &self.kind { pipe.to_string() } else { self.to_string() }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let branch = |f: &mut fmt::Formatter<'_>, word: &str, branch: &Branch| {
            branch.arms.first().map_or(Ok(()), |(pipe, _)| write!(f, "{{{{{word} {pipe}}}}}"))
        };
        match self {
            Self::Text(_) => f.write_str("text"),
            Self::Action(pipe) => write!(f, "{{{{{pipe}}}}}"),
            Self::If(b) => branch(f, "if", b),
            Self::With(b) => branch(f, "with", b),
            Self::Range(b) => branch(f, "range", b),
            Self::Template { name, pipe, .. } => {
                write!(f, "{{{{template {}", quote_text(name))?;
                pipe.iter().try_for_each(|pipe| write!(f, " {pipe}"))?;
                f.write_str("}}")
            }
            Self::Break(_) => f.write_str("{{break}}"),
            Self::Continue(_) => f.write_str("{{continue}}"),
        }
    }
}

impl Node {
    /// Where it stands.
    pub fn pos(&self) -> usize {
        match self {
            Self::Text(_) => 0,
            Self::Action(pipe) => pipe.pos,
            Self::If(b) | Self::With(b) | Self::Range(b) => b.arms.first().map_or(0, |(pipe, _)| pipe.pos),
            Self::Template { pos, .. } | Self::Break(pos) | Self::Continue(pos) => *pos,
        }
    }
}
