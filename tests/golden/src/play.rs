//! One world: do a step, wait for quiet, compare, and go on while it matches.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use http::Method;
use kube::core::discovery::Scope;
use serde_json::{Value, json};

use crate::compare::{Mismatch, compare};
use crate::differences::settle;
use crate::facts::{Facts, PLAYER, scrubbed};
use crate::stage::{Reply, Stage, USUAL_KINDS};
use crate::world::{Did, Step, World, placed};

/// Quiet that ends a step. The recording waited for three seconds; ours compares too, and goes on at once when all is there.
const QUIET: Duration = Duration::from_millis(1500);
/// Quiet that ends a world: after the last step nothing else would show a late change.
const LAST_QUIET: Duration = Duration::from_secs(3);
/// Longest wait for quiet where the recording names none.
const USUAL_WAIT: Duration = Duration::from_secs(20);
/// How often it is looked whether there is quiet.
const GLANCE: Duration = Duration::from_millis(100);

/// How long a difference may last, after quiet, before it counts.
#[derive(Debug, Clone, Copy)]
pub struct Patience(pub Duration);

/// What became of a world.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Every step matched.
    Matched,
    /// A step did not; later ones were not played.
    Differs {
        /// Its number, from 0.
        step: usize,
        /// Where.
        mismatches: Vec<Mismatch>,
    },
}

/// A world that was played.
#[derive(Debug, Clone)]
pub struct Played {
    /// What became of it.
    pub verdict: Verdict,
    /// Names of the declared differences that it needed.
    pub used: BTreeSet<&'static str>,
}

/// Plays a world.
///
/// # Errors
/// When the API server does not answer, or the recording is not what its format says.
pub async fn play(stage: &Stage, world: &World, patience: Patience) -> anyhow::Result<Played> {
    stage.make_namespace(&world.namespace).await?;
    let mut scene = Scene {
        stage,
        world,
        kinds: USUAL_KINDS.iter().map(|&kind| kind.to_owned()).collect(),
        names: BTreeSet::new(),
    };
    let mut used = BTreeSet::new();
    for (number, step) in world.steps.iter().enumerate() {
        let quiet = if number + 1 == world.steps.len() { LAST_QUIET } else { QUIET };
        let outcome = scene.step(step, quiet, patience).await.with_context(|| format!("step {number}"))?;
        used.extend(outcome.used);
        if !outcome.mismatches.is_empty() {
            return Ok(Played { verdict: Verdict::Differs { step: number, mismatches: outcome.mismatches }, used });
        }
    }
    Ok(Played { verdict: Verdict::Matched, used })
}

/// A world while it is played.
struct Scene<'a> {
    stage: &'a Stage,
    world: &'a World,
    /// Kinds that it has used so far.
    kinds: BTreeSet<String>,
    /// Kinds and names of cluster-wide objects of its own.
    names: BTreeSet<(String, String)>,
}

#[derive(Default)]
struct StepOutcome {
    mismatches: Vec<Mismatch>,
    used: BTreeSet<&'static str>,
}

