//! What each program may do in the cluster, and why. The chart's roles and `deploy/manifests` are made from these lists.

pub mod chart;
pub mod manifest;

use serde_json::{Value, json};

/// One line of a program's rights.
pub struct Right {
    /// API group; empty for the core one.
    pub group: &'static str,
    /// Resources and subresources.
    pub resources: &'static [&'static str],
    /// Which objects of those resources.
    pub names: Names,
    /// Verbs.
    pub verbs: &'static [&'static str],
    /// Which installations need it.
    pub when: When,
    /// What it is for.
    pub why: &'static str,
}

/// Which objects a right is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// All.
    All,
    /// Those named so in every installation.
    Fixed(&'static [&'static str]),
    /// The Secret with the webhook's certificate, which is named after the release.
    WebhookSecret,
}

/// Which installations need a right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// All.
    Always,
    /// Those that look after more than one namespace.
    WholeCluster,
    /// Those that handle `SecretStores`.
    SecretStores,
    /// Those that handle `ClusterSecretStores`.
    ClusterStores,
    /// Those that may make tokens.
    Tokens,
    /// Those on clusters that want a right on finalizers of whoever sets owners, as `OpenShift` does.
    Finalizers,
}

impl When {
    /// The condition as an expression of Helm's templates; `None` when there is none.
    const fn condition(self) -> Option<&'static str> {
        match self {
            Self::Always => None,
            Self::WholeCluster => Some(r#"not (include "eso.scoped" .)"#),
            Self::SecretStores => Some(".Values.processSecretStore"),
            Self::ClusterStores => Some(r#"and .Values.processClusterStore (not (include "eso.scoped" .))"#),
            Self::Tokens => Some(".Values.rbac.serviceAccountTokenCreate"),
            Self::Finalizers => Some(".Values.openshiftFinalizers"),
        }
    }
}

const READ: &[&str] = &["get", "list", "watch"];
const LEASE: &[&str] = &["get", "create", "update"];
const ESO: &str = "external-secrets.io";

/// A right that every installation needs, on all objects.
const fn right(
    group: &'static str,
    resources: &'static [&'static str],
    verbs: &'static [&'static str],
    why: &'static str,
) -> Right {
    Right { group, resources, names: Names::All, verbs, when: When::Always, why }
}

impl Right {
    /// The same right for fewer installations.
    const fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// The same right on fewer objects.
    const fn on(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// The rule of a role. `secret` is the name of the Secret with the webhook's certificate.
    fn rule(&self, secret: &str) -> Value {
        let names: &[&str] = match self.names {
            Names::All => &[],
            Names::Fixed(names) => names,
            Names::WebhookSecret => &[secret],
        };
        let mut rule = json!({ "apiGroups": [self.group], "resources": self.resources, "verbs": self.verbs });
        if let Some(rule) = rule.as_object_mut()
            && !names.is_empty()
        {
            rule.insert("resourceNames".into(), names.into());
        }
        rule
    }
}

/// The controller's rights wherever it works: in the whole cluster, or in the one namespace that it is limited to.
pub const CONTROLLER: &[Right] = &[
    right(ESO, &["externalsecrets"], READ, "the objects that are reconciled"),
    right(
        ESO,
        &["externalsecrets"],
        &["update", "patch"],
        "the finalizer of ExternalSecrets whose deletion has an effect of its own",
    ),
    right(ESO, &["externalsecrets/status"], &["get", "update", "patch"], "conditions and refresh times"),
    right(ESO, &["externalsecrets/finalizers"], &["update"], "being the owner of Secrets, where that takes a right")
        .when(When::Finalizers),
    right(ESO, &["secretstores"], READ, "the stores of a namespace").when(When::SecretStores),
    right(ESO, &["secretstores/status"], &["get", "update", "patch"], "their conditions").when(When::SecretStores),
    right(ESO, &["clustersecretstores"], READ, "the stores of the whole cluster").when(When::ClusterStores),
    right(ESO, &["clustersecretstores/status"], &["get", "update", "patch"], "their conditions")
        .when(When::ClusterStores),
    right(
        "",
        &["secrets"],
        &["get", "list", "watch", "create", "update", "patch", "delete"],
        "the Secrets that are written, and the credentials that stores refer to",
    ),
    right("", &["configmaps"], READ, "ConfigMaps that hold templates, and CA certificates that stores refer to"),
    right("", &["namespaces"], READ, "labels of namespaces, for the conditions of ClusterSecretStores")
        .when(When::WholeCluster),
    right("", &["serviceaccounts"], &["get"], "annotations of ServiceAccounts that stores refer to"),
    right("", &["serviceaccounts/token"], &["create"], "tokens of those ServiceAccounts, to log in at a backend")
        .when(When::Tokens),
    right("", &["events"], &["create", "patch"], "events on the objects that are reconciled"),
];

/// The controller's rights in its own namespace.
pub const CONTROLLER_OWN: &[Right] =
    &[right("coordination.k8s.io", &["leases"], LEASE, "the lease that keeps a second controller waiting")];

/// The cert-controller's rights in the whole cluster.
pub const CERT_CONTROLLER: &[Right] = &[
    right(
        "apiextensions.k8s.io",
        &["customresourcedefinitions"],
        &["get", "patch"],
        "the CA of our own definitions, where they have a conversion webhook",
    )
    .on(Names::Fixed(&[
        "externalsecrets.external-secrets.io",
        "secretstores.external-secrets.io",
        "clustersecretstores.external-secrets.io",
    ])),
    right(
        "admissionregistration.k8s.io",
        &["validatingwebhookconfigurations"],
        &["list", "watch"],
        "which CA they hold",
    ),
    right(
        "admissionregistration.k8s.io",
        &["validatingwebhookconfigurations"],
        &["update"],
        "the CA of the webhook's certificate",
    )
    .on(Names::Fixed(&["secretstore-validate", "externalsecret-validate"])),
    right("", &["events"], &["create", "patch"], "events on what could not be written"),
];

/// The cert-controller's rights in its own namespace.
pub const CERT_CONTROLLER_OWN: &[Right] = &[
    right("", &["secrets"], &["get", "list", "watch", "patch"], "the webhook's certificate, and no other Secret")
        .on(Names::WebhookSecret),
    right("discovery.k8s.io", &["endpointslices"], &["list", "watch"], "whether the webhook answers"),
    right("coordination.k8s.io", &["leases"], LEASE, "the lease that keeps a second cert-controller waiting"),
];

/// What any program needs that shows its metrics only to those whom the API server allows.
pub const METRICS_READERS: &[Right] = &[
    right("authentication.k8s.io", &["tokenreviews"], &["create"], "who asks for metrics"),
    right("authorization.k8s.io", &["subjectaccessreviews"], &["create"], "whether they may"),
];
