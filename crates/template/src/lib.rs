//! Go's text/template (1.26) with the functions of ESO 2.9, for templates that one tenant writes and all tenants pay for.
//!
//! The engine does no I/O and has no clock or randomness of its own ([`Host`] gives both). Every render is bounded by
//! [`Limits`]; errors name positions, functions, types and keys, never values.
//!
//! A [`Template`] can be shared between threads and rendered many times. Values live on one thread. Deep templates need
//! stack: run parse and render on a thread with [`STACK`] bytes.

use std::panic::AssertUnwindSafe;

mod cache;
mod context;
mod error;
mod exec;
pub mod format;
pub mod functions;
pub mod json;
mod object;
mod parse;
mod pki;
mod time;
mod unicode;
mod value;
mod version;
pub mod yaml;

pub use cache::Cache;
pub use context::{Ctx, Host, Limits};
pub use error::{Error, Failure, Outcome, Phase};
pub use functions::Table;
pub use object::{Call, Member, Method, Object};
pub use value::{Bytes, Elem, List, Map, Value};

/// Stack that the deepest allowed template needs, in bytes, in a build without optimisation.
pub const STACK: usize = 32 << 20;

/// What `.key` gives when the map has no such key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MissingKey {
    /// An error: everywhere that a secret is built.
    #[default]
    Error,
    /// No value, printed as `<no value>`: rewrites and webhooks.
    Default,
    /// The zero value of the map's type.
    Zero,
}

/// How a text is read.
#[derive(Clone, Copy, Debug)]
pub struct Options<'o> {
    /// Opens an action; empty means `{{`.
    pub left: &'o str,
    /// Closes an action; empty means `}}`.
    pub right: &'o str,
    /// What absent keys give.
    pub missing: MissingKey,
    /// Which functions exist.
    pub functions: Table,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { left: "{{", right: "}}", missing: MissingKey::Error, functions: Table::Eso }
    }
}

/// A parsed template.
#[derive(Debug)]
pub struct Template {
    set: parse::ast::Set,
    missing: MissingKey,
}

impl Template {
    /// Reads a text. `name` stands in error texts.
    pub fn parse(name: &str, text: &str, options: &Options<'_>) -> Result<Self, Error> {
        let parse = || parse::parse(name, text, (options.left, options.right), options.functions);
        let set = caught(name, Phase::Parse, parse)?;
        Ok(Self { set, missing: options.missing })
    }

    /// Renders it. `data` is the dot.
    pub fn render(&self, data: &Value, host: &mut dyn Host, limits: Limits) -> Result<Vec<u8>, Error> {
        let data = data.clone().settled();
        let mut ctx = Ctx::new(host, limits, data.clone());
        ctx.patterns = Some(&self.set.patterns);
        caught(&self.set.name, Phase::Execute, || exec::render(&self.set, self.missing, &data, &mut ctx))
    }
}

/// A panic of ours is an error of the one template that met it. Go, too, takes panics of functions for errors.
fn caught<T>(name: &str, phase: Phase, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let text = format!("template: {name}: the template engine panicked, which is a defect of it");
        Err(Error { phase, text })
    })
}
