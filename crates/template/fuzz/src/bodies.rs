//! What the fuzz targets do with an input. The test `fuzz_bodies` does the same with changed seeds.
#![allow(dead_code)] // Each target uses one of them.

use std::time::{Duration, Instant};

use eso_template::yaml;
use eso_template::{Host, Limits, MissingKey, Options, STACK, Table, Template, Value};

struct Clock(Instant);

impl Host for Clock {
    fn now(&self) -> Duration {
        Duration::from_secs(1_700_000_000)
    }
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
    fn random(&mut self, buffer: &mut [u8]) {
        buffer.fill(5);
    }
}

/// The first byte of an input chooses the options.
fn options(choice: u8) -> Options<'static> {
    let (left, right) = [("{{", "}}"), ("<<", ">>"), ("(", ")"), ("", "")][usize::from(choice & 3)];
    let missing = [MissingKey::Error, MissingKey::Default, MissingKey::Zero][usize::from(choice >> 2) % 3];
    let functions = if choice & 64 == 0 { Table::Eso } else { Table::Core };
    Options { left, right, missing, functions }
}

fn on_a_deep_stack(work: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).unwrap();
        thread.join().unwrap();
    });
}

/// Renders a template that is there from the start over an input.
fn apply(template: &str, input: &[u8]) {
    on_a_deep_stack(|| {
        let template = Template::parse("t", template, &Options::default()).unwrap();
        _ = template.render(&Value::string_map([("a", input)]), &mut Clock(Instant::now()), Limits::default());
    });
}

/// Any text parses or is refused with a text of Go's form.
pub fn parser(input: &[u8]) {
    let Some((choice, text)) = input.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    on_a_deep_stack(|| {
        if let Err(error) = Template::parse("t", &text, &options(*choice)) {
            assert!(error.text.starts_with("template: "), "{error}");
        }
    });
}

/// Any template with any data, which stands behind the last 0 byte, ends within the limits.
pub fn executor(input: &[u8]) {
    let Some((choice, rest)) = input.split_first() else { return };
    let cut = rest.iter().rposition(|byte| *byte == 0).unwrap_or(rest.len());
    let text = String::from_utf8_lossy(&rest[..cut]);
    let value = rest.get(cut + 1..).unwrap_or(b"value");
    // Keys take seconds each, and have limits of their own.
    let limits = Limits { costly_calls: 0, ..Limits::default() };
    on_a_deep_stack(|| {
        let Ok(template) = Template::parse("t", &text, &options(*choice)) else { return };
        let data = Value::string_map([("a", value), ("b", b"second".as_slice()), ("empty", b"")]);
        if let Ok(out) = template.render(&data, &mut Clock(Instant::now()), limits) {
            assert!(out.len() <= limits.output);
        }
    });
}

/// Any text is YAML or not; what was read is written in a form that stays the same from then on. (`-0.` is read as a
/// float and written as `-0`, which is read as a whole number and written as `0`. A quoted key `<<` is written without
/// quotes, as Go does, and is a merge from then on.)
pub fn yaml(input: &[u8]) {
    let again = |text: &str| yaml::text(&yaml::document(text.as_bytes()).unwrap()).unwrap();
    on_a_deep_stack(|| {
        _ = yaml::key_values(input);
        let Ok(document) = yaml::document(input) else { return };
        let Ok(written) = yaml::text(&document) else { return };
        if written.contains("<<") {
            return;
        }
        let settled = again(&written);
        assert_eq!(again(&settled), settled);
    });
}

/// Any text goes through all that reads PEM.
pub fn pem(input: &[u8]) {
    for template in [
        r#"{{ filterPEM "CERTIFICATE" .a }}"#,
        r#"{{ filterCertChain "leaf" .a }}"#,
        "{{ certSANs .a }}",
        r#"{{ fullPemToPkcs12Pass .a .a "fuzz" }}"#,
        r#"{{ pemTruststoreToPKCS12Pass .a "fuzz" }}"#,
        r#"{{ rsaDecrypt "RSA-OAEP" "SHA256" "sealed" .a }}"#,
    ] {
        apply(template, input);
    }
}

/// Any bytes are a PKCS#12 file or not.
pub fn pkcs12(input: &[u8]) {
    for template in ["{{ pkcs12key .a }}", "{{ pkcs12cert .a }}", r#"{{ pkcs12certPass "fuzz" .a }}"#] {
        apply(template, input);
    }
}
