//! Whole templates: text and actions of every kind, with trim markers, scopes, and now and then a slip of the pen.

use std::collections::BTreeMap;

use eso_template::{MissingKey, Table};

use crate::data::Data;
use crate::expression::{Want, Writer};
use crate::oracle::Question;
use crate::random::{Random, slip};

const PLAIN: &[&str] = &[
    "a",
    "text ",
    "\n",
    "  \n",
    "key: ",
    "é",
    "{",
    "}",
    "{ {",
    "- ",
    " -",
    "\t",
    "\u{a0}",
    "<b>",
    "\"",
    "'",
    "%d",
    "\r\n",
    "{{/* c */}}",
    "{{- /* c */ -}}",
    "{{/*c*/ -}} ",
    "",
];

/// Which part of the language a run looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// Go's language with its own functions.
    Language,
    /// The functions that sprig adds.
    Functions,
    /// The functions for YAML.
    Yaml,
}

struct Grammar<'r> {
    writer: Writer<'r>,
    out: String,
    left: String,
    right: String,
    ranges: usize,
    /// Names of templates that may be called.
    named: Vec<String>,
    budget: usize,
}

/// The template with this number.
pub fn question(seed: u64, index: u64, focus: Focus) -> Question {
    let mut random = Random::new(seed, index);
    let (left, right) = match random.below(25) {
        0 => ("<<", ">>"),
        1 => ("[[", "]]"),
        2 => ("(", ")"),
        3 => ("$(", ")$"),
        _ => ("", ""),
    };
    let missing = [MissingKey::Error, MissingKey::Error, MissingKey::Default, MissingKey::Zero][random.below(4)];
    let sprig = focus == Focus::Functions;
    let wild = random.percent(if sprig { 12 } else { 22 });
    let data = data(&mut random, wild);
    let delimiter = |given: &str, usual: &str| if given.is_empty() { usual.to_string() } else { given.to_string() };
    let mut grammar = Grammar {
        left: delimiter(left, "{{"),
        right: delimiter(right, "}}"),
        writer: Writer { random: &mut random, vars: Vec::new(), sprig, wild },
        out: String::new(),
        ranges: 0,
        named: Vec::new(),
        budget: if sprig { 3 } else { 14 },
    };
    grammar.top();
    let mut text = grammar.out;
    if wild && random.percent(if sprig { 5 } else { 25 }) {
        text = slip(&mut random, &text, &ODD);
    }
    Question {
        name: random.pick(&["t", "t", "config.yaml", "a\"b"]).to_string(),
        text,
        delimiters: (left.into(), right.into()),
        missing,
        table: if sprig { Table::Eso } else { Table::Core },
        data,
        renders: 0,
    }
}

/// Characters that a slip of the pen puts in.
const ODD: [char; 18] =
    ['{', '}', '"', '.', '|', '(', ')', ' ', '-', '$', ':', '=', ',', '\u{1}', '`', '\'', '#', '\n'];

