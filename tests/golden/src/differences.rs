//! Where our facts are meant to differ from the recorded ones. Declared once for all worlds, each with its reason.
//!
//! A difference rewrites both sides into what they have in common: it may only touch what it is about, so that everything else is
//! still compared. One that no world needs is a failure of the run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::facts::{Event, Facts, Repeated};

/// A difference that we want.
pub struct Difference {
    /// Unique name.
    pub name: &'static str,
    /// Why ours is better.
    pub reason: &'static str,
    /// Anchor in `docs/differences.md`.
    pub anchor: &'static str,
    /// Rewrites recorded and ours.
    rewrite: fn(&mut Facts, &mut Facts),
}

/// All of them, in the order in which they are applied.
pub const DIFFERENCES: [Difference; 9] = [
    Difference {
        name: "no idle finalizer",
        reason: "An ExternalSecret gets a finalizer only when its deletion has an effect of its own. Kubernetes itself collects \
                 the Secrets that one owns, so a namespace can be deleted even while no operator runs.",
        anchor: "finalizer",
        rewrite: no_idle_finalizer,
    },
    Difference {
        name: "garbage collection at its own pace",
        reason: "Secrets of an ExternalSecret that is gone are collected by Kubernetes, some time later.",
        anchor: "finalizer",
        rewrite: collected,
    },
    Difference {
        name: "missing secrets are named by their own path",
        reason: "[B7]: ESO's event names spec.dataFrom for an entry of spec.data.",
        anchor: "missing-path",
        rewrite: missing_by_own_path,
    },
    Difference {
        name: "durations that cannot be read are told",
        reason: "[B32]: in ESO one unreadable duration stops the whole kind from being listed; here the object itself says so.",
        anchor: "lenient",
        rewrite: unreadable_duration,
    },
    Difference {
        name: "the webhook's rules hold without the webhook",
        reason: "The worlds were recorded without ESO's webhook, whose rules its controller does not know. Ours refuses the same \
                 objects and touches nothing.",
        anchor: "same-rules",
        rewrite: rules_hold,
    },
    Difference {
        name: "policy None touches nothing",
        reason: "[B2]: ESO puts its label on a Secret that the object has nothing to do with.",
        anchor: "policy-none",
        rewrite: none_touches_nothing,
    },
    Difference {
        name: "no foreign error text",
        reason: "ESO quotes the words of Go's libraries, which may quote a part of the value. Ours name key and cause.",
        anchor: "messages",
        rewrite: no_foreign_text,
    },
    Difference {
        name: "messages go on",
        reason: "Conditions and events begin with ESO's text, because alerts match on it, and go on with what a person can do.",
        anchor: "messages",
        rewrite: messages_go_on,
    },
    Difference {
        name: "events are not repeated",
        reason: "A store's check is reported when its result changes, not every time; the same event is counted at most every \
                 five minutes.",
        anchor: "repeated-events",
        rewrite: not_repeated,
    },
];

/// Applies all of them, and tells which had something to do.
pub fn settle(recorded: &mut Facts, ours: &mut Facts) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    for difference in &DIFFERENCES {
        let before = (recorded.clone(), ours.clone());
        (difference.rewrite)(recorded, ours);
        if before != (recorded.clone(), ours.clone()) {
            used.insert(difference.name);
        }
    }
    used
}

const EXTERNAL_SECRET: &str = "ExternalSecret";

fn objects<'a>(facts: &'a mut Facts, kind: &str) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    facts.objects.get_mut(kind).into_iter().flatten()
}

fn no_idle_finalizer(recorded: &mut Facts, _: &mut Facts) {
    for (_, object) in objects(recorded, EXTERNAL_SECRET) {
        let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { continue };
        let ours = "externalsecrets.external-secrets.io/externalsecret-cleanup";
        let Some(finalizers) = metadata.get_mut("finalizers").and_then(Value::as_array_mut) else { continue };
        let before = finalizers.len();
        finalizers.retain(|finalizer| finalizer != ours);
        let (had, none_left) = (finalizers.len() < before, finalizers.is_empty());
        if none_left {
            metadata.remove("finalizers");
        }
        // ESO's only write outside of the status is the one that sets the finalizer.
        if had && let Some(managers) = metadata.get_mut("managers").and_then(Value::as_array_mut) {
            managers.retain(|manager| manager != "eso|Update|");
        }
    }
}

