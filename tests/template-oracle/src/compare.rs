//! Renders a question with the engine and says how that differs from what Go made of it.

use std::time::{Duration, SystemTime};

use eso_template::yaml::key_values;
use eso_template::{Error, Host, Limits, Options, Phase, Template, Value};

use crate::data::Data;
use crate::grammar::Focus;
use crate::known;
use crate::oracle::{Answer, Question};
use crate::yaml::PAIRS;

/// A host with the time of day, as the oracle has it, for whom no time passes.
#[derive(Debug)]
pub struct Still;

impl Host for Still {
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn random(&mut self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both did the same.
    Same,
    /// They differ, as `known.rs` says they do; the name of the entry.
    Known(&'static str),
    /// A limit of ours was reached: nothing to compare.
    Bounded,
    /// They differ.
    Different(String),
}

/// What the engine makes of a question.
pub fn render(question: &Question) -> Result<Vec<u8>, Error> {
    if question.text == PAIRS {
        return pairs(question);
    }
    let options = Options {
        left: &question.delimiters.0,
        right: &question.delimiters.1,
        missing: question.missing,
        functions: question.table,
    };
    let template = Template::parse(&question.name, &question.text, &options)?;
    template.render(&question.data.value(), &mut Still, Limits::default())
}

/// `keysAndValues` is no function of templates: the operator itself does this with a rendered text.
fn pairs(question: &Question) -> Result<Vec<u8>, Error> {
    let Data::Dict(data) = &question.data else { return Ok(Vec::new()) };
    let Some(Data::Text(text)) = data.get("doc") else { return Ok(Vec::new()) };
    let pairs = key_values(text).map_err(|text| Error { phase: Phase::Execute, text })?;
    let template = Template::parse("t", "{{ toJson . }}", &Options::default())?;
    template.render(&Value::string_map(&pairs), &mut Still, Limits::default())
}

/// Compares the engine's answer with Go's.
pub fn compare(question: &Question, go: &Answer, focus: Focus) -> Verdict {
    let ours = render(question);
    if matches!(&ours, Err(error) if error.phase == Phase::Budget) {
        return Verdict::Bounded;
    }
    match (&ours, go) {
        (_, Answer::Died) => Verdict::Bounded,
        (_, Answer::Error(phase, _)) if phase.starts_with("too ") => Verdict::Bounded,
        (Ok(text), Answer::Text(wanted)) if text == wanted => Verdict::Same,
        _ => errors(&ours, go, focus)
            .or_else(|| known::output(&question.text, &ours, go).map(Verdict::Known))
            .unwrap_or_else(|| different(&ours, go)),
    }
}

/// Whether both failed, and in the same way.
fn errors(ours: &Result<Vec<u8>, Error>, go: &Answer, focus: Focus) -> Option<Verdict> {
    let (Err(error), Answer::Error(phase, wanted)) = (ours, go) else { return None };
    // The words of an error about YAML are each library's own.
    if focus == Focus::Yaml {
        return Some(Verdict::Same);
    }
    if (error.phase == Phase::Parse) != (phase == "parse") {
        return None;
    }
    if error.text == *wanted {
        Some(Verdict::Same)
    } else {
        known::text(&error.text, wanted, focus).map(Verdict::Known)
    }
}

fn different(ours: &Result<Vec<u8>, Error>, go: &Answer) -> Verdict {
    let shown = |text: &[u8]| {
        let text: String = String::from_utf8_lossy(text).chars().take(600).collect();
        format!("text  {text:?}")
    };
    let ours = match ours {
        Ok(text) => shown(text),
        Err(error) => format!("error {error}"),
    };
    let go = match go {
        Answer::Text(text) => shown(text),
        Answer::Error(_, text) => format!("error {text}"),
        Answer::Died => "died".into(),
    };
    Verdict::Different(format!("ours: {ours}\n  go: {go}"))
}