fn data(random: &mut Random, wild: bool) -> Data {
    match random.below(if wild { 20 } else { 400 }) {
        0 => return Data::Nil,
        1 => return Data::Text(b"root".to_vec()),
        2 => return Data::Int(5),
        3 => {
            let pairs = [
                ("s", &b"str"[..]),
                ("empty", b""),
                ("uni", "äö".as_bytes()),
                ("bin", b"\xff\x00\xfe"),
                ("num", b"42"),
            ];
            return Data::Texts(pairs.map(|(k, v)| (k.into(), v.to_vec())).into());
        }
        4 => return Data::List(vec![Data::Int(1), Data::Text(b"two".to_vec()), Data::Nil]),
        _ => {}
    }
    let text = |t: &str| Data::Text(t.as_bytes().to_vec());
    let strings = |items: &[&str]| items.iter().map(|i| i.as_bytes().to_vec()).collect::<Vec<_>>();
    let dict =
        |pairs: Vec<(&str, Data)>| pairs.into_iter().map(|(k, v)| (k.to_string(), v)).collect::<BTreeMap<_, _>>();
    let deep = Data::Dict(dict(vec![("k", text("v")), ("z", Data::Int(0))]));
    let inner = dict(vec![
        ("s", text("inner")),
        ("n", Data::Int(9)),
        ("l", Data::List(vec![text("x"), Data::Int(2), Data::Float(2.5), Data::Nil, Data::Bool(true)])),
        ("deep", deep),
        ("nil", Data::Nil),
        ("f", Data::Float(1e6)),
    ]);
    let texts = [("a", &b"alpha"[..]), ("b", b"")].map(|(k, v)| (k.to_string(), v.to_vec()));
    Data::Dict(dict(vec![
        ("s", text("a string")),
        ("empty", text("")),
        ("uni", text("héllo wörld ß")),
        ("bin", Data::Text(b"\xff\xfe\x00a\x80".to_vec())),
        ("num", text("12")),
        ("pem", text("-----BEGIN X-----\nYWJj\n-----END X-----\n")),
        ("n", Data::Int(3)),
        ("zero", Data::Int(0)),
        ("neg", Data::Int(-7)),
        ("big", Data::Int(i64::MAX)),
        ("i64", Data::Int64(64)),
        ("y", Data::Byte(7)),
        ("f", Data::Float(12_345_678.5)),
        ("yes", Data::Bool(true)),
        ("no", Data::Bool(false)),
        ("l", Data::List(vec![Data::Int(1), text("b"), Data::Nil, Data::Float(0.5), Data::List(vec![Data::Int(4)])])),
        ("strs", Data::Strings(strings(&["x", "", "ü", "z z"]))),
        ("ints", Data::Ints(vec![3, 1, 2])),
        ("none", Data::List(Vec::new())),
        ("d", Data::Dict(inner)),
        ("t", Data::Texts(texts.into())),
        ("nil", Data::Nil),
    ]))
}

