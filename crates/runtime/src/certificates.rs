//! Certificates and keys, as files and Secrets hold them, and the facts that decisions need.

use eso_core::certificate::{Authority, Leaf, Validity};
use eso_core::{Fault, FaultKind};
use jiff::Timestamp;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// A certificate, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: CertificateDer<'static>,
    validity: Validity,
    may_sign: bool,
    names: Vec<String>,
    for_servers: bool,
    /// The subject's public key.
    public_key: Vec<u8>,
}

impl Certificate {
    /// All certificates of a PEM text, in their order.
    ///
    /// Faults: Invalid, when one cannot be read. The text is not quoted.
    pub fn read_all(pem: &[u8]) -> Result<Vec<Self>, Fault> {
        CertificateDer::pem_slice_iter(pem)
            .map(|der| Self::read(der.map_err(|error| unreadable(&error.to_string()))?))
            .collect()
    }

    fn read(der: CertificateDer<'static>) -> Result<Self, Fault> {
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|error| unreadable(&error.to_string()))?;
        let validity = Validity {
            from: time(parsed.validity().not_before.timestamp()),
            to: time(parsed.validity().not_after.timestamp()),
        };
        let names = parsed.subject_alternative_name().ok().flatten();
        let names = names.into_iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        let names = names.collect();
        // A certificate that says nothing of its use is for every use.
        let usage = parsed.extended_key_usage().ok().flatten();
        let for_servers = usage.is_none_or(|usage| usage.value.server_auth || usage.value.any);
        let (may_sign, public_key) = (parsed.is_ca(), parsed.public_key().raw.to_vec());
        Ok(Self { der, validity, may_sign, names, for_servers, public_key })
    }

    /// Its bytes.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// What decisions need when it is one of an authority. `key` is PEM; it need not be there.
    pub fn as_authority(&self, key: Option<&[u8]>) -> Authority {
        let has_key = key.is_some_and(|key| self.is_for_key(key));
        Authority { validity: self.validity, may_sign: self.may_sign, has_key }
    }

    /// What decisions need when a server shows it. `key` is PEM; it need not be there.
    pub fn as_leaf(&self, key: Option<&[u8]>, authorities: &[Self]) -> Leaf {
        Leaf {
            validity: self.validity,
            names: self.names.clone(),
            for_servers: self.for_servers,
            has_key: key.is_some_and(|key| self.is_for_key(key)),
            issuer: authorities.iter().position(|authority| self.is_signed_by(authority)),
        }
    }

    /// Whether `key`, in PEM, is the private key of this certificate.
    pub fn is_for_key(&self, key: &[u8]) -> bool {
        let Ok(key) = PrivateKeyDer::from_pem_slice(key) else { return false };
        let public = any_supported_type(&key).ok().and_then(|key| key.public_key().map(|public| public.to_vec()));
        public.is_some_and(|public| public == self.public_key)
    }

    fn is_signed_by(&self, authority: &Self) -> bool {
        let (Ok((_, own)), Ok((_, other))) =
            (X509Certificate::from_der(&self.der), X509Certificate::from_der(&authority.der))
        else {
            return false;
        };
        own.issuer().as_raw() == other.subject().as_raw() && own.verify_signature(Some(other.public_key())).is_ok()
    }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn unreadable(detail: &str) -> Fault {
    Fault::new(FaultKind::Invalid, "A certificate cannot be read; write it as PEM.").with_detail(detail)
}
