//! The differences between the engine and Go that are there on purpose, each with its reason.

use eso_template::Error;

use crate::grammar::Focus;
use crate::oracle::Answer;

/// A cause that the two tell in different words, at the same place.
struct Wording {
    reason: &'static str,
    /// How Go's cause begins.
    go: &'static str,
    /// How ours begins.
    ours: &'static str,
}

const fn hidden(go: &'static str, ours: &'static str) -> Wording {
    Wording { reason: "an error names the type of an operand instead of its value", go, ours }
}

/// What `text` recognises.
const WORDINGS: &[Wording] = &[
    hidden("range can't iterate over ", "range can't iterate over a value of type "),
    hidden("can't use ", "can't use an integer to iterate over more than one variable"),
    hidden("error calling call: non-function ", "error calling call: non-function of type "),
    hidden("non-comparable type ", "non-comparable type "),
    hidden("non-comparable types ", "non-comparable types "),
    hidden("index out of range: ", "index out of range"),
    hidden("invalid slice index: ", "invalid slice index: "),
    Wording {
        reason: "an error about a field names the type of the value, Go may name interface {}",
        go: " in type interface {}",
        ours: " in type ",
    },
    Wording {
        reason: "an error about an index names the type of the value, Go may name interface {}",
        go: " with type interface {}",
        ours: " with type ",
    },
];

/// A difference in what comes of a template.
pub fn output(template: &str, ours: &Result<Vec<u8>, Error>, go: &Answer) -> Option<&'static str> {
    match (ours, go) {
        (Ok(ours), Answer::Text(go)) => clock(template, ours, go).or_else(|| order(ours, go)),
        (Err(error), _) if error.text.contains("slice index out of bounds") => {
            Some("slice ends at a list's length, Go's at the memory that it has in reserve")
        }
        _ => None,
    }
}

/// Words of functions that take the present for what is no time.
const CLOCKS: [&str; 5] = ["date", "Date", "ago", "now", "duration"];

/// A difference in digits alone, in a template that may show the time: ours renders a little later.
fn clock(template: &str, ours: &[u8], go: &[u8]) -> Option<&'static str> {
    let masked =
        |text: &[u8]| -> Vec<u8> { text.iter().map(|byte| if byte.is_ascii_digit() { b'0' } else { *byte }).collect() };
    let shows = CLOCKS.iter().any(|word| template.contains(word));
    (shows && masked(ours) == masked(go))
        .then_some("what is no time stands for the present, and ours is a little later")
}

/// The same lines in another order, with a number of 19 digits or more: go-yaml compares the numbers in keys as 64 bits, which
/// those overflow, so that no order fits and Go's random one decides.
fn order(ours: &[u8], go: &[u8]) -> Option<&'static str> {
    let lines = |text: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(text);
        // The colon of a long key, and the dash of a list, move with what comes first.
        let mut lines: Vec<String> =
            text.lines().map(|line| line.trim_start_matches(['-', ':', ' ']).to_owned()).collect();
        lines.sort();
        lines
    };
    let overflows = ours.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() >= 19);
    (overflows && lines(ours) == lines(go)).then_some("keys with numbers of 19 digits or more have no order in Go")
}

/// A difference in an error's text: position and place are the same, the cause is told without values.
pub fn text(ours: &str, go: &str, focus: Focus) -> Option<&'static str> {
    let same_before = |wording: &&Wording| {
        let (go, ours) =
            (go.rfind(wording.go).and_then(|at| go.get(..at)), ours.rfind(wording.ours).and_then(|at| ours.get(..at)));
        go.is_some() && go == ours
    };
    if let Some(wording) = WORDINGS.iter().find(same_before) {
        return Some(wording.reason);
    }
    let same_place = place(ours).is_some() && place(ours) == place(go);
    (focus == Focus::Functions && same_place).then_some("the cause of a function's failure is told in other words")
}

/// `template: t:1:2: executing "t" at <x>: error calling f` of an error's text, without the cause.
fn place(text: &str) -> Option<&str> {
    let after = text.find(": error calling ")? + ": error calling ".len();
    text.get(..after + text.get(after..)?.find(": ")?)
}
