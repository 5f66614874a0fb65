//! The workloads.

mod admission;
mod ceiling;
mod cold;
mod idle;
mod restart;

pub(crate) use admission::admission;
pub(crate) use ceiling::ceiling;
pub(crate) use cold::cold;
pub(crate) use idle::idle;
pub(crate) use restart::restart;
