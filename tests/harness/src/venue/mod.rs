//! Where pods run: one choice with three answers, and one way to use whichever it is.

mod choice;
mod kind;

use std::net::Ipv4Addr;
use std::path::Path;

pub use choice::{Choice, Decision, Ground, Obstacles};
pub use kind::Kind;

use crate::access::Access;
use crate::control_plane::{ControlPlane, Controllers, ISSUER, Options};
use crate::node::{self, Node};
use crate::parts::{Installed, Part};

/// A running cluster.
pub enum Venue {
    /// See [`Ground::Kind`].
    Kind(Box<Kind>),
    /// See [`Ground::Node`].
    Node(Box<Node>),
    /// See [`Ground::Processes`].
    Processes(Box<ControlPlane>),
}

impl Obstacles {
    /// Looks at this machine. Changes nothing.
    pub async fn look() -> Self {
        Self { kind: kind::engine().await.err(), node: node::obstacle().map(str::to_owned) }
    }
}

impl Ground {
    /// What has to be obtained for it.
    pub const fn parts(self) -> &'static [Part] {
        match self {
            Self::Kind => &[Part::ControlPlane, Part::Kind],
            Self::Node => &node::PARTS,
            Self::Processes => &[Part::ControlPlane, Part::ControllerManager],
        }
    }

    /// Packages of the distribution that will be installed for it, which is what a person is asked about beforehand.
    pub fn packages_to_install(self) -> Vec<&'static str> {
        match self {
            Self::Node => crate::parts::distribution::missing_packages(),
            Self::Kind | Self::Processes => Vec::new(),
        }
    }
}

impl Venue {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// Says in one line what is missing, or which program did not start.
    pub async fn start(ground: Ground, installed: &Installed) -> anyhow::Result<Self> {
        match ground {
            Ground::Kind => {
                let engine = kind::engine().await.map_err(anyhow::Error::msg)?;
                Ok(Self::Kind(Box::new(Kind::start(installed, engine).await?)))
            }
            Ground::Node => Ok(Self::Node(Box::new(Node::start(installed, Options::default()).await?))),
            Ground::Processes => {
                let options = Options { controllers: Controllers::Usual, ..Options::default() };
                Ok(Self::Processes(Box::new(ControlPlane::start(installed, options).await?)))
            }
        }
    }

    /// Which it is.
    pub const fn ground(&self) -> Ground {
        match self {
            Self::Kind(_) => Ground::Kind,
            Self::Node(_) => Ground::Node,
            Self::Processes(_) => Ground::Processes,
        }
    }

    /// An administrator's rights and tools.
    pub fn access(&self) -> &Access {
        match self {
            Self::Kind(kind) => kind.access(),
            Self::Node(node) => node.plane().access(),
            Self::Processes(plane) => plane.access(),
        }
    }

    /// The address of this machine at which pods, or the processes in their place, reach what listens there.
    pub fn host_address(&self) -> Ipv4Addr {
        match self {
            Self::Kind(kind) => kind.host_address(),
            Self::Node(node) => node.host_address(),
            Self::Processes(_) => Ipv4Addr::LOCALHOST,
        }
    }

    /// `iss` in the tokens of its `ServiceAccount`s.
    pub fn issuer(&self) -> &'static str {
        match self {
            Self::Kind(_) => kind::ISSUER,
            Self::Node(_) | Self::Processes(_) => ISSUER,
        }
    }

    /// Makes the images of an archive known to where pods run. Processes need none.
    ///
    /// # Errors
    /// With what containerd or kind says.
    pub async fn load_images(&self, archive: &Path) -> anyhow::Result<()> {
        match self {
            Self::Kind(kind) => kind.load_images(archive).await,
            Self::Node(node) => node.load_images(archive).await,
            Self::Processes(_) => Ok(()),
        }
    }
}