fn collected(recorded: &mut Facts, ours: &mut Facts) {
    for facts in [recorded, ours] {
        let alive: BTreeSet<String> = objects(facts, EXTERNAL_SECRET).map(|(name, _)| name.clone()).collect();
        let Some(secrets) = facts.objects.get_mut("Secret") else { continue };
        secrets.retain(|_, secret| owner(secret).is_none_or(|owner| alive.contains(owner)));
    }
}

/// The `ExternalSecret` that controls an object.
fn owner(object: &Value) -> Option<&str> {
    let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
    let ours = owners.iter().find(|owner| {
        owner.get("kind").is_some_and(|kind| kind == EXTERNAL_SECRET)
            && owner.get("controller").is_some_and(|controller| controller == true)
    })?;
    ours.get("name")?.as_str()
}

/// Gives an event of ours the recorded message, if ours has `wanted` in its place.
fn reword(ours: &mut BTreeMap<Event, Repeated>, recorded: &Event, is_same: impl Fn(&str) -> bool) {
    let alike = |event: &Event| {
        (&event.on, &event.reason, &event.severity, &event.from)
            == (&recorded.on, &recorded.reason, &recorded.severity, &recorded.from)
    };
    if ours.contains_key(recorded) {
        return;
    }
    let found = ours.keys().find(|event| alike(event) && is_same(&event.message)).cloned();
    if let Some(repeated) = found.and_then(|found| ours.remove(&found)) {
        ours.insert(recorded.clone(), repeated);
    }
}

fn missing_by_own_path(recorded: &mut Facts, ours: &mut Facts) {
    for event in recorded.events.keys().filter(|event| event.reason == "MissingProviderSecret") {
        let right = event.message.replace("using spec.dataFrom[", "using spec.data[");
        reword(&mut ours.events, event, |message| message == right);
    }
}

fn unreadable_duration(recorded: &mut Facts, ours: &mut Facts) {
    let untouched: BTreeSet<String> = objects(recorded, EXTERNAL_SECRET)
        .filter(|(_, object)| object.get("status").is_none())
        .map(|(name, _)| name.clone())
        .collect();
    let mut told = BTreeSet::new();
    for (name, object) in objects(ours, EXTERNAL_SECRET).filter(|(name, _)| untouched.contains(*name)) {
        let message = object.pointer("/status/conditions/0/message").and_then(Value::as_str).unwrap_or_default();
        let reason = message.strip_prefix("could not get secret data from provider: ").unwrap_or_default();
        if !(reason.starts_with("spec.refreshInterval: ") && reason.contains("is not a duration")) {
            continue;
        }
        told.insert((format!("{EXTERNAL_SECRET}/{name}"), reason.to_owned()));
        if let Some(object) = object.as_object_mut() {
            object.remove("status");
        }
        if let Some(managers) = object.pointer_mut("/metadata/managers").and_then(Value::as_array_mut) {
            managers.retain(|manager| manager != "eso|Update|status");
        }
    }
    ours.events.retain(|event, _| {
        !(event.reason == "UpdateFailed" && told.contains(&(event.on.clone(), event.message.clone())))
    });
}

/// How our events begin, behind the field, about objects that ESO's webhook would have refused.
const RULES: [&str; 4] = [
    "deletionPolicy=Delete must not be used",
    "deletionPolicy=Merge must not be used",
    "either data or dataFrom should be specified",
    "duplicate secretKey found",
];

