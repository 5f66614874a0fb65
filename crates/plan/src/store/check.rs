//! Whether a store's spec makes sense, before anybody is asked.

use std::time::Duration;

use eso_core::crd::{IntOrText, StoreSpec};
use eso_core::go_duration::GoDuration;
use eso_core::{Fault, FaultKind};
use regex_automata::meta::Regex;
use serde_json::Value;

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
/// Faults: Misconfigured, with the field. The backend's own rules come later, from its own crate.
pub fn check(spec: &StoreSpec) -> Result<Checked<'_>, Fault> {
    for (index, condition) in spec.conditions.iter().flatten().enumerate() {
        for (at, pattern) in condition.namespace_regexes.iter().flatten().enumerate() {
            if Regex::new(pattern).is_err() {
                let field = format!("spec.conditions[{index}].namespaceRegexes[{at}]");
                let text = format!("\"{pattern}\" is not a regular expression. Namespaces cannot be matched with it.");
                return Err(Fault::new(FaultKind::Misconfigured, text).at(field));
            }
        }
    }
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
        assert!(check(&store).unwrap_err().message.contains("exactly one backend"));
        store.provider.0.insert("a".to_owned(), Value::Null);
        assert_eq!(check(&store).unwrap().provider, "a");
        store.provider.0.insert("b".to_owned(), Value::Null);
        assert!(check(&store).unwrap_err().message.contains("2 (a, b)"));
    }
}
