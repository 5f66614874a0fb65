//! Whether a store's spec makes sense, before anybody is asked.

use std::time::Duration;

use eso_core::crd::{IntOrText, StoreSpec};
use eso_core::go_duration::GoDuration;
use eso_core::{Fault, FaultKind};
use serde_json::Value;

use crate::regexp;

/// The one provider block of a store.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checked<'a> {
    /// The key under `spec.provider`.
    pub provider: &'a str,
    /// What stands below it.
    pub block: &'a Value,
}

/// The provider block of a store whose spec makes sense.
///
/// Faults: Misconfigured, with the field; all those of the first group of rules that has any, in ESO's order. The backend's own rules
/// come later, from its own crate.
pub fn check(spec: &StoreSpec) -> Result<Checked<'_>, Vec<Fault>> {
    let faults: Vec<Fault> = namespace_patterns(spec).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    recheck_interval(spec, Duration::MAX).map_err(|fault| vec![fault])?;
    backend(spec).map_err(|fault| vec![fault])
}

fn namespace_patterns(spec: &StoreSpec) -> impl Iterator<Item = Fault> {
    let conditions = spec.conditions.iter().flatten().enumerate();
    let patterns = conditions.flat_map(|(index, condition)| {
        condition.namespace_regexes.iter().flatten().enumerate().map(move |(at, pattern)| (index, at, pattern))
    });
    patterns.filter_map(|(index, at, pattern)| {
        let why = regexp::compile(pattern).err()?;
        let field = format!("spec.conditions[{index}].namespaceRegexes[{at}]");
        let text = format!("{pattern:?} is not a regular expression: {why}. Namespaces cannot be matched with it.");
        Some(Fault::new(FaultKind::Misconfigured, text).at(field))
    })
}

fn backend(spec: &StoreSpec) -> Result<Checked<'_>, Fault> {
    let mut blocks = spec.provider.0.iter();
    if let (Some((provider, block)), None) = (blocks.next(), blocks.next()) {
        return Ok(Checked { provider, block });
    }
    let names: Vec<&str> = spec.provider.0.keys().map(String::as_str).collect();
    let text = format!(
        "a store needs exactly one backend and this one has {} ({}). Make one store for each.",
        names.len(),
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    );
    Err(Fault::new(FaultKind::Misconfigured, text).at("spec.provider"))
}

/// How long until the store is checked anew: `spec.refreshInterval`, else `default`.
///
/// Faults: Misconfigured, for a negative number or a text that is no Go duration.
pub fn recheck_interval(spec: &StoreSpec, default: Duration) -> Result<Duration, Fault> {
    let wrong = |shown: &str| {
        let text = format!("\"{shown}\" is not an interval. Write seconds as a number, or a duration such as \"5m\".");
        Fault::new(FaultKind::Misconfigured, text).at("spec.refreshInterval")
    };
    let interval = match &spec.refresh_interval {
        None => return Ok(default),
        Some(IntOrText::Int(seconds)) => {
            Duration::from_secs(u64::try_from(*seconds).map_err(|_| wrong(&seconds.to_string()))?)
        }
        Some(IntOrText::Text(text)) => {
            GoDuration::parse(text).and_then(GoDuration::to_std).ok_or_else(|| wrong(text))?
        }
    };
    Ok(if interval.is_zero() { default } else { interval })
}

#[cfg(test)]
mod tests {
    use super::*;
    use eso_core::crd::NamespaceCondition;

    fn spec(interval: Option<IntOrText>) -> StoreSpec {
        StoreSpec {
            controller: None,
            provider: eso_core::crd::Provider::default(),
            retry_settings: None,
            refresh_interval: interval,
            conditions: None,
        }
    }

    #[test]
    fn parity_159_160_integers_are_seconds_text_is_a_duration_and_nothing_means_the_flag() {
        let default = Duration::from_mins(5);
        let of = |interval| recheck_interval(&spec(interval), default);
        assert_eq!(of(Some(IntOrText::Int(90))), Ok(Duration::from_secs(90)));
        assert_eq!(of(Some(IntOrText::Text("1h".to_owned()))), Ok(Duration::from_hours(1)));
        assert!(of(Some(IntOrText::Text("90".to_owned()))).is_err());
        assert!(of(Some(IntOrText::Int(-1))).is_err());
        assert!(of(Some(IntOrText::Text("-5m".to_owned()))).is_err());
        assert_eq!(of(None), Ok(default));
        assert_eq!(of(Some(IntOrText::Int(0))), Ok(default));
    }

    #[test]
    fn a_store_with_no_backend_or_two_is_refused_by_name() {
        let mut store = spec(None);
        assert!(check(&store).unwrap_err()[0].message.contains("exactly one backend"));
        store.provider.0.insert("a".to_owned(), Value::Null);
        assert_eq!(check(&store).unwrap().provider, "a");
        store.provider.0.insert("b".to_owned(), Value::Null);
        assert!(check(&store).unwrap_err()[0].message.contains("2 (a, b)"));
    }

    #[test]
    fn parity_214_every_bad_namespace_regexp_is_told_with_its_indexes() {
        let condition = |patterns: &[&str]| NamespaceCondition {
            namespace_regexes: Some(patterns.iter().map(|&pattern| pattern.to_owned()).collect()),
            ..NamespaceCondition::default()
        };
        let conditions = Some(vec![condition(&["("]), condition(&["ok"]), condition(&["^a", "*"])]);
        let store = StoreSpec { conditions, ..spec(Some(IntOrText::Int(-1))) };
        let fields: Vec<_> = check(&store).unwrap_err().into_iter().filter_map(|fault| fault.field).collect();
        assert_eq!(fields, ["spec.conditions[0].namespaceRegexes[0]", "spec.conditions[2].namespaceRegexes[1]"]);
    }

    #[test]
    fn an_interval_is_judged_before_the_backend() {
        let fields = |store: &StoreSpec| check(store).unwrap_err().remove(0).field;
        assert_eq!(fields(&spec(Some(IntOrText::Text("soon".to_owned())))).as_deref(), Some("spec.refreshInterval"));
        assert_eq!(fields(&spec(Some(IntOrText::Text(String::new())))).as_deref(), Some("spec.refreshInterval"));
        assert_eq!(fields(&spec(None)).as_deref(), Some("spec.provider"));
    }
}
