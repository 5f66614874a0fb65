//! The flags about TLS versions and cipher suites, in Go's words.

use rustls::{SupportedCipherSuite, SupportedProtocolVersion, version};

/// Suites that Go calls secure and that no program of ours can speak: they are of the kind CBC.
const CBC: [&str; 4] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
];

/// The other suites that Go calls secure. Those of TLS 1.3 are always on.
const KNOWN: [&str; 9] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// Which cipher suites TLS 1.2 may use; none named means all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suites(Vec<&'static str>);

impl Suites {
    /// Reads a list with commas, for clap. Names are Go's.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let known = |name: &str| KNOWN.iter().chain(&CBC).find(|known| **known == name).copied();
        let chosen: Result<Vec<_>, String> = words
            .map(|name| {
                known(name).ok_or_else(|| format!("{name:?} is not a secure suite. Use some of {}.", KNOWN.join(", ")))
            })
            .collect();
        let chosen = chosen?;
        if !chosen.is_empty() && chosen.iter().all(|name| CBC.contains(name)) {
            return Err(format!(
                "all of these are of the kind CBC, which is not spoken. Use some of {}.",
                KNOWN.join(", ")
            ));
        }
        Ok(Self(chosen))
    }

    /// Those named that cannot be spoken.
    pub fn unspoken(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied().filter(|name| CBC.contains(name))
    }

    pub(super) fn admits(&self, suite: &SupportedCipherSuite) -> bool {
        let is_1_3 = suite.version() == &version::TLS13;
        is_1_3 || self.0.is_empty() || suite.suite().as_str().is_some_and(|name| self.0.contains(&name))
    }
}

/// The least version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MinVersion {
    /// 1.2. Earlier ones are not spoken, so it stands for them too.
    #[default]
    Tls12,
    /// 1.3.
    Tls13,
}

impl MinVersion {
    /// Reads `1.0` to `1.3`, for clap. Nothing is the earliest, and what is not known is the latest, as in ESO.
    pub fn parse(text: &str) -> Result<Self, std::convert::Infallible> {
        Ok(if matches!(text, "" | "1.0" | "1.1" | "1.2") { Self::Tls12 } else { Self::Tls13 })
    }

    pub(super) fn versions(self) -> &'static [&'static SupportedProtocolVersion] {
        static FROM_1_2: [&SupportedProtocolVersion; 2] = [&version::TLS12, &version::TLS13];
        static FROM_1_3: [&SupportedProtocolVersion; 1] = [&version::TLS13];
        match self {
            Self::Tls12 => &FROM_1_2,
            Self::Tls13 => &FROM_1_3,
        }
    }
}
