//! The authorities that the API server shall trust.

use eso_runtime::certificates::Certificate;

use crate::secret::{CA_CRT, Held, TLS_CRT};

/// What was last seen in the Secret, for when it is damaged: the webhook goes on with what it shows until a kubelet brings the new
/// certificate, and stays trusted so long.
#[derive(Default)]
pub(crate) struct Memory(Vec<Certificate>);

/// Authorities and leaf, as far as they can be read.
pub(crate) struct Chain {
    /// The first one signs.
    pub authorities: Vec<Certificate>,
    /// What the webhook shall show.
    pub leaf: Option<Certificate>,
}

impl Memory {
    /// What the Secret holds, and, when its leaf is of no authority in it, those that it held before.
    pub fn complete(&mut self, held: &Held) -> Chain {
        let mut authorities = readable(held.value(CA_CRT));
        let leaf = readable(held.value(TLS_CRT)).into_iter().next();
        if leaf.as_ref().is_none_or(|leaf| leaf.as_leaf(None, &authorities).issuer.is_none()) {
            let forgotten: Vec<_> = self.0.iter().filter(|old| !authorities.contains(old)).cloned().collect();
            authorities.extend(forgotten);
        } else {
            self.0.clone_from(&authorities);
        }
        Chain { authorities, leaf }
    }
}

fn readable(pem: &[u8]) -> Vec<Certificate> {
    Certificate::read_all(pem).unwrap_or_else(|fault| {
        tracing::warn!(detail = fault.detail.as_deref(), "{fault} It is replaced.");
        Vec::new()
    })
}

/// Several certificates in one PEM text.
pub(crate) fn bundle<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> String {
    let blocks: Vec<_> = certificates.into_iter().map(|one| pem::Pem::new("CERTIFICATE", one.der().to_vec())).collect();
    // Go writes lines that end as Unix lines do; so a bundle of one certificate is the text that ESO wrote.
    pem::encode_many_config(&blocks, pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF))
        .replace("\n\n", "\n")
}
