//! YAML documents of every form, many of them slightly wrong, and values to be written as YAML.

use std::collections::BTreeMap;

use eso_template::{MissingKey, Table};

use crate::data::Data;
use crate::oracle::Question;
use crate::random::{Random, slip};
use crate::yaml_pools::{AFTER, BEFORE, ESCAPES, KEYS, ODD, PIECES, SCALARS, TAGS, TEXTS};

/// What a document means, read and written again; the words of an error are each engine's own.
const READ: &str =
    "{{ $y := fromYaml .doc }}{{ if hasKey $y \"Error\" }}an error{{ else }}{{ toJson $y }}\n{{ toYaml $y }}{{ end }}";
/// A document as `templateAs: KeysAndValues` takes it. The function is the oracle's own, see `compare::render`.
pub const PAIRS: &str = "{{ keysAndValues .doc | toJson }}";
/// A value as a document.
const WRITE: &str = "{{ toYaml .doc }}";

/// The question with this number.
pub fn question(seed: u64, index: u64) -> Question {
    let mut random = Random::new(seed, index);
    let (text, doc) = match random.below(10) {
        0..6 => (READ, document(&mut random, false)),
        6 | 7 => (PAIRS, document(&mut random, true)),
        _ => (WRITE, value(&mut random, 0)),
    };
    Question {
        name: "t".into(),
        text: text.into(),
        delimiters: Default::default(),
        missing: MissingKey::Error,
        table: Table::Eso,
        data: Data::Dict([("doc".to_owned(), doc)].into()),
        renders: 0,
    }
}

/// A document, usually a map; `flat` has scalars for values.
fn document(random: &mut Random, flat: bool) -> Data {
    let mut writer = Writer { random, out: String::new(), anchors: 0, budget: 14, flat };
    writer.out += writer.random.pick(BEFORE);
    match writer.random.below(40) {
        0 => writer.node(0, 0),
        1 => writer.sequence(0, 0),
        2 => writer.flow(0),
        _ => writer.mapping(0, 0),
    }
    writer.end_line();
    writer.out += writer.random.pick(AFTER);
    let mut text = writer.out;
    if random.percent(25) {
        text = slip(random, &text, &ODD);
    }
    if random.percent(4) {
        text = text.replace('\n', "\r\n");
    }
    let mut bytes = text.into_bytes();
    if random.percent(2) && !bytes.is_empty() {
        let at = random.below(bytes.len());
        bytes[at] = 0xff;
    }
    Data::Text(bytes)
}

struct Writer<'r> {
    random: &'r mut Random,
    out: String,
    anchors: usize,
    budget: usize,
    flat: bool,
}

