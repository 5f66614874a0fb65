//! Templates that are made to hurt: each ends within the time and the memory that one render may take, with a result or an error.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // Tests fail loudly.

use std::time::{Duration, Instant};

use eso_template::{Error, Host, Limits, Options, Phase, STACK, Template, Value};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const TIME: Duration = Duration::from_millis(250);
const MEMORY: usize = 32 << 20;

struct Clock(Instant);

impl Host for Clock {
    fn now(&self) -> Duration {
        Duration::ZERO
    }
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
    fn random(&mut self, buffer: &mut [u8]) {
        buffer.fill(1);
    }
}

fn render(template: &str, data: &Value, limits: Limits) -> Result<Vec<u8>, Error> {
    Template::parse("t", template, &Options::default())?.render(data, &mut Clock(Instant::now()), limits)
}

/// Processor time of this thread: what else the machine does must not count.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// What the original engine dies of, and what costs it minutes.
fn of_the_original() -> Vec<String> {
    vec![
        r#"{{ repeat 10000000000 "x" }}"#.into(),
        "{{ until 1000000000 }}".into(),
        format!("{{{{ $x := \"x\" }}}}{}", "{{ $x = print $x $x }}".repeat(32)),
        r#"{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ $d }}"#.into(),
        "{{ range 1000000000 }}{{ end }}".into(),
    ]
}

/// Much of one thing.
fn large() -> Vec<String> {
    let many = |part: &str, count: usize| part.repeat(count);
    vec![
        "{{ seq 1000000000 }}".into(),
        "{{ untilStep 0 9223372036854775807 1 }}".into(),
        "{{ range 100000 }}{{ $.big }}{{ end }}".into(),
        "{{ range 100000 }}{{ $x := upper $.big }}{{ end }}".into(),
        r#"{{ replace "" (repeat 1000 "y") .big }}"#.into(),
        r#"{{ replace "x" .big .big }}"#.into(),
        r#"{{ indent 100000 (repeat 100000 "\n") }}"#.into(),
        r#"{{ printf "%10000000d" 1 }}{{ printf "%.10000000f" 1.5 }}"#.into(),
        r#"{{ printf "%1000000d%1000000d%1000000d%1000000d%1000000d" 1 2 3 4 5 }}"#.into(),
        r#"{{ printf "%.70000f" 1.5 | len }}{{ printf "%.70000e" 1.5 | len }}{{ printf "%.70000g" 1.5 | len }}"#.into(),
        format!("{{{{ cat {} }}}}", many(" .big", 100)),
        format!("{{{{ print {} }}}}", many(" .big", 100)),
        format!("{{{{ join .big (list {}) }}}}", many(" 1", 100)),
        format!("{{{{ list {} | toStrings | join \"\" }}}}", many(" .big", 100)),
        format!("{{{{ quote {} }}}}", many(" .big", 100)),
        format!("{{{{ list {} | toJson }}}}", many(" .big", 100)),
        "{{ .big | b64enc | b64enc | b64enc | b64enc | b64enc }}".into(),
        "{{ range 100 }}{{ $.big | b64enc | b64dec | len }}{{ end }}".into(),
        r#"{{ splitList "" .big | join "," }}"#.into(),
        r#"{{ split "" .big }}"#.into(),
        r#"{{ range splitList "x" .big }}{{ . }}{{ end }}"#.into(),
        r#"{{ sortAlpha (splitList "" (trunc 60000 .big)) | len }}"#.into(),
        "{{ html (repeat 400000 \"<\") | html | html | html }}".into(),
        "{{ js .big | js | js }}{{ urlquery (repeat 300000 \"%\") | urlquery | urlquery }}".into(),
        "{{ trimAll .big .big }}{{ trim (repeat 500000 \" \") }}".into(),
        "{{ snakecase (repeat 200000 \"aB\") | camelcase | kebabcase | len }}".into(),
        "{{ wrap 1 (repeat 250000 \"a \") | len }}{{ wrapWith 1 \"0123456789\" .big | len }}".into(),
    ]
}

