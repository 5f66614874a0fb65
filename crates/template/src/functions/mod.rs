//! Every function of the template language. One file per function or small family; each entry holds its doc comment,
//! which says what it does and shows an example that a test runs.

#[macro_use]
mod macros;
mod builtin;
mod cast;
mod cipher;
mod compare;
mod convert;
mod date;
mod decimal;
mod dict;
mod encode;
mod escape;
mod float_math;
mod generate;
mod hash;
mod index;
pub(crate) mod json;
pub(crate) mod json_read;
mod jwk;
mod list;
mod list_slice;
mod logic;
mod math;
mod password;
mod path;
mod pem;
mod pkcs12;
mod random;
mod reflect;
mod regex;
pub mod regex_syntax;
mod semver;
mod text;
mod text_case;
mod text_cut;
mod text_style;
mod text_wrap;
mod url;
mod url_escape;
mod yaml;

pub(crate) use encode::b64dec;
pub(crate) use regex::Patterns;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::context::Ctx;
use crate::error::Outcome;
use crate::value::Value;

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// `interface {}`
    Any,
    /// Anything, nil included, as it was found.
    Raw,
    /// `string`
    Str,
    /// `int`
    Int,
    /// `uint32`
    Uint32,
    /// `float64`
    Float,
    /// `bool`
    Bool,
    /// `map[string]interface {}`
    Dict,
    /// `[]interface {}`
    AnyList,
    /// `time.Time`
    Time,
    /// `time.Duration`
    Duration,
    /// `*time.Location`
    Location,
    /// `sprig.HashAlgorithm`: a constant text; the strings of the data are another type.
    HashAlgorithm,
    /// A certificate made by `genCA` and the like.
    Certificate,
    /// `*semver.Version`
    Version,
}

impl Param {
    /// Go's name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Raw => "reflect.Value",
            Self::Str => "string",
            Self::Int => "int",
            Self::Uint32 => "uint32",
            Self::Float => "float64",
            Self::Bool => "bool",
            Self::Dict => "map[string]interface {}",
            Self::AnyList => "[]interface {}",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Location => "*time.Location",
            Self::HashAlgorithm => "sprig.HashAlgorithm",
            Self::Certificate => "sprig.certificate",
            Self::Version => "*semver.Version",
        }
    }
}

/// A function of the template language.
#[derive(Debug)]
pub struct Function {
    /// How templates call it.
    pub name: &'static str,
    /// The module that defines it, which is the family it belongs to.
    pub family: &'static str,
    /// Types of its parameters.
    pub params: &'static [Param],
    /// Type of further arguments, when it takes any number.
    pub rest: Option<Param>,
    /// True for `and` and `or`, which leave operands alone that do not matter.
    pub lazy: bool,
    /// What it does, with an example.
    pub doc: &'static str,
    /// Does it. Arguments have the types of the parameters.
    pub call: fn(&mut Ctx<'_>, &[Value]) -> Outcome<Value>,
}

impl Function {
    /// True when it takes and gives values as they are, nils of two kinds included.
    pub(crate) fn raw(&self) -> bool {
        self.params.first() == Some(&Param::Raw)
    }
}

/// Which functions a template may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// The functions of Go's text/template.
    Core,
    /// Those and ESO's.
    Eso,
}

const CORE: &[&[Function]] = &[builtin::TABLE, compare::TABLE, escape::TABLE, index::TABLE];
const ESO: &[&[Function]] = &[
    text::TABLE,
    text_case::TABLE,
    text_style::TABLE,
    text_wrap::TABLE,
    text_cut::TABLE,
    convert::TABLE,
    logic::TABLE,
    list::TABLE,
    list_slice::TABLE,
    dict::TABLE,
    math::TABLE,
    float_math::TABLE,
    encode::TABLE,
    json::TABLE,
    regex::TABLE,
    reflect::TABLE,
    path::TABLE,
    date::TABLE,
    semver::TABLE,
    url::TABLE,
    hash::TABLE,
    cipher::TABLE,
    password::TABLE,
    random::TABLE,
    pem::TABLE,
    pkcs12::TABLE,
    jwk::TABLE,
    generate::TABLE,
    yaml::TABLE,
];

type Index = HashMap<&'static str, &'static Function>;

impl Table {
    fn index(self) -> &'static Index {
        static INDEXES: [OnceLock<Index>; 2] = [OnceLock::new(), OnceLock::new()];
        let collect = |families: &'static [&'static [Function]]| -> Index {
            families.iter().flat_map(|family| family.iter()).map(|f| (f.name, f)).collect()
        };
        match self {
            Self::Core => INDEXES[0].get_or_init(|| collect(CORE)),
            Self::Eso => INDEXES[1].get_or_init(|| {
                let mut index = collect(CORE);
                index.extend(collect(ESO));
                index
            }),
        }
    }

    /// A function by name.
    pub fn get(self, name: &str) -> Option<&'static Function> {
        self.index().get(name).copied()
    }

    /// All functions, by name.
    pub fn all(self) -> Vec<&'static Function> {
        let mut all: Vec<_> = self.index().values().copied().collect();
        all.sort_by_key(|f| f.name);
        all
    }
}

/// Arguments by place, with the type that the parameter promised.
pub(crate) trait Args {
    fn at(&self, at: usize) -> &Value;
    fn str(&self, at: usize) -> &[u8];
    fn int(&self, at: usize) -> i64;
    fn tail(&self, from: usize) -> &[Value];
}

impl Args for [Value] {
    fn at(&self, at: usize) -> &Value {
        self.get(at).unwrap_or(&Value::Nil)
    }

    fn str(&self, at: usize) -> &[u8] {
        if let Value::Str(text) = self.at(at) { text } else { b"" }
    }

    fn int(&self, at: usize) -> i64 {
        if let Value::Int(n) = self.at(at) { *n } else { 0 }
    }

    fn tail(&self, from: usize) -> &[Value] {
        self.get(from..).unwrap_or_default()
    }
}
