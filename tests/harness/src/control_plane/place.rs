//! Where a control plane's programs run, and which addresses they have there.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use crate::node::Sandbox;
use crate::ports::Port;

/// This machine's loopback, or a node's sandbox.
pub(crate) struct Place {
    /// Where kube-apiserver is reached, from inside and from this process alike. The other programs listen on 127.0.0.1.
    pub(super) address: Ipv4Addr,
    pub(super) api: Port,
    pub(super) etcd: Port,
    pub(super) etcd_peer: Port,
    pub(super) manager: Port,
    pub(super) scheduler: Port,
    sandbox: Option<Arc<Sandbox>>,
}

impl Place {
    /// Beside this process.
    pub(crate) fn loopback() -> anyhow::Result<Self> {
        Ok(Self {
            address: Ipv4Addr::LOCALHOST,
            api: Port::claim()?,
            etcd: Port::claim()?,
            etcd_peer: Port::claim()?,
            manager: Port::claim()?,
            scheduler: Port::claim()?,
            sandbox: None,
        })
    }

    /// On a node, at the ports that Kubernetes documents.
    pub(crate) fn inside(sandbox: Arc<Sandbox>) -> Self {
        Self {
            address: sandbox.address(),
            api: Port::of_its_own_network(6443),
            etcd: Port::of_its_own_network(2379),
            etcd_peer: Port::of_its_own_network(2380),
            manager: Port::of_its_own_network(10257),
            scheduler: Port::of_its_own_network(10259),
            sandbox: Some(sandbox),
        }
    }

    /// Whether there is a node that kube-apiserver talks to.
    pub(super) const fn has_pods(&self) -> bool {
        self.sandbox.is_some()
    }

    pub(super) fn url(&self) -> String {
        format!("https://{}:{}", self.address, self.api.number())
    }

    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        if let Some(sandbox) = &self.sandbox {
            return sandbox.command(program, folder);
        }
        let mut command = Command::new(program);
        command.current_dir(folder);
        command
    }
}