/// Work that grows faster than what it works on.
fn superlinear() -> Vec<String> {
    vec![
        r#"{{ contains (print (repeat 200000 "x") "y") .big }}"#.into(),
        r#"{{ range 1000000 }}{{ $_ := contains "y" $.big }}{{ end }}"#.into(),
        r#"{{ range 1000000 }}{{ $_ := eq $.big "y" }}{{ $_ := len $.big }}{{ end }}"#.into(),
        "{{ uniq (until 20000) | len }}".into(),
        "{{ without (until 20000) 1 2 3 4 5 6 7 8 9 10 | len }}{{ has -1 (until 50000) }}".into(),
        r"{{ $l := list }}{{ range 100000 }}{{ $l = append $l . }}{{ end }}{{ len $l }}".into(),
        r"{{ $l := list }}{{ range 100000 }}{{ $l = concat $l $l (list 1) }}{{ end }}".into(),
        "{{ $l := list 1 }}{{ range 64 }}{{ $l = list $l $l }}{{ end }}{{ $l }}".into(),
        "{{ $l := list 1 }}{{ range 64 }}{{ $l = list $l $l }}{{ end }}{{ toJson $l }}".into(),
        "{{ $l := list 1 }}{{ range 64 }}{{ $l = list $l $l }}{{ end }}{{ deepCopy $l | len }}".into(),
        "{{ $l := list 1 }}{{ $m := list 1 }}{{ range 64 }}{{ $l = list $l $l }}{{ $m = list $m $m }}{{ end }}{{ deepEqual $l $m }}"
            .into(),
        "{{ $l := list }}{{ range 100000 }}{{ $l = list $l }}{{ end }}".into(),
        r#"{{ range 100000 }}{{ $_ := regexMatch "(\\pL{1,1000}){1,30}" "x" }}{{ end }}"#.into(),
        r#"{{ range 100000 }}{{ $_ := regexMatch "[[:word:]]{1,900}" "x" }}{{ end }}"#.into(),
        r#"{{ regexReplaceAll "(x+x+)+y" .big "$1" | len }}"#.into(),
        r#"{{ regexFindAll "x.*y|x" .big -1 | len }}"#.into(),
        r#"{{ regexReplaceAll "(a|b|c|x)*(a|b|c|x)*(a|b|c|x)*z|(x)" .big "$4" | len }}"#.into(),
        r#"{{ regexMatch "(x?){500}x{500}" (trunc 100000 .big) }}"#.into(),
        r#"{{ regexSplit "" .big -1 | len }}"#.into(),
        r#"{{ regexReplaceAll "" .big .big | len }}"#.into(),
        r#"{{ regexReplaceAll "x" (trunc 2000 .big) "$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0" | regexReplaceAll "y" "z" }}"#.into(),
    ]
}

/// Depth, cycles and long texts.
fn deep() -> Vec<String> {
    let json = format!("{{{{ fromJson `{}{}` }}}}", "[".repeat(100_000), "]".repeat(100_000));
    let zeros = format!("{{{{ fromJson `[{}0]` | len }}}}", "0,".repeat(500_000));
    let objects = format!("{{{{ fromJson `[{}0]` | len }}}}", "{\"a\":{}},".repeat(100_000));
    vec![
        r#"{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}"#.into(),
        r#"{{ define "r" }}{{ template "r" . }}{{ template "r" . }}{{ end }}{{ template "r" . }}"#.into(),
        r#"{{ define "a" }}{{ range 2 }}{{ template "a" }}{{ end }}x{{ end }}{{ template "a" }}"#.into(),
        r#"{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ toJson $d }}"#.into(),
        r#"{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ deepCopy $d }}"#.into(),
        r#"{{ $d := dict }}{{ $e := dict }}{{ $_ := set $d "s" $d }}{{ $_ := set $e "s" $e }}{{ deepEqual $d $e }}"#
            .into(),
        r#"{{ $d := dict }}{{ $e := dict }}{{ $_ := set $d "s" $d }}{{ $_ := set $e "s" $e }}{{ merge $d $e }}"#.into(),
        r#"{{ $a := dict }}{{ range 20000 }}{{ $b := dict }}{{ $_ := set $a "k" $b }}{{ $a = $b }}{{ end }}ok"#.into(),
        r"{{ $a := dict }}{{ range 1000000 }}{{ $_ := set $a (toString .) . }}{{ end }}{{ len $a }}".into(),
        r#"{{ range $i := 100000 }}{{ $_ := keys (dict "a" 1 "b" 2 "c" 3) }}{{ end }}"#.into(),
        json,
        zeros,
        objects,
        format!("{{{{ {}1{} }}}}", "(".repeat(50_000), ")".repeat(50_000)),
        format!("{}{}", "{{ if 1 }}".repeat(50_000), "{{ end }}".repeat(50_000)),
        format!("{{{{ if 0 }}}}{}{{{{ else }}}}ok{{{{ end }}}}", "{{ else if 0 }}".repeat(50_000)),
        "{{ 1 }}".repeat(50_000),
        format!("{{{{ 1{} }}}}", " | print".repeat(50_000)),
        format!("{{{{ .a{} }}}}", ".b".repeat(200_000)),
        format!("{{{{ print{} }}}}", " 1".repeat(200_000)),
        "{{ $a := 1 }}".repeat(20_000) + "{{ $a }}",
    ]
}

