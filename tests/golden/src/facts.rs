//! What there is in a world, in the recording's normal form.
//!
//! Times read `T`, object ids `UID`, the namespace `$NS`. Of the metadata stay name, labels, annotations, finalizers, owners (without
//! their id) and managers as `<name>|<operation>|<subresource>`, without the player's own and with ours under the name that the
//! recording has for the original controller.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use crate::world::{NAMESPACE, Step};

/// Field manager of whoever plays a world.
pub const PLAYER: &str = "record";
/// The recording's name for writes of the original controller that name no manager.
const RECORDED_MANAGER: &str = "eso";
/// Ours for the same.
const OUR_MANAGER: &str = "external-secrets";

/// Everything that is compared after a step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Objects by kind and name.
    pub objects: BTreeMap<String, BTreeMap<String, Value>>,
    /// Events so far, each text once.
    pub events: BTreeMap<Event, Repeated>,
}

/// What makes two events the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// `<Kind>/<name>` of the object.
    pub on: String,
    /// Reason.
    pub reason: String,
    /// Normal or Warning.
    pub severity: String,
    /// Who reported it.
    pub from: String,
    /// Message.
    pub message: String,
}

/// Whether an event was counted more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// It was.
    Yes,
    /// It was not.
    No,
}

impl Facts {
    /// What the recording says.
    ///
    /// # Errors
    /// When an object has no name or an event is not what the format says.
    pub fn recorded(step: &Step) -> anyhow::Result<Self> {
        let mut facts = Self::default();
        for (kind, entries) in &step.facts {
            if kind == "events" {
                facts.events = entries.iter().map(recorded_event).collect::<anyhow::Result<_>>()?;
                continue;
            }
            let named = entries.iter().map(|entry| {
                let name = entry.pointer("/metadata/name").and_then(Value::as_str).context("an object has no name")?;
                Ok((name.to_owned(), with_plain_data(entry.clone())))
            });
            facts.objects.insert(kind.clone(), named.collect::<anyhow::Result<_>>()?);
        }
        Ok(facts)
    }

    /// What the API server holds: lists of objects by kind, and core/v1 events.
    pub fn observed(objects: &BTreeMap<String, Vec<Value>>, events: &[Value], namespace: &str) -> Self {
        let mut facts = Self::default();
        for (kind, list) in objects {
            let named = list.iter().map(|object| {
                let name = scrubbed(text(object, "/metadata/name"), namespace);
                (name, with_plain_data(fact(kind, object, namespace)))
            });
            facts.objects.insert(kind.clone(), named.collect());
        }
        let mut counts: BTreeMap<Event, u64> = BTreeMap::new();
        for event in events {
            *counts.entry(observed_event(event, namespace)).or_default() += count(event);
        }
        let repeated = |count| if count > 1 { Repeated::Yes } else { Repeated::No };
        facts.events = counts.into_iter().map(|(event, count)| (event, repeated(count))).collect();
        facts
    }