fn rules_hold(recorded: &mut Facts, ours: &mut Facts) {
    let is_rule = |event: &Event| {
        let text = event.message.strip_prefix("spec").and_then(|rest| rest.split_once(": "));
        event.reason == "UpdateFailed" && text.is_some_and(|(_, text)| RULES.iter().any(|rule| text.starts_with(rule)))
    };
    let refused: BTreeSet<String> =
        ours.events.keys().filter(|event| is_rule(event)).map(|event| event.on.clone()).collect();
    for on in refused {
        let name = on.strip_prefix("ExternalSecret/").unwrap_or_default();
        let manager = format!("externalsecrets.external-secrets.io/{name}|");
        let written: Vec<String> = objects(recorded, "Secret")
            .filter(|(_, secret)| {
                secret.pointer("/metadata/managers").is_some_and(|all| all.to_string().contains(&manager))
            })
            .map(|(name, _)| name.clone())
            .collect();
        for facts in [&mut *recorded, &mut *ours] {
            facts.events.retain(|event, _| event.on != on);
            for (kind, names) in &mut facts.objects {
                names.retain(|own, _| {
                    !(kind == EXTERNAL_SECRET && own == name || kind == "Secret" && written.contains(own))
                });
            }
        }
    }
}

/// Takes the label, and what else its patch left, off Secrets that were labelled and never written.
fn none_touches_nothing(recorded: &mut Facts, _: &mut Facts) {
    for (_, secret) in objects(recorded, "Secret") {
        let written = secret.pointer("/metadata/annotations/reconcile.external-secrets.io~1data-hash").is_some();
        let labels = secret.pointer_mut("/metadata/labels").and_then(Value::as_object_mut);
        let label = labels.filter(|_| !written).and_then(|all| all.remove("reconcile.external-secrets.io/managed"));
        if let (Some(_), Some(managers)) =
            (label, secret.pointer_mut("/metadata/managers").and_then(Value::as_array_mut))
        {
            let ours = "externalsecrets.external-secrets.io/";
            managers.retain(|manager| !manager.as_str().is_some_and(|manager| manager.starts_with(ours)));
        }
    }
}

/// Endings of ESO's messages that are a library's words, and how ours begin in their place.
const FOREIGN: [(&str, &str); 2] = [
    ("unable to unmarshal secret: ", "unable to unmarshal secret"),
    ("failed to compile: error parsing regexp: ", "failed to compile: "),
];

fn no_foreign_text(recorded: &mut Facts, ours: &mut Facts) {
    for event in recorded.events.keys().filter(|event| event.reason == "UpdateFailed") {
        for (theirs, begins) in FOREIGN {
            let Some((before, _)) = event.message.split_once(theirs) else { continue };
            let wanted = format!("{before}{begins}");
            reword(&mut ours.events, event, |message| message.starts_with(&wanted));
        }
    }
}

/// How a text may go on after ESO's.
const GOES_ON: [&str; 2] = [": ", ". "];

fn goes_on(ours: &str, recorded: &str) -> bool {
    ours.strip_prefix(recorded).is_some_and(|rest| GOES_ON.iter().any(|sign| rest.starts_with(sign)))
}

fn messages_go_on(recorded: &mut Facts, ours: &mut Facts) {
    for event in recorded.events.keys() {
        reword(&mut ours.events, event, |message| goes_on(message, &event.message));
    }
    for (kind, named) in &recorded.objects {
        for (name, object) in objects(ours, kind) {
            let Some(theirs) = named.get(name) else { continue };
            shorten_conditions(object, theirs);
        }
    }
}

/// Cuts our condition messages where the recorded ones of the same type end.
fn shorten_conditions(object: &mut Value, recorded: &Value) {
    let pointer = "/status/conditions";
    let theirs = recorded.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    let theirs: BTreeMap<String, &str> = theirs
        .filter_map(|condition| {
            Some((condition.get("type")?.as_str()?.to_owned(), condition.get("message")?.as_str()?))
        })
        .collect();
    for condition in object.pointer_mut(pointer).and_then(Value::as_array_mut).into_iter().flatten() {
        let short = condition.get("type").and_then(Value::as_str).and_then(|type_| theirs.get(type_)).copied();
        let message = condition.get("message").and_then(Value::as_str).unwrap_or_default();
        if let Some(short) =
            short.filter(|short| message.strip_prefix(short).is_some_and(|rest| rest.starts_with(": ")))
        {
            condition["message"] = Value::String(short.to_owned());
        }
    }
}

