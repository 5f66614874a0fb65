//! A run: so many templates from one seed, compared, and the sums.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;

use crate::compare::{Verdict, compare};
use crate::grammar::Focus;
use crate::oracle::{Answer, Oracle, Question};
use crate::{grammar, yaml};

/// Templates that are asked in one go.
const BATCH: u64 = 500;

/// What a run found.
#[derive(Debug, Default)]
pub struct Report {
    /// Templates that were compared.
    pub compared: u64,
    /// Those that both rendered to the same text.
    pub rendered: u64,
    /// Those where a limit of ours, or of Go's process, was reached.
    pub bounded: u64,
    /// Known differences by name.
    pub known: BTreeMap<&'static str, u64>,
    /// Go's errors by their cause, without what differs between templates.
    pub errors: BTreeMap<String, u64>,
    /// Unexplained differences: number and text.
    pub different: Vec<(u64, String)>,
}

impl Report {
    /// The sums, one line each.
    pub fn summary(&self) -> String {
        let mut text = format!(
            "{} compared, {} rendered, {} bounded, {} different\n",
            self.compared,
            self.rendered,
            self.bounded,
            self.different.len()
        );
        for (name, count) in &self.known {
            let _ = writeln!(text, "  known: {count:6} {name}");
        }
        text
    }
}

/// Compares the templates `from..from + count` of a seed. Needs a stack of `eso_template::STACK` bytes.
pub fn run(oracle: &Oracle, focus: Focus, seed: u64, range: std::ops::Range<u64>) -> Result<Report> {
    let mut report = Report::default();
    let mut from = range.start;
    while from < range.end {
        let to = range.end.min(from + BATCH);
        let questions: Vec<Question> = (from..to).map(|index| question(seed, index, focus)).collect();
        let answers = oracle.ask(&questions)?;
        for (index, (question, answer)) in (from..).zip(questions.iter().zip(&answers)) {
            count(&mut report, index, question, answer, focus);
        }
        from = to;
    }
    Ok(report)
}

/// The question with this number.
fn question(seed: u64, index: u64, focus: Focus) -> Question {
    match focus {
        Focus::Language | Focus::Functions => grammar::question(seed, index, focus),
        Focus::Yaml => yaml::question(seed, index),
    }
}

/// The words of an error's cause before the first value.
fn cause(text: &str) -> String {
    let cause = text.rsplit_once(">: ").map_or_else(|| text.splitn(4, ':').nth(3).unwrap_or(text), |(_, cause)| cause);
    cause.split(['<', '"', '%', '{', '`', '\'']).next().unwrap_or(cause).chars().take(40).collect()
}

fn count(report: &mut Report, index: u64, question: &Question, answer: &Answer, focus: Focus) {
    report.compared += 1;
    if let Answer::Error(_, text) = answer {
        *report.errors.entry(cause(text)).or_default() += 1;
    }
    match compare(question, answer, focus) {
        Verdict::Same => report.rendered += u64::from(matches!(answer, Answer::Text(_))),
        Verdict::Known(name) => *report.known.entry(name).or_default() += 1,
        Verdict::Bounded => report.bounded += 1,
        Verdict::Different(how) => {
            let text = format!(
                "#{index} {:?} missing={:?}\n{}\n{how}\n",
                question.delimiters,
                question.missing,
                question.shown()
            );
            report.different.push((index, text));
        }
    }
}
