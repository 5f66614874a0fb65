//! YAML documents of every form, many of them slightly wrong, and values to be written as YAML.

use std::collections::BTreeMap;

use eso_template::{MissingKey, Table};

use crate::data::Data;
use crate::grammar::slip;
use crate::oracle::Question;
use crate::random::Random;

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

const BEFORE: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    "",
    "---\n",
    "--- ",
    "# c\n",
    "\n",
    "%YAML 1.1\n---\n",
    "\u{feff}",
    "--- # c\n",
    "%TAG ! tag:x,1:\n---\n",
];
const AFTER: &[&str] =
    &["", "", "", "", "", "\n", "...\n", "---\nb: 2\n", "# c\n", "\n\n  \n", "...\n---\n", " \n", "\t\n", "%X\n"];

/// Characters that a slip of the pen puts in.
const ODD: [char; 24] = [
    ' ', ' ', '\n', ':', '-', '#', '"', '\'', '{', '}', '[', ']', ',', '&', '*', '!', '|', '>', '%', '?', '\t', 'a',
    '\\', '\u{1}',
];

/// A document, usually a map; `flat` has scalars for values.
fn document(random: &mut Random, flat: bool) -> Data {
    let mut writer = Writer { random, out: String::new(), anchors: 0, budget: 14, flat };
    writer.out += writer.random.pick(BEFORE);
    match writer.random.below(40) {
        0 => writer.node(0, 0),
        1 => {
            writer.sequence(0, 0);
        }
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
                self.out += self
                    .random
                    .pick(&["a", "b", "c", "k", "key", "n", "yes", "1", "a b", "d-e", "x.y", "é", "~", "=", "Error"])
            }
        }
    }

    /// The name of an anchor that is there, most of the time.
    fn reference(&mut self) {
        let beyond = usize::from(self.random.percent(10));
        let which = self.random.below(self.anchors + beyond) + 1;
        self.out += &format!("*x{which} ");
    }

    fn properties(&mut self) {
        if self.random.percent(10) {
            self.anchors += 1;
            self.out += &format!("&x{} ", self.anchors);
        }
        if self.random.percent(8) {
            self.out += self.random.pick(&[
                "!!str ",
                "!!int ",
                "!!float ",
                "!!bool ",
                "!!null ",
                "!!binary ",
                "!!map ",
                "!!seq ",
                "!!set ",
                "!!omap ",
                "!!timestamp ",
                "!!merge ",
                "!mine ",
                "! ",
                "!<tag:yaml.org,2002:str> ",
                "!<tag:yaml.org,2002:int> ",
                "!!str\n",
                "!e!x ",
                "!!",
                "!!str",
            ]);
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
                _ => self.random.pick(&[
                    "a",
                    " ",
                    "b c",
                    "x: y",
                    "# c",
                    "42",
                    "é",
                    "{",
                    "]",
                    ",",
                    "\t",
                    "%",
                    "- ",
                    "yes",
                    "\u{1F600}",
                    "\u{a0}",
                ]),
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

const ESCAPES: &[&str] = &[
    "\\n",
    "\\t",
    "\\\"",
    "\\\\",
    "\\/",
    "\\x41",
    "\\x00",
    "\\xe9",
    "\\u00e9",
    "\\u2028",
    "\\U0001F600",
    "\\ud83d",
    "\\uDE00",
    "\\U00110000",
    "\\0",
    "\\a",
    "\\b",
    "\\e",
    "\\N",
    "\\_",
    "\\L",
    "\\P",
    "\\v",
    "\\f",
    "\\r",
    "\\ ",
    "\\\n  ",
    "\\z",
    "\\'",
    "\\x4",
    "\\u12",
    "\\\t",
    "\\x9f",
    "\\ufeff",
];

const SCALARS: &[&str] = &[
    "a",
    "text",
    "two words",
    "yes",
    "Yes",
    "YES",
    "yEs",
    "no",
    "on",
    "On",
    "OFF",
    "off",
    "y",
    "Y",
    "n",
    "N",
    "true",
    "True",
    "TRUE",
    "tRue",
    "false",
    "null",
    "Null",
    "NULL",
    "~",
    "nil",
    "none",
    "0",
    "-0",
    "+0",
    "00",
    "1",
    "-1",
    "+1",
    "12",
    "007",
    "08",
    "0o7",
    "0O7",
    "-0o17",
    "0x1F",
    "0X1f",
    "-0xa",
    "0xg",
    "0b11",
    "-0b1",
    "0b2",
    "1_000",
    "1__0",
    "_1",
    "1_",
    "0x_1",
    "0b_1",
    "0_7",
    "1.0",
    "1.",
    ".5",
    "-.5",
    "+.5",
    ".",
    "..",
    "1e3",
    "1E3",
    "1e+3",
    "1e-3",
    "1.5e3",
    "1e",
    "e3",
    "1e400",
    "-1e400",
    "1e-400",
    ".inf",
    "-.inf",
    "+.inf",
    ".Inf",
    ".INF",
    ".iNF",
    ".nan",
    ".NaN",
    ".NAN",
    ".NAn",
    "inf",
    "nan",
    "Infinity",
    "1_000.5",
    "1.5_0",
    "685.230_15e+03",
    "190:20:30",
    "1:30",
    "190:20:30.15",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "0xFFFFFFFFFFFFFFFF",
    "0x10000000000000000",
    "0777777777777777777777",
    "123456789012345678901234567890",
    "1.7976931348623157e308",
    "5e-324",
    "0.1",
    "100000000000000000000",
    "1e20",
    "1e21",
    "123456789.123456789",
    "3.0e1",
    "2024-01-02",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10 -5",
    "2001-12-15 2:59:43.10",
    "2024-13-45",
    "2001-12-14T21:59:43Z",
    "2024-1-2",
    "12:30:45",
    "=",
    "<<",
    "-",
    "--",
    "---x",
    "?",
    "?x",
    ":",
    ":x",
    "x:",
    "a:b",
    "a: b",
    "a :b",
    "a#b",
    "a #b",
    "#c",
    "-x",
    "- x",
    "[",
    "]",
    "{",
    "}",
    ",",
    "a,b",
    "a]b",
    "a}b",
    "a[b",
    "&",
    "*",
    "&a",
    "*a",
    "!",
    "!a",
    "|",
    ">",
    "%",
    "%a",
    "@",
    "@a",
    "`",
    "`a",
    "'",
    "\"",
    "a'b",
    "a\"b",
    "a\\b",
    "\\n",
    "\t",
    "a\tb",
    "é",
    "\u{1F600}",
    "\u{a0}",
    "\u{feff}x",
    "\u{7f}",
    "\u{1}",
    "\u{85}",
    "\u{2029}",
    "\u{fffe}",
    "http://h:1/p?q=1#f",
    "aGVsbG8=",
    "aGVsbG8",
    "....",
    "1.2.3",
    "1-2",
    "v1",
    "10%",
    "~a",
    "a~",
    "null ",
    "tru",
    "0.",
    "-.",
    "+",
    "-a",
    "+a",
    "1a",
    "0xg",
    "0x",
    "0b",
    "0o",
];

/// Texts that are hard to write.
const TEXTS: &[&str] = &[
    "",
    " ",
    "  ",
    "a",
    "a ",
    " a",
    "a b",
    "\n",
    "\n\n",
    "a\n",
    "a\n\n",
    "\na",
    "\n a",
    " \na",
    "a\nb",
    "a\n b\n",
    "a\n\nb",
    "a \nb",
    "a\n\n\nb\n\n",
    "a\tb",
    "\t",
    "\ta\nb",
    "a\r\nb",
    "a\rb",
    "x: y",
    "x:",
    ":x",
    "a # b",
    "a#b",
    "#",
    "- a",
    "-",
    "--",
    "---",
    "--- a",
    "...",
    "... b",
    "? a",
    "?",
    "[a]",
    "{a: b}",
    "a, b",
    ",",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "%",
    "@",
    "`",
    "'",
    "\"",
    "it's",
    "\"q\"",
    "'q'",
    "it's \"both\"",
    "\\",
    "a\\nb",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "a\u{85}b",
    "\u{2028}",
    "a\u{2029}b",
    "\u{a0}",
    "\u{feff}",
    "a\u{feff}",
    "é",
    "\u{1F600}",
    "\u{fffe}",
    "\u{e000}",
    "\u{200b}",
    "<<",
    "=",
    "~",
    "null",
    "<html>&amp;",
    "word word word word word word word word word word word word word word word word word word word word word word",
    "word word word word word word word word word word word word word word word word  word word word word\nword word",
    "a: word word word word word word word word word word word word word word word word word word word word",
    "wordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordword word",
    "  word word word word word word word word word word word word word word word word word word word word word",
    "line one\n  indented\n\tand a tab word word word word word word word word word word word word word word word word word\n",
    "\"quoted\" word word word word word word word word word word word word word word word: word word word word word",
    "é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é",
    "# c\nword word word word word word word word word word word word word word word word word word word word word",
    "word word word word word word word word word word word word word word word wo  word word",
    "-----BEGIN X-----\nabc=\n-----END X-----\n",
];

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
        2 => Data::Int(random.below(1 << 40) as i64 - (1 << 39)),
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
