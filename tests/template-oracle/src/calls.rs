//! Calls of sprig's functions, those whose result depends on their arguments alone.

use std::sync::OnceLock;

use eso_template::Table;

use crate::expression::{Want, Writer};
use crate::pools::{
    BASE32, BASE64, CASE_WORDS, CONSTRAINTS, DATES, DURATIONS, HEX, JSON, KEYS, KINDS, LAYOUTS, NUMERIC, PARAGRAPHS,
    PATHS, PATTERNS, REPLACEMENTS, SMALL_INTS, TIMES, URLS, VERSIONS, WIDTHS, ZONES,
};

/// A function, what its arguments are (one letter each, `*` for any number of the last), and what it gives.
type Signature = (&'static str, &'static str, Want);

use Want::{Any, Bool, Dict, Float, Int, List, Text};

/// The functions that exist. Letters: s text, i int, f float, a anything, l list, d dict, b bool, k key, n number in any
/// form, r pattern, v version, c constraint, u URL, j JSON, p path, 6 base64, 3 base32, h hexadecimal, e case words, q text to
/// wrap, t time, y date layout, z time zone, D duration, W width, x date text.
fn signatures() -> &'static [Signature] {
    static ALL: OnceLock<Vec<Signature>> = OnceLock::new();
    ALL.get_or_init(|| include_str!("signatures.txt").lines().filter_map(signature).collect())
}

fn signature(line: &'static str) -> Option<Signature> {
    let mut words = line.split(' ');
    let (name, letters, gives) = (words.next()?, words.next()?, words.next()?);
    let gives = match gives {
        "Bool" => Bool,
        "Dict" => Dict,
        "Float" => Float,
        "Int" => Int,
        "List" => List,
        "Text" => Text,
        _ => Any,
    };
    Table::Eso.get(name).map(|_| (name, letters.trim_matches('-'), gives))
}

/// A call that gives what is wanted, as far as there is one.
pub fn call(writer: &mut Writer<'_>, want: Want, depth: usize) -> String {
    let known = signatures();
    let fitting: Vec<&Signature> = known.iter().filter(|(.., gives)| *gives == want || want == Any).collect();
    let (name, letters, _) = if fitting.is_empty() || writer.random.percent(5) {
        known[writer.random.below(known.len())]
    } else {
        *fitting[writer.random.below(fitting.len())]
    };
    let mut text = name.to_string();
    let letters: Vec<char> = letters.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let repeated = letters.get(at + 1) == Some(&'*');
        let times = match letter {
            '*' => 0,
            _ if repeated => writer.random.below(4),
            _ => 1,
        };
        for _ in 0..times {
            text.push(' ');
            text += &argument(writer, *letter, depth);
        }
    }
    if writer.random.percent(2) {
        text += " 1";
    }
    text
}

fn argument(writer: &mut Writer<'_>, letter: char, depth: usize) -> String {
    if writer.random.percent(4) {
        return writer.operand(Any, depth);
    }
    let items = match letter {
        'k' => KEYS,
        'K' => KINDS,
        'e' => CASE_WORDS,
        'q' => PARAGRAPHS,
        'n' | 'N' => NUMERIC,
        'r' => PATTERNS,
        'R' => REPLACEMENTS,
        'v' => VERSIONS,
        'c' => CONSTRAINTS,
        'u' => URLS,
        'j' => JSON,
        'p' => PATHS,
        '6' => BASE64,
        '3' => BASE32,
        'h' => HEX,
        'y' => LAYOUTS,
        'x' => DATES,
        'z' => ZONES,
        'T' => TIMES,
        't' => &["(toDate \"2006-01-02\" \"2024-02-29\")", "(toDate \"2006-01-02\" \"x\")"],
        'D' => DURATIONS,
        'W' => WIDTHS,
        'i' if writer.random.percent(80) => SMALL_INTS,
        'U' => &[
            "(urlParse \"http://u:p@h:1/p?q=1#f\")",
            "(dict \"scheme\" \"https\" \"host\" \"h\" \"path\" \"/x\")",
            "(dict)",
            "(dict \"host\" \"h\" \"query\" \"a b\")",
        ],
        _ => return plain(writer, letter, depth),
    };
    if matches!(letter, 'e' | 'q' | 'r' | 'n' | 'p' | 'j') && writer.random.percent(15) {
        let want = if letter == 'n' { Any } else { Text };
        return writer.operand(want, depth);
    }
    writer.random.pick(items).to_string()
}

fn plain(writer: &mut Writer<'_>, letter: char, depth: usize) -> String {
    let want = match letter {
        's' => Text,
        'i' => Int,
        'f' => Float,
        'l' => List,
        'd' => Dict,
        'b' => Bool,
        _ => Any,
    };
    if want == Dict && writer.random.percent(60) {
        let dicts = &[
            "(dict \"a\" 1 \"b\" \"x\")",
            "(dict \"s\" \"\" \"d\" (dict \"k\" 1))",
            "(dict)",
            ".d",
            "$.d",
            "(dict \"a\" (dict \"b\" 0) \"n\" nil)",
            "(dict \"d\" (dict \"deep\" 5 \"a\" \"z\") \"k\" (list 1))",
            "(dict \"a\" 2 \"k\" \"v\" \"n\" 0)",
        ];
        return writer.random.pick(dicts).to_string();
    }
    if want == List && writer.random.percent(50) {
        let lists = &[
            "(list 1 2 3)",
            "(list \"a\" \"b\" \"a\")",
            "(list)",
            "(list nil 0 \"\" false)",
            "(list 1 1.0 \"1\" (int64 1))",
            "(list (list 1) (list 1) (dict))",
            "(until 4)",
            "(splitList \",\" \"z,b,a\")",
            "(list \"é\" \"z\" \"A\" 10 9)",
            ".strs",
            ".ints",
            "(tuple 1 nil 2)",
            "(list true false)",
        ];
        return writer.random.pick(lists).to_string();
    }
    writer.operand(want, depth)
}