    /// As one tree, in which every difference has a path.
    pub fn tree(&self) -> Value {
        let mut events: BTreeMap<String, BTreeMap<&str, Value>> = BTreeMap::new();
        for (event, repeated) in &self.events {
            let title = format!("{} {} on {} from {}", event.severity, event.reason, event.on, event.from);
            events.entry(title).or_default().insert(&event.message, json!({"count>1": *repeated == Repeated::Yes}));
        }
        // Kinds without objects say nothing: the recording names a kind as soon as the world has used it.
        let objects = self.objects.iter().filter(|(_, named)| !named.is_empty());
        let objects = objects.map(|(kind, named)| (kind.clone(), json!(named)));
        objects.chain([("event".to_owned(), json!(events))]).collect()
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn recorded_event(entry: &Value) -> anyhow::Result<(Event, Repeated)> {
    let parsed: Value = serde_json::from_str(entry.as_str().context("an event is not a text")?)?;
    let field =
        |name: &str| parsed.get(name).and_then(Value::as_str).map(str::to_owned).context("an event lacks a field");
    let repeated = parsed.get("count>1").and_then(Value::as_bool).context("an event has no count")?;
    let event = Event {
        on: field("on")?,
        reason: field("reason")?,
        severity: field("type")?,
        from: field("from")?,
        message: field("message")?,
    };
    Ok((event, if repeated { Repeated::Yes } else { Repeated::No }))
}

fn observed_event(event: &Value, namespace: &str) -> Event {
    let from = [text(event, "/reportingComponent"), text(event, "/source/component")];
    Event {
        on: scrubbed(
            &format!("{}/{}", text(event, "/involvedObject/kind"), text(event, "/involvedObject/name")),
            namespace,
        ),
        reason: text(event, "/reason").to_owned(),
        severity: text(event, "/type").to_owned(),
        from: from.into_iter().find(|from| !from.is_empty()).unwrap_or_default().to_owned(),
        message: scrubbed(text(event, "/message"), namespace),
    }
}

fn count(event: &Value) -> u64 {
    let number = |pointer: &str| event.pointer(pointer).and_then(Value::as_u64).unwrap_or(1);
    number("/count").max(number("/series/count"))
}

/// The part of an object that is compared.
fn fact(kind: &str, object: &Value, namespace: &str) -> Value {
    let mut fact = Map::new();
    fact.insert("metadata".into(), metadata(object, namespace));
    let own: &[&str] = match kind {
        "Secret" => &["data", "immutable", "type"],
        "ConfigMap" => &["data"],
        _ => &[],
    };
    for field in own {
        fact.insert((*field).into(), object.get(*field).cloned().unwrap_or_default());
    }
    if let Some(status) = object.get("status") {
        fact.insert("status".into(), scrubbed_tree(status, namespace));
    }
    Value::Object(fact)
}

/// No data and empty data are the same.
fn with_plain_data(mut fact: Value) -> Value {
    if let Some(data) = fact.get_mut("data").filter(|data| data.is_null()) {
        *data = json!({});
    }
    fact
}

fn metadata(object: &Value, namespace: &str) -> Value {
    let given = object.get("metadata").cloned().unwrap_or_default();
    let mut metadata = Map::new();
    metadata.insert("name".into(), Value::String(scrubbed(text(object, "/metadata/name"), namespace)));
    metadata.insert("managers".into(), json!(managers(&given)));
    for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let Some(value) = given.get(field).filter(|value| !is_empty(value)) else { continue };
        metadata.insert(field.into(), scrubbed_tree(value, namespace));
    }
    for owner in metadata.get_mut("ownerReferences").and_then(Value::as_array_mut).into_iter().flatten() {
        owner.as_object_mut().and_then(|owner| owner.remove("uid"));
    }
    Value::Object(metadata)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn managers(metadata: &Value) -> BTreeSet<String> {
    let entries = metadata.get("managedFields").and_then(Value::as_array).into_iter().flatten();
    let described =
        entries.map(|entry| (text(entry, "/manager"), text(entry, "/operation"), text(entry, "/subresource")));
    described
        .filter(|(manager, _, _)| *manager != PLAYER)
        .map(|(manager, operation, subresource)| {
            let manager = if manager == OUR_MANAGER { RECORDED_MANAGER } else { manager };
            format!("{manager}|{operation}|{subresource}")
        })
        .collect()
}

fn scrubbed_tree(value: &Value, namespace: &str) -> Value {
    match value {
        Value::String(text) if is_time(text) => Value::String("T".into()),
        Value::String(text) => Value::String(scrubbed(text, namespace)),
        Value::Array(items) => items.iter().map(|item| scrubbed_tree(item, namespace)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, item)| (key.clone(), scrubbed_tree(item, namespace))).collect()
        }
        other => other.clone(),
    }
}

/// `2026-01-31T23:59:59Z`, with or without a fraction.
fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let fraction = shape.strip_prefix("0000-00-00T00:00:00").and_then(|rest| rest.strip_suffix('Z'));
    fraction.is_some_and(|fraction| fraction.is_empty() || fraction.starts_with(".0"))
}

/// A text for people with its ids and its namespace replaced.
pub fn scrubbed(text: &str, namespace: &str) -> String {
    let text = replaced_words(text, namespace, NAMESPACE);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.get(..36).filter(|id| is_uid(id)).and_then(|_| rest.get(36..)) {
            clean.push_str("UID");
            rest = after;
        } else {
            clean.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    clean
}

fn is_uid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || (c.is_ascii_hexdigit() && !c.is_ascii_uppercase()))
}

