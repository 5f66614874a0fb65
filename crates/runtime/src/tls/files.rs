//! A certificate and its key in files that somebody else replaces, such as the kubelet.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use eso_core::{Fault, FaultKind};
use prometheus::IntCounter;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::Shown;

/// How often the files are looked at. Two calls of the system each time.
const EVERY: Duration = Duration::from_secs(1);

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFiles {
    /// The certificate, PEM; certificates of authorities in between may follow it.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
}

/// What tells one state of a file from another.
type Mark = Option<(u64, u64, i64, i64, u64)>;

impl KeyFiles {
    /// Both, as a server shows them.
    ///
    /// Faults: Misconfigured, when one cannot be read or they do not belong together.
    pub fn read(&self) -> Result<CertifiedKey, Fault> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(&self.certificate)?).collect();
        let chain = chain.map_err(|error| wrong(&self.certificate, "is no certificate in PEM", &error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|error| wrong(&self.key, "is no private key in PEM", &error.to_string()))?;
        CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())
            .map_err(|error| wrong(&self.key, "is not the key of the certificate beside it", &error.to_string()))
    }

    fn marks(&self) -> [Mark; 2] {
        [mark(&self.certificate), mark(&self.key)]
    }
}

fn mark(path: &Path) -> Mark {
    let of = |data: Metadata| (data.dev(), data.ino(), data.mtime(), data.mtime_nsec(), data.size());
    fs::metadata(path).ok().map(of)
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    fs::read(path).map_err(|error| wrong(path, "cannot be read", &error.to_string()))
}

fn wrong(path: &Path, what: &str, detail: &str) -> Fault {
    Fault::new(FaultKind::Misconfigured, format!("{} {what}.", path.display())).with_detail(detail)
}

/// Shows what the files hold, whenever they change and `usable` says that they are better than nothing. A pair that is not, as in the
/// middle of a change, is passed over and looked at again: the server goes on with what it has. Never ends. `reads` and `failures`
/// count changes.
pub async fn keep_fresh(
    files: KeyFiles,
    shown: Shown,
    usable: impl Fn() -> Result<(), Fault> + Send,
    (reads, failures): (IntCounter, IntCounter),
) {
    let (mut in_use, mut looked_at) = (None, None);
    loop {
        let marks = files.marks();
        if in_use.as_ref() != Some(&marks) {
            let is_new = looked_at.as_ref() != Some(&marks);
            if is_new {
                reads.inc();
            }
            match usable().and_then(|()| files.read()) {
                Ok(key) => {
                    shown.set(key);
                    if in_use.is_some() {
                        tracing::info!(file = %files.certificate.display(), "The certificate changed and is shown from now on.");
                    }
                    in_use = Some(marks);
                }
                Err(fault) if is_new => {
                    failures.inc();
                    tracing::warn!(detail = fault.detail.as_deref(), "{fault} The certificate in use stays.");
                }
                Err(_) => {}
            }
            looked_at = Some(marks);
        }
        tokio::time::sleep(EVERY).await;
    }
}
