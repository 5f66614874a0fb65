//! The oracle program: questions in, answers out, one JSON line each.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eso_template::{MissingKey, Table};
use serde::Deserialize;
use serde_json::json;

use crate::data::Data;

/// A template with its data.
#[derive(Clone, Debug)]
pub struct Question {
    /// The template's name.
    pub name: String,
    /// The template.
    pub text: String,
    /// Delimiters; empty for the usual ones.
    pub delimiters: (String, String),
    /// What absent keys give.
    pub missing: MissingKey,
    /// Which functions there are.
    pub table: Table,
    /// The dot.
    pub data: Data,
    /// How often to render it for a measurement; 0 for none.
    pub renders: u32,
}

impl Question {
    /// The template, and the document if it is about one.
    pub fn shown(&self) -> String {
        match &self.data {
            Data::Dict(map) if self.text.contains(".doc") => match map.get("doc") {
                Some(Data::Text(text)) => format!("{}\n{:?}", self.text, String::from_utf8_lossy(text)),
                other => format!("{}\n{other:?}", self.text),
            },
            _ => self.text.clone(),
        }
    }

    fn line(&self) -> String {
        let missing = match self.missing {
            MissingKey::Error => "error",
            MissingKey::Default => "default",
            MissingKey::Zero => "zero",
        };
        let table = if self.table == Table::Core { "core" } else { "eso" };
        let line = json!({
            "name": self.name, "text": self.text, "left": self.delimiters.0, "right": self.delimiters.1,
            "missing": missing, "table": table, "data": self.data.json(), "renders": self.renders,
        });
        format!("{line}\n")
    }
}

/// What Go made of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The rendered text.
    Text(Vec<u8>),
    /// An error: phase (`parse`, `exec`, `too much` output, `too long`) and text.
    Error(String, String),
    /// The process ended: Go cannot survive what the template did.
    Died,
}

/// Times that the oracle measured, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// One parse.
    pub parse: u64,
    /// One render.
    pub render: u64,
}

#[derive(Deserialize)]
struct Line {
    out: Option<String>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    phase: String,
    #[serde(default)]
    parse_nanos: u64,
    #[serde(default)]
    render_nanos: u64,
}

/// Asks the oracle program; starts it again when it dies.
#[derive(Debug)]
pub struct Oracle {
    program: PathBuf,
}

struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends by itself when its input does; a hanging one is ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Oracle {
    /// Uses the program at a path.
    pub fn new(program: &Path) -> Self {
        Self { program: program.into() }
    }

    fn start(&self) -> Result<Running> {
        let mut child = Command::new(&self.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} cannot be run", self.program.display()))?;
        let out = BufReader::new(child.stdout.take().context("stdout is not piped")?);
        Ok(Running { child, out })
    }

    fn lines(&self, questions: &[Question]) -> Result<Vec<Line>> {
        let mut running = self.start()?;
        let mut input = running.child.stdin.take().context("stdin is not piped")?;
        let text: String = questions.iter().map(Question::line).collect();
        let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let mut lines = Vec::with_capacity(questions.len());
        let mut line = String::new();
        while lines.len() < questions.len() {
            line.clear();
            if running.out.read_line(&mut line).context("the oracle cannot be read")? == 0 {
                break;
            }
            lines.push(serde_json::from_str(&line).context("the oracle's answer is no JSON")?);
        }
        drop(running);
        // A broken pipe here means that the program died, which the number of lines tells.
        let _ = writer.join();
        Ok(lines)
    }

    /// One answer per question.
    pub fn ask(&self, questions: &[Question]) -> Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(questions.len());
        while answers.len() < questions.len() {
            let rest = &questions[answers.len()..];
            let lines = self.lines(rest)?;
            let complete = lines.len() == rest.len() || lines.last().is_some_and(|line| line.phase == "too long");
            if complete {
                answers.extend(lines.into_iter().map(answer).collect::<Result<Vec<_>>>()?);
            } else if rest.len() == 1 {
                answers.push(Answer::Died);
            } else {
                let (first, second) = rest.split_at(rest.len() / 2);
                answers.extend([self.ask(first)?, self.ask(second)?].concat());
            }
        }
        Ok(answers)
    }

    /// Measures one question.
    pub fn measure(&self, question: &Question) -> Result<Times> {
        let lines = self.lines(std::slice::from_ref(question))?;
        let line = lines.into_iter().next().context("the oracle died")?;
        anyhow::ensure!(line.error.is_empty(), "the oracle says: {}", line.error);
        Ok(Times { parse: line.parse_nanos, render: line.render_nanos })
    }
}

fn answer(line: Line) -> Result<Answer> {
    anyhow::ensure!(line.phase != "question", "the oracle does not understand: {}", line.error);
    if !line.phase.is_empty() {
        return Ok(Answer::Error(line.phase, line.error));
    }
    let text = line.out.context("an answer without text and error")?;
    Ok(Answer::Text(STANDARD.decode(text).context("the oracle's output is no base64")?))
}
