//! One turn: observe, decide, write, until there is nothing to write.

use std::time::Duration;

use eso_core::{Fault, FaultKind};
use eso_plan::certs::{Action, CertsSeen, Served, certs};
use eso_runtime::certificates::Certificate;
use jiff::Timestamp;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use kube::Client;
use tokio::time::{Instant, sleep};

use crate::args::Args;
use crate::authorities::{Chain, Memory, bundle};
use crate::hooks::Target;
use crate::readiness::Readiness;
use crate::secret::{CA_CRT, CA_KEY, CertSecret, Held, TLS_CRT, TLS_KEY};
use crate::{crds, endpoints, hooks, mint};

/// How often a turn may begin anew because it wrote something. A whole rotation needs four.
const ROUNDS: usize = 8;

/// API servers learn of a changed webhook configuration within moments; a new leaf of an authority that is new to them waits so long.
const PROPAGATION: Duration = Duration::from_secs(2);

/// How soon to look again while one certificate replaces another.
const WHILE_ROTATING: Duration = Duration::from_secs(5);

/// What is kept from turn to turn.
pub(crate) struct Turns {
    pub client: Client,
    pub args: Args,
    pub secret: CertSecret,
    pub memory: Memory,
    pub readiness: Readiness,
    /// When all definitions were looked at last, and for which bundle.
    pub definitions: Option<(Instant, String)>,
}

impl Turns {
    pub fn new(client: Client, args: Args, readiness: Readiness) -> Self {
        let secret = CertSecret::new(client.clone(), &args.secret_namespace, &args.secret_name);
        Self { client, args, secret, memory: Memory::default(), readiness, definitions: None }
    }

    /// One turn. Gives the time until the next one, unless something changes before.
    ///
    /// Faults: those of the API server; Internal, when the cryptography fails or the rounds do not end.
    pub async fn turn(&mut self) -> Result<Duration, Fault> {
        let ready = endpoints::ready(&self.client, &self.args.service_namespace, &self.args.service_name).await?;
        self.readiness.update(|state| state.endpoint = !ready.is_empty());
        for _ in 0..ROUNDS {
            let configurations = hooks::list(&self.client).await?;
            let held = self.secret.read().await?;
            let chain = self.memory.complete(&held);
            let seen = self.seen(&held, &chain, &configurations, &ready).await;
            let plan = certs(&seen);
            if plan.action != Action::Keep {
                tracing::info!(secret = self.args.secret_name, "{}", plan.why);
                self.write(&held, &chain, plan.action).await?;
                continue;
            }
            let pem = bundle(&chain.authorities);
            if self.point(&configurations, &pem).await? {
                if chain.authorities.len() > 1 && !seen.trusted {
                    sleep(PROPAGATION).await;
                }
                continue;
            }
            self.point_definitions(pem).await?;
            let rotating = chain.authorities.len() > 1;
            return Ok(if rotating { WHILE_ROTATING } else { self.args.crd_requeue_interval });
        }
        Err(Fault::new(
            FaultKind::Conflict,
            "Somebody else keeps changing the certificates or the webhook configurations.",
        ))
    }

    async fn seen(
        &self,
        held: &Held,
        chain: &Chain,
        configurations: &[ValidatingWebhookConfiguration],
        ready: &[(String, u16)],
    ) -> CertsSeen {
        let key_of = |index: usize| (index == 0).then(|| held.value(CA_KEY));
        let authorities = chain.authorities.iter().enumerate();
        let served = match &chain.leaf {
            // Only then does anything depend on it.
            Some(leaf) if chain.authorities.len() > 1 => endpoints::served(ready, leaf).await,
            _ => Served::Unknown,
        };
        CertsSeen {
            now: Timestamp::now(),
            name: self.args.dns_name(),
            authorities: authorities.map(|(index, authority)| authority.as_authority(key_of(index))).collect(),
            leaf: chain.leaf.as_ref().map(|leaf| leaf.as_leaf(Some(held.value(TLS_KEY)), &chain.authorities)),
            trusted: chain.authorities.first().is_some_and(|first| hooks::all_trust(configurations, first)),
            served,
        }
    }

