//! The certificate's folder, read and judged.

use std::path::{Path, PathBuf};

use eso_core::Fault;
use eso_plan::certs::{CertsSeen, Served, leaf_fault};
use eso_runtime::certificates::Certificate;
use eso_runtime::tls::KeyFiles;
use jiff::Timestamp;

/// Where the certificate is, and who it is for.
#[derive(Debug, Clone)]
pub struct CertFolder {
    /// With `ca.crt`, `tls.crt` and `tls.key`.
    pub folder: PathBuf,
    /// DNS name of the webhook.
    pub name: String,
}

impl CertFolder {
    /// What is shown.
    pub fn files(&self) -> KeyFiles {
        KeyFiles { certificate: self.folder.join("tls.crt"), key: self.folder.join("tls.key") }
    }

    /// Why the certificate would not be accepted at `time`.
    ///
    /// Faults: Misconfigured or Invalid.
    pub fn check(&self, time: Timestamp) -> Result<(), Fault> {
        match leaf_fault(&self.seen(time)?, time) {
            None => Ok(()),
            Some(fault) => Err(fault),
        }
    }

    /// What stands in `ca.crt` is trusted, and what follows the certificate in `tls.crt`: ESO takes a chain's middle for a root.
    fn seen(&self, now: Timestamp) -> Result<CertsSeen, Fault> {
        let mut authorities = Certificate::read_all(&content(&self.folder, "ca.crt"))?;
        let chain = Certificate::read_all(&content(&self.folder, "tls.crt"))?;
        let key = content(&self.folder, "tls.key");
        if !authorities.is_empty() {
            authorities.extend(chain.iter().skip(1).cloned());
        }
        Ok(CertsSeen {
            now,
            name: self.name.clone(),
            leaf: chain.first().map(|leaf| leaf.as_leaf(Some(&key), &authorities)),
            authorities: authorities.iter().map(|authority| authority.as_authority(None)).collect(),
            trusted: true,
            served: Served::Unknown,
        })
    }
}

/// A file that is missing is as good as an empty one.
fn content(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap_or_default()
}
