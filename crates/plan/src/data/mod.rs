//! What happens to values and keys between backend and Secret.

mod convert;
mod decode;
mod merge;
mod rewrite;

pub use convert::{convert_keys, validate_keys};
pub use decode::{decode, decode_map, refuse_nul};
pub use rewrite::{Engine, rewrite};
