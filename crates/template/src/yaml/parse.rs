//! Builds the first document of a text from its tokens.

use std::collections::HashMap;
use std::rc::Rc;

use super::cursor::Mark;
use super::node::{Node, PREFIX, Scalar};
use super::scan::Scanner;
use super::token::{Kind, Style, Token, problem};
use crate::error::{Failure, Outcome};

/// How deep collections may nest.
const MAX_DEPTH: u32 = 200;

/// Where a node stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Flow,
    Block,
    /// As the value of a block mapping, where a sequence need not be indented.
    Indentless,
}

struct Parser<'t> {
    scanner: Scanner<'t>,
    /// `None` while the anchor's own node is being built.
    anchors: HashMap<Vec<u8>, Option<Rc<Node>>>,
    tags: HashMap<Vec<u8>, Vec<u8>>,
    depth: u32,
}

/// What stands in front of a node.
#[derive(Default)]
struct Properties {
    anchor: Option<Vec<u8>>,
    tag: Option<Vec<u8>>,
}

/// The first document of a text; `None` when there is none.
pub(super) fn parse(text: &[u8]) -> Outcome<Option<Rc<Node>>> {
    let text = std::str::from_utf8(text).map_err(|_| Failure::new("yaml: invalid leading UTF-8 octet"))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if !text.chars().all(allowed) {
        return Err(Failure::new("yaml: control characters are not allowed"));
    }
    let tags = [(b"!".to_vec(), b"!".to_vec()), (b"!!".to_vec(), PREFIX.to_vec())];
    let mut parser = Parser { scanner: Scanner::new(text), anchors: HashMap::new(), tags: tags.into(), depth: 0 };
    parser.document()
}

fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..)
}

/// An error of the parser; `at` is where it was met.
fn wrong(at: Mark, context: Mark, text: &str) -> Failure {
    problem(at.line, context.line, text)
}

