//! Expected values were seen from gjson 1.20, on documents of our own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that fails may panic

use proptest::prelude::*;
use serde_json::Value;

use super::get;

type Table = &'static [(&'static str, Option<&'static str>)];

const TEAM: &str = r##"{"user":{"first":"Ann","last":"Lee"},"age":41,"pets":["Rex","Tom","Ida"],"fav.color":"red",
"team":[{"name":"Bo","city":"Rome","age":30,"tags":["x","y"]},{"name":"Cy","city":"Oslo","age":55,"tags":["y"]},{"name":"Di","city":"Rome","age":47,"tags":["z","x"]},7,null,"solo"],
"@home":1,"#":2,"":3,"nul":null,"raw" : { "a" : [1, 2.50,  {"b":"c"}] },
"esc":"q\"\u00e9\n\/","js":"{\"k\":[true]}","cols":{"id":["a","b"],"n":[1,2,3]},"deep":[[1,[2,[3]]],[],4]}"##;
const NUMBERS: &str = r#"{"big":12345678901234567890,"neg":-7,"half":0.5,"trail":1.50,"exp":1e21,"small":1E-7,"over":1e999,"odd":1.2.3,"plus":+5,"nan":NaN,"minus":-0.0}"#;
const TRUTHS: &str = r#"{"vals":[{"a":1,"b":"data"},{"a":2,"b":true},{"a":3,"b":false},{"a":4,"b":"0"},{"a":5,"b":0},
{"a":6,"b":"1"},{"a":7,"b":1},{"a":8,"b":"true"},{"a":9,"b":null},{"a":10}],
"words":["apple","bear","cat*","a\"b"],"nums":[1,2,3],"flags":[true,false]}"#;
const LINES: &str = "{\"n\":1}\n{\"n\":2}\n[3]\n4";

fn text(json: &str, path: &str) -> Option<String> {
    get(json.as_bytes(), path).map(|found| String::from_utf8(found.expose().to_vec()).unwrap())
}

fn check(json: &str, table: Table) {
    for (path, expected) in table {
        assert_eq!(text(json, path).as_deref(), *expected, "path {path}");
    }
}

#[test]
fn paths_into_objects_arrays_and_made_documents() {
    check(TEAM, TEAM_PATHS);
}