    async fn write(&self, held: &Held, chain: &Chain, action: Action) -> Result<(), Fault> {
        let now = Timestamp::now();
        let (keep, renews) = match &action {
            Action::Keep => return Ok(()),
            Action::Replace { keep } => (keep, true),
            Action::AddAuthority { keep } => (keep, false),
            Action::RenewLeaf { keep } => return self.write_leaf(held, chain, keep).await,
            Action::Retire { keep } => return self.secret.write(held, &[(CA_CRT, &bundle(kept(chain, keep)))]).await,
        };
        let authority = mint::authority(now)?;
        let pem = format!("{}{}", authority.certificate, bundle(kept(chain, keep)));
        if !renews {
            return self.secret.write(held, &[(CA_CRT, &pem), (CA_KEY, &authority.key)]).await;
        }
        let parsed = Certificate::read_all(authority.certificate.as_bytes())?;
        let first = parsed.first().ok_or_else(nothing)?;
        let leaf = mint::leaf(&self.args.dns_name(), now, first.der(), &authority.key)?;
        let values = [(CA_CRT, &pem), (CA_KEY, &authority.key), (TLS_CRT, &leaf.certificate), (TLS_KEY, &leaf.key)];
        self.secret.write(held, &values.map(|(key, value)| (key, value.as_str()))).await
    }

    async fn write_leaf(&self, held: &Held, chain: &Chain, keep: &[usize]) -> Result<(), Fault> {
        let first = chain.authorities.first().ok_or_else(nothing)?;
        let key = String::from_utf8_lossy(held.value(CA_KEY));
        let leaf = mint::leaf(&self.args.dns_name(), Timestamp::now(), first.der(), &key)?;
        let pem = bundle(kept(chain, keep));
        self.secret.write(held, &[(CA_CRT, &pem), (TLS_CRT, &leaf.certificate), (TLS_KEY, &leaf.key)]).await
    }

    /// Points every configuration at the Service. `true`: something was written.
    async fn point(&self, configurations: &[ValidatingWebhookConfiguration], pem: &str) -> Result<bool, Fault> {
        let mut wrote = false;
        for configuration in configurations {
            if let Some(wanted) = hooks::pointed(configuration, &self.target(pem)) {
                hooks::write(&self.client, &wanted).await?;
                tracing::info!(name = configuration.metadata.name, "The webhook configuration was brought in step.");
                wrote = true;
            }
        }
        self.readiness.update(|state| state.hooks = !configurations.is_empty());
        Ok(wrote)
    }

    /// Looks at every definition, from time to time and when the bundle has changed.
    async fn point_definitions(&mut self, pem: String) -> Result<(), Fault> {
        let fresh = |(when, of): &(Instant, String)| *of == pem && when.elapsed() < self.args.crd_requeue_interval;
        if self.definitions.as_ref().is_some_and(fresh) {
            return Ok(());
        }
        for name in self.args.crd_names.iter().filter(|name| !name.is_empty()) {
            if let Err(fault) = crds::point(&self.client, name, &self.target(&pem)).await {
                self.readiness.update(|state| state.definitions = false);
                return Err(fault);
            }
        }
        self.readiness.update(|state| state.definitions = true);
        self.definitions = Some((Instant::now(), pem));
        Ok(())
    }

    fn target<'a>(&'a self, pem: &'a str) -> Target<'a> {
        Target { service: &self.args.service_name, namespace: &self.args.service_namespace, bundle: pem }
    }
}

fn kept<'a>(chain: &'a Chain, keep: &'a [usize]) -> impl Iterator<Item = &'a Certificate> {
    keep.iter().filter_map(|index| chain.authorities.get(*index))
}

fn nothing() -> Fault {
    Fault::new(FaultKind::Internal, "There is no authority to sign with.")
}
