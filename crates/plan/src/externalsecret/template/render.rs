//! Renders the parts of a template, one after the other.

use std::fmt::Display;

use eso_core::crd::{TemplateAs, TemplateFrom, TemplateObject};
use eso_core::{Fault, FaultKind, SecretBytes, SecretMap};
use eso_template::yaml::key_values;
use eso_template::{Host, Options, Phase, Value};

use super::{Content, SourceKey, SourceKind, Sources, Target, TemplateSettings};
use crate::data::decode;
use crate::since::Since;

/// Gathers what is rendered. Later writes win.
pub(in crate::externalsecret) struct Renderer<'a> {
    dot: Value,
    host: &'a mut dyn Host,
    settings: &'a TemplateSettings,
    sources: &'a Sources,
    /// What was rendered so far.
    pub content: Content,
}

impl<'a> Renderer<'a> {
    /// The fetched data is the dot of every template, whatever is rendered before it.
    pub fn new(
        fetched: &SecretMap,
        (sources, settings): (&'a Sources, &'a TemplateSettings),
        host: &'a mut dyn Host,
    ) -> Self {
        let dot = Value::string_map(fetched.iter().map(|(key, value)| (key, value.expose())));
        Self { dot, host, settings, sources, content: Content::default() }
    }

    /// Renders one template of `template.data`.
    pub fn data(&mut self, key: &str, text: &str) -> Result<(), Fault> {
        let value = self.render(key, text)?;
        self.content.data.insert(key.to_owned(), value);
        Ok(())
    }

    /// Renders the value of a label or of an annotation.
    pub fn text_of(&mut self, key: &str, text: &str) -> Result<String, Fault> {
        let value = self.render(key, text)?;
        value.expose_str().map(str::to_owned).ok_or_else(|| not_text(key))
    }

    /// Renders an entry of `templateFrom`: its ConfigMap, its Secret, its literal.
    pub fn template_from(&mut self, index: usize, from: &TemplateFrom) -> Result<(), Fault> {
        for piece in self.pieces(index, from)? {
            match piece.scope {
                TemplateAs::Values => self.put(from, &piece.key, piece.text)?,
                TemplateAs::KeysAndValues => {
                    for (key, value) in piece.pairs()? {
                        self.put(from, &key, value)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Renders the texts of an entry of `templateFrom`, in their order.
    pub fn pieces(&mut self, index: usize, from: &TemplateFrom) -> Result<Vec<Piece>, Fault> {
        let mut pieces = Vec::new();
        let named = [(SourceKind::ConfigMap, &from.config_map), (SourceKind::Secret, &from.secret)];
        for (kind, object) in named.into_iter().filter_map(|(kind, object)| Some((kind, object.as_ref()?))) {
            self.source(kind, object, &mut pieces)?;
        }
        if let Some(text) = &from.literal {
            let key = format!("templateFrom[{index}].literal");
            pieces.push(Piece { text: self.render(&key, text)?, key, scope: TemplateAs::KeysAndValues });
        }
        Ok(pieces)
    }

    fn source(&mut self, kind: SourceKind, object: &TemplateObject, pieces: &mut Vec<Piece>) -> Result<(), Fault> {
        let (name, sources) = (&object.name, self.sources);
        let key = SourceKey { kind, name: name.clone() };
        let Some(Some(data)) = sources.get(&key) else {
            return Err(failed(format!("{} \"{name}\" does not exist in this namespace", kind.name())));
        };
        for item in &object.items {
            let key = &item.key;
            let text = data
                .get(key)
                .ok_or_else(|| failed(format!("{} \"{name}\" has no key \"{key}\" under data", kind.name())))?;
            let text = text.expose_str().ok_or_else(|| not_text(key))?;
            let scope = item.template_as.unwrap_or(TemplateAs::Values);
            pieces.push(Piece { key: key.clone(), scope, text: self.render(key, text)? });
        }
        Ok(())
    }

    fn put(&mut self, from: &TemplateFrom, key: &str, value: SecretBytes) -> Result<(), Fault> {
        let strategy = from.values_decoding_strategy.unwrap_or_default();
        let value = decode(value, strategy, &format!("key \"{key}\""))?;
        let map = match Target::of(from) {
            Some(Target::Data) | None => {
                self.content.data.insert(key.to_owned(), value);
                return Ok(());
            }
            Some(Target::Labels) => &mut self.content.labels,
            Some(Target::Annotations) => &mut self.content.annotations,
        };
        map.insert(key.to_owned(), value.expose_str().ok_or_else(|| not_text(key))?.to_owned());
        Ok(())
    }

    /// Renders a text; `name` stands in errors.
    pub fn render(&mut self, name: &str, text: &str) -> Result<SecretBytes, Fault> {
        let options = Options { left: &self.settings.left, right: &self.settings.right, ..Options::default() };
        let elapsed = self.host.elapsed();
        if elapsed > self.settings.object_time {
            return Err(failed(format!(
                "the templates of this object take more than {:?} together; {name} was not begun",
                self.settings.object_time
            )));
        }
        let mut host = Since::now(self.host);
        let template = self.settings.parsed.parse(name, text, &options);
        let rendered = template.and_then(|it| it.render(&self.dot, &mut host, self.settings.limits));
        rendered.map(SecretBytes::new).map_err(|error| {
            let doing = if error.phase == Phase::Parse { "parse" } else { "execute" };
            failed(format!(
                "unable to execute template at key {name}: unable to {doing} template at key {name}: {error}"
            ))
        })
    }
}

/// A rendered text of `templateFrom`.
pub(in crate::externalsecret) struct Piece {
    /// The key that it stood under.
    pub key: String,
    /// Whether it is one value or a map.
    pub scope: TemplateAs,
    /// What was rendered.
    pub text: SecretBytes,
}

impl Piece {
    /// The text as a YAML map of keys and values.
    pub fn pairs(&self) -> Result<Vec<(String, SecretBytes)>, Fault> {
        let name = &self.key;
        let pairs = key_values(self.text.expose()).map_err(|why| {
            failed(format!("unable to read the rendered template {name} as a map of keys and values: {why}"))
        })?;
        let pair = |(key, value)| {
            let key = String::from_utf8(key).map_err(|_| not_text(name))?;
            Ok((key, SecretBytes::new(value)))
        };
        pairs.into_iter().map(pair).collect()
    }
}

pub(in crate::externalsecret) fn failed(what: impl Display) -> Fault {
    Fault::new(FaultKind::Invalid, format!("could not execute template: could not execute template: {what}"))
}

pub(in crate::externalsecret) fn not_text(key: &str) -> Fault {
    failed(format!("the value of \"{key}\" is not UTF-8 text, which labels, annotations and templates are"))
}
