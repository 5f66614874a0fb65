//! The example in each function's doc comment is true.
#![allow(clippy::unwrap_used, clippy::panic)] // Tests fail loudly.

use std::time::Duration;

use eso_template::{Host, Limits, MissingKey, Options, Table, Template, Value};

struct Fixed;

impl Host for Fixed {
    fn now(&self) -> Duration {
        Duration::from_secs(1_700_000_000)
    }
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    fn random(&mut self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

fn check(table: Table) -> usize {
    let data = Value::string_map([("user", "svc-orders"), ("host", "db-7.internal")]);
    let mut ran = 0;
    for function in table.all() {
        for line in function.doc.lines() {
            let Some((template, result)) = line.trim().split_once("` gives `") else { continue };
            let template = template.strip_prefix('`').unwrap();
            let result = result.strip_suffix('`').unwrap().replace("⏎", "\n");
            let options = Options { missing: MissingKey::Error, functions: table, ..Options::default() };
            let rendered = Template::parse("example", template, &options)
                .and_then(|t| t.render(&data, &mut Fixed, Limits::default()))
                .unwrap_or_else(|e| panic!("{}: {template}: {e}", function.name));
            assert_eq!(String::from_utf8_lossy(&rendered), result, "{}: {template}", function.name);
            ran += 1;
        }
    }
    ran
}

#[test]
fn every_example_gives_what_its_comment_says() {
    assert!(check(Table::Core) >= 15);
    assert!(check(Table::Eso) >= 15);
}
