//! What an `ExternalSecret` may not say although its schema lets it. The webhook tells it when the object is applied, the controller
//! when it finds one that no webhook saw.
//!
//! Rules, their order and the beginnings of their texts are ESO's. What [`syntax`] refuses ESO accepts and stumbles over later.

mod syntax;
mod template;

pub(super) use template::check as template_faults;

use std::collections::BTreeSet;

use eso_core::crd::{CreationPolicy, DataFromEntry, DeletionPolicy, ExternalSecretSpec};
use eso_core::go_duration::GoDuration;
use eso_core::{Fault, FaultKind};

use super::refresh;

/// What opens and closes an action in templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters<'a> {
    /// `--template-left-delimiter`.
    pub left: &'a str,
    /// `--template-right-delimiter`.
    pub right: &'a str,
}

impl Default for Delimiters<'_> {
    fn default() -> Self {
        Self { left: "{{", right: "}}" }
    }
}

/// Every rule that the object breaks, each with its field.
///
/// Faults: Invalid for a duration that cannot be read, which ESO cannot decode at all and which therefore comes alone;
/// Misconfigured for the rest.
pub fn check(spec: &ExternalSecretSpec, delimiters: Delimiters<'_>) -> Vec<Fault> {
    let unreadable = unreadable(spec);
    if !unreadable.is_empty() {
        return unreadable;
    }
    let mut faults = policies(spec);
    faults.extend(nothing_to_read(spec));
    faults.extend(spec.target.template.iter().flat_map(|it| template::check(it, spec.target.manifest.as_ref())));
    faults.extend(entries(spec));
    faults.extend(syntax::check(spec, delimiters));
    faults
}

/// The same without what is met anyway when it is acted on, and told there in ESO's words: regular expressions and templates.
pub(super) fn unplannable(spec: &ExternalSecretSpec) -> Vec<Fault> {
    let unreadable = unreadable(spec);
    if !unreadable.is_empty() {
        return unreadable;
    }
    let mut faults = policies(spec);
    faults.extend(nothing_to_read(spec));
    faults.extend(entries(spec));
    faults.extend(syntax::schedules(spec));
    faults
}

fn unreadable(spec: &ExternalSecretSpec) -> Vec<Fault> {
    let faults = refresh::interval(spec).err().into_iter().chain(window_durations(spec));
    faults.map(|fault| Fault { kind: FaultKind::Invalid, ..fault }).collect()
}

fn entries(spec: &ExternalSecretSpec) -> Vec<Fault> {
    let maps = spec.data_from.iter().flatten().enumerate();
    maps.flat_map(|(index, entry)| sources(index, entry)).chain(repeated_keys(spec)).collect()
}

fn wrong(field: impl Into<String>, text: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Misconfigured, text).at(field)
}

fn window_durations(spec: &ExternalSecretSpec) -> impl Iterator<Item = Fault> {
    let windows = spec.sync_windows.iter().flat_map(|windows| &windows.windows).enumerate();
    windows.filter(|(_, window)| GoDuration::parse(&window.duration).is_none()).map(|(index, window)| {
        let text = format!("{:?} is not a duration. Write a number and a unit, such as 30m or 2h.", window.duration);
        wrong(format!("spec.syncWindows.windows[{index}].duration"), text)
    })
}

fn policies(spec: &ExternalSecretSpec) -> Vec<Fault> {
    let target = &spec.target;
    let mut faults = Vec::new();
    let unowned =
        matches!(target.creation_policy, CreationPolicy::Merge | CreationPolicy::None | CreationPolicy::CreateOrMerge);
    if target.deletion_policy == DeletionPolicy::Delete && unowned {
        let text = "deletionPolicy=Delete must not be used when the controller doesn't own the secret. Please set \
                    creationPolicy=Owner, or another deletionPolicy.";
        faults.push(wrong("spec.target.deletionPolicy", text));
    }
    if target.deletion_policy == DeletionPolicy::Merge && target.creation_policy == CreationPolicy::None {
        let text = "deletionPolicy=Merge must not be used with creationPolicy=None. There is no Secret to merge with: set \
                    deletionPolicy=Retain, or another creationPolicy.";
        faults.push(wrong("spec.target.deletionPolicy", text));
    }
    faults
}

fn nothing_to_read(spec: &ExternalSecretSpec) -> Option<Fault> {
    let empty = spec.data.iter().flatten().next().is_none() && spec.data_from.iter().flatten().next().is_none();
    empty.then(|| wrong("spec", "either data or dataFrom should be specified, with at least one entry."))
}

fn sources(index: usize, entry: &DataFromEntry) -> Vec<Fault> {
    let source = entry.source_ref.as_ref();
    let generator = source.is_some_and(|source| source.generator_ref.is_some());
    let store = source.is_some_and(|source| source.store_ref.is_some());
    let used = [entry.find.is_some(), entry.extract.is_some(), generator].into_iter().filter(|used| *used).count();
    let rules = [
        (
            used > 1,
            "extract, find, or generatorRef cannot be set at the same time. Make one entry of dataFrom for each.",
        ),
        (used == 0 && source.is_none(), "either extract, find, or sourceRef must be set to dataFrom."),
        (
            source.is_some() && !generator && !store,
            "generatorRef or storeRef must be set when using sourceRef in dataFrom. Name one, or remove sourceRef.",
        ),
    ];
    let broken = rules.into_iter().filter(|(broken, _)| *broken);
    broken.map(|(_, text)| wrong(format!("spec.dataFrom[{index}]"), text)).collect()
}

/// With another deletion policy the last one wins.
fn repeated_keys(spec: &ExternalSecretSpec) -> Vec<Fault> {
    if spec.target.deletion_policy != DeletionPolicy::Retain {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let entries = spec.data.iter().flatten().enumerate();
    let repeated = entries.filter(|(_, entry)| !seen.insert(entry.secret_key.as_str()));
    let fault = |(index, entry): (usize, &eso_core::crd::DataEntry)| {
        let text = format!("duplicate secretKey found: {}. Give each entry a key of its own.", entry.secret_key);
        wrong(format!("spec.data[{index}].secretKey"), text)
    };
    repeated.map(fault).collect()
}

#[cfg(test)]
mod tests;
