//! JSON as Go's encoding/json reads and writes it, counted against the limits of a render.

pub use crate::functions::json::{Style, write};
pub use crate::functions::json_read::{Document, read};
