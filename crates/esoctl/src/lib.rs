//! The tasks of `esoctl`.

pub mod case;
pub mod host;
pub mod render;
pub mod template;