impl Grammar<'_> {
    fn below(&mut self, limit: usize) -> usize {
        self.writer.random.below(limit)
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.writer.random.percent(chance)
    }

    fn pick<'i>(&mut self, items: &[&'i str]) -> &'i str {
        self.writer.random.pick(items)
    }

    fn top(&mut self) {
        if !self.writer.sprig {
            for name in ["one", "two"] {
                if self.percent(12) {
                    self.definition(name);
                }
            }
        }
        let count = 1 + self.below(if self.writer.sprig { 3 } else { 6 });
        self.nodes(count, 3);
        if !self.writer.sprig && self.percent(4) {
            self.definition("one");
        }
    }

    fn definition(&mut self, name: &str) {
        let vars = std::mem::take(&mut self.writer.vars);
        let ranges = std::mem::take(&mut self.ranges);
        self.action(&format!("define \"{name}\""));
        let count = self.below(3);
        self.nodes(count, 1);
        self.action("end");
        self.writer.vars = vars;
        self.ranges = ranges;
        self.named.push(name.into());
    }

    /// Writes an action with its delimiters, trim markers and odd spaces.
    fn action(&mut self, content: &str) {
        let open = self.pick(&["", "", "", " ", " ", "- ", "-\n", "  "]).to_string();
        let close = self.pick(&["", "", "", " ", " ", " -", "\t-", "\n"]).to_string();
        let text = format!("{}{open}{content}{close}{}", self.left, self.right);
        self.out += &text;
    }

    fn nodes(&mut self, count: usize, depth: usize) {
        for _ in 0..count {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            if self.percent(45) {
                let text = self.pick(PLAIN);
                self.out += text;
            }
            self.node(depth);
        }
    }

    fn node(&mut self, depth: usize) {
        if depth == 0 || self.writer.sprig && self.percent(80) {
            return self.output();
        }
        match self.below(16) {
            0..=3 => self.output(),
            4 | 5 => self.conditional("if", depth),
            6 | 7 => self.conditional("with", depth),
            8..=10 => self.range(depth),
            11 => self.variable(),
            12 => self.assignment(),
            13 => self.call(),
            14 => {
                let word = self.pick(&["break", "continue"]);
                if self.ranges > 0 || self.writer.wild && self.percent(5) {
                    self.action(word);
                }
            }
            _ => self.block(depth),
        }
    }

    fn pipeline(&mut self) -> String {
        let want = [Want::Any, Want::Bool, Want::Text, Want::Int, Want::List, Want::Dict, Want::Float][self.below(7)];
        let depth = 1 + self.below(2);
        self.writer.command(want, depth)
    }

    fn output(&mut self) {
        let pipeline = self.pipeline();
        self.action(&pipeline);
    }

    fn scoped(&mut self, inner: impl FnOnce(&mut Self)) {
        let mark = self.writer.vars.len();
        inner(self);
        self.writer.vars.truncate(mark);
    }

    fn new_variable(&mut self) -> String {
        self.pick(&["$x", "$y", "$z", "$long_name", "$ü1"]).to_string()
    }

    fn conditional(&mut self, word: &str, depth: usize) {
        self.scoped(|g| {
            let mut pipeline = g.pipeline();
            if g.percent(15) {
                let name = g.new_variable();
                pipeline = format!("{name} := {pipeline}");
                g.writer.vars.push(name);
            }
            g.action(&format!("{word} {pipeline}"));
            let count = g.below(3);
            g.nodes(count, depth - 1);
            for _ in 0..g.below(3) {
                if g.percent(30) {
                    let pipeline = g.pipeline();
                    let other = if !g.writer.wild || g.percent(80) { word } else { "if" };
                    g.action(&format!("else {other} {pipeline}"));
                    let count = g.below(2);
                    g.nodes(count, depth - 1);
                }
            }
            g.otherwise(depth);
        });
    }

    fn otherwise(&mut self, depth: usize) {
        if self.percent(35) {
            self.action("else");
            let count = self.below(2);
            self.nodes(count, depth - 1);
        }
        if !self.writer.wild || !self.percent(2) {
            self.action("end");
        }
    }

    fn range(&mut self, depth: usize) {
        self.scoped(|g| {
            let pipeline = match g.below(8) {
                0 => g
                    .pick(
                        &["3", "0", "-1", "$.n", "'\\x02'", "0x3", "$.y", "$.zero", "$.i64", "2.0", "1e1", ".n"]
                            [..if g.writer.wild { 12 } else { 9 }],
                    )
                    .to_string(),
                1 if g.writer.wild && g.percent(50) => g.pipeline(),
                _ => {
                    let want = [Want::List, Want::Dict][g.below(2)];
                    g.writer.operand(want, 1)
                }
            };
            let sign = if g.writer.wild && g.percent(12) { "=" } else { ":=" };
            let header = match g.below(6) {
                0 | 1 => pipeline,
                2 | 3 => {
                    let name = g.new_variable();
                    g.writer.vars.push(name.clone());
                    format!("{name} {sign} {pipeline}")
                }
                _ if pipeline.starts_with(|c: char| c.is_ascii_digit() || c == '\'' || c == '-') && !g.writer.wild => {
                    pipeline
                }
                _ => {
                    let (first, second) = (g.new_variable(), g.new_variable());
                    g.writer.vars.extend([first.clone(), second.clone()]);
                    let comma = g.pick(&[", ", ",", " , "]);
                    format!("{first}{comma}{second} {sign} {pipeline}")
                }
            };
            g.action(&format!("range {header}"));
            g.ranges += 1;
            let count = 1 + g.below(2);
            g.nodes(count, depth - 1);
            g.ranges -= 1;
            g.otherwise(depth);
        });
    }

    fn variable(&mut self) {
        let (name, pipeline) = (self.new_variable(), self.pipeline());
        self.action(&format!("{name} := {pipeline}"));
        self.writer.vars.push(name);
    }

    fn assignment(&mut self) {
        let name = if (self.percent(85) || !self.writer.wild) && !self.writer.vars.is_empty() {
            let at = self.below(self.writer.vars.len());
            self.writer.vars[at].clone()
        } else if !self.writer.wild {
            return;
        } else {
            self.new_variable()
        };
        let pipeline = self.pipeline();
        self.action(&format!("{name} = {pipeline}"));
    }

    fn call(&mut self) {
        let name = match self.named.last().cloned() {
            Some(name) if !self.writer.wild || self.percent(90) => name,
            None if !self.writer.wild => return,
            _ => "unknown".into(),
        };
        let argument = match self.below(4) {
            0 => String::new(),
            1 => " $".into(),
            _ => format!(" {}", self.pipeline()),
        };
        self.action(&format!("template \"{name}\"{argument}"));
    }

    fn block(&mut self, depth: usize) {
        let pipeline = self.pipeline();
        let name = self.pick(&["blk", "blk2", "one"]);
        self.action(&format!("block \"{name}\" {pipeline}"));
        let vars = std::mem::take(&mut self.writer.vars);
        let ranges = std::mem::take(&mut self.ranges);
        let count = self.below(2);
        self.nodes(count, depth - 1);
        self.action("end");
        self.writer.vars = vars;
        self.ranges = ranges;
    }
}
