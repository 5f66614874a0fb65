//! Checksums for which nobody knows two texts that have the same, SHA-1 excepted.

use std::fmt::Write as _;

use aws_lc_rs::digest::{self, Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512};

use super::Args;
use crate::value::Value;

functions! {
    /// The SHA-1 of a text in hexadecimal digits.
    ///
    /// `{{ sha1sum "abc" }}` gives `a9993e364706816aba3e25717850c26c9cd0d89d`
    "sha1sum" (Str) = |_, a| Ok(hex(&SHA1_FOR_LEGACY_USE_ONLY, a.str(0)));
    /// The SHA-256 of a text in hexadecimal digits.
    ///
    /// `{{ sha256sum "abc" | trunc 16 }}` gives `ba7816bf8f01cfea`
    "sha256sum" (Str) = |_, a| Ok(hex(&SHA256, a.str(0)));
    /// The SHA-512 of a text in hexadecimal digits.
    ///
    /// `{{ sha512sum "abc" | trunc 16 }}` gives `ddaf35a193617aba`
    "sha512sum" (Str) = |_, a| Ok(hex(&SHA512, a.str(0)));
}

fn hex(algorithm: &'static Algorithm, text: &[u8]) -> Value {
    let mut out = String::new();
    for byte in digest::digest(algorithm, text).as_ref() {
        _ = write!(out, "{byte:02x}");
    }
    Value::text(out)
}