const TEAM_PATHS: Table = &[
    ("user.first", Some("Ann")),
    ("user", Some(r#"{"first":"Ann","last":"Lee"}"#)),
    ("age", Some("41")),
    ("pets", Some(r#"["Rex","Tom","Ida"]"#)),
    ("pets.1", Some("Tom")),
    ("pets.01", Some("Tom")),
    ("pets.9", None),
    ("pets.-1", None),
    ("pets.x", None),
    ("pets.1.x", None),
    ("user.first.x", None),
    (r"fav\.color", Some("red")),
    ("fav.color", None),
    ("f*.color", None),
    ("fav*", Some("red")),
    ("p?ts.0", Some("Rex")),
    ("*.last", Some("Lee")),
    (r"us\er.first", Some("Ann")),
    ("nul", Some("")),
    ("nul.x", None),
    ("none", None),
    ("", Some("3")),
    ("#", Some("2")),
    (r"\#", Some("2")),
    ("@home", Some("1")),
    ("@home.x", None),
    ("user.@home", None),
    ("raw", Some(r#"{ "a" : [1, 2.50,  {"b":"c"}] }"#)),
    ("raw.a", Some(r#"[1, 2.50,  {"b":"c"}]"#)),
    ("raw.a.1", Some("2.5")),
    ("raw.a.2.b", Some("c")),
    (
        "esc",
        Some(
            r#"q"é
/"#,
        ),
    ),
    ("js", Some(r#"{"k":[true]}"#)),
    ("js.k", None),
    ("pets.#", Some("3")),
    ("team.#", Some("6")),
    ("team.#.name", Some(r#"["Bo","Cy","Di"]"#)),
    ("team.#.tags.#", Some("[2,1,2]")),
    ("team.#.tags.0", Some(r#"["x","y","z"]"#)),
    ("team.#.name|0", Some("Bo")),
    ("team.#.name|@reverse", Some(r#"["Di","Cy","Bo"]"#)),
    ("team.#.none", Some("[]")),
    ("team.#(age>40)", Some(r#"{"name":"Cy","city":"Oslo","age":55,"tags":["y"]}"#)),
    ("team.#(age>40).name", Some("Cy")),
    ("team.#(age>40)#.name", Some(r#"["Cy","Di"]"#)),
    ("team.#(age>40)#|0", Some(r#"{"name":"Cy","city":"Oslo","age":55,"tags":["y"]}"#)),
    ("team.#(age>40)#|name", None),
    ("team.#(age>40)#.0", Some("[]")),
    ("team.#(age>40)#.#", Some("[]")),
    ("team.#(age>40)#|#", Some("2")),
    ("team.#(age>90)", None),
    ("team.#(age>90)#", Some("[]")),
    ("team.#(age>90)#|#", Some("0")),
    ("team.#(name)#.name", Some(r#"["Bo","Cy","Di"]"#)),
    (r#"team.#(city=="Rome")#.age"#, Some("[30,47]")),
    ("team.#(city=Rome)#.age", Some("[30,47]")),
    (r#"team.#(city!="Rome").name"#, Some("Cy")),
    (r#"team.#(name%"?i").age"#, Some("47")),
    (r#"team.#(name!%"B*").name"#, Some("Cy")),
    (r#"team.#(tags.#(=="x"))#.name"#, Some(r#"["Bo","Di"]"#)),
    ("team.#[age<40].name", Some("Bo")),
    ("team.#(==7)", Some("7")),
    (r#"team.#(=="solo")"#, Some("solo")),
    ("team.#()#", Some(r#"[7,null,"solo"]"#)),
    ("team|#", Some("6")),
    ("user|first", Some("Ann")),
    ("user.@this.first", Some("Ann")),
    ("@this.age", Some("41")),
    ("user.@keys", Some(r#"["first","last"]"#)),
    ("user.@values", Some(r#"["Ann","Lee"]"#)),
    ("pets.@reverse", Some(r#"["Ida","Tom","Rex"]"#)),
    ("pets.@reverse.0", Some("Ida")),
    ("user.@reverse", Some(r#"{"last":"Lee","first":"Ann"}"#)),
    ("raw.@ugly", Some(r#"{"a":[1,2.50,{"b":"c"}]}"#)),
    (
        "raw.@pretty",
        Some(
            r#"{
  "a": [
    1,
    2.50,
    {
      "b": "c"
    }
  ]
}
"#,
        ),
    ),
    (
        r#"raw|@pretty:{"sortKeys":true,"indent":"\t"}"#,
        Some(
            r#"{
	"a": [
		1,
		2.50,
		{
			"b": "c"
		}
	]
}
"#,
        ),
    ),
    ("deep.@flatten", Some("[1,[2,[3]],4]")),
    (r#"deep.@flatten:{"deep":true}"#, Some("[1,2,3,4]")),
    ("team.@join", Some(r#"{"name":"Di","city":"Rome","age":47,"tags":["z","x"]}"#)),
    (
        r#"team.@join:{"preserve":true}"#,
        Some(
            r#"{"name":"Bo","city":"Rome","age":30,"tags":["x","y"],"name":"Cy","city":"Oslo","age":55,"tags":["y"],"name":"Di","city":"Rome","age":47,"tags":["z","x"]}"#,
        ),
    ),
    ("esc.@tostr", Some(r#""q\"\u00e9\n\/""#)),
    ("js.@fromstr.k.0", Some("true")),
    ("js.@fromstr|@keys", Some(r#"["k"]"#)),
    ("cols.@group", Some(r#"[{"id":"a","n":1},{"id":"b","n":2},{"n":3}]"#)),
    ("@dig:age", Some("[41,30,55,47]")),
    ("@dig:k", Some("[]")),
    ("user.@valid", Some(r#"{"first":"Ann","last":"Lee"}"#)),
    ("js.@fromstr.@valid", Some(r#"{"k":[true]}"#)),
    ("none|@keys", Some("[]")),
    ("none|@this", None),
    ("none|!5", Some("5")),
    (r#"user.none|!"lit""#, Some("lit")),
    (r#"!"lit""#, Some("lit")),
    ("!true", Some("true")),
    ("!-1.5e3", Some("-1500")),
    (r#"!{"a":[1]}.a.0"#, Some("1")),
    ("!other", None),
    ("[age,user.first,none]", Some(r#"[41,"Ann"]"#)),
    ("{age,user.first,none}", Some(r#"{"age":41,"first":"Ann"}"#)),
    (r#"{"n":age,p:pets.0,pets.#,user}"#, Some(r#"{"n":41,"p":"Rex","_":3,"user":{"first":"Ann","last":"Lee"}}"#)),
    (
        r#"{"first":user.first,"all":team.#(age>40)#.name,"yes":!true}"#,
        Some(r#"{"first":"Ann","all":["Cy","Di"],"yes":true}"#),
    ),
    ("[age,pets].1.0", Some("Rex")),
    ("[age", Some("3")),
    ("{@this.age}", Some(r#"{"age":41}"#)),
    ("user.{first}", Some(r#"{"first":"Ann"}"#)),
    ("team.#.{name,age}|1", Some(r#"{"name":"Cy","age":55}"#)),
    ("pets|1", Some("Tom")),
    ("age|x", None),
    ("user..", None),
    ("user.", None),
];

#[test]
fn numbers_have_one_text_form() {
    check(NUMBERS, NUMBERS_PATHS);
}

const NUMBERS_PATHS: Table = &[
    ("big", Some("12345678901234567890")),
    ("neg", Some("-7")),
    ("half", Some("0.5")),
    ("trail", Some("1.5")),
    ("exp", Some("1000000000000000000000")),
    ("small", Some("0.0000001")),
    ("over", Some("+Inf")),
    ("odd", Some("0")),
    ("plus", Some("5")),
    ("nan", Some("NaN")),
    ("minus", Some("-0")),
];

#[test]
fn conditions_compare_as_gjson_does() {
    check(TRUTHS, TRUTHS_PATHS);
}

const TRUTHS_PATHS: Table = &[
    ("vals.#(b==~true)#.a", Some("[2,6,7,8]")),
    ("vals.#(b==~false)#.a", Some("[3,4,5,9,10]")),
    ("vals.#(b==~null)#.a", Some("[9,10]")),
    ("vals.#(b==~*)#.a", Some("[1,2,3,4,5,6,7,8,9]")),
    ("vals.#(b!=~*)#.a", Some("[10]")),
    ("vals.#(b==~none)#.a", Some("[]")),
    (r#"words.#(>="b")#"#, Some(r#"["bear","cat*"]"#)),
    (r#"words.#(%"*a*")#"#, Some(r#"["apple","bear","cat*","a\"b"]"#)),
    (r#"words.#(!%"*a*")"#, None),
    (r#"words.#(=="a\"b")"#, Some(r#"a"b"#)),
    (r#"words.#(%"cat\*")"#, None),
    ("nums.#(>1)#", Some("[2,3]")),
    (r#"nums.#(<="2")#"#, Some("[1,2]")),
    ("nums.#(%1)#", Some("[]")),
    ("nums.#(!=2)#", Some("[1,3]")),
    ("flags.#(=true)", Some("true")),
    ("flags.#(>false)#", Some("[true]")),
    ("flags.#(<true)#", Some("[false]")),
];

#[test]
fn json_lines_read_as_an_array() {
    check(LINES, LINES_PATHS);
}

const LINES_PATHS: Table = &[
    ("..#", Some("4")),
    ("..1", Some(r#"{"n":2}"#)),
    ("..1.n", Some("2")),
    ("..#.n", Some("[1,2]")),
    ("..#(n=2).n", Some("2")),
    ("..3", Some("4")),
    ("..9", None),
];

#[test]
fn text_that_is_not_json_gives_nothing_or_a_best_guess() {
    for json in ["", "hello", "{", "[", "{\"a\"", "{\"a\":", "{\"a\":\"b", "\"", "\u{0}\u{1}"] {
        assert_eq!(text(json, "a"), None, "{json}");
    }
    assert_eq!(text("hello {\"a\":1}", "a").as_deref(), Some("1"));
    assert_eq!(text("{\"a\":1", "a").as_deref(), Some("1"));
    assert_eq!(text("[1,2", "1").as_deref(), Some("2"));
}

#[test]
fn bytes_that_are_not_utf8_pass_through() {
    assert_eq!(get(b"{\"a\":\"x\xffy\"}", "a").unwrap().expose(), b"x\xffy");
}

#[test]
fn escapes_end_where_json_ends() {
    let table = [
        (r#"{"a":"x\u0041\ud83d\ude00\ud83dz"}"#, "xA😀\u{fffd}z"),
        (r#"{"a":"x\ud83d\u0041y"}"#, "x\u{fffd}Ay"),
        (r#"{"a":"b\qz"}"#, "b"),
        (r#"{"a":"\u00"}"#, ""),
        ("{\"a\":\"one\ntwo\"}", "one\ntwo"),
        ("{\"a\":\"one\\ttwo\nthree\"}", "one\ttwo"),
    ];
    for (json, expected) in table {
        assert_eq!(text(json, "a").as_deref(), Some(expected), "{json}");
    }
}

#[test]
fn search_goes_on_where_a_member_lacks_the_rest_of_the_path() {
    assert_eq!(text(r#"{"a":{"x":1},"a":{"y":2}}"#, "a.y").as_deref(), Some("2"));
    assert_eq!(text(r#"{"a":{"x":1},"ab":{"y":2}}"#, "a*.y").as_deref(), Some("2"));
}

#[test]
fn endless_paths_and_documents_find_nothing_instead_of_ending_the_process() {
    let deep = "[".repeat(10_000);
    let json = format!("{deep}1{}", "]".repeat(10_000));
    for path in ["0", "@flatten:{\"deep\":true}", "@dig:x", "@pretty", "@ugly", "@valid", "0.0.0.0"] {
        let _ = text(&json, path);
    }
    assert_eq!(text("{\"a\":1}", &"a.".repeat(100_000)), None);
    assert_eq!(text("[[1]]", &"#(".repeat(100_000)), None);
    assert_eq!(text("[1]", &"[@this,@this]|".repeat(1_000)), None);
    assert_eq!(text("[1]", &"@this|".repeat(100_000)), None);
    assert_eq!(text("{\"a\":1}", &format!("{}b", "*".repeat(100_000))), None);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~é😀\"\\\\\n]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]{1,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn string_form(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn no_text_and_no_path_panics(json in ".{0,60}", path in "[a-c0-2.|#@*?!(){}\\[\\]\"\\\\:=<>%~ ]{0,24}") {
        let _ = get(json.as_bytes(), &path);
    }

    #[test]
    fn no_mangled_document_panics(json in any_json(), cut in 0_usize..80, path in "(a|b|0|#|@dig:a|@keys|@join|@group|@flatten|\\*|#\\(a\\)#|\\[a,b\\])(\\.(a|0|#|@values|@reverse)){0,3}") {
        let mut bytes = json.to_string().into_bytes();
        bytes.truncate(cut);
        let _ = get(&bytes, &path);
    }

    #[test]
    fn simple_paths_agree_with_serde_json(json in any_json(), keys in prop::collection::vec("[a-d]{1,2}|[0-3]", 1..4)) {
        let walked = keys.iter().try_fold(&json, |value, key| match value {
            Value::Object(members) => members.get(key),
            Value::Array(elements) => elements.get(key.parse::<usize>().ok()?),
            _ => None,
        });
        prop_assert_eq!(text(&json.to_string(), &keys.join(".")), walked.map(string_form));
    }
}