impl Parser<'_> {
    fn kind(&mut self) -> Outcome<Kind> {
        self.scanner.peek().map(|token| token.kind.clone())
    }

    fn is(&mut self, kinds: &[Kind]) -> Outcome<bool> {
        self.scanner.peek().map(|token| kinds.contains(&token.kind))
    }

    /// Takes the next token if it is of a kind.
    fn takes(&mut self, kind: &Kind) -> Outcome<Option<Token>> {
        if self.scanner.peek()?.kind == *kind { self.scanner.next().map(Some) } else { Ok(None) }
    }

    fn document(&mut self) -> Outcome<Option<Rc<Node>>> {
        let mut directives = false;
        loop {
            match self.kind()? {
                Kind::VersionDirective => {}
                Kind::TagDirective(handle, prefix) => {
                    self.tags.insert(handle, prefix);
                }
                _ => break,
            }
            directives = true;
            self.scanner.next()?;
        }
        let mark = self.scanner.peek()?.mark;
        let explicit = self.takes(&Kind::DocumentStart)?.is_some();
        if !explicit && directives {
            return Err(wrong(mark, Mark::default(), "did not find expected <document start>"));
        }
        if !explicit && self.is(&[Kind::StreamEnd])? {
            return Ok(None);
        }
        let empty = explicit
            && match self.kind()? {
                Kind::VersionDirective | Kind::TagDirective(..) | Kind::DocumentStart => true,
                kind => matches!(kind, Kind::DocumentEnd | Kind::StreamEnd),
            };
        let node = if empty { nothing() } else { self.node(Place::Block)? };
        // What follows is not read, but it must begin with a token.
        self.scanner.peek()?;
        Ok(Some(node))
    }

    fn node(&mut self, place: Place) -> Outcome<Rc<Node>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Failure::new(format!("yaml: exceeded max depth of {MAX_DEPTH}")));
        }
        let node = self.node_here(place);
        self.depth -= 1;
        node
    }

    fn node_here(&mut self, place: Place) -> Outcome<Rc<Node>> {
        if let Kind::Alias(name) = self.kind()? {
            self.scanner.next()?;
            let text = |what: &str| Failure::new(format!("yaml: {what}"));
            return match self.anchors.get(&name) {
                Some(Some(node)) => Ok(Rc::new(Node::Alias(Rc::clone(node)))),
                Some(None) => Err(text(&format!("anchor '{}' value contains itself", String::from_utf8_lossy(&name)))),
                None => Err(text(&format!("unknown anchor '{}' referenced", String::from_utf8_lossy(&name)))),
            };
        }
        let start = self.scanner.peek()?.mark;
        let properties = self.properties(start)?;
        if let Some(anchor) = &properties.anchor {
            self.anchors.insert(anchor.clone(), None);
        }
        let node = Rc::new(self.content(place, start, &properties)?);
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor, Some(Rc::clone(&node)));
        }
        Ok(node)
    }

    fn properties(&mut self, start: Mark) -> Outcome<Properties> {
        let mut out = Properties::default();
        loop {
            match self.kind()? {
                Kind::Anchor(name) if out.anchor.is_none() => out.anchor = Some(name),
                Kind::Tag(handle, suffix) if out.tag.is_none() => {
                    let here = self.scanner.peek()?.mark;
                    let prefix =
                        if handle.is_empty() { Some(&[][..]) } else { self.tags.get(&handle).map(Vec::as_slice) };
                    let prefix = prefix.ok_or_else(|| wrong(here, start, "found undefined tag handle"))?;
                    out.tag = Some([prefix, &suffix].concat());
                }
                _ => return Ok(out),
            }
            self.scanner.next()?;
        }
    }

    fn content(&mut self, place: Place, start: Mark, properties: &Properties) -> Outcome<Node> {
        let block = place != Place::Flow;
        match self.kind()? {
            Kind::BlockEntry if place == Place::Indentless => self.indentless().map(Node::Sequence),
            Kind::Scalar(text, style) => {
                self.scanner.next()?;
                let tag = properties.tag.clone();
                let plain = style == Style::Plain && tag.is_none();
                // `!` says that a scalar is text.
                let tag = tag.filter(|tag| tag != b"!");
                Ok(Node::Scalar(Scalar { text, tag: tag.unwrap_or_default(), plain }))
            }
            Kind::FlowSequenceStart => self.flow_sequence().map(Node::Sequence),
            Kind::FlowMappingStart => self.flow_mapping().map(Node::Mapping),
            Kind::BlockSequenceStart if block => self.block_sequence().map(Node::Sequence),
            Kind::BlockMappingStart if block => self.block_mapping().map(Node::Mapping),
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
                let tag = properties.tag.clone().unwrap_or_default();
                Ok(Node::Scalar(Scalar { text: Vec::new(), plain: tag.is_empty(), tag }))
            }
            _ => Err(wrong(self.scanner.peek()?.mark, start, "did not find expected node content")),
        }
    }

    /// A node, or nothing where one of the tokens says that none follows.
    fn node_unless(&mut self, ends: &[Kind], place: Place) -> Outcome<Rc<Node>> {
        if self.is(ends)? { Ok(nothing()) } else { self.node(place) }
    }

    fn indentless(&mut self) -> Outcome<Vec<Rc<Node>>> {
        let mut items = Vec::new();
        while self.takes(&Kind::BlockEntry)?.is_some() {
            let ends = [Kind::BlockEntry, Kind::Key, Kind::Value, Kind::BlockEnd];
            items.push(self.node_unless(&ends, Place::Block)?);
        }
        Ok(items)
    }

    fn block_sequence(&mut self) -> Outcome<Vec<Rc<Node>>> {
        let (start, mut items) = (self.scanner.next()?.mark, Vec::new());
        while self.takes(&Kind::BlockEntry)?.is_some() {
            items.push(self.node_unless(&[Kind::BlockEntry, Kind::BlockEnd], Place::Block)?);
        }
        self.ends(&Kind::BlockEnd, start, "did not find expected '-' indicator")?;
        Ok(items)
    }

    fn block_mapping(&mut self) -> Outcome<Vec<(Rc<Node>, Rc<Node>)>> {
        let (start, mut pairs) = (self.scanner.next()?.mark, Vec::new());
        let ends = [Kind::Key, Kind::Value, Kind::BlockEnd];
        while self.takes(&Kind::Key)?.is_some() {
            let key = self.node_unless(&ends, Place::Indentless)?;
            let value = match self.takes(&Kind::Value)? {
                Some(_) => self.node_unless(&ends, Place::Indentless)?,
                None => nothing(),
            };
            pairs.push((key, value));
        }
        self.ends(&Kind::BlockEnd, start, "did not find expected key")?;
        Ok(pairs)
    }

    fn ends(&mut self, kind: &Kind, start: Mark, text: &str) -> Outcome<()> {
        let mark = self.scanner.peek()?.mark;
        self.takes(kind)?.map(|_| ()).ok_or_else(|| wrong(mark, start, text))
    }

    fn flow_sequence(&mut self) -> Outcome<Vec<Rc<Node>>> {
        let (start, mut items) = (self.scanner.next()?.mark, Vec::new());
        while self.takes(&Kind::FlowSequenceEnd)?.is_none() {
            if !items.is_empty() {
                self.ends(&Kind::FlowEntry, start, "did not find expected ',' or ']'")?;
                if self.takes(&Kind::FlowSequenceEnd)?.is_some() {
                    break;
                }
            }
            if self.takes(&Kind::Key)?.is_some() {
                // `[a: b]` holds a mapping of one pair.
                let key = if self.is(&[Kind::Value, Kind::FlowEntry, Kind::FlowSequenceEnd])? {
                    // libyaml loses the token behind a key that is not there.
                    self.scanner.next()?;
                    nothing()
                } else {
                    self.node(Place::Flow)?
                };
                let value = self.flow_value(&Kind::FlowSequenceEnd)?;
                items.push(Rc::new(Node::Mapping(vec![(key, value)])));
            } else {
                items.push(self.node(Place::Flow)?);
            }
        }
        Ok(items)
    }

    fn flow_mapping(&mut self) -> Outcome<Vec<(Rc<Node>, Rc<Node>)>> {
        let (start, mut pairs) = (self.scanner.next()?.mark, Vec::new());
        while self.takes(&Kind::FlowMappingEnd)?.is_none() {
            if !pairs.is_empty() {
                self.ends(&Kind::FlowEntry, start, "did not find expected ',' or '}'")?;
                if self.takes(&Kind::FlowMappingEnd)?.is_some() {
                    break;
                }
            }
            if self.takes(&Kind::Key)?.is_some() {
                let ends = [Kind::Value, Kind::FlowEntry, Kind::FlowMappingEnd];
                let key = self.node_unless(&ends, Place::Flow)?;
                pairs.push((key, self.flow_value(&Kind::FlowMappingEnd)?));
            } else {
                pairs.push((self.node(Place::Flow)?, nothing()));
            }
        }
        Ok(pairs)
    }

    fn flow_value(&mut self, end: &Kind) -> Outcome<Rc<Node>> {
        match self.takes(&Kind::Value)? {
            Some(_) => self.node_unless(&[Kind::FlowEntry, end.clone()], Place::Flow),
            None => Ok(nothing()),
        }
    }
}

/// What an empty place means: a plain scalar without text, which is null.
fn nothing() -> Rc<Node> {
    Rc::new(Node::Scalar(Scalar { text: Vec::new(), tag: Vec::new(), plain: true }))
}
