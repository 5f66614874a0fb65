//! Actions that steer: if, with, range, template, block, break, continue, else and end.

use super::ast::{Branch, Node};
use super::token::Kind;
use super::{BLOCK, Parsed, Parser, Stop, template_name};

impl Parser<'_> {
    pub(super) fn action(&mut self) -> Parsed<Result<Node, Stop>> {
        let token = self.next_solid();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break | Kind::Continue => self.jump(token.kind, token.pos)?,
            Kind::Else => return self.other().map(Err),
            Kind::End => {
                self.expect(&[Kind::RightDelim], "end")?;
                return Ok(Err(Stop::End));
            }
            Kind::If => Node::If(self.branch("if")?),
            Kind::Range => Node::Range(self.branch("range")?),
            Kind::Template => self.template()?,
            Kind::With => Node::With(self.branch("with")?),
            _ => {
                self.back();
                Node::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        };
        Ok(Ok(node))
    }

    fn jump(&mut self, kind: Kind, pos: usize) -> Parsed<Node> {
        let word = if kind == Kind::Break { "{{break}}" } else { "{{continue}}" };
        self.expect(&[Kind::RightDelim], word)?;
        if self.ranges == 0 {
            return Err(format!("{word} outside {{{{range}}}}"));
        }
        Ok(if kind == Kind::Break { Node::Break(pos) } else { Node::Continue(pos) })
    }

    fn other(&mut self) -> Parsed<Stop> {
        if !matches!(self.peek_solid().kind, Kind::If | Kind::With) {
            self.expect(&[Kind::RightDelim], "else")?;
        }
        Ok(Stop::Else)
    }

    fn branch(&mut self, word: &str) -> Parsed<Branch> {
        let mark = self.vars.len();
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            let pipe = self.pipeline(word, Kind::RightDelim)?;
            let in_range = u32::from(word == "range");
            self.ranges += in_range;
            let (block, stop) = self.list()?;
            self.ranges -= in_range;
            arms.push((pipe, block));
            if matches!(stop, Stop::End) {
                break;
            }
            let chained = match self.peek().kind {
                Kind::If => word == "if",
                Kind::With => word == "with",
                _ => false,
            };
            if chained {
                self.next();
                continue;
            }
            let (block, stop) = self.list()?;
            if !matches!(stop, Stop::End) {
                return Err(format!("expected end; found {}", stop.shown()));
            }
            otherwise = Some(block);
            break;
        }
        self.vars.truncate(mark);
        Ok(Branch { arms, otherwise })
    }

    fn named(&mut self, context: &str) -> Parsed<(usize, String)> {
        let token = self.expect(&[Kind::String, Kind::RawString], context)?;
        Ok((token.pos, template_name(token.text)?))
    }

    fn template(&mut self) -> Parsed<Node> {
        let context = "template clause";
        let (pos, name) = self.named(context)?;
        let mut pipe = None;
        if self.next_solid().kind != Kind::RightDelim {
            self.back();
            pipe = Some(self.pipeline(context, Kind::RightDelim)?);
        }
        Ok(Node::Template { pos, name, pipe })
    }

    fn block(&mut self) -> Parsed<Node> {
        let (pos, name) = self.named(BLOCK)?;
        let pipe = self.pipeline(BLOCK, Kind::RightDelim)?;
        self.own_body(name.clone(), BLOCK)?;
        Ok(Node::Template { pos, name, pipe: Some(pipe) })
    }
}
