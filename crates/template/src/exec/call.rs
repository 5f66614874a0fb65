//! Commands and calls: counting and typing operands, calling, and naming what failed.

use std::rc::Rc;

use super::field::Operands;
use super::{At, Exec, Step};
use crate::error::{Failure, Outcome};
use crate::functions::{Function, Param};
use crate::object::{Method, Object};
use crate::parse::ast::{Command, Number, TermKind};
use crate::value::Value;

pub(crate) enum Callee<'f> {
    Function(&'static Function),
    Method(&'f str, Method, &'f Rc<dyn Object>),
}

impl Callee<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Function(function) => function.name,
            Self::Method(name, ..) => name,
        }
    }

    fn params(&self) -> (&'static [Param], Option<Param>) {
        match self {
            Self::Function(function) => (function.params, function.rest),
            Self::Method(_, method, _) => (method.params, None),
        }
    }
}

impl<'t> Exec<'t, '_, '_> {
    pub(super) fn command(&mut self, dot: &Value, command: &'t Command, last: Option<Value>) -> Step<Value> {
        let Some((first, terms)) = command.args.split_first() else { return self.error("empty command") };
        let operands = Operands { terms, last };
        match &first.kind {
            TermKind::Field(_) | TermKind::Chain(..) | TermKind::Variable(_) => {
                return self.path(dot, first, operands);
            }
            TermKind::Function(function) => {
                self.at = At::Term(first);
                return self.call(dot, &Callee::Function(function), At::Command(command), operands);
            }
            TermKind::Pipe(_) => {}
            _ => self.at = At::Term(first),
        }
        if operands.any() {
            return self.error(format!("can't give argument to non-function {}", first.named()));
        }
        match &first.kind {
            TermKind::Pipe(pipe) => self.pipeline(dot, pipe),
            TermKind::Bool(b) => Ok(Value::Bool(*b)),
            TermKind::Dot => Ok(dot.clone()),
            TermKind::Number(number) => self.constant(number),
            TermKind::Text { text, .. } => Ok(Value::Str(text.clone())),
            _ => self.error("nil is not a command"),
        }
    }

    /// A number whose type nothing decides: int, float64 or complex128 by its form.
    pub(super) fn constant(&mut self, number: &Number) -> Step<Value> {
        if let Some((re, im)) = number.complex {
            return Ok(Value::Complex(re, im));
        }
        let source = number.source.as_str();
        let hex =
            source.len() > 2 && source.starts_with("0x") | source.starts_with("0X") && !source.contains(['p', 'P']);
        let floats = !hex && !source.starts_with('\'') && source.contains(['.', 'e', 'E', 'p', 'P']);
        match (number.float, number.int) {
            (Some(float), _) if floats => Ok(Value::Float(float)),
            (_, Some(int)) => Ok(Value::Int(int)),
            _ => self.error(format!("{source} overflows int")),
        }
    }

    pub(super) fn call(
        &mut self,
        dot: &Value,
        callee: &Callee<'_>,
        node: At<'t>,
        operands: Operands<'t>,
    ) -> Step<Value> {
        self.count_operands(callee, &operands)?;
        if let Callee::Function(function) = callee
            && function.lazy
        {
            return self.and_or(dot, function.name == "or", operands);
        }
        let (params, rest) = callee.params();
        let param = |at: usize| params.get(at).copied().or(rest);
        let mut args = Vec::with_capacity(operands.terms.len() + 1);
        for (at, term) in operands.terms.iter().enumerate() {
            args.push(self.argument(dot, Some(param(at).unwrap_or(Param::Any)), term)?);
        }
        if let Some(last) = operands.last {
            args.push(self.typed(last, param(args.len()).unwrap_or(Param::Any))?);
        }
        let result = self.invoke(callee, &args);
        result.map_err(|failure| {
            self.at = node;
            let text = format!("error calling {}: {}", callee.name(), failure.text);
            self.fail(Failure { text, ..failure })
        })
    }

    fn invoke(&mut self, callee: &Callee<'_>, args: &[Value]) -> Outcome<Value> {
        self.ctx.step()?;
        self.ctx.read(args.iter().map(Value::size).sum())?;
        let value = match callee {
            Callee::Function(function) => {
                let value = (function.call)(self.ctx, args);
                self.ctx.returned();
                if function.raw() { value? } else { value?.boxed() }
            }
            Callee::Method(_, method, object) => (method.call)(self.ctx, object.as_ref(), args)?,
        };
        self.ctx.reserve(value.size())?;
        Ok(value)
    }

    fn count_operands(&self, callee: &Callee<'_>, operands: &Operands<'_>) -> Step<()> {
        let (params, rest) = callee.params();
        let given = operands.terms.len() + usize::from(operands.last.is_some());
        let name = callee.name();
        let wanted = params.len();
        if rest.is_some() {
            if given < wanted {
                let got = operands.terms.len();
                return self.error(format!("wrong number of args for {name}: want at least {wanted} got {got}"));
            }
        } else if given != wanted {
            return self.error(format!("wrong number of args for {name}: want {wanted} got {given}"));
        }
        Ok(())
    }

    /// `and` and `or` stop at the operand that decides, and give it back.
    fn and_or(&mut self, dot: &Value, is_or: bool, operands: Operands<'t>) -> Step<Value> {
        let mut value = Value::Nil;
        for term in operands.terms {
            value = self.argument(dot, Some(Param::Raw), term)?;
            if value.truth() == is_or {
                return Ok(value);
            }
        }
        Ok(operands.last.unwrap_or(value))
    }
}
