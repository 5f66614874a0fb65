//! PKCS#12 (RFC 7292): key stores and trust stores.

mod cipher;
mod kdf;
mod read;
mod write;

pub(crate) use read::{Store, read};
pub(crate) use write::{Contents, write};
