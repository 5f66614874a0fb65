//! Every case that the original engine answered: outputs byte for byte, failures in the same phase.
//!
//! `cases.json` was answered by ESO's own functions, `corners.json` by Go 1.26 with the public modules that ESO's
//! functions are made of: sprig 3.3, Masterminds/semver 3.5, sigs.k8s.io/yaml 1.6.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing)] // Tests fail loudly.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eso_template::yaml::key_values;
use eso_template::{Error, Host, Limits, MissingKey, Options, Phase, STACK, Table, Template, Value};
use serde_json::Value as Json;

struct Fixed(u8);

impl Host for Fixed {
    fn now(&self) -> Duration {
        Duration::from_secs(1_700_000_000)
    }
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    fn random(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0 = self.0.wrapping_mul(5).wrapping_add(89);
            *byte = self.0;
        }
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::NilAny,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => Value::Float(n.as_f64().unwrap()),
        Json::String(s) => Value::text(s),
        Json::Array(items) => Value::list(items.iter().map(value).collect()).unwrap(),
        Json::Object(map) => Value::dict(map.iter().map(|(k, v)| (k.as_bytes().into(), value(v))).collect()).unwrap(),
    }
}

fn strings(json: &Json) -> Vec<(String, Vec<u8>)> {
    let Some(map) = json.as_object() else { return Vec::new() };
    map.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().as_bytes().to_vec())).collect()
}

fn data(case: &Json) -> Value {
    if let Some(json) = case.get("json_data") {
        return value(json);
    }
    if let Some(json) = case.get("data_mm") {
        let maps = json.as_object().unwrap();
        return Value::nested_string_map(maps.iter().map(|(k, v)| (k, Value::string_map(strings(v)))));
    }
    let mut pairs = strings(&case["data"]);
    for (key, encoded) in strings(&case["data_b64"]) {
        pairs.push((key, STANDARD.decode(encoded).unwrap()));
    }
    Value::string_map(pairs)
}

fn render(case: &Json) -> Result<Vec<u8>, Error> {
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let missing = match text("missingkey") {
        "" | "error" => MissingKey::Error,
        "zero" => MissingKey::Zero,
        _ => MissingKey::Default,
    };
    let functions = if text("engine") == "core" { Table::Core } else { Table::Eso };
    let options = Options { left: text("left"), right: text("right"), missing, functions };
    Template::parse(text("id"), text("template"), &options)?.render(&data(case), &mut Fixed(1), Limits::default())
}

/// The keys and values of a rendered text.
fn decoded(case: &Json) -> Result<BTreeMap<String, String>, String> {
    let rendered = render(case).map_err(|error| error.text)?;
    let pairs = key_values(&rendered)?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ok(pairs.into_iter().map(|(key, value)| (text(key), text(value))).collect())
}

/// Why the keys and values are not those of the original.
fn wrong_pairs(case: &Json) -> Option<String> {
    let wanted = case["expect"].get("map").map(|map| strings(map).into_iter());
    match (decoded(case), wanted) {
        (Ok(got), Some(wanted)) => {
            let wanted: BTreeMap<_, _> = wanted.map(|(key, value)| (key, String::from_utf8(value).unwrap())).collect();
            (got != wanted).then(|| format!("got {got:?}"))
        }
        (Ok(got), None) => Some(format!("no failure but {got:?}")),
        (Err(error), Some(_)) => Some(error),
        (Err(error), None) => {
            let wanted = case["expect"]["error"]["go_message"].as_str().unwrap();
            if error != wanted {
                println!("other text: {error}\n       Go's: {wanted}");
            }
            None
        }
    }
}

/// Why a case does not give what the original gave; `None` when it does.
fn difference(case: &Json) -> Option<String> {
    if case["post"] == "kv" {
        return wrong_pairs(case);
    }
    let got = render(case);
    let expect = &case["expect"];
    let wanted = match (&expect["out"], &expect["out_b64"]) {
        (Json::String(text), _) => text.as_bytes().to_vec(),
        (_, Json::String(text)) => STANDARD.decode(text).unwrap(),
        _ => return wrong_error(got, &expect["error"]),
    };
    match got {
        Ok(out) if out == wanted => None,
        Ok(out) => Some(format!("got {:?}", String::from_utf8_lossy(&out))),
        Err(error) => Some(error.text),
    }
}

fn wrong_error(got: Result<Vec<u8>, Error>, expect: &Json) -> Option<String> {
    let phase = match expect["phase"].as_str().unwrap() {
        "parse" => Phase::Parse,
        "exec" => Phase::Execute,
        other => return Some(format!("no such phase: {other}")),
    };
    match got {
        Err(error) if error.phase == phase => {
            if error.text != expect["go_message"].as_str().unwrap() {
                println!("other text: {}\n       Go's: {}", error.text, expect["go_message"]);
            }
            None
        }
        Err(error) => Some(error.text),
        Ok(out) => Some(format!("no failure but {:?}", String::from_utf8_lossy(&out))),
    }
}

#[test]
fn every_case_gives_what_the_original_gave() {
    std::thread::Builder::new().stack_size(STACK).spawn(run_all).unwrap().join().unwrap();
}

fn run_all() {
    let files = [include_str!("cases.json"), include_str!("corners.json")];
    let files: Vec<Json> = files.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let (mut passed, mut wrong) = (0, Vec::new());
    for case in files.iter().flat_map(|file| file["cases"].as_array().unwrap()) {
        let id = case["id"].as_str().unwrap();
        match difference(case) {
            None => passed += 1,
            Some(why) => wrong.push(format!("{id}: {why}")),
        }
    }
    println!("{passed} cases pass");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
