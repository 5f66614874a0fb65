//! Decisions about stores: who may use one, whether its spec makes sense, and what its status says.

mod access;
mod check;
mod conclude;
mod selector;

pub use access::{Access, StoreFacts, StoreKey, StoreSeen, access};
pub use check::{Checked, check, recheck_interval};
pub use conclude::{Probed, StoreConclusion, StoreObject, conclude};