impl Writer<'_> {
    fn end_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            if self.random.percent(6) {
                self.out += self.random.pick(&[" # c", " #", "  ", " #c: d", "#x", "\t# c"]);
            }
            self.out.push('\n');
        }
    }

    fn indent(&mut self, columns: usize) {
        self.end_line();
        if self.random.percent(3) {
            self.out += self.random.pick(&["\n", "# c\n", "  # c\n", "  \n", "\t\n"]);
        }
        self.out.extend(std::iter::repeat_n(' ', columns));
    }

    fn mapping(&mut self, columns: usize, depth: usize) {
        for _ in 0..=self.random.below(4) {
            self.indent(columns);
            if self.random.percent(4) {
                self.out += "? ";
                self.key(depth);
                self.indent(columns);
                self.out += self.random.pick(&[": ", ":", ": ", ""]);
            } else {
                self.key(depth);
                self.out += self.random.pick(&[": ", ": ", ": ", ": ", ": ", ":", " : ", ":  ", ":\t"]);
            }
            self.node(columns, depth + 1);
        }
    }

    fn sequence(&mut self, columns: usize, depth: usize) {
        for _ in 0..=self.random.below(3) {
            self.indent(columns);
            self.out += self.random.pick(&["- ", "- ", "- ", "-", "-   ", "-\t"]);
            self.node(columns, depth + 1);
        }
    }

    fn key(&mut self, depth: usize) {
        match self.random.below(20) {
            0 => self.out += "<<",
            1 => self.scalar(),
            2 => self.quoted(0),
            3 if depth < 3 => self.flow(depth + 2),
            4 => self.reference(),
            _ => {
                self.out += self.random.pick(KEYS);
            }
        }
    }

    /// The name of an anchor that is there, most of the time.
    fn reference(&mut self) {
        let beyond = usize::from(self.random.percent(10));
        let which = self.random.below(self.anchors + beyond) + 1;
        self.out += "*x";
        self.out += &which.to_string();
        self.out.push(' ');
    }

    fn properties(&mut self) {
        if self.random.percent(10) {
            self.anchors += 1;
            self.out += "&x";
            self.out += &self.anchors.to_string();
            self.out.push(' ');
        }
        if self.random.percent(8) {
            self.out += self.random.pick(TAGS);
        }
    }

    /// What stands behind a key or a dash.
    fn node(&mut self, columns: usize, depth: usize) {
        if self.random.percent(7) && self.anchors > 0 {
            return self.reference();
        }
        self.properties();
        self.budget = self.budget.saturating_sub(1);
        let deep = depth > 4 || self.budget == 0 || self.flat && self.random.percent(92);
        let inner = columns + 1 + self.random.below(3);
        match self.random.below(if deep { 14 } else { 24 }) {
            0 => {}
            1 => self.block(inner),
            2 => self.block(columns + 2),
            3 | 4 => self.quoted(inner),
            5 => self.lines(inner),
            6..14 => self.scalar(),
            14..18 => {
                if self.out.ends_with("- ") && self.random.percent(60) {
                    self.compact(columns + 2, depth);
                } else {
                    self.mapping(inner, depth);
                }
            }
            18..21 => {
                let at = if self.random.percent(40) { columns } else { inner };
                self.sequence(at, depth);
            }
            _ => self.flow(depth),
        }
    }

    /// A map whose first key stands behind a dash.
    fn compact(&mut self, columns: usize, depth: usize) {
        self.key(depth);
        self.out += ": ";
        self.node(columns, depth + 1);
        if self.random.percent(60) {
            self.mapping(columns, depth + 1);
        }
    }

    fn flow(&mut self, depth: usize) {
        let map = self.random.percent(55);
        self.out.push(if map { '{' } else { '[' });
        let count = self.random.below(4);
        for at in 0..count {
            if at > 0 {
                self.out += self.random.pick(&[", ", ", ", ",", " , ", ",\n   ", ",\n"]);
            }
            if map || self.random.percent(12) {
                self.key(3);
                self.out += self.random.pick(&[": ", ": ", ": ", ":", " : ", ""]);
            }
            if self.random.percent(92) {
                self.properties();
                match self.random.below(12) {
                    0..2 if depth < 4 => self.flow(depth + 1),
                    2 | 3 => self.quoted(3),
                    4 => self.lines(3),
                    _ => self.scalar(),
                }
            }
        }
        if self.random.percent(8) {
            self.out += self.random.pick(&[",", ", ", " ", "\n ", " # c\n "]);
        }
        self.out.push(if map { '}' } else { ']' });
    }

    fn scalar(&mut self) {
        self.out += self.random.pick(SCALARS);
    }

    /// Plain text over some lines.
    fn lines(&mut self, columns: usize) {
        self.out += self.random.pick(&["one", "a b", "x:y", "1", "w"]);
        for _ in 0..self.random.below(4) {
            self.out +=
                self.random.pick(&["\n", "\n", "\n\n", " \n", "\n  \n", "\n\t\n", "\u{2028}", "\u{85}", "\n# c\n"]);
            self.out.extend(std::iter::repeat_n(' ', columns));
            self.out += self.random.pick(&["two", "a b ", "- x", "# c", "a: b", "x #y", "z", "'q", "...", "? x", "é"]);
        }
    }

    fn quoted(&mut self, columns: usize) {
        let double = self.random.percent(60);
        let quote = if double { '"' } else { '\'' };
        self.out.push(quote);
        for _ in 0..self.random.below(5) {
            if self.random.percent(12) {
                self.out += self.random.pick(&["\n", "\n\n", " \n", "\n \n"]);
                self.out.extend(std::iter::repeat_n(' ', columns));
            }
            self.out += match (double, self.random.percent(35)) {
                (true, true) => self.random.pick(ESCAPES),
                (false, true) => self.random.pick(&["''", "\"", "\\n", "\\", "''''"]),
                _ => self.random.pick(PIECES),
            };
        }
        self.out.push(quote);
    }

    fn block(&mut self, columns: usize) {
        self.out += self.random.pick(&[
            "|", "|", "|", "|-", "|+", ">", ">", ">-", ">+", "|2", "|1", ">1-", "|+1", "|0", "|9", "| # c", "|-2",
            "> ", "|#", "|x", ">2\t",
        ]);
        self.out.push('\n');
        for _ in 0..self.random.below(5) {
            let more = if self.random.percent(15) { self.random.below(4) } else { 0 };
            self.out.extend(std::iter::repeat_n(' ', columns + more));
            self.out += self.random.pick(&[
                "text",
                "a: b",
                "- x",
                "# no comment",
                "",
                "",
                "  more",
                "trail  ",
                "é",
                "\ttab",
                "long words that go on and on",
                "'",
                "---",
                "\u{2028}x",
                "\u{85}",
                "...",
            ]);
            self.out.push('\n');
        }
        if self.random.percent(15) {
            self.out += self.random.pick(&["\n", "\n\n", "  \n", "\t\n", "   # c\n", "# c\n"]);
        }
    }
}

