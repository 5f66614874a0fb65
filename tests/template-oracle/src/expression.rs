//! Operands and pipelines of the core language. Most have the type that is wanted, some do not.

use crate::calls;
use crate::pools::{
    BROKEN_STRINGS, DICTS, FLOATS, FORMAT_VERBS, INTS, LISTS, NUMBERS, STRINGS, SURE_FLOATS, SURE_NUMBERS, TEXTS,
};
use crate::random::Random;

/// What an operand should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Types of the template language.
pub enum Want {
    Any,
    Bool,
    Dict,
    Float,
    Int,
    List,
    Text,
}

const WANTS: [Want; 7] = [Want::Any, Want::Bool, Want::Dict, Want::Float, Want::Int, Want::List, Want::Text];

/// Writes expressions.
#[derive(Debug)]
pub struct Writer<'r> {
    /// Where choices come from.
    pub random: &'r mut Random,
    /// Variables in scope.
    pub vars: Vec<String>,
    /// Whether sprig's functions may be called.
    pub sprig: bool,
    /// Whether operands may be anything, which mostly ends in an error.
    pub wild: bool,
}

impl Writer<'_> {
    fn want(&mut self) -> Want {
        WANTS[self.random.below(WANTS.len())]
    }

    fn one(&mut self, items: &[&str]) -> String {
        self.random.pick(items).to_string()
    }

    /// One of the fields; the first `sure` ones exist wherever the dot is.
    fn field(&mut self, fields: &[&str], sure: usize) -> String {
        let count = if self.wild || self.random.percent(5) { fields.len() } else { sure };
        self.one(&fields[..count])
    }

    fn variable(&mut self) -> String {
        if self.vars.is_empty() {
            return "$".into();
        }
        let at = self.random.below(self.vars.len());
        self.vars[at].clone()
    }

    /// An operand: an atom or something in parentheses.
    pub fn operand(&mut self, want: Want, depth: usize) -> String {
        let want = if self.wild && self.random.percent(9) { self.want() } else { want };
        if depth > 0 && self.random.percent(45) {
            return format!("({}){}", self.command(want, depth - 1), self.tail());
        }
        self.atom(want)
    }

    /// What may stand behind a parenthesis.
    fn tail(&mut self) -> String {
        if self.wild && self.random.percent(6) {
            self.one(&[".s", ".a", ".x.y", ".n", ".", ".d.s"])
        } else {
            String::new()
        }
    }

    fn atom(&mut self, want: Want) -> String {
        match self.random.below(if self.wild { 40 } else { 400 }) {
            0 => {
                return self.one(&[
                    "nil",
                    ".missing",
                    ".d.missing",
                    ".",
                    "$",
                    "$.missing",
                    ".s.x",
                    ".nil",
                    ".nil.x",
                    "$x",
                ]);
            }
            1..=3 if self.wild => return self.variable(),
            6..=30 if want == Want::Any => return self.variable(),
            4 => {
                let variable = self.variable();
                return format!("{variable}{}", self.one(&[".s", ".d", ".x", ".a.b"]));
            }
            5 if self.wild && self.random.percent(40) => {
                return self
                    .one(&["true.x", "1.x", "nil.x", "\"a\".x", "..", ".a..b", "$.", "len", "print", "not", "eq"]);
            }
            _ => {}
        }
        match want {
            Want::Bool => self.one(&["true", "false", "$.yes", "$.no"]),
            Want::Int if self.random.percent(70) => {
                let count = if self.wild && self.random.percent(30) { NUMBERS.len() } else { SURE_NUMBERS };
                self.one(&NUMBERS[..count])
            }
            Want::Int => self.field(INTS, 7),
            Want::Float if self.random.percent(85) => {
                let count = if self.wild && self.random.percent(30) { FLOATS.len() } else { SURE_FLOATS };
                self.one(&FLOATS[..count])
            }
            Want::Float => "$.f".into(),
            Want::Text if self.random.percent(65) => {
                let broken = if self.wild && self.random.percent(20) { 0 } else { BROKEN_STRINGS };
                self.one(&STRINGS[..STRINGS.len() - broken])
            }
            Want::Text => self.field(TEXTS, 8),
            Want::List => self.field(LISTS, 5),
            Want::Dict => self.field(DICTS, 3),
            Want::Any => {
                let want = WANTS[1 + self.random.below(WANTS.len() - 1)];
                self.atom(want)
            }
        }
    }

    /// A command or a short pipeline that gives what is wanted.
    pub fn command(&mut self, want: Want, depth: usize) -> String {
        if self.random.percent(12) {
            return self.piped(want, depth);
        }
        if self.sprig && self.random.percent(80) {
            return calls::call(self, want, depth);
        }
        match want {
            Want::Bool => self.boolean(depth),
            Want::Int => self.int(depth),
            Want::Text => self.text(depth),
            _ => match self.random.below(5) {
                0 => self.text(depth),
                1 => self.boolean(depth),
                2 => {
                    let word = self.one(&["and", "or"]);
                    let count = self.random.below(4).max(usize::from(!self.wild));
                    self.call(&word, &vec![want; count], depth)
                }
                3 => self.index(depth),
                _ => self.atom(want),
            },
        }
    }

    fn piped(&mut self, want: Want, depth: usize) -> String {
        let source = match want {
            Want::Int if !self.wild => Want::Text,
            _ => self.want(),
        };
        let first = self.operand(source, depth.min(1));
        let space = self.one(&[" | ", "|", " |", "| "]);
        let second = match want {
            Want::Int if !self.wild => "len".into(),
            Want::Int => self.one(&["len", "index .l", "len | print"]),
            Want::Text => self.one(&[
                "print",
                "printf \"%v\"",
                "html",
                "js",
                "urlquery",
                "println",
                "printf \"%v-%v\" 1",
                "print 1",
            ]),
            Want::Bool if !self.wild => self.one(&["not", "not | not", "print | eq \"1\""]),
            Want::Bool => self.one(&["not", "eq 1", "ne \"a\"", "lt 2", "and true", "or false"]),
            _ if !self.wild => self.one(&["and 1", "or nil", "print", "print | len"]),
            _ => self.one(&[
                "index $.l",
                "and 1",
                "or nil",
                "call",
                ".s",
                "$",
                "1",
                "slice",
                ".",
                "nil",
                "index $.ints",
                "",
            ]),
        };
        format!("{first}{space}{second}")
    }

    fn call(&mut self, name: &str, wants: &[Want], depth: usize) -> String {
        let mut text = name.to_string();
        for want in wants {
            text.push(' ');
            text += &self.operand(*want, depth);
        }
        text
    }

    fn boolean(&mut self, depth: usize) -> String {
        let name = self.one(&["eq", "eq", "ne", "lt", "le", "gt", "ge", "not", "and", "or"]);
        let want = if self.random.percent(40) { Want::Int } else { self.want() };
        let count = match name.as_str() {
            "not" => 1,
            "eq" | "and" | "or" => 1 + self.random.below(3),
            _ => 2,
        };
        let count = if self.wild && self.random.percent(6) { self.random.below(4) } else { count };
        // Only a few kinds can be ordered, and only with their own kind.
        let want = match name.as_str() {
            "lt" | "le" | "gt" | "ge" if !self.wild => [Want::Int, Want::Text, Want::Float][self.random.below(3)],
            "eq" | "ne" if !self.wild && matches!(want, Want::List | Want::Dict | Want::Any) => Want::Bool,
            _ => want,
        };
        self.call(&name, &vec![want; count], depth)
    }

    fn int(&mut self, depth: usize) -> String {
        if self.random.below(4) == 0 {
            return self.index(depth);
        }
        let want = [Want::Text, Want::List, Want::Dict, Want::Any][self.random.below(if self.wild { 4 } else { 3 })];
        self.call("len", &[want], depth)
    }

    fn index(&mut self, depth: usize) -> String {
        match self.random.below(if self.wild { 4 } else { 3 }) {
            0 if !self.wild => {
                let list = self.one(&["$.l", "$.ints", "$.strs", "$.d.l"]);
                format!("index {list} {}", self.random.below(3))
            }
            0 => self.call("index", &[Want::List, Want::Int], depth),
            1 => self.call("index", &[Want::Dict, Want::Text], depth),
            2 if !self.wild => format!("index $.s {}", self.random.below(8)),
            2 => self.call("index", &[Want::Text, Want::Int], depth),
            _ => {
                let count = self.random.below(4);
                let name = self.one(&["index", "index", "slice"]);
                let mut text = self.call(&name, &[Want::Any], depth);
                for _ in 0..count {
                    text.push(' ');
                    text +=
                        &if self.random.percent(70) { self.random.below(4).to_string() } else { self.atom(Want::Any) };
                }
                text
            }
        }
    }

    fn text(&mut self, depth: usize) -> String {
        match self.random.below(8) {
            0..=3 => self.printf(depth),
            4 => {
                let name = self.one(&["html", "js", "urlquery"]);
                let want = if self.random.percent(70) { Want::Text } else { Want::Any };
                self.call(&name, &[want], depth)
            }
            5 => {
                let (from, to) = if self.wild {
                    (self.random.below(4), self.random.below(8))
                } else {
                    (1, 2 + self.random.below(5))
                };
                let text = if self.wild {
                    self.operand(Want::Text, depth)
                } else {
                    self.one(&["$.s", "\"abc€def\"", "$.uni"])
                };
                format!("slice {text} {from} {to}")
            }
            _ => {
                let name = self.one(&["print", "println"]);
                let count = self.random.below(4);
                let wants: Vec<Want> = (0..count).map(|_| self.want()).collect();
                self.call(&name, &wants, depth)
            }
        }
    }

    fn printf(&mut self, depth: usize) -> String {
        let mut format = String::new();
        let verbs = 1 + self.random.below(3);
        let mut wants = Vec::new();
        for _ in 0..verbs {
            format += self.random.pick(&["", "", "x", "é ", "[", "%%", " "]);
            let want = self.verb(&mut format);
            wants.push(want);
        }
        if self.random.percent(6) {
            wants.pop();
        }
        if self.random.percent(6) {
            wants.push(Want::Any);
        }
        self.call(&format!("printf \"{format}\""), &wants, depth)
    }

    fn verb(&mut self, format: &mut String) -> Want {
        format.push('%');
        for _ in 0..self.random.below(3) {
            *format += self.random.pick(&["+", "-", "#", "0", " ", ""]);
        }
        if self.random.percent(4) {
            *format += self.random.pick(&["[1]", "[2]", "[3]", "[0]", "[x]", "[", "[1]*", "*", "[2]*[1]", "[-1]"]);
        }
        if self.random.percent(35) {
            *format += self.random.pick(&["1", "3", "5", "8", "12", "20", "03"]);
        }
        if self.random.percent(30) {
            *format += self.random.pick(&[".0", ".1", ".2", ".3", ".7", ".", ".12", ".20", ".*", ".[1]*"]);
        }
        let verbs: Vec<char> = FORMAT_VERBS.chars().collect();
        let verb = verbs[self.random.below(verbs.len())];
        if !self.random.percent(2) {
            format.push(verb);
        }
        if self.random.percent(35) {
            return self.want();
        }
        match verb {
            't' => Want::Bool,
            'b' | 'c' | 'd' | 'o' | 'O' | 'U' => Want::Int,
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => Want::Float,
            's' | 'q' => Want::Text,
            'x' | 'X' => [Want::Int, Want::Float, Want::Text][self.random.below(3)],
            _ => Want::Any,
        }
    }
}