impl Scene<'_> {
    async fn step(&mut self, step: &Step, quiet: Duration, patience: Patience) -> anyhow::Result<StepOutcome> {
        let replies = self.act(&step.did).await?;
        let mismatches = compare(&json!({"replies": step.replies}), &json!({"replies": replies}));
        if !mismatches.is_empty() {
            return Ok(StepOutcome { mismatches, ..StepOutcome::default() });
        }
        let acted = Instant::now();
        let least = seconds(step.did.at_least).unwrap_or_default();
        let most = seconds(step.did.wait).unwrap_or(USUAL_WAIT).max(least);
        tokio::time::sleep(least).await;
        loop {
            self.wait_for_quiet(acted, quiet, most).await?;
            let outcome = self.look(step).await?;
            let calm = self.calm_since(acted).elapsed();
            if outcome.mismatches.is_empty() || calm > quiet + patience.0 || acted.elapsed() > most + patience.0 {
                return Ok(outcome);
            }
            tokio::time::sleep(GLANCE * 3).await;
        }
    }

    /// The last change in the world, at the earliest its last step.
    fn calm_since(&self, acted: Instant) -> Instant {
        let places = self.names.iter().map(|(_, name)| name.as_str()).chain([self.world.namespace.as_str()]);
        self.stage.pulse().last(places).map_or(acted, |last| last.max(acted))
    }

    async fn wait_for_quiet(&self, acted: Instant, quiet: Duration, most: Duration) -> anyhow::Result<()> {
        while self.calm_since(acted).elapsed() < quiet && acted.elapsed() < most {
            self.stage.check_alive()?;
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }

    async fn look(&self, step: &Step) -> anyhow::Result<StepOutcome> {
        let mut recorded = Facts::recorded(step)?;
        let mut ours = self.observe().await?;
        let used = settle(&mut recorded, &mut ours);
        Ok(StepOutcome { mismatches: compare(&recorded.tree(), &ours.tree()), used })
    }

    async fn observe(&self) -> anyhow::Result<Facts> {
        let namespace = &self.world.namespace;
        let mut objects = BTreeMap::new();
        for name in &self.kinds {
            let Some(kind) = self.stage.kinds().get(name) else { continue };
            let mut list = self.stage.list(&kind.path(namespace)).await?;
            if kind.scope == Scope::Cluster {
                list.retain(|object| self.names.contains(&(name.clone(), name_of(object).to_owned())));
            }
            objects.insert(name.clone(), list);
        }
        let events = self.stage.list(&format!("/api/v1/namespaces/{namespace}/events")).await?;
        Ok(Facts::observed(&objects, &events, namespace))
    }

    /// Does what was done, and gives the API server's answers in the recording's form.
    async fn act(&mut self, did: &Did) -> anyhow::Result<Vec<Value>> {
        let mut replies = Vec::new();
        for manifest in &did.apply {
            let object = placed(manifest, &self.world.namespace);
            let kind = object.get("kind").and_then(Value::as_str).context("an applied object has no kind")?.to_owned();
            let (name, query) = (name_of(&object).to_owned(), format!("fieldManager={PLAYER}&force=true"));
            let body = ("application/apply-patch+yaml", &object);
            replies.push(self.send(Method::PATCH, (&kind, &name), &query, Some(body)).await?);
            if self.stage.kinds().get(&kind).is_some_and(|kind| kind.scope == Scope::Cluster) {
                self.names.insert((kind.clone(), name));
            }
            self.kinds.insert(kind);
        }
        for merge in &did.merge {
            let patch = placed(&merge.patch, &self.world.namespace);
            let body = ("application/merge-patch+json", &patch);
            let query = format!("fieldManager={PLAYER}");
            replies.push(self.send(Method::PATCH, (&merge.kind, &merge.name), &query, Some(body)).await?);
        }
        for (kind, name) in &did.delete {
            replies.push(self.send(Method::DELETE, (kind, name), "", None).await?);
        }
        Ok(replies)
    }

    async fn send(
        &self,
        method: Method,
        (kind, name): (&str, &str),
        query: &str,
        body: Option<(&str, &Value)>,
    ) -> anyhow::Result<Value> {
        let namespace = &self.world.namespace;
        let name = name.replace(crate::world::NAMESPACE, namespace);
        let reply = match self.stage.kinds().get(kind) {
            Some(kind) => self.stage.send(method, &format!("{}/{name}?{query}", kind.path(namespace)), body).await?,
            None => Reply { code: 404, body: json!({"message": format!("the kind {kind} is not served")}) },
        };
        let about = scrubbed(&format!("{kind}/{name}"), namespace);
        Ok(if reply.code < 300 {
            json!([about, reply.code])
        } else {
            let message = reply.body.get("message").and_then(Value::as_str).unwrap_or_default();
            json!([about, reply.code, scrubbed(message, namespace)])
        })
    }
}

fn name_of(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

fn seconds(given: Option<f64>) -> Option<Duration> {
    given.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}
