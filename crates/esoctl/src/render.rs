//! `esoctl render`: renders a file of template cases, for comparing engines.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use eso_template::STACK;
use eso_template::yaml::key_values;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::case::Case;

/// What `esoctl render` is told.
#[derive(Args, Debug)]
pub struct RenderArgs {
    /// A JSON file with a list `cases`.
    #[arg(long)]
    cases: PathBuf,
}

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

/// Prints one JSON line for each case: `id` and exactly one of `out`, `out_b64`, `map` and `error`.
pub fn run(args: &RenderArgs, out: &mut impl Write) -> Result<()> {
    let name = args.cases.display();
    let text = std::fs::read(&args.cases).with_context(|| format!("reading {name}"))?;
    let file: File = serde_json::from_slice(&text).with_context(|| format!("{name} is no file of template cases"))?;
    let render = || file.cases.iter().map(line).collect::<Result<Vec<Json>>>();
    // Deep templates need a deep stack.
    let lines = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, render);
        thread.context("no thread for rendering")?.join().map_err(|_| anyhow::anyhow!("rendering panicked"))?
    })?;
    for line in lines {
        writeln!(out, "{line}").context("writing the answers")?;
    }
    Ok(())
}

/// The answer to one case.
fn line(case: &Case) -> Result<Json> {
    let id = &case.id;
    Ok(match case.render()? {
        Err(error) => json!({ "id": id, "error": error.text }),
        Ok(bytes) if case.post == "kv" => match key_values(&bytes) {
            Ok(map) => {
                let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
                let map = map.into_iter().map(|(key, value)| (text(key), Json::from(text(value))));
                json!({ "id": id, "map": map.collect::<serde_json::Map<_, _>>() })
            }
            Err(why) => json!({ "id": id, "error": why }),
        },
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => json!({ "id": id, "out": text }),
            Err(bytes) => json!({ "id": id, "out_b64": STANDARD.encode(bytes.as_bytes()) }),
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests fail loudly.

    use super::*;

    fn answer(case: Json) -> Json {
        line(&serde_json::from_value::<Case>(case).unwrap()).unwrap()
    }

    #[test]
    fn text_is_out_and_other_bytes_are_out_b64() {
        let case = json!({ "id": "a", "template": "{{ .x | upper }}", "data": { "x": "abc" } });
        assert_eq!(answer(case), json!({ "id": "a", "out": "ABC" }));
        let case = json!({ "id": "b", "template": "{{ .x }}", "data_b64": { "x": "/w==" } });
        assert_eq!(answer(case), json!({ "id": "b", "out_b64": "/w==" }));
    }

    #[test]
    fn a_failure_is_told_in_the_form_of_go() {
        let case = json!({ "id": "c", "template": "{{ .x }}", "engine": "core", "json_data": {} });
        let text = "template: c:1:3: executing \"c\" at <.x>: map has no entry for key \"x\"";
        assert_eq!(answer(case), json!({ "id": "c", "error": text }));
    }

    #[test]
    fn yaml_becomes_a_map() {
        let case = json!({ "id": "e", "template": "a: {{ .x }}", "data": { "x": "yes" }, "post": "kv" });
        assert_eq!(answer(case), json!({ "id": "e", "map": { "a": "true" } }));
    }

    #[test]
    fn options_count() {
        let case = json!({ "id": "d", "template": "<<.a.b>> <<.c>>", "left": "<<", "right": ">>", "missingkey": "default",
            "data_mm": { "a": { "b": "x" } } });
        assert_eq!(answer(case), json!({ "id": "d", "out": "x <no value>" }));
    }
}
