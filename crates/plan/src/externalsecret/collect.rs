//! From answers to the data of the Secret.

use eso_core::condition::event_reason;
use eso_core::crd::{DataFromEntry, DeletionPolicy, RemoteRef};
use eso_core::provider::Payload;
use eso_core::{Fault, FaultKind, SecretBytes, SecretMap};

use eso_template::Host;

use super::needs::{extracts, map_fault, value_fault};
use super::seen::Seen;
use crate::EventDraft;
use crate::data::{Engine, convert_keys, decode, decode_map, refuse_nul, rewrite, validate_keys};

/// Merges the answers: maps in their order, then single values, later ones winning. Any fault makes the whole a fault. `events` gets
/// what was found missing, also before a fault.
///
/// `answers` are in the order of [`super::Fetch::requests`].
pub(super) fn collect(
    seen: &Seen,
    answers: Vec<Result<Payload, Fault>>,
    events: &mut Vec<EventDraft>,
    host: &mut dyn Host,
) -> Result<SecretMap, Fault> {
    let settings = &seen.settings.template;
    let mut engine = Engine { limits: settings.limits, parsed: &settings.parsed, host };
    let object = &seen.object;
    let retain = object.spec.target.deletion_policy == DeletionPolicy::Retain;
    let mut data = SecretMap::default();
    let mut answers = answers.into_iter();
    let mut next = || answers.next().unwrap_or_else(|| Err(unanswered()));
    for (index, entry, extract) in extracts(object) {
        match next().and_then(as_map) {
            Err(fault) if fault.kind == FaultKind::NotFound && !retain => {
                events.push(missing(&format!("spec.dataFrom[{index}]"), &extract.key));
            }
            answer => {
                let map = answer.and_then(|map| treated_map(map, entry, extract, &mut engine));
                data.extend(map.map_err(|fault| map_fault(index, entry, &fault))?);
            }
        }
    }
    for (index, entry) in object.spec.data.iter().flatten().enumerate() {
        let remote = &entry.remote_ref;
        match next().and_then(as_value) {
            Err(fault) if fault.kind == FaultKind::NotFound && !retain => {
                events.push(missing(&format!("spec.data[{index}]"), &remote.key));
            }
            answer => {
                let value = answer.and_then(|value| {
                    let value = decode(value, remote.decoding_strategy.unwrap_or_default(), "data")?;
                    refuse_nul([(entry.secret_key.as_str(), &value)], remote.null_byte_policy.unwrap_or_default())?;
                    Ok(value)
                });
                let value = value.map_err(|fault| value_fault(index, remote, &fault))?;
                data.insert(entry.secret_key.clone(), value);
            }
        }
    }
    Ok(data)
}

/// A map as its entry wants it: keys rewritten, else converted, and checked; values decoded and checked.
fn treated_map(
    map: SecretMap,
    entry: &DataFromEntry,
    extract: &RemoteRef,
    engine: &mut Engine<'_>,
) -> Result<SecretMap, Fault> {
    let map = match entry.rewrite.as_deref().unwrap_or_default() {
        [] => convert_keys(map, extract.conversion_strategy.unwrap_or_default())?,
        operations => rewrite(map, operations, engine)?,
    };
    let map = decode_map(validate_keys(map)?, extract.decoding_strategy.unwrap_or_default())?;
    let values = map.iter().map(|(key, value)| (key.as_str(), value));
    refuse_nul(values, extract.null_byte_policy.unwrap_or_default())?;
    Ok(map)
}

/// ESO says `dataFrom` for entries of `data` too ([B7]); here the path is the entry's own.
fn missing(path: &str, key: &str) -> EventDraft {
    EventDraft::normal(
        event_reason::MISSING_PROVIDER_SECRET,
        format!("secret does not exist at provider using {path} (key={key})"),
    )
}

fn as_map(payload: Payload) -> Result<SecretMap, Fault> {
    match payload {
        Payload::Map(map) => Ok(map),
        Payload::Value(_) => Err(unanswered()),
    }
}

fn as_value(payload: Payload) -> Result<SecretBytes, Fault> {
    match payload {
        Payload::Value(value) => Ok(value),
        Payload::Map(_) => Err(unanswered()),
    }
}

fn unanswered() -> Fault {
    Fault::new(
        FaultKind::Internal,
        "the backend's client answered another question than it was asked. Please report this.",
    )
}
