//! The command lines of the control plane's programs.

use std::path::Path;

use super::{ISSUER, Setup};

impl Setup {
    pub(super) fn etcd_args(&self) -> Vec<String> {
        let client = format!("http://127.0.0.1:{}", self.place.etcd.number());
        let peer = format!("http://127.0.0.1:{}", self.place.etcd_peer.number());
        vec![
            "--name=harness".to_owned(),
            format!("--data-dir={}", self.path("etcd")),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=harness={peer}"),
            // The data need not survive a power cut.
            "--unsafe-no-fsync".to_owned(),
            "--quota-backend-bytes=8589934592".to_owned(),
            "--log-level=warn".to_owned(),
        ]
    }

    pub(super) fn api_server_args(&self) -> Vec<String> {
        let mut args = vec![
            format!("--etcd-servers=http://127.0.0.1:{}", self.place.etcd.number()),
            format!("--bind-address={}", self.place.address),
            format!("--secure-port={}", self.place.api.number()),
            format!("--service-cluster-ip-range={}", crate::node::SERVICES),
            format!("--tls-cert-file={}", self.path("apiserver.crt")),
            format!("--tls-private-key-file={}", self.path("apiserver.key")),
            format!("--client-ca-file={}", self.path("ca.crt")),
            format!("--service-account-issuer={ISSUER}"),
            format!("--service-account-key-file={}", self.path("sa.pub")),
            format!("--service-account-signing-key-file={}", self.path("sa.key")),
            "--authorization-mode=Node,RBAC".to_owned(),
            "--enable-admission-plugins=NodeRestriction".to_owned(),
            "--allow-privileged=true".to_owned(),
            // So that the limit a benchmark finds is the machine's.
            "--max-requests-inflight=3000".to_owned(),
            "--max-mutating-requests-inflight=1500".to_owned(),
            "--profiling=false".to_owned(),
        ];
        args.extend(self.route_args());
        args.extend(self.options.api_server_args.iter().cloned());
        args
    }

    /// How kube-apiserver is reached from pods, and how it reaches them and webhooks.
    fn route_args(&self) -> Vec<String> {
        if self.place.has_pods() {
            return vec![
                format!("--advertise-address={}", self.place.address),
                format!("--kubelet-client-certificate={}", self.path("kubelet-client.crt")),
                format!("--kubelet-client-key={}", self.path("kubelet-client.key")),
                format!("--kubelet-certificate-authority={}", self.path("ca.crt")),
                "--kubelet-preferred-address-types=InternalIP".to_owned(),
                // A webhook is called at its pod's address.
                "--enable-aggregator-routing=true".to_owned(),
            ];
        }
        vec![
            // Nobody reaches it through the `kubernetes` Service, whose endpoints may not be loopback addresses.
            "--endpoint-reconciler-type=none".to_owned(),
            // With this off, a webhook may be a Service of type ExternalName that leads to a process on this machine.
            "--enable-aggregator-routing=false".to_owned(),
        ]
    }

    pub(super) fn controller_manager_args(&self, kubeconfig: &Path, controllers: &str) -> Vec<String> {
        let kubeconfig = kubeconfig.display();
        vec![
            format!("--kubeconfig={kubeconfig}"),
            format!("--authentication-kubeconfig={kubeconfig}"),
            format!("--authorization-kubeconfig={kubeconfig}"),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", self.place.manager.number()),
            "--leader-elect=false".to_owned(),
            "--use-service-account-credentials=true".to_owned(),
            format!("--service-account-private-key-file={}", self.path("sa.key")),
            format!("--root-ca-file={}", self.path("ca.crt")),
            "--profiling=false".to_owned(),
            format!("--controllers={controllers}"),
        ]
    }

    pub(super) fn scheduler_args(&self, kubeconfig: &Path) -> Vec<String> {
        let kubeconfig = kubeconfig.display();
        vec![
            format!("--kubeconfig={kubeconfig}"),
            format!("--authentication-kubeconfig={kubeconfig}"),
            format!("--authorization-kubeconfig={kubeconfig}"),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", self.place.scheduler.number()),
            "--leader-elect=false".to_owned(),
            "--profiling=false".to_owned(),
        ]
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}