/// Replaces `word` where neither side of it is a letter or a digit.
fn replaced_words(text: &str, word: &str, by: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        clean.push_str(before);
        let inside = clean.ends_with(is_part) || after.starts_with(is_part);
        clean.push_str(if inside { word } else { by });
        rest = after;
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0a1b2c3d-0000-4000-8000-0123456789ab";

    fn secret() -> Value {
        json!({
            "metadata": {
                "name": "out", "namespace": "g1", "uid": ID, "resourceVersion": "7", "creationTimestamp": "2026-01-31T23:59:59Z",
                "labels": {}, "annotations": {"for": "g1"},
                "ownerReferences": [{"kind": "ExternalSecret", "name": "es", "uid": ID}],
                "managedFields": [
                    {"manager": "record", "operation": "Apply"},
                    {"manager": "external-secrets", "operation": "Update", "subresource": "status"},
                    {"manager": "m", "operation": "Update"},
                    {"manager": "m", "operation": "Update"},
                ],
            },
            "data": {"k": "ZzE="}, "type": "Opaque",
        })
    }

    #[test]
    fn an_object_is_cut_down_to_what_the_recording_keeps() {
        let expected = json!({
            "data": {"k": "ZzE="}, "immutable": null, "type": "Opaque",
            "metadata": {
                "name": "out", "annotations": {"for": "$NS"}, "managers": ["eso|Update|status", "m|Update|"],
                "ownerReferences": [{"kind": "ExternalSecret", "name": "es"}],
            },
        });
        assert_eq!(fact("Secret", &secret(), "g1"), expected);
    }

    #[test]
    fn only_secrets_and_config_maps_show_data_and_a_status_shows_only_where_there_is_one() {
        let object =
            json!({"metadata": {"name": "es"}, "data": {"a": 1}, "status": {"refreshTime": "2026-01-31T23:59:59Z"}});
        let expected = json!({"metadata": {"name": "es", "managers": []}, "status": {"refreshTime": "T"}});
        assert_eq!(fact("ExternalSecret", &object, "g1"), expected);
        assert_eq!(
            fact("Fake", &json!({"metadata": {"name": "f"}}), "g1"),
            json!({"metadata": {"name": "f", "managers": []}})
        );
    }

    #[test]
    fn times_ids_and_the_namespace_are_replaced_but_not_parts_of_words() {
        assert!(is_time("2026-01-31T23:59:59Z") && is_time("2026-01-31T23:59:59.123456Z"));
        assert!(!is_time("2026-01-31") && !is_time("2026-01-31T23:59:59Z or later"));
        assert_eq!(
            scrubbed(&format!("{ID} in g1, not in g12 or ag1: é {ID}"), "g1"),
            "UID in $NS, not in g12 or ag1: é UID"
        );
        assert_eq!(scrubbed("css-g1", "g1"), "css-$NS");
    }

    #[test]
    fn events_with_the_same_text_are_one_and_their_counts_add_up() {
        let event = |name: &str, count: u64| {
            json!({"metadata": {"name": name}, "involvedObject": {"kind": "ExternalSecret", "name": "es"}, "reason": "Created",
                "type": "Normal", "message": "secret created", "source": {"component": "external-secrets"}, "count": count})
        };
        let facts = Facts::observed(&BTreeMap::new(), &[event("a", 1), event("b", 1)], "g1");
        assert_eq!(facts.events.values().collect::<Vec<_>>(), [&Repeated::Yes]);
        let facts = Facts::observed(&BTreeMap::new(), &[event("a", 1)], "g1");
        assert_eq!(facts.events.values().collect::<Vec<_>>(), [&Repeated::No]);
        let facts = Facts::observed(&BTreeMap::new(), &[event("a", 2)], "g1");
        assert_eq!(facts.events.values().collect::<Vec<_>>(), [&Repeated::Yes]);
    }

    #[test]
    fn recorded_and_observed_facts_have_one_form() {
        let entry = r#"{"count>1": false, "from": "external-secrets", "message": "secret created", "on": "ExternalSecret/es", "reason": "Created", "type": "Normal"}"#;
        let step: Step = serde_json::from_value(json!({
            "did": {}, "replies": [],
            "facts": {"Secret": [fact("Secret", &secret(), "g1")], "ExternalSecret": [], "events": [entry]},
        }))
        .expect("a step");
        let objects = BTreeMap::from([("Secret".to_owned(), vec![secret()])]);
        let event = json!({"involvedObject": {"kind": "ExternalSecret", "name": "es"}, "reason": "Created", "type": "Normal",
            "message": "secret created", "reportingComponent": "external-secrets"});
        let observed = Facts::observed(&objects, &[event], "g1");
        assert_eq!(Facts::recorded(&step).expect("facts").tree(), observed.tree());
    }
}
