//! X.509 certificates, as far as templates ask about them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::der::{BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, Reader, SEQUENCE, explicit, implicit};
use super::{der, name, oid};
use crate::error::{Failure, Outcome};

/// A certificate.
pub(crate) struct Certificate {
    /// All of it.
    pub der: Vec<u8>,
    /// The subject as it is encoded.
    pub subject: Vec<u8>,
    /// Id of its own key; empty when absent.
    pub key_id: Vec<u8>,
    /// Id of the key that signed it; empty when absent.
    pub authority_id: Vec<u8>,
    /// Alternative names: DNS names, addresses, mail addresses, URIs.
    pub names: Vec<String>,
}

fn malformed(what: &str) -> Failure {
    Failure::new(format!("x509: malformed {what}"))
}

impl Certificate {
    /// Reads one certificate; nothing may follow it.
    pub fn parse(bytes: &[u8]) -> Outcome<Self> {
        let mut reader = Reader::new(bytes);
        let mut outer = reader.inside(SEQUENCE).map_err(|_| malformed("certificate"))?;
        reader.end().map_err(|_| Failure::new("x509: trailing data"))?;
        let mut tbs = outer.inside(SEQUENCE).map_err(|_| malformed("tbs certificate"))?;
        outer.expect(SEQUENCE).map_err(|_| malformed("signature algorithm identifier"))?;
        outer.expect(BIT_STRING).map_err(|_| malformed("signature"))?;
        outer.end()?;
        let mut out = Self {
            der: bytes.to_vec(),
            subject: Vec::new(),
            key_id: Vec::new(),
            authority_id: Vec::new(),
            names: Vec::new(),
        };
        out.read(&mut tbs)?;
        Ok(out)
    }

    fn read(&mut self, tbs: &mut Reader<'_>) -> Outcome<()> {
        let versions = tbs.optional(explicit(0))?;
        tbs.expect(INTEGER).map_err(|_| malformed("serial number"))?;
        tbs.expect(SEQUENCE).map_err(|_| malformed("signature algorithm identifier"))?;
        tbs.expect(SEQUENCE).map_err(|_| malformed("issuer"))?;
        let mut validity = tbs.inside(SEQUENCE).map_err(|_| malformed("validity"))?;
        validity.element()?;
        validity.element()?;
        let (tag, _, subject) = tbs.element()?;
        if tag != SEQUENCE {
            return Err(malformed("issuer"));
        }
        self.subject = subject.to_vec();
        let mut key = tbs.inside(SEQUENCE).map_err(|_| malformed("spki"))?;
        key.inside(SEQUENCE)?.oid()?;
        key.expect(BIT_STRING).map_err(|_| malformed("subjectPublicKey"))?;
        tbs.optional(implicit(1))?;
        tbs.optional(implicit(2))?;
        if let Some(extensions) = tbs.optional(explicit(3))? {
            if versions.is_none() {
                return Err(malformed("extensions"));
            }
            let mut list = Reader::new(extensions).inside(SEQUENCE).map_err(|_| malformed("extensions"))?;
            while !list.is_empty() {
                let mut extension = list.inside(SEQUENCE).map_err(|_| malformed("extension"))?;
                let id = extension.oid()?;
                extension.optional(BOOLEAN)?;
                self.extension(&id, extension.expect(OCTET_STRING)?)?;
            }
        }
        tbs.end()
    }

    fn extension(&mut self, id: &[u64], content: &[u8]) -> Outcome<()> {
        let mut reader = Reader::new(content);
        match id {
            oid::SUBJECT_KEY_ID => {
                self.key_id = reader.expect(OCTET_STRING).map_err(|_| malformed("subject key identifier"))?.to_vec();
            }
            oid::AUTHORITY_KEY_ID => {
                let mut inner = reader.inside(SEQUENCE).map_err(|_| malformed("authority key identifier"))?;
                self.authority_id = inner.optional(implicit(0))?.unwrap_or_default().to_vec();
            }
            oid::ALTERNATIVE_NAMES => self.names = alternative_names(reader.inside(SEQUENCE)?)?,
            _ => {}
        }
        Ok(())
    }

    /// Whether it says that it signed itself, or does not say who signed it.
    pub fn is_root(&self) -> bool {
        self.authority_id.is_empty() || self.authority_id == self.key_id
    }

    /// The subject as text.
    pub fn subject_text(&self) -> Outcome<String> {
        name::text(&self.subject)
    }
}

/// DNS names first, then addresses, mail addresses and URIs.
fn alternative_names(mut list: Reader<'_>) -> Outcome<Vec<String>> {
    let mut kinds = [const { Vec::new() }; 4];
    while !list.is_empty() {
        let (tag, content, _) = list.element()?;
        let text = || match std::str::from_utf8(content) {
            Ok(text) if text.is_ascii() => Ok(text.to_string()),
            _ => Err(Failure::new("x509: SAN is malformed")),
        };
        let [dns, addresses, mails, uris] = &mut kinds;
        match tag {
            t if t == implicit(1) => mails.push(text()?),
            t if t == implicit(2) => dns.push(text()?),
            t if t == implicit(6) => uris.push(text()?),
            t if t == implicit(7) => addresses.push(address(content)?),
            _ => {}
        }
    }
    Ok(kinds.concat())
}

fn address(bytes: &[u8]) -> Outcome<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| IpAddr::V4(Ipv4Addr::from(bytes)));
    let v6 = || <[u8; 16]>::try_from(bytes).map(|bytes| IpAddr::V6(Ipv6Addr::from(bytes)));
    let address = v4.or_else(|_| v6()).map_err(|_| Failure::new("x509: cannot parse IP address"))?;
    Ok(address.to_canonical().to_string())
}

/// An extension of a certificate.
pub(super) fn extension(id: &[u64], critical: &[u8], content: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(id), critical, &der::element(OCTET_STRING, &[content])])
}
