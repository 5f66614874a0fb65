//! Texts in a language of their own that cannot be read: regular expressions, schedules, templates. ESO finds them out when it uses
//! them, or never.

use eso_core::Fault;
use eso_core::crd::{DataFromEntry, ExternalSecretSpec, Template as TemplateSpec};
use eso_template::{Options, Template};

use super::{Delimiters, wrong};
use crate::cron::Schedule;
use crate::regexp;

/// Every such text, with its field.
pub(super) fn check(spec: &ExternalSecretSpec, delimiters: Delimiters<'_>) -> Vec<Fault> {
    let mut faults: Vec<Fault> = schedules(spec).collect();
    for (index, entry) in spec.data_from.iter().flatten().enumerate() {
        faults.extend(entry_texts(&format!("spec.dataFrom[{index}]"), entry));
    }
    faults.extend(spec.target.template.iter().flat_map(|it| template_texts(it, delimiters)));
    faults
}

/// Schedules that cannot be read.
pub(super) fn schedules(spec: &ExternalSecretSpec) -> impl Iterator<Item = Fault> {
    let windows = spec.sync_windows.iter().flat_map(|windows| &windows.windows).enumerate();
    windows.filter_map(|(index, window)| {
        let why = Schedule::parse(&window.schedule).err()?;
        let text = format!(
            "{:?} is not a schedule: {why}. Write five fields (minute, hour, day, month, day of the week), such as \"0 22 * * \
             1-5\", or a word such as @daily.",
            window.schedule
        );
        Some(wrong(format!("spec.syncWindows.windows[{index}].schedule"), text))
    })
}

/// Rewrites know no delimiters but the usual ones.
fn entry_texts(path: &str, entry: &DataFromEntry) -> Vec<Fault> {
    let name = entry.find.as_ref().and_then(|find| find.name.as_ref()).and_then(|name| name.regexp.as_deref());
    let mut faults: Vec<Fault> =
        name.and_then(|pattern| pattern_fault(format!("{path}.find.name.regexp"), pattern)).into_iter().collect();
    for (index, rewrite) in entry.rewrite.iter().flatten().enumerate() {
        let path = format!("{path}.rewrite[{index}]");
        let pattern = rewrite.regexp.as_ref().map(|regexp| regexp.source.as_str());
        faults.extend(pattern.and_then(|pattern| pattern_fault(format!("{path}.regexp.source"), pattern)));
        let template = rewrite.transform.as_ref().map(|transform| transform.template.as_str());
        let field = format!("{path}.transform.template");
        faults.extend(template.and_then(|template| template_fault(&field, template, Delimiters::default())));
    }
    faults
}

fn pattern_fault(field: String, pattern: &str) -> Option<Fault> {
    let why = regexp::compile(pattern).err()?;
    let text = format!(
        "{pattern:?} is not a regular expression: {why}. Write it in RE2 syntax; a backslash makes a sign plain."
    );
    Some(wrong(field, text))
}

/// Templates that stand in the object itself. Those in `ConfigMap`s and Secrets are read by the controller only.
fn template_texts(template: &TemplateSpec, delimiters: Delimiters<'_>) -> Vec<Fault> {
    let path = "spec.target.template";
    let data = template.data.iter().flatten().map(|(key, text)| (format!("{path}.data.{key}"), text));
    let literals =
        template.template_from.iter().flatten().enumerate().filter_map(|(index, from)| {
            Some((format!("{path}.templateFrom[{index}].literal"), from.literal.as_ref()?))
        });
    data.chain(literals).filter_map(|(field, text)| template_fault(&field, text, delimiters)).collect()
}

fn template_fault(field: &str, text: &str, delimiters: Delimiters<'_>) -> Option<Fault> {
    let options = Options { left: delimiters.left, right: delimiters.right, ..Options::default() };
    let error = Template::parse(field, text, &options).err()?;
    Some(wrong(field, format!("it is not a template: {}. Correct the template at that line.", error.text)))
}
