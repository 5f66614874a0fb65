//! JSON web keys, and RSA decryption.

use super::Args;
use super::pem::no_block;
use crate::error::Failure;
use crate::pki::jwk::{Jwk, parse};
use crate::pki::key::Key;
use crate::pki::oaep::{Hash, decrypt};
use crate::pki::pem::{self, Block};
use crate::value::Value;

functions! {
    /// A public JSON web key in PEM.
    ///
    /// `{{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}" | jwkPublicKeyPem | trunc 26 }}` gives `-----BEGIN PUBLIC KEY-----`
    "jwkPublicKeyPem" (Str) = |c, a| {
        c.work(2000)?;
        match parse(a.str(0))? {
            Jwk::Public(key) => Ok(Value::text(Block::new("PUBLIC KEY", key.info()).encode())),
            Jwk::Private(_) => Err(Failure::new("x509: unsupported public key type: the key is private")),
            Jwk::Symmetric => Err(Failure::new("x509: unsupported public key type: []uint8")),
        }
    };
    /// A private JSON web key as PKCS#8 in PEM.
    ///
    /// `{{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}" | jwkPrivateKeyPem | trunc 27 }}` gives `-----BEGIN PRIVATE KEY-----`
    "jwkPrivateKeyPem" (Str) = |c, a| {
        c.work(2000)?;
        match parse(a.str(0))? {
            Jwk::Private(key) => Ok(Value::text(Block::new("PRIVATE KEY", key.pkcs8()).encode())),
            Jwk::Public(_) => Err(Failure::new("x509: unknown key type while marshaling PKCS#8: the key is public")),
            Jwk::Symmetric => Err(Failure::new("x509: unknown key type while marshaling PKCS#8: []uint8")),
        }
    };
    /// What was encrypted for an RSA key: scheme (`None` or `RSA-OAEP`), hash (`SHA1`, `SHA512`; all others stand for
    /// SHA256), encrypted bytes, private key in PEM.
    ///
    /// `{{ rsaDecrypt "None" "" "as it is" "" }}` gives `as it is`
    "rsaDecrypt" (Str, Str, Str, Str) = |c, a| {
        match a.str(0) {
            b"None" => return Ok(a.at(2).clone()),
            b"RSA-OAEP" => {}
            _ => return Err(Failure::new("the decryption scheme is not supported: it is neither None nor RSA-OAEP")),
        }
        let (block, _) = pem::decode(a.str(3)).ok_or_else(no_block)?;
        let Ok(Key::Rsa(key)) = Key::from_der(&block.bytes) else {
            return Err(Failure::new("could not parse RSA private key"));
        };
        let hash = match a.str(1) {
            b"SHA1" => Hash::Sha1,
            b"SHA512" => Hash::Sha512,
            _ => Hash::Sha256,
        };
        c.work(5000)?;
        decrypt(c, &key, hash, a.str(2)).map(Value::text)
    };
}
