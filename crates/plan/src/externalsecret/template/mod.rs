//! What a target's template makes of the fetched data (spec: ESO's templating v2).
//!
//! Without a template the Secret gets the data as it is, and all of the object's labels and annotations. With one, it gets what the
//! template says and nothing else.

mod render;
mod target;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use eso_core::crd::{Template, TemplateFrom, TemplateMergePolicy};
use eso_core::{Fault, SecretMap};
use eso_template::{Cache, Host, Limits};

pub(super) use target::Target;

use super::check::template_faults;
use super::seen::Seen;
use crate::secret_object::duplicate_map;
pub(super) use render::{Renderer, failed, not_text};

/// Time for all templates of an object: a few keys of the costliest kind.
const OBJECT_TIME: Duration = Duration::from_secs(20);
/// Parsed templates that are kept.
const PARSED: NonZeroUsize = NonZeroUsize::new(128).unwrap();
/// Bytes of their texts; the trees take about ten times as much.
const PARSED_BYTES: usize = 128 << 10;

/// How templates are read and what they may use up.
#[derive(Debug, Clone)]
pub struct TemplateSettings {
    /// `--template-left-delimiter`.
    pub left: String,
    /// `--template-right-delimiter`.
    pub right: String,
    /// What one template may use up.
    pub limits: Limits,
    /// How long all templates of one object may take together; looked at before each.
    pub object_time: Duration,
    /// Parsed templates. What is in it changes no result.
    pub parsed: Arc<Cache>,
}

impl Default for TemplateSettings {
    fn default() -> Self {
        Self {
            left: "{{".to_owned(),
            right: "}}".to_owned(),
            limits: Limits::default(),
            object_time: OBJECT_TIME,
            parsed: Arc::new(Cache::new(PARSED, PARSED_BYTES)),
        }
    }
}

/// An object of the same namespace that holds templates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey {
    /// Its kind.
    pub kind: SourceKind,
    /// Its name.
    pub name: String,
}

/// Kinds of objects that hold templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// Its `data`; `binaryData` holds no templates.
    ConfigMap,
    /// Its `data`.
    Secret,
}

impl SourceKind {
    /// As Kubernetes calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// Objects that hold templates, as they were read; `None` is one that does not exist.
pub type Sources = BTreeMap<SourceKey, Option<SecretMap>>;

/// The objects that a template refers to, each once.
pub fn source_keys(template: &Template) -> Vec<SourceKey> {
    let mut keys: Vec<SourceKey> = template.template_from.iter().flatten().flat_map(keys_of).collect();
    keys.sort();
    keys.dedup();
    keys
}

fn keys_of(from: &TemplateFrom) -> impl Iterator<Item = SourceKey> {
    let config_map = from.config_map.iter().map(|it| (SourceKind::ConfigMap, it));
    let secret = from.secret.iter().map(|it| (SourceKind::Secret, it));
    config_map.chain(secret).map(|(kind, object)| SourceKey { kind, name: object.name.clone() })
}

/// What the Secret shall hold, before it is marked as ours.
#[derive(Debug, Default, PartialEq)]
pub struct Content {
    /// Data.
    pub data: SecretMap,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// `type`, if the template sets one.
    pub type_: Option<String>,
    /// Finalizers to add.
    pub finalizers: Vec<String>,
}

/// What the Secret shall hold, given the fetched data.
///
/// Faults: Invalid, with the key and the position in the template; no text of the data.
pub(super) fn content(seen: &Seen, fetched: SecretMap, host: &mut dyn Host) -> Result<Content, Fault> {
    let metadata = &seen.object.metadata;
    let Some(template) = &seen.object.spec.target.template else {
        return Ok(Content {
            data: fetched,
            labels: metadata.labels.clone().unwrap_or_default(),
            annotations: metadata.annotations.clone().unwrap_or_default(),
            ..Content::default()
        });
    };
    // The field is left out: the texts are to begin with ESO's.
    if let Some(fault) = template_faults(template, None).into_iter().next() {
        return Err(Fault::new(fault.kind, fault.message));
    }
    render(template, fetched, (&seen.sources, &seen.settings.template), host)
}

/// What a template makes of the fetched data. `sources` are the objects that it refers to.
///
/// Faults: Invalid, with the key and the position in the template; no text of the data.
pub fn render(
    template: &Template,
    fetched: SecretMap,
    (sources, settings): (&Sources, &TemplateSettings),
    host: &mut dyn Host,
) -> Result<Content, Fault> {
    let mut renderer = Renderer::new(&fetched, (sources, settings), host);
    renderer.content = beginning(template, fetched);
    for (index, from) in template.template_from.iter().flatten().enumerate() {
        renderer.template_from(index, from)?;
    }
    for (key, text) in template.data.iter().flatten() {
        renderer.data(key, text)?;
    }
    let metadata = template.metadata.iter();
    for (key, text) in metadata.clone().flat_map(|it| it.labels.iter().flatten()) {
        let value = renderer.text_of(key, text)?;
        renderer.content.labels.insert(key.clone(), value);
    }
    for (key, text) in metadata.flat_map(|it| it.annotations.iter().flatten()) {
        let value = renderer.text_of(key, text)?;
        renderer.content.annotations.insert(key.clone(), value);
    }
    Ok(renderer.content)
}

/// What is there before anything is rendered: the fetched data, unless the template replaces it.
fn beginning(template: &Template, fetched: SecretMap) -> Content {
    let merges = template.merge_policy == Some(TemplateMergePolicy::Merge);
    let says_nothing =
        template.data.iter().flatten().next().is_none() && template.template_from.iter().flatten().next().is_none();
    Content {
        data: if merges || says_nothing { duplicate_map(&fetched) } else { SecretMap::new() },
        type_: template.type_.clone().filter(|type_| !type_.is_empty()),
        finalizers: template.metadata.iter().flat_map(|it| it.finalizers.iter().flatten()).cloned().collect(),
        ..Content::default()
    }
}
