//! Keys, certificates and the files that hold them.

pub(crate) mod certificate;
pub(crate) mod chain;
mod der;
pub(crate) mod dsa;
mod ec;
pub(crate) mod issue;
pub(crate) mod jwk;
pub(crate) mod key;
pub(crate) mod name;
pub(crate) mod oaep;
mod oid;
pub(crate) mod pem;
pub(crate) mod pkcs12;
mod rsa;
