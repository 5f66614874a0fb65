//! Over random worlds: the audit finds nothing, decisions depend on nothing but what was seen, and what is settled stays so.

use std::collections::BTreeSet;
use std::time::Duration;

use eso_core::crd::ExternalSecretStatus;
use eso_core::provider::{Payload, Shape};
use eso_core::{Fault, SecretMap};
use eso_plan::Requeue;
use eso_plan::externalsecret::{
    ApiFailure, Need, Outcome, Plan, Request, Seen, TargetSeen, Verdict, Write, audit, conclude, finalize, needs, plan,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::world::given::{CANARY, Given, given};
use crate::world::{FixedHost, World};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() }
}

/// How the observer's view differs from the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    /// It does not.
    Live,
    /// The Secret is known from the index only, even when the plan is made.
    Indexed,
    /// The Secret is not known at all.
    Blind,
}

/// What is wrong with the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    Right,
    OneShort,
    OfOtherShape,
}

fn view() -> impl Strategy<Value = View> {
    select(vec![View::Live, View::Live, View::Indexed, View::Blind])
}

fn answers() -> impl Strategy<Value = Answers> {
    select(vec![Answers::Right, Answers::Right, Answers::Right, Answers::OneShort, Answers::OfOtherShape])
}

fn seen(world: &World, view: View) -> Seen {
    world.seen(match view {
        View::Live => world.live_target(),
        View::Indexed => world.indexed_target(),
        View::Blind => TargetSeen::Absent,
    })
}

fn answer(world: &World, requests: &[Request], answers: Answers) -> Vec<Result<Payload, Fault>> {
    let twisted = |request: &Request| match (answers, request.locator.shape) {
        (Answers::OfOtherShape, Shape::Value) => Ok(Payload::Map(SecretMap::new())),
        (Answers::OfOtherShape, Shape::Map) => Ok(Payload::Value("canary-wrong-shape".into())),
        _ => world.backend.answer(request),
    };
    let skip = usize::from(answers == Answers::OneShort);
    requests.iter().skip(skip).map(twisted).collect()
}

/// The plan for this view of this world, if it is ours to plan for.
fn planned(given: &Given, view: View, answers: Answers) -> Option<(Seen, Plan)> {
    let world = given.world();
    let seen = seen(&world, view);
    let plan = match needs(&seen) {
        Need::Skip => return None,
        Need::Settled(plan) => *plan,
        Need::Finalize => finalize(&seen),
        Need::Fetch(fetch) => plan(&seen, answer(&world, &fetch.requests, answers), &mut FixedHost),
    };
    Some((seen, plan))
}

fn failure() -> impl Strategy<Value = Option<ApiFailure>> {
    let refused = ApiFailure::Refused("no".to_owned());
    select(vec![None, None, Some(ApiFailure::Conflict), Some(ApiFailure::Exists), Some(refused)])
}

/// Whether a second turn may come a second later: not when the interval will be over by then.
fn is_unhurried(requeue: Requeue) -> bool {
    !matches!(requeue, Requeue::After(wait) if wait < Duration::from_secs(3))
}

