//! `.a.b`, `$x.a` and `(pipeline).a`.

use super::call::Callee;
use super::{At, Exec, Step};
use crate::MissingKey;
use crate::format::quote::quote_text;
use crate::object::Member;
use crate::parse::ast::{Term, TermKind};
use crate::value::Value;

/// The operands of a command: the terms after the first, and what the pipe hands on.
pub(crate) struct Operands<'t> {
    pub terms: &'t [Term],
    pub last: Option<Value>,
}

impl Operands<'_> {
    pub const NONE: Self = Self { terms: &[], last: None };

    pub fn any(&self) -> bool {
        !self.terms.is_empty() || self.last.is_some()
    }
}

impl<'t> Exec<'t, '_, '_> {
    /// A term that is a field, a variable or a chain.
    pub(super) fn path(&mut self, dot: &Value, term: &'t Term, operands: Operands<'t>) -> Step<Value> {
        self.at = At::Term(term);
        match &term.kind {
            TermKind::Field(names) => self.walk_path(dot, dot.clone(), (term, names), operands),
            TermKind::Variable(names) => {
                let (first, rest) = names.split_first().map_or(("$", &[][..]), |(f, r)| (f.as_str(), r));
                let value = self.variable(first)?;
                if rest.is_empty() {
                    if operands.any() {
                        return self.error(format!("can't give argument to non-function {term}"));
                    }
                    return Ok(value);
                }
                self.walk_path(dot, value, (term, rest), operands)
            }
            TermKind::Chain(inner, names) => {
                if matches!(inner.kind, TermKind::Nil) {
                    return self.error(format!("indirection through explicit nil in {term}"));
                }
                let value = self.argument(dot, None, inner)?;
                self.walk_path(dot, value, (term, names), operands)
            }
            _ => self.error("not a path"),
        }
    }

    fn walk_path(
        &mut self,
        dot: &Value,
        mut value: Value,
        (term, names): (&'t Term, &'t [String]),
        operands: Operands<'t>,
    ) -> Step<Value> {
        let Some((last, inner)) = names.split_last() else { return Ok(value) };
        for name in inner {
            value = self.field(dot, value, (term, name), Operands::NONE)?;
        }
        self.field(dot, value, (term, last), operands)
    }

    fn field(
        &mut self,
        dot: &Value,
        value: Value,
        (term, name): (&'t Term, &'t str),
        operands: Operands<'t>,
    ) -> Step<Value> {
        match &value {
            Value::Nil if self.missing == MissingKey::Error => {
                self.error(format!("nil data; no entry for key {}", quote_text(name)))
            }
            Value::Nil => Ok(Value::Nil),
            Value::NilAny => self.error(format!("nil pointer evaluating interface {{}}.{name}")),
            Value::Map(map) => {
                if operands.any() {
                    return self.error(format!("{name} is not a method but has arguments"));
                }
                match (map.get(name.as_bytes()), self.missing) {
                    (Some(found), _) => Ok(found),
                    (None, MissingKey::Error) => self.error(format!("map has no entry for key {}", quote_text(name))),
                    (None, MissingKey::Default) => Ok(Value::Nil),
                    (None, MissingKey::Zero) => Ok(map.elem().zero()),
                }
            }
            Value::Object(object) => match object.member(name) {
                Some(Member::Method(method)) => {
                    let callee = Callee::Method(name, method, object);
                    self.call(dot, &callee, At::Term(term), operands)
                }
                Some(Member::Field(_)) if operands.any() => {
                    self.error(format!("{name} has arguments but cannot be invoked as function"))
                }
                Some(Member::Field(field)) => Ok(field),
                None => self.error(format!("can't evaluate field {name} in type {}", object.type_name())),
            },
            other => self.error(format!("can't evaluate field {name} in type {}", other.type_name())),
        }
    }
}
