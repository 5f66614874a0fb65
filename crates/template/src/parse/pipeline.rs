//! Pipelines, commands and operands.

use std::sync::Arc;

use super::ast::{Command, Pipe, Term, TermKind};
use super::token::{Kind, Token};
use super::{Parsed, Parser, number};
use crate::format::quote::quote_text;

fn names(text: &str) -> Vec<String> {
    text.split('.').map(String::from).collect()
}

impl<'t> Parser<'t> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let first = self.peek_solid();
        let mut pipe = Pipe { pos: first.pos, decl: Vec::new(), assigns: false, commands: Vec::new() };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_solid();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.back();
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
        check(&pipe, context)?;
        pipe.commands.shrink_to_fit();
        Ok(pipe)
    }

    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<()> {
        loop {
            let variable = self.peek_solid();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            let start = self.at;
            self.next();
            let next = self.peek_solid();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.assigns = next.kind == Kind::Assign;
                    self.next_solid();
                    self.declare(pipe, &variable);
                    return Ok(());
                }
                Kind::Char if next.text == "," => {
                    self.next_solid();
                    self.declare(pipe, &variable);
                    if context != "range" || pipe.decl.len() >= 2 {
                        return Err(format!("too many declarations in {context}"));
                    }
                    if !matches!(self.peek_solid().kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return Err("range can only initialize variables".into());
                    }
                }
                _ => {
                    self.at = start;
                    return Ok(());
                }
            }
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, variable: &Token<'t>) {
        pipe.decl.push(variable.text.into());
        self.vars.push(variable.text.into());
    }

    fn command(&mut self) -> Parsed<Command> {
        let mut command = Command { pos: self.peek_solid().pos, args: Vec::new() };
        loop {
            self.peek_solid();
            command.args.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.back(),
                Kind::Pipe => {}
                _ => return Err(self.unexpected(&token, "operand")),
            }
            break;
        }
        if command.args.is_empty() {
            return Err("empty command".into());
        }
        command.args.shrink_to_fit();
        self.patterns.note(&command);
        Ok(command)
    }

    fn operand(&mut self) -> Parsed<Option<Term>> {
        let Some(mut term) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(term));
        }
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(self.next().text.get(1..).unwrap_or("").to_string());
        }
        let shown = match term.kind {
            TermKind::Bool(_) | TermKind::Text { .. } | TermKind::Number(_) | TermKind::Nil | TermKind::Dot => {
                Some(term.to_string())
            }
            _ => None,
        };
        if let Some(shown) = shown {
            return Err(format!("unexpected . after term {}", quote_text(&shown)));
        }
        match &mut term.kind {
            // Go places a chain at its second element.
            TermKind::Field(names) | TermKind::Variable(names) => {
                names.append(&mut fields);
                term.pos = first.pos;
            }
            _ => term = Term { pos: first.pos, kind: TermKind::Chain(Box::new(term), fields) },
        }
        Ok(Some(term))
    }

    fn term(&mut self) -> Parsed<Option<Term>> {
        let token = self.next_solid();
        let kind = match token.kind {
            Kind::Identifier => {
                let found = self.functions.get(token.text);
                TermKind::Function(found.ok_or_else(|| format!("function {} not defined", quote_text(token.text)))?)
            }
            Kind::Dot => TermKind::Dot,
            Kind::Nil => TermKind::Nil,
            Kind::Variable => {
                if !self.vars.iter().any(|v| v == token.text) {
                    return Err(format!("undefined variable {}", quote_text(token.text)));
                }
                TermKind::Variable(vec![token.text.into()])
            }
            Kind::Field => TermKind::Field(names(token.text.get(1..).unwrap_or(""))),
            Kind::Bool => TermKind::Bool(token.text == "true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                TermKind::Number(Box::new(number::number(token.text, token.kind)?))
            }
            Kind::LeftParen => TermKind::Pipe(self.nested(|p| p.pipeline("parenthesized pipeline", Kind::RightParen))?),
            Kind::String | Kind::RawString => {
                TermKind::Text { source: token.text.into(), text: Arc::from(number::string(token.text)?) }
            }
            _ => {
                self.back();
                return Ok(None);
            }
        };
        // A parenthesised pipeline stands where its content begins.
        let pos = if let TermKind::Pipe(pipe) = &kind { pipe.pos } else { token.pos };
        Ok(Some(Term { pos, kind }))
    }
}

fn check(pipe: &Pipe, context: &str) -> Parsed<()> {
    if pipe.commands.is_empty() {
        return Err(format!("missing value for {context}"));
    }
    for (at, command) in pipe.commands.iter().enumerate().skip(1) {
        let first = command.args.first().map(|arg| &arg.kind);
        if let Some(TermKind::Bool(_) | TermKind::Dot | TermKind::Nil | TermKind::Number(_) | TermKind::Text { .. }) =
            first
        {
            return Err(format!("non executable command in pipeline stage {}", at + 1));
        }
    }
    Ok(())
}