/// Whether the backend holds nothing while an edited Secret is kept: nothing can be repaired, so it is looked at again and again.
fn is_retained(world: &World) -> bool {
    let conditions = world.object.status.iter().flat_map(|status| &status.conditions);
    let retained = conditions.filter_map(|it| it.message.as_deref()).any(|it| it.starts_with("secret retained"));
    retained && !matches!(world.indexed_target(), TargetSeen::Absent)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_plan_passes_the_audit(given in given(), view in view(), answers in answers()) {
        if let Some((seen, plan)) = planned(&given, view, answers) {
            prop_assert_eq!(audit(&seen, &plan), Vec::<String>::new(), "{:?}", plan);
        }
    }

    #[test]
    fn the_same_world_gives_the_same_plan(given in given(), view in view(), answers in answers()) {
        let (one, other) = (planned(&given, view, answers), planned(&given, view, answers));
        prop_assert_eq!(one.map(|(_, plan)| plan), other.map(|(_, plan)| plan));
    }

    #[test]
    fn concluding_never_repeats_a_status_loses_a_binding_or_shows_a_value(
        given in given(), view in view(), answers in answers(), applied in 0..4_usize, failure in failure(),
    ) {
        let Some((seen, plan)) = planned(&given, view, answers) else { return Ok(()) };
        let outcome = Outcome { applied: applied.min(plan.writes.len()), failure };
        let conclusion = conclude(&seen, &plan, &outcome);
        prop_assert_eq!(&conclusion, &conclude(&seen, &plan, &outcome));
        let shown = format!("{plan:?} {conclusion:?}");
        prop_assert!(!shown.contains(CANARY), "{}", shown);
        let unsynced = ExternalSecretStatus::default();
        let before = seen.object.status.as_ref().unwrap_or(&unsynced);
        if let Some(after) = &conclusion.status {
            prop_assert_ne!(after, before);
            prop_assert!(before.binding.name.is_empty() || !after.binding.name.is_empty());
            let synced = matches!(plan.verdict, Verdict::Synced { .. }) && outcome.failure.is_none();
            if !synced {
                prop_assert_eq!(&after.refresh_time, &before.refresh_time);
                prop_assert_eq!(&after.synced_resource_version, &before.synced_resource_version);
            }
            prop_assert!(after.conditions.len() == 1 && (after.conditions[0].status == "True") != conclusion.failed);
        }
    }

    #[test]
    fn a_second_turn_writes_nothing_and_changes_no_status(given in given()) {
        let mut world = given.world();
        let first = world.turn();
        if !world.exists {
            return Ok(());
        }
        let settled = !first.skipped && !first.failed && is_unhurried(first.requeue) && !is_retained(&world);
        if settled {
            world.wait(1);
        }
        let status = world.object.status.clone();
        let second = world.turn();
        prop_assert_eq!(&second.writes, &Vec::<String>::new());
        prop_assert_eq!((second.status_written, &world.object.status), (false, &status));
        prop_assert_eq!((second.skipped, second.failed), (first.skipped, first.failed));
        if settled {
            prop_assert_eq!((second.why, &second.events), (None, &vec![]));
        }
    }

    #[test]
    fn a_conflict_at_any_write_is_made_good_by_the_next_turn(given in given(), at in 0..3_usize) {
        let mut undisturbed = given.world();
        let first = undisturbed.turn();
        // A deletion names a UID, so it never conflicts.
        let deletes = first.writes.get(at).is_some_and(|write| write.starts_with("delete"));
        if first.failed || deletes {
            return Ok(());
        }
        let mut world = given.world();
        world.api.refuse = Some((at, ApiFailure::Conflict));
        world.turn();
        prop_assert_eq!(&world.object.status, &undisturbed.object.status);
        let names = |world: &World| world.api.secrets.keys().cloned().collect::<Vec<_>>();
        prop_assert_eq!(names(&world), names(&undisturbed));
        for (name, secret) in &world.api.secrets {
            prop_assert!(secret.same_content(undisturbed.secret(name)), "{}", name);
        }
    }
}

/// What a plan comes to, in words.
fn outcomes(seen: &Seen, plan: &Plan) -> Vec<String> {
    let last = seen.object.metadata.deletion_timestamp.is_some();
    let mut words: Vec<String> = plan.writes.iter().map(|write| word(write, last).to_owned()).collect();
    words.push(match &plan.verdict {
        Verdict::Unchanged => "unchanged".to_owned(),
        Verdict::Synced { message, .. } => (*message).to_owned(),
        Verdict::Failed { short, .. } => (*short).to_owned(),
    });
    words.push(match plan.requeue {
        Requeue::After(_) => "After".to_owned(),
        other => format!("{other:?}"),
    });
    words
}

fn word(write: &Write, last: bool) -> &'static str {
    match write {
        Write::CreateSecret { .. } => "create",
        Write::ReplaceSecret { .. } => "replace",
        Write::DeleteSecret { name, .. } if name.starts_with("old-") => "delete a stray",
        Write::DeleteSecret { .. } if last => "delete at the end",
        Write::DeleteSecret { .. } => "delete",
        Write::CreateObject { .. } => "create an object",
        Write::ReplaceObject { .. } => "replace an object",
        Write::DeleteObject { .. } => "delete an object",
        Write::RemoveFinalizer { .. } => "let go",
    }
}

/// The properties above would hold over nothing at all; so every outcome has to turn up.
#[test]
fn the_random_worlds_reach_every_outcome() {
    let mut runner = TestRunner::new_with_rng(
        config(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let mut reached = BTreeSet::new();
    let worlds = given();
    for _ in 0..2000 {
        let given = worlds.new_tree(&mut runner).unwrap().current();
        let Some((seen, plan)) = planned(&given, View::Live, Answers::Right) else {
            reached.insert("skipped".to_owned());
            continue;
        };
        reached.extend(outcomes(&seen, &plan));
    }
    let expected = [
        "After",
        "Backoff",
        "Never",
        "could not delete secret",
        "could not get secret data from provider",
        "could not update secret, target is immutable",
        "create",
        "delete",
        "delete a stray",
        "delete at the end",
        "failed to take ownership of target secret",
        "let go",
        "replace",
        "secret deleted due to DeletionPolicy=Delete",
        "secret retained due to DeletionPolicy=Retain",
        "secret synced",
        "secret will not be created due to CreationPolicy=Merge",
        "skipped",
        "target is owned by another ExternalSecret",
        "unchanged",
    ];
    assert_eq!(reached.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
