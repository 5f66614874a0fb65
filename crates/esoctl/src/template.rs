//! `esoctl template`: what a template makes of given data, offline.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use eso_core::crd::Template;
use eso_core::{SecretBytes, SecretMap};
use eso_plan::externalsecret::{Content, RENDER_STACK, SourceKey, SourceKind, Sources, TemplateSettings, render};
use eso_template::yaml;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use crate::host::Machine;

/// What `esoctl template` is told.
#[derive(Args, Debug)]
pub struct TemplateArgs {
    /// Manifest of an `ExternalSecret` or a `PushSecret` with a template.
    #[arg(long, value_name = "FILE")]
    source_templated_object: PathBuf,
    /// The data: keys with values in base64, as under a Secret's `data`; or a Secret's manifest.
    #[arg(long, value_name = "FILE")]
    source_secret_data_file: PathBuf,
    /// Manifest of a `ConfigMap` that `templateFrom` names. May be given several times.
    #[arg(long, value_name = "FILE")]
    template_from_config_map: Vec<PathBuf>,
    /// Manifest of a Secret that `templateFrom` names. May be given several times.
    #[arg(long, value_name = "FILE")]
    template_from_secret: Vec<PathBuf>,
    /// What opens an action.
    #[arg(long, value_name = "TEXT", default_value = "{{")]
    template_left_delimiter: String,
    /// What closes it.
    #[arg(long, value_name = "TEXT", default_value = "}}")]
    template_right_delimiter: String,
    /// Where the Secret goes; the terminal when left out.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Writes the Secret as YAML.
pub fn run(args: &TemplateArgs, out: &mut impl Write) -> Result<()> {
    let object = read(&args.source_templated_object)?;
    let (template, name) = template_of(&object).with_context(|| shown(&args.source_templated_object))?;
    let mut sources = Sources::new();
    for (files, kind) in
        [(&args.template_from_config_map, SourceKind::ConfigMap), (&args.template_from_secret, SourceKind::Secret)]
    {
        for file in files {
            let (name, data) = source(&read(file)?, kind).with_context(|| shown(file))?;
            sources.insert(SourceKey { kind, name }, Some(data));
        }
    }
    let fetched = read(&args.source_secret_data_file)?;
    let fetched = data(&fetched).with_context(|| shown(&args.source_secret_data_file))?;
    let settings = TemplateSettings {
        left: args.template_left_delimiter.clone(),
        right: args.template_right_delimiter.clone(),
        ..TemplateSettings::default()
    };
    let work = move || render(&template, fetched, (&sources, &settings), &mut Machine::new());
    // Deep templates need a deep stack.
    let thread = std::thread::Builder::new().stack_size(RENDER_STACK).spawn(work).context("no thread for rendering")?;
    let content = thread.join().map_err(|_| anyhow::anyhow!("rendering panicked"))?;
    let content = content.map_err(|fault| anyhow::anyhow!(fault.public()))?;
    let text = yaml::text(&secret(&name, content)).map_err(anyhow::Error::msg)?;
    match &args.output {
        Some(path) => std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display())),
        None => out.write_all(text.as_bytes()).context("writing the Secret"),
    }
}

fn shown(path: &Path) -> String {
    format!("{} cannot be used", path.display())
}

fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    yaml::document(&text).map_err(|why| anyhow::anyhow!("{} is not YAML: {why}", path.display()))
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// The template of an object, and the name of the Secret that it makes.
fn template_of(object: &Value) -> Result<(Template, String)> {
    let (pointer, field) = match text(object, "/kind") {
        Some("ExternalSecret") => ("/spec/target/template", "spec.target.template"),
        Some("PushSecret") => ("/spec/template", "spec.template"),
        Some(other) => bail!("it is a {other}, not an ExternalSecret or a PushSecret"),
        None => bail!("it has no kind; give the manifest of an ExternalSecret or a PushSecret"),
    };
    let template = object.pointer(pointer).filter(|template| !template.is_null());
    let template = template.with_context(|| format!("it has no template under {field}"))?;
    let template = Template::deserialize(template).with_context(|| format!("{field} is no template"))?;
    let name = text(object, "/spec/target/name").or(text(object, "/metadata/name")).unwrap_or_default();
    Ok((template, name.to_owned()))
}

/// Name and data of an object that holds templates.
fn source(object: &Value, kind: SourceKind) -> Result<(String, SecretMap)> {
    let found = text(object, "/kind").unwrap_or("something without a kind");
    anyhow::ensure!(found == kind.name(), "it is a {found}, not a {}", kind.name());
    let name = text(object, "/metadata/name").context("it has no name")?.to_owned();
    let data = match kind {
        SourceKind::Secret => secret_data(object)?,
        SourceKind::ConfigMap => plain(object.get("data"))?,
    };
    Ok((name, data))
}

fn data(document: &Value) -> Result<SecretMap> {
    if text(document, "/kind") == Some("Secret") { secret_data(document) } else { encoded(Some(document)) }
}

fn secret_data(secret: &Value) -> Result<SecretMap> {
    let mut data = encoded(secret.get("data"))?;
    data.extend(plain(secret.get("stringData"))?);
    Ok(data)
}

fn members(map: Option<&Value>) -> Result<&Map<String, Value>> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match map {
        None | Some(Value::Null) => Ok(&NONE),
        Some(map) => map.as_object().context("it is not a map of keys and values"),
    }
}

fn plain(map: Option<&Value>) -> Result<SecretMap> {
    let value = |(key, value): (&String, &Value)| {
        let value = value.as_str().with_context(|| format!("the value of {key} is not a text; put it in quotes"))?;
        Ok((key.clone(), SecretBytes::from(value)))
    };
    members(map)?.iter().map(value).collect()
}

fn encoded(map: Option<&Value>) -> Result<SecretMap> {
    let value = |(key, value): (&String, &Value)| {
        let why = || format!("the value of {key} is not base64, in which a Secret's data is written");
        let value = STANDARD.decode(value.as_str().with_context(why)?).ok().with_context(why)?;
        Ok((key.clone(), SecretBytes::new(value)))
    };
    members(map)?.iter().map(value).collect()
}

fn secret(name: &str, content: Content) -> Value {
    let data = content.data.iter().map(|(key, value)| (key.clone(), Value::from(STANDARD.encode(value.expose()))));
    let mut metadata = json!({"name": name});
    let parts = [
        ("labels", json!(content.labels), content.labels.is_empty()),
        ("annotations", json!(content.annotations), content.annotations.is_empty()),
        ("finalizers", json!(content.finalizers), content.finalizers.is_empty()),
    ];
    if let Some(metadata) = metadata.as_object_mut() {
        let some = parts.into_iter().filter(|(_, _, empty)| !empty);
        metadata.extend(some.map(|(key, value, _)| (key.to_owned(), value)));
    }
    let mut secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data.collect::<Map<_, _>>()});
    if let (Some(type_), Some(secret)) = (content.type_, secret.as_object_mut()) {
        secret.insert("type".to_owned(), type_.into());
    }
    secret
}