fn text(random: &mut Random) -> Vec<u8> {
    match random.below(10) {
        0..4 => random.pick(TEXTS).as_bytes().to_vec(),
        4..7 => random.pick(SCALARS).as_bytes().to_vec(),
        7 => [random.pick(TEXTS), random.pick(TEXTS)].concat().into_bytes(),
        8 => [random.pick(SCALARS), random.pick(TEXTS), random.pick(SCALARS)].concat().into_bytes(),
        _ => {
            let pieces = (0..random.below(30))
                .map(|_| random.pick(&["a", " ", "\n", "word", ": ", "#", "'", "\"", "é", "-", "\t", "w w"]));
            let mut bytes = pieces.collect::<String>().into_bytes();
            if random.percent(4) {
                bytes.push(0xff);
            }
            bytes
        }
    }
}

#[allow(clippy::cast_precision_loss)] // Any number will do.
fn value(random: &mut Random, depth: usize) -> Data {
    match random.below(if depth > 3 { 9 } else { 15 }) {
        0 => Data::Nil,
        1 => Data::Bool(random.percent(50)),
        2 => Data::Int(i64::try_from(random.below(1 << 40)).unwrap_or(0) - (1 << 39)),
        3 => {
            let scale = [1e-9, 1e-3, 0.5, 1.0, 1e6, 1e18, 1e25, 1e300][random.below(8)];
            Data::Float((random.below(2000) as f64 - 1000.0) * scale)
        }
        4..9 => Data::Text(text(random)),
        9..11 => Data::List((0..random.below(4)).map(|_| value(random, depth + 1)).collect()),
        _ => {
            let pairs = (0..random.below(5)).map(|_| {
                let key = if random.percent(70) {
                    random.pick(&["a", "b", "key", "a1", "a10", "a2", "B", "_", "n", "1"]).to_string()
                } else {
                    String::from_utf8_lossy(&text(random)).into_owned()
                };
                (key, value(random, depth + 1))
            });
            Data::Dict(pairs.collect::<BTreeMap<_, _>>())
        }
    }
}
