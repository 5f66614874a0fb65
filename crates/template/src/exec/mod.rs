//! Walks a template. The order of evaluation and the place that an error names are Go's.

mod args;
mod call;
mod field;

use crate::MissingKey;
use crate::context::Ctx;
use crate::error::{Error, Failure, Phase};
use crate::format::print_value;
use crate::format::quote::quote_text;
use crate::parse::ast::{Branch, Command, Node, Pipe, Set, Term};
use crate::value::Value;

/// The node that an error would name: the last one that was looked at.
#[derive(Clone, Copy)]
pub(crate) enum At<'t> {
    Start,
    Node(&'t Node),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Term(&'t Term),
}

enum Flow {
    Next,
    Break,
    Continue,
}

pub(crate) type Step<T> = Result<T, Error>;

pub(crate) struct Exec<'t, 'c, 'h> {
    set: &'t Set,
    name: &'t str,
    missing: MissingKey,
    pub(crate) ctx: &'c mut Ctx<'h>,
    out: Vec<u8>,
    vars: Vec<(&'t str, Value)>,
    at: At<'t>,
    depth: u32,
}

/// Renders the text's own body with `data` as dot.
pub fn render(set: &Set, missing: MissingKey, data: &Value, ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Error> {
    let vars = vec![("$", data.clone())];
    let mut exec = Exec { set, name: &set.name, missing, ctx, out: Vec::new(), vars, at: At::Start, depth: 0 };
    let body = set.bodies.get(&set.name).map_or(&[][..], Vec::as_slice);
    exec.list(data, body)?;
    Ok(exec.out)
}

impl<'t> Exec<'t, '_, '_> {
    /// An error at the current node.
    pub(crate) fn fail(&self, cause: impl Into<Failure>) -> Error {
        let cause = cause.into();
        let phase = if cause.budget { Phase::Budget } else { Phase::Execute };
        let (pos, context) = match self.at {
            At::Start => {
                return Error { phase, text: format!("template: {}: {}", self.set.name, cause.text) };
            }
            At::Node(node) => (node.pos(), node.to_string()),
            At::Pipe(pipe) => (pipe.pos, pipe.to_string()),
            At::Command(command) => (command.pos, command.to_string()),
            At::Term(term) => (term.pos, term.named()),
        };
        let before = self.set.text.get(..pos).unwrap_or("");
        let line = 1 + before.matches('\n').count();
        let column = pos - before.rfind('\n').map_or(0, |at| at + 1);
        let text = format!(
            "template: {}:{line}:{column}: executing {} at <{context}>: {}",
            self.set.name,
            quote_text(self.name),
            cause.text
        );
        Error { phase, text }
    }

    pub(crate) fn error<T>(&self, text: impl Into<String>) -> Step<T> {
        Err(self.fail(Failure::new(text)))
    }

    fn lift<T>(&self, result: Result<T, Failure>) -> Step<T> {
        result.map_err(|failure| self.fail(failure))
    }

    /// Counts a step and one level of nesting while `inner` runs.
    pub(crate) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        let counted = self.ctx.step();
        self.lift(counted)?;
        if self.depth >= self.ctx.limits().depth {
            return Err(self.fail(Failure::budget(format_args!("nests deeper than {}", self.depth))));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn write(&mut self, bytes: &[u8]) -> Step<()> {
        let limit = self.ctx.limits().output;
        if self.out.len() + bytes.len() > limit {
            return Err(self.fail(Failure::budget(format_args!("renders more than {limit} bytes"))));
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn list(&mut self, dot: &Value, nodes: &'t [Node]) -> Step<Flow> {
        self.deeper(|exec| {
            for node in nodes {
                match exec.node(dot, node)? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                }
            }
            Ok(Flow::Next)
        })
    }

    fn node(&mut self, dot: &Value, node: &'t Node) -> Step<Flow> {
        if let Node::Text(range) = node {
            self.write(self.set.text.as_bytes().get(range.clone()).unwrap_or_default())?;
            return Ok(Flow::Next);
        }
        self.at = At::Node(node);
        match node {
            Node::Text(_) => Ok(Flow::Next),
            Node::Action(pipe) => self.action(dot, node, pipe).map(|()| Flow::Next),
            Node::Break(_) => Ok(Flow::Break),
            Node::Continue(_) => Ok(Flow::Continue),
            Node::If(branch) => self.branch(dot, branch, false),
            Node::With(branch) => self.branch(dot, branch, true),
            Node::Range(branch) => self.range(dot, branch),
            Node::Template { name, pipe, .. } => self.template(dot, name, pipe.as_ref()).map(|()| Flow::Next),
        }
    }

    fn action(&mut self, dot: &Value, node: &'t Node, pipe: &'t Pipe) -> Step<()> {
        let value = self.pipeline(dot, pipe)?;
        if !pipe.decl.is_empty() {
            return Ok(());
        }
        self.at = At::Node(node);
        match &value {
            Value::Str(text) => self.write(text),
            Value::Nil | Value::NilAny => self.write(b"<no value>"),
            _ => {
                let limit = self.ctx.limits().output;
                let printed = print_value(&value, &mut self.out, limit);
                self.lift(printed)
            }
        }
    }

    fn branch(&mut self, dot: &Value, branch: &'t Branch, sets_dot: bool) -> Step<Flow> {
        let mark = self.vars.len();
        let mut flow = None;
        for (pipe, block) in &branch.arms {
            let value = self.pipeline(dot, pipe)?;
            if value.truth() {
                flow = Some(self.list(if sets_dot { &value } else { dot }, block)?);
                break;
            }
        }
        let flow = match (flow, &branch.otherwise) {
            (Some(flow), _) => flow,
            (None, Some(block)) => self.list(dot, block)?,
            (None, None) => Flow::Next,
        };
        self.vars.truncate(mark);
        Ok(flow)
    }

    fn range(&mut self, dot: &Value, branch: &'t Branch) -> Step<Flow> {
        let Some((pipe, block)) = branch.arms.first() else { return Ok(Flow::Next) };
        let mark = self.vars.len();
        let value = self.pipeline(dot, pipe)?;
        let ran = match &value {
            Value::Int(_) | Value::Int64(_) | Value::Byte(_) if pipe.decl.len() > 1 => {
                return self.error("can't use an integer to iterate over more than one variable");
            }
            Value::Int(n) | Value::Int64(n) => {
                let wide = matches!(value, Value::Int64(_));
                let item = |n| if wide { Value::Int64(n) } else { Value::Int(n) };
                self.turns(pipe, block, (0..*n).map(|n| (Value::Nil, item(n))))?
            }
            Value::Byte(n) => self.turns(pipe, block, (0..*n).map(|n| (Value::Nil, Value::Byte(n))))?,
            Value::List(list) => {
                let items = (0i64..).map(Value::Int).zip(list.items().iter().cloned());
                self.turns(pipe, block, items)?
            }
            Value::Map(map) => {
                let entries = map.entries().into_iter().map(|(k, v)| (Value::Str(k), v));
                self.turns(pipe, block, entries)?
            }
            Value::Nil | Value::NilAny => false,
            other => return self.error(format!("range can't iterate over a value of type {}", other.type_name())),
        };
        let mut flow = Flow::Next;
        if !ran && let Some(block) = &branch.otherwise {
            // Go takes a break here for this range's, and a continue for the outer one's.
            if matches!(self.list(dot, block)?, Flow::Continue) {
                flow = Flow::Continue;
            }
        }
        self.vars.truncate(mark);
        Ok(flow)
    }

    /// Runs the body per item; tells whether there was any.
    fn turns(&mut self, pipe: &'t Pipe, block: &'t [Node], items: impl Iterator<Item = (Value, Value)>) -> Step<bool> {
        let mark = self.vars.len();
        let mut ran = false;
        for (index, item) in items {
            ran = true;
            match pipe.decl.as_slice() {
                [] => {}
                [name] if pipe.assigns => self.assign(name, item.clone())?,
                [_] => self.set_top(1, item.clone()),
                [first, second, ..] if pipe.assigns => {
                    self.assign(first, index)?;
                    self.assign(second, item.clone())?;
                }
                _ => {
                    self.set_top(1, item.clone());
                    self.set_top(2, index);
                }
            }
            let flow = self.list(&item, block)?;
            self.vars.truncate(mark);
            if matches!(flow, Flow::Break) {
                break;
            }
        }
        Ok(ran)
    }

    fn template(&mut self, dot: &Value, name: &'t str, pipe: Option<&'t Pipe>) -> Step<()> {
        let Some(body) = self.set.bodies.get(name) else {
            return self.error(format!("template {} not defined", quote_text(name)));
        };
        let dot = pipe.map_or(Ok(Value::Nil), |pipe| self.pipeline(dot, pipe))?;
        let vars = std::mem::replace(&mut self.vars, vec![("$", dot.clone())]);
        let (outer, at) = (std::mem::replace(&mut self.name, name), self.at);
        self.list(&dot, body)?;
        (self.vars, self.name, self.at) = (vars, outer, at);
        Ok(())
    }

    fn set_top(&mut self, from_top: usize, value: Value) {
        let at = self.vars.len().saturating_sub(from_top);
        if let Some(slot) = self.vars.get_mut(at) {
            slot.1 = value;
        }
    }

    fn assign(&mut self, name: &str, value: Value) -> Step<()> {
        match self.vars.iter_mut().rev().find(|(known, _)| *known == name) {
            Some(slot) => slot.1 = value,
            None => return self.error(format!("undefined variable: {name}")),
        }
        Ok(())
    }

    pub(crate) fn variable(&self, name: &str) -> Step<Value> {
        match self.vars.iter().rev().find(|(known, _)| *known == name) {
            Some((_, value)) => Ok(value.clone()),
            None => self.error(format!("undefined variable: {name}")),
        }
    }

    pub(crate) fn pipeline(&mut self, dot: &Value, pipe: &'t Pipe) -> Step<Value> {
        self.deeper(|exec| {
            exec.at = At::Pipe(pipe);
            let mut last: Option<Value> = None;
            for command in &pipe.commands {
                last = Some(exec.command(dot, command, last.take())?.settled());
            }
            let value = last.unwrap_or(Value::Nil);
            for name in &pipe.decl {
                if pipe.assigns {
                    exec.assign(name, value.clone())?;
                } else {
                    exec.vars.push((name, value.clone()));
                }
            }
            Ok(value)
        })
    }
}