fn not_repeated(recorded: &mut Facts, ours: &mut Facts) {
    for (event, repeated) in &recorded.events {
        if *repeated == Repeated::Yes
            && let Some(ours) = ours.events.get_mut(event)
        {
            *ours = Repeated::Yes;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)] // a test may fail loudly
    use super::*;
    use serde_json::json;

    fn with(kind: &str, object: Value) -> Facts {
        let name = object.pointer("/metadata/name").and_then(Value::as_str).expect("a name").to_owned();
        let mut facts = Facts::default();
        facts.objects.insert(kind.to_owned(), BTreeMap::from([(name, object)]));
        facts
    }

    fn event(reason: &str, message: &str, repeated: Repeated) -> Facts {
        let [on, severity, from] = ["ExternalSecret/es", "Warning", "external-secrets"].map(str::to_owned);
        let event = Event { on, reason: reason.to_owned(), severity, from, message: message.to_owned() };
        Facts { events: BTreeMap::from([(event, repeated)]), ..Facts::default() }
    }

    /// Whether recorded and ours count as the same, and thanks to which differences.
    fn settled(mut recorded: Facts, mut ours: Facts) -> (bool, Vec<&'static str>) {
        let used = settle(&mut recorded, &mut ours);
        (recorded.tree() == ours.tree(), used.into_iter().collect())
    }

    fn failing(message: &str) -> Value {
        json!({"metadata": {"name": "es", "managers": ["eso|Update|status"]},
            "status": {"conditions": [{"type": "Ready", "status": "False", "message": message}]}})
    }

    #[test]
    fn names_are_unique_and_every_anchor_exists() {
        let root = eso_harness::workspace::root().expect("the workspace");
        let page = std::fs::read_to_string(root.join("docs/differences.md")).expect("docs/differences.md");
        let names: BTreeSet<_> = DIFFERENCES.iter().map(|difference| difference.name).collect();
        assert_eq!(names.len(), DIFFERENCES.len());
        for Difference { name, anchor, reason, .. } in &DIFFERENCES {
            assert!(page.contains(&format!("id=\"{anchor}\"")), "{name}: docs/differences.md has no id=\"{anchor}\"");
            assert!(reason.ends_with('.'), "{name}: a reason is a sentence");
        }
    }

    #[test]
    fn only_esos_finalizer_and_the_manager_that_came_with_it_may_lack() {
        let object = |finalizers: Value, managers: Value| {
            with(EXTERNAL_SECRET, json!({"metadata": {"name": "es", "finalizers": finalizers, "managers": managers}}))
        };
        let idle = "externalsecrets.external-secrets.io/externalsecret-cleanup";
        let recorded = || object(json!([idle, "other/one"]), json!(["eso|Update|", "eso|Update|status"]));
        let ours = object(json!(["other/one"]), json!(["eso|Update|status"]));
        assert_eq!(settled(recorded(), ours), (true, vec!["no idle finalizer"]));
        assert!(!settled(recorded(), recorded()).0, "ours shall not have it");
        let foreign = object(json!([]), json!(["eso|Update|status"]));
        assert!(!settled(recorded(), foreign).0, "the other finalizer is missing");
    }

    #[test]
    fn a_secret_without_its_owner_may_be_there_or_not_and_any_other_must() {
        let secret = |owner: &str| {
            let owners = json!([{"kind": EXTERNAL_SECRET, "name": owner, "controller": true}]);
            with("Secret", json!({"metadata": {"name": "out", "ownerReferences": owners}}))
        };
        assert_eq!(settled(secret("gone"), Facts::default()), (true, vec!["garbage collection at its own pace"]));
        assert!(settled(Facts::default(), secret("gone")).0);
        let unowned = with("Secret", json!({"metadata": {"name": "out"}}));
        assert!(!settled(unowned, Facts::default()).0);
    }

    #[test]
    fn the_path_of_a_missing_secret_may_be_right_but_its_index_and_key_count() {
        let say = |path: &str| {
            let message = format!("secret does not exist at provider using spec.{path} (key=a)");
            event("MissingProviderSecret", &message, Repeated::No)
        };
        assert!(settled(say("dataFrom[0]"), say("data[0]")).0);
        assert!(!settled(say("dataFrom[0]"), say("data[1]")).0);
        assert!(!settled(say("data[0]"), say("dataFrom[0]")).0);
    }

    #[test]
    fn an_unreadable_duration_may_be_told_where_eso_did_nothing_at_all() {
        let text = "spec.refreshInterval: \"soon\" is not a duration. Write a number.";
        let ours = |text: &str| {
            let mut facts = with(EXTERNAL_SECRET, failing(&format!("could not get secret data from provider: {text}")));
            facts.events = event("UpdateFailed", text, Repeated::No).events;
            facts
        };
        let untouched = || with(EXTERNAL_SECRET, json!({"metadata": {"name": "es", "managers": []}}));
        assert_eq!(settled(untouched(), ours(text)), (true, vec!["durations that cannot be read are told"]));
        assert!(!settled(untouched(), ours("spec.data[0]: wrong")).0);
        let touched = with(EXTERNAL_SECRET, failing("could not get secret data from provider"));
        assert!(!settled(touched, ours(text)).0);
    }

    #[test]
    fn an_object_that_breaks_a_rule_may_be_refused_and_its_secret_left_and_no_other() {
        let text = "spec.target.deletionPolicy: deletionPolicy=Delete must not be used when.";
        let ours = |text: &str| {
            let mut facts = with(EXTERNAL_SECRET, failing("could not get secret data from provider"));
            facts.events = event("UpdateFailed", text, Repeated::No).events;
            facts
        };
        let recorded = |manager: &str| {
            let mut facts = with("Secret", json!({"metadata": {"name": "out", "managers": [manager]}}));
            facts.objects.extend(with(EXTERNAL_SECRET, json!({"metadata": {"name": "es"}})).objects);
            facts.events = event("Updated", "secret updated", Repeated::No).events;
            facts
        };
        let own = "externalsecrets.external-secrets.io/es|Update|";
        assert_eq!(settled(recorded(own), ours(text)), (true, vec!["the webhook's rules hold without the webhook"]));
        assert!(!settled(recorded("externalsecrets.external-secrets.io/other|Update|"), ours(text)).0);
        assert!(!settled(recorded(own), ours("spec.data[0]: something else")).0);
    }

    #[test]
    fn texts_may_go_on_after_esos_but_not_say_something_else() {
        let say = |text: &str| event("UpdateFailed", text, Repeated::No);
        assert_eq!(settled(say("it failed"), say("it failed. Mend it.")), (true, vec!["messages go on"]));
        assert!(settled(say("it failed"), say("it failed: mend it")).0);
        assert!(!settled(say("it failed"), say("it failed badly")).0);
        assert!(!settled(say("it failed. Mend it."), say("it failed")).0);
        let condition = |text: &str| with(EXTERNAL_SECRET, failing(text));
        assert!(settled(condition("short"), condition("short: because")).0);
        assert!(!settled(condition("short"), condition("short because")).0);
    }

    #[test]
    fn a_librarys_words_may_be_ours_after_the_same_beginning() {
        let say = |text: &str| event("UpdateFailed", text, Repeated::No);
        let recorded = || say("error processing spec.x, err: unable to unmarshal secret: invalid character 'h'");
        let ours = say("error processing spec.x, err: unable to unmarshal secret: it is not JSON");
        assert_eq!(settled(recorded(), ours), (true, vec!["no foreign error text"]));
        assert!(
            !settled(recorded(), say("error processing spec.y, err: unable to unmarshal secret: it is not JSON")).0
        );
    }

    #[test]
    fn what_eso_repeated_may_stand_once_but_not_the_other_way_round() {
        let say = |repeated| event("Valid", "store validated", repeated);
        assert_eq!(settled(say(Repeated::Yes), say(Repeated::No)), (true, vec!["events are not repeated"]));
        assert!(!settled(say(Repeated::No), say(Repeated::Yes)).0);
        assert!(!settled(say(Repeated::Yes), Facts::default()).0);
    }

    #[test]
    fn what_is_the_same_needs_no_difference() {
        let facts = || with(EXTERNAL_SECRET, failing("short"));
        assert_eq!(settled(facts(), facts()), (true, Vec::new()));
    }
}
