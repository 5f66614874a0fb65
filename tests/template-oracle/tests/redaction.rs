//! Whatever goes wrong with a template: no value of the data stands in the error's text.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // Tests fail loudly.

use eso_template::STACK;
use eso_template_oracle::compare::render;
use eso_template_oracle::data::Data;
use eso_template_oracle::grammar::{Focus, question};

/// A text and a number that stand in no template, and what the text is in base64 and hexadecimal.
const TEXT: &str = "kanarienvogel";
const NUMBER: i64 = 918_273_645;
const TRACES: [&str; 4] = ["kanari", "918273", "a2fuyxjp", "6b616e617269"];

/// The same data with the canary in each value.
fn marked(data: Data) -> Data {
    let text = |text: Vec<u8>| [TEXT.as_bytes(), &text].concat();
    match data {
        Data::Int(_) => Data::Int(NUMBER),
        Data::Int64(_) => Data::Int64(NUMBER),
        Data::Float(_) => Data::Float(918_273.645),
        Data::Text(value) => Data::Text(text(value)),
        Data::Strings(items) => Data::Strings(items.into_iter().map(text).collect()),
        Data::Ints(items) => Data::Ints(items.into_iter().map(|_| NUMBER).collect()),
        Data::List(items) => Data::List(items.into_iter().map(marked).collect()),
        Data::Dict(map) => Data::Dict(map.into_iter().map(|(key, value)| (key, marked(value))).collect()),
        Data::Texts(map) => Data::Texts(map.into_iter().map(|(key, value)| (key, text(value))).collect()),
        other => other,
    }
}

fn look() {
    let (mut errors, mut leaks) = (0, Vec::new());
    for focus in [Focus::Language, Focus::Functions] {
        for index in 0..15_000 {
            let mut question = question(7, index, focus);
            // The message of `fail` is the author's own, and may be made of values in any way.
            if question.text.contains("fail") {
                continue;
            }
            question.data = marked(question.data);
            let Err(error) = render(&question) else { continue };
            errors += 1;
            let text = error.text.to_lowercase();
            if TRACES.iter().any(|trace| text.contains(trace)) {
                leaks.push(format!("{}\n{error}", question.text));
            }
        }
    }
    println!("{errors} errors looked at");
    assert!(errors > 5_000);
    assert!(
        leaks.is_empty(),
        "{} leaks, such as\n{}",
        leaks.len(),
        leaks.iter().take(5).cloned().collect::<Vec<_>>().join("\n\n")
    );
}

#[test]
fn no_error_text_holds_a_value_of_the_data() {
    std::thread::Builder::new().stack_size(STACK).spawn(look).unwrap().join().unwrap();
}
