//! PEM and certificates.

use super::Args;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::pki::certificate::Certificate;
use crate::pki::{chain, pem};
use crate::value::Value;

functions! {
    /// The blocks of a PEM text with a label, in any case. Text without such a block that ends with something else is an
    /// error.
    ///
    /// `{{ "-----BEGIN A-----\nYWJj\n-----END A-----\n" | filterPEM "a" }}` gives `-----BEGIN A-----⏎YWJj⏎-----END A-----⏎`
    "filterPEM" (Str, Str) = |c, a| {
        read(c, a.str(1))?;
        let (blocks, rest) = pem::blocks(pem::without_junk(a.str(1)));
        let wanted = blocks.iter().filter(|block| same_letters(&block.label, a.str(0)));
        let out: Vec<u8> = wanted.flat_map(pem::Block::encode).collect();
        if out.is_empty() && !rest.is_empty() {
            return Err(Failure::new("error filtering pem: found junk"));
        }
        Ok(Value::text(out))
    };
    /// The `leaf`, `intermediate` or `root` part of the certificates of a PEM text. A certificate that signed itself is no
    /// leaf.
    ///
    /// `{{ $ca := genCA "ca" 1 }}{{ ($ca.Cert | filterCertChain "root") | eq $ca.Cert }}` gives `true`
    "filterCertChain" (Str, Str) = |c, a| {
        read(c, a.str(1))?;
        let chain = chain::of_pem(a.str(1))?;
        Ok(Value::text(chain::to_pem(chain::part(&chain, a.str(0)))))
    };
    /// The names that the first certificate of a PEM text stands for: DNS names, addresses, mail addresses, URIs.
    ///
    /// `{{ certSANs (genSelfSignedCert "x" (list "10.0.0.1") (list "db.test") 1).Cert }}` gives `[db.test 10.0.0.1]`
    "certSANs" (Str) = |c, a| {
        read(c, a.str(0))?;
        let (block, _) = pem::decode(pem::without_junk(a.str(0))).ok_or_else(no_block)?;
        Value::texts(Certificate::parse(&block.bytes)?.names)
    };
}

/// What reading a PEM text costs.
pub(super) fn read(ctx: &mut Ctx<'_>, text: &[u8]) -> Outcome<()> {
    ctx.work(text.len() / 16)?;
    ctx.reserve(text.len().saturating_mul(2))
}

/// The error of a text that holds no PEM.
pub(super) fn no_block() -> Failure {
    Failure::new("failed to decode PEM block")
}

fn same_letters(a: &[u8], b: &[u8]) -> bool {
    String::from_utf8_lossy(a).to_lowercase() == String::from_utf8_lossy(b).to_lowercase()
}
