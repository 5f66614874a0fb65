//! Operands as arguments: constants take the type of the parameter, everything else must have it.

use super::call::Callee;
use super::field::Operands;
use super::{At, Exec, Step};
use crate::functions::Param;
use crate::parse::ast::{Term, TermKind};
use crate::value::{Elem, List, Map, Value};

impl<'t> Exec<'t, '_, '_> {
    /// Evaluates a term for a parameter; without one any value will do.
    pub(super) fn argument(&mut self, dot: &Value, param: Option<Param>, term: &'t Term) -> Step<Value> {
        self.deeper(|exec| exec.plain_argument(dot, param, term))
    }

    fn plain_argument(&mut self, dot: &Value, param: Option<Param>, term: &'t Term) -> Step<Value> {
        self.at = At::Term(term);
        let value = match &term.kind {
            TermKind::Dot => dot.clone(),
            TermKind::Nil => {
                return match param.and_then(Self::zero) {
                    Some(zero) => Ok(zero),
                    None => self.error(format!("cannot assign nil to {}", param.map_or("nothing", Param::name))),
                };
            }
            TermKind::Field(_) | TermKind::Variable(_) | TermKind::Chain(..) => self.path(dot, term, Operands::NONE)?,
            TermKind::Pipe(pipe) => self.pipeline(dot, pipe)?,
            TermKind::Function(function) => {
                self.call(dot, &Callee::Function(function), At::Term(term), Operands::NONE)?
            }
            _ => return self.literal(param.unwrap_or(Param::Any), term),
        };
        param.map_or(Ok(value.clone()), |param| self.typed(value, param))
    }

    fn literal(&mut self, param: Param, term: &'t Term) -> Step<Value> {
        match (param, &term.kind) {
            (Param::Any | Param::Raw | Param::Bool, TermKind::Bool(b)) => Ok(Value::Bool(*b)),
            (Param::Any | Param::Raw, TermKind::Number(number)) => self.constant(number),
            (Param::Any | Param::Raw | Param::Str | Param::HashAlgorithm, TermKind::Text { text, .. }) => {
                Ok(Value::Str(text.clone()))
            }
            (Param::Int, TermKind::Number(number)) if number.int.is_some() => {
                Ok(Value::Int(number.int.unwrap_or_default()))
            }
            (Param::Duration, TermKind::Number(number)) if number.int.is_some() => {
                Ok(crate::time::duration::value(number.int.unwrap_or_default()))
            }
            (Param::Uint32, TermKind::Number(number)) if number.uint.is_some() => {
                #[allow(clippy::cast_possible_truncation)] // Go cuts the constant to the type, too.
                let cut = number.uint.unwrap_or_default() as u32;
                Ok(Value::Int(i64::from(cut)))
            }
            (Param::Float, TermKind::Number(number)) if number.float.is_some() => {
                Ok(Value::Float(number.float.unwrap_or_default()))
            }
            (Param::Bool, _) => self.error(format!("expected bool; found {term}")),
            (Param::Int | Param::Duration, _) => self.error(format!("expected integer; found {term}")),
            (Param::Uint32, _) => self.error(format!("expected unsigned integer; found {term}")),
            (Param::Float, _) => self.error(format!("expected float; found {term}")),
            (Param::Str | Param::HashAlgorithm, _) => self.error(format!("expected string; found {term}")),
            _ => self.error(format!("can't handle {term} for arg of type {}", param.name())),
        }
    }

    /// The nil of a parameter's type, where it has one.
    fn zero(param: Param) -> Option<Value> {
        match param {
            Param::Any | Param::Raw => Some(Value::Nil),
            Param::Dict => Some(Value::Map(Map::nil(Elem::Any))),
            Param::AnyList => Some(Value::List(List::nil(Elem::Any))),
            _ => None,
        }
    }

    /// Checks that a value has the type of a parameter.
    pub(super) fn typed(&mut self, value: Value, param: Param) -> Step<Value> {
        let fits = match (&value, param) {
            (Value::Nil, _) => {
                return match Self::zero(param) {
                    Some(zero) => Ok(zero),
                    None => self.error(format!("invalid value; expected {}", param.name())),
                };
            }
            (_, Param::Any | Param::Raw)
            | (Value::Str(_), Param::Str)
            | (Value::Int(_), Param::Int)
            | (Value::Float(_), Param::Float)
            | (Value::Bool(_), Param::Bool) => true,
            (Value::Map(map), Param::Dict) => map.elem() == Elem::Any,
            (Value::List(list), Param::AnyList) => list.elem() == Elem::Any,
            (Value::Object(object), _) => object.type_name() == param.name(),
            _ => false,
        };
        if fits {
            return Ok(value);
        }
        self.error(format!("wrong type for value; expected {}; got {}", param.name(), value.type_name()))
    }
}
