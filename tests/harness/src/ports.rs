//! Ports that stay free until they are used, and free again after a restart.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _};
use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context as _;

use crate::parts::cache_root;

/// Below the range from which the system takes ports for outgoing connections: a port from that range could be taken by any
/// client between our choice and the server's start, or while the server restarts.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port that no other user of this harness is given while this value lives.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _claim: Option<File>,
}

impl Port {
    /// One of a network where nobody else chooses any.
    pub(crate) const fn of_its_own_network(number: u16) -> Self {
        Self { number, _claim: None }
    }

    /// Chooses one of 127.0.0.1.
    ///
    /// # Errors
    /// When none is free, or the folder of claims cannot be used.
    pub fn claim() -> anyhow::Result<Self> {
        let folder = cache_root()?.join("run").join("ports");
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let start = u16::try_from(RandomState::new().build_hasher().finish() % u64::from(COUNT)).unwrap_or_default();
        for step in 0..COUNT {
            let number = FIRST + (start + step) % COUNT;
            let claim = File::options().create(true).truncate(false).write(true).open(folder.join(number.to_string()));
            let claim = claim.context("a port cannot be claimed")?;
            if claim.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Ok(Self { number, _claim: Some(claim) });
            }
        }
        anyhow::bail!("there is no free port between {FIRST} and {}", FIRST + COUNT)
    }

    /// Its number.
    pub const fn number(&self) -> u16 {
        self.number
    }
}