fn all() -> Vec<String> {
    [of_the_original(), large(), superlinear(), deep()].concat()
}

fn shown(template: &str) -> String {
    template.chars().take(90).collect()
}

fn run_all() {
    let mut wrong = Vec::new();
    // What is made once, such as tables of functions and characters, belongs to no template.
    let warm = Value::string_map([("s", "x")]);
    let _ = render(r#"{{ upper .s | snakecase | quote | regexFind "x" }}"#, &warm, Limits::default());
    let (mut slowest, mut largest) = (Duration::ZERO, 0);
    for template in all() {
        let data = Value::string_map([("big", "x".repeat(1 << 19))]);
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let start = processor_time();
        let result = render(&template, &data, Limits::default());
        let took = processor_time().saturating_sub(start);
        let peak = ALLOCATOR.peak_usage().saturating_sub(before);
        drop(result);
        (slowest, largest) = (slowest.max(took), largest.max(peak));
        if took > TIME || peak > MEMORY {
            wrong.push(format!("{took:?} {} KiB: {}", peak >> 10, shown(&template)));
        }
    }
    println!("{} templates: slowest {slowest:?}, largest {} KiB", all().len(), largest >> 10);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn on_a_deep_stack(work: fn()) {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
}

#[test]
fn no_template_takes_more_than_250_milliseconds_or_32_mebibytes() {
    assert!(all().len() >= 55);
    on_a_deep_stack(run_all);
}

fn budget(template: &str, limits: Limits) -> String {
    let data = Value::string_map([("big", "x".repeat(1000))]);
    let error = render(template, &data, limits).unwrap_err();
    assert_eq!(error.phase, Phase::Budget, "{error}");
    error.text
}

fn each_limit() {
    let default = Limits::default();
    let loops = "{{ range 1000 }}{{ len $.big }}{{ end }}";
    let cases = [
        (loops, Limits { steps: 100, ..default }, "takes more than 100 steps"),
        ("{{ .big }}", Limits { output: 10, ..default }, "renders more than 10 bytes"),
        ("{{ $x := print .big }}", Limits { value: 10, ..default }, "makes a value of more than 10 bytes"),
        ("{{ range 9 }}{{ $x := upper $.big }}{{ end }}", Limits { memory: 5_000, ..default }, "together"),
        (
            "{{ if 1 }}{{ if 1 }}{{ if 1 }}x{{ end }}{{ end }}{{ end }}",
            Limits { depth: 2, ..default },
            "nests deeper than 2",
        ),
        (loops, Limits { time: Duration::ZERO, ..default }, "runs for more than 0ns"),
    ];
    for (template, limits, wanted) in cases {
        let text = budget(template, limits);
        assert!(text.contains(wanted), "{text}");
        assert!(text.starts_with("template: t:1:") && text.contains("the template "), "{text}");
    }
}

#[test]
fn each_limit_can_be_set_and_says_what_was_too_much() {
    on_a_deep_stack(each_limit);
}
