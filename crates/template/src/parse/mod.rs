//! From text to tree, with Go's checks: functions and variables must exist, blocks must balance.

pub mod ast;
mod control;
pub mod lex;
pub mod number;
mod pipeline;
mod token;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ast::{Block, Node, Set};
use lex::lex;
use token::{Kind, Token};

use crate::error::{Error, Phase};
use crate::functions::{self, Patterns};

/// How deep blocks and parentheses may nest in one text. Go allows 10 000 and risks its stack.
const MAX_NESTING: u32 = 1_000;

/// What errors call the head of a block.
pub(crate) const BLOCK: &str = "block clause";

/// Why parsing stopped: the cause without name and line.
pub(crate) type Parsed<T> = Result<T, String>;

/// How a list of nodes ended.
pub(crate) enum Stop {
    End,
    Else,
}

pub(crate) struct Parser<'t> {
    name: &'t str,
    text: &'t str,
    tokens: Vec<Token<'t>>,
    /// The next token to read.
    at: usize,
    /// The furthest token that was looked at: Go reports its line.
    seen: usize,
    vars: Vec<String>,
    ranges: u32,
    depth: u32,
    action_line: usize,
    bodies: BTreeMap<String, Block>,
    patterns: Patterns,
    functions: functions::Table,
}

/// Parses a text under a name.
pub fn parse(name: &str, text: &str, delims: (&str, &str), table: functions::Table) -> Result<Set, Error> {
    let left = if delims.0.is_empty() { "{{" } else { delims.0 };
    let right = if delims.1.is_empty() { "}}" } else { delims.1 };
    let mut parser = Parser {
        name,
        text,
        tokens: lex(text, left, right),
        at: 0,
        seen: 0,
        vars: vec!["$".into()],
        ranges: 0,
        depth: 0,
        action_line: 0,
        bodies: BTreeMap::new(),
        patterns: Patterns::default(),
        functions: table,
    };
    match parser.top() {
        Ok(()) => {
            Ok(Set { text: Arc::from(text), name: name.into(), bodies: parser.bodies, patterns: parser.patterns })
        }
        Err(cause) => {
            let line = parser.tokens.get(parser.seen).map_or(1, |t| t.line);
            Err(Error { phase: Phase::Parse, text: format!("template: {name}:{line}: {cause}") })
        }
    }
}

impl<'t> Parser<'t> {
    fn token(&mut self, at: usize) -> Token<'t> {
        let at = at.min(self.tokens.len().saturating_sub(1));
        self.seen = self.seen.max(at);
        self.tokens.get(at).cloned().unwrap_or_else(|| Token {
            kind: Kind::Eof,
            pos: 0,
            line: 1,
            text: "",
            message: String::new(),
        })
    }

    fn next(&mut self) -> Token<'t> {
        let token = self.token(self.at);
        self.at += 1;
        token
    }

    fn back(&mut self) {
        self.at -= 1;
    }

    fn peek(&mut self) -> Token<'t> {
        self.token(self.at)
    }

    fn next_solid(&mut self) -> Token<'t> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    /// The next token that is no space; it stays, the spaces before it are gone.
    fn peek_solid(&mut self) -> Token<'t> {
        let token = self.next_solid();
        self.back();
        token
    }

    fn expect(&mut self, kinds: &[Kind], context: &str) -> Parsed<Token<'t>> {
        let token = self.next_solid();
        if kinds.contains(&token.kind) { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    fn unexpected(&self, token: &Token<'_>, context: &str) -> String {
        if token.kind != Kind::Error {
            return format!("unexpected {} in {context}", token.shown());
        }
        let text = token.shown();
        if self.action_line != 0 && self.action_line != token.line {
            let action = if text.ends_with(" action") { "" } else { " in action" };
            return format!("{text}{action} started at {}:{}", self.name, self.action_line);
        }
        text
    }

    /// Counts one more level of nesting while `inner` runs.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_NESTING {
            return Err("max expression depth exceeded".into());
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn top(&mut self) -> Parsed<()> {
        let mut root = Block::new();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.at;
                self.next();
                if self.next_solid().kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.at = delim;
            }
            match self.text_or_action()? {
                Ok(node) => root.push(node),
                Err(stop) => return Err(format!("unexpected {}", stop.shown())),
            }
        }
        let name = self.name.to_string();
        self.add(name, root)
    }

    /// A body of its own: variables, ranges and the like start anew.
    fn own_body(&mut self, name: String, context: &str) -> Parsed<()> {
        let vars = std::mem::replace(&mut self.vars, vec!["$".into()]);
        let (ranges, line) = (std::mem::take(&mut self.ranges), std::mem::take(&mut self.action_line));
        let opened = self.seen;
        let (block, stop) = self.list()?;
        if !matches!(stop, Stop::End) {
            // Go reports the line where the block was opened, and where a definition went wrong.
            if context == BLOCK {
                self.seen = opened;
            }
            return Err(format!("unexpected {} in {context}", stop.shown()));
        }
        self.add(name, block)?;
        (self.vars, self.ranges, self.action_line) = (vars, ranges, line);
        Ok(())
    }

    fn definition(&mut self) -> Parsed<()> {
        let context = "define clause";
        let token = self.expect(&[Kind::String, Kind::RawString], context)?;
        let name = template_name(token.text)?;
        self.expect(&[Kind::RightDelim], context)?;
        self.own_body(name, context)
    }

    fn is_blank(&self, block: &Block) -> bool {
        let blank = |range: &Range<usize>| self.text.get(range.clone()).is_some_and(|text| text.trim().is_empty());
        block.iter().all(|node| matches!(node, Node::Text(range) if blank(range)))
    }

    fn add(&mut self, name: String, block: Block) -> Parsed<()> {
        if self.bodies.get(&name).is_none_or(|known| self.is_blank(known)) {
            self.bodies.insert(name, block);
        } else if !self.is_blank(&block) {
            return Err(format!(
                "template: multiple definition of template {}",
                crate::format::quote::quote_text(&name)
            ));
        }
        Ok(())
    }

    fn list(&mut self) -> Parsed<(Block, Stop)> {
        self.nested(|p| {
            let mut block = Block::new();
            while p.peek_solid().kind != Kind::Eof {
                match p.text_or_action()? {
                    Ok(node) => block.push(node),
                    Err(stop) => return Ok((block, stop)),
                }
            }
            Err("unexpected EOF".into())
        })
    }

    fn text_or_action(&mut self) -> Parsed<Result<Node, Stop>> {
        let token = self.next_solid();
        match token.kind {
            Kind::Text => Ok(Ok(Node::Text(token.pos..token.pos + token.text.len()))),
            Kind::LeftDelim => {
                self.action_line = token.line;
                let node = self.action()?;
                self.action_line = 0;
                Ok(node)
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }
}

impl Stop {
    fn shown(&self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

/// A template name as the language writes it. Names are text: other bytes are replaced.
pub(crate) fn template_name(source: &str) -> Parsed<String> {
    Ok(String::from_utf8_lossy(&number::string(source)?).into_owned())
}
