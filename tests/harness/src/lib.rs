//! The real parts that demo, tests, golden worlds and benchmarks talk to.
//!
//! | module | what it gives |
//! |---|---|
//! | [`parts`] | where each program comes from: environment, PATH, cache, download, build |
//! | [`control_plane`] | etcd and kube-apiserver with RBAC and a service-account issuer, and optionally the controllers |
//! | [`node`] | a control plane and a node on which pods run, in a network of their own |
//! | [`image`] | image archives for it |
//! | [`venue`] | where pods run: kind, a node of ours, or nowhere |
//! | [`moto`] | AWS, played by `moto_server`, and the real `aws` CLI against it |
//! | [`bao`] | Vault, played by OpenBao |
//! | [`aws_proxy`] | in front of moto: counts, verifies identities as AWS does, injects faults |
//! | [`api_proxy`] | in front of the API server: counts, silences watches, cuts connections |
//! | [`files`] | a folder served over HTTP, as a Helm repository is |
//! | [`operator`] | the controller as a child process |
//! | [`admission`] | the webhook and the cert-controller as child processes, called by the API server |
//! | [`cluster`] | all of the above together |
//!
//! Every started program belongs to the process that started it: it ends when its handle is dropped and, whatever happens to
//! that process, when that process ends (see [`process`]). Set `ESO_HARNESS_KEEP=1` to keep the working folders with their logs.
//!
//! Linux only: usage figures and the cleaning up read `/proc`.

mod access;
pub mod admission;
pub mod api_proxy;
pub mod aws_proxy;
pub mod bao;
pub mod cluster;
pub mod control_plane;
pub mod files;
mod front;
mod guardian;
pub mod image;
mod kubeconfig;
pub mod moto;
pub mod node;
pub mod operator;
pub mod parts;
mod pki;
mod ports;
pub mod process;
pub mod shipped;
pub mod venue;
mod wait;
mod workdir;
pub mod workspace;

pub use access::Access;
pub use admission::Admission;
pub use api_proxy::ApiProxy;
pub use aws_proxy::AwsProxy;
pub use bao::Bao;
pub use cluster::{Cluster, ClusterOptions};
pub use control_plane::{ControlPlane, Controllers, Options};
pub use moto::Moto;
pub use node::Node;
pub use operator::{Operator, OperatorOptions, Profile};
pub use parts::{Installed, Part, Program, ensure};
pub use ports::Port;
pub use venue::Venue;
pub use wait::{eventually, eventually_within};

/// Makes aws-lc-rs the process's TLS cryptography. Safe to call as often as one likes; everything here that uses TLS does.
pub fn install_crypto() {
    // The only error is "there is one already", which is what is wanted.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
