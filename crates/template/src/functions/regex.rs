//! Regular expressions in the syntax of RE2, as Go has them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use super::regex_syntax::translate;
use super::{Args, Function};
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::format::quote::decode_rune;
use crate::parse::ast::{Command, TermKind};
use crate::value::{Bytes, Elem, List, Value};

functions! {
    /// Whether a text holds a match; a pattern that is wrong matches nothing.
    ///
    /// `{{ regexMatch "^a+$" "aaa" }} {{ regexMatch "(" "x" }}` gives `true false`
    "regexMatch" (Str, Str) = |c, a| match is_match(c, a) {
        Err(failure) if !failure.budget => Ok(Value::Bool(false)),
        result => result,
    };
    /// Like `regexMatch`, but a pattern that is wrong is an error.
    ///
    /// `{{ mustRegexMatch "a" "abc" }}` gives `true`
    "mustRegexMatch" (Str, Str) = |c, a| is_match(c, a);
    /// The first match.
    ///
    /// `{{ regexFind "[0-9]+" "a12b3" }}` gives `12`
    "regexFind" (Str, Str) = |c, a| find(c, a);
    /// Like `regexFind`.
    ///
    /// `{{ mustRegexFind "b" "abc" }}` gives `b`
    "mustRegexFind" (Str, Str) = |c, a| find(c, a);
    /// All matches, or at most so many.
    ///
    /// `{{ regexFindAll "[a-z]" "a1b2" -1 }}` gives `[a b]`
    "regexFindAll" (Str, Str, Int) = |c, a| find_all(c, a);
    /// Like `regexFindAll`.
    ///
    /// `{{ mustRegexFindAll "." "abc" 2 }}` gives `[a b]`
    "mustRegexFindAll" (Str, Str, Int) = |c, a| find_all(c, a);
    /// The text with all matches replaced; `$1` or `${1}` stand for groups, `$1x` for a group named `1x`.
    ///
    /// `{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }}` gives `-W-xxW-`
    "regexReplaceAll" (Str, Str, Str) = |c, a| replace(c, a, true);
    /// Like `regexReplaceAll`.
    ///
    /// `{{ mustRegexReplaceAll "b" "abc" "x" }}` gives `axc`
    "mustRegexReplaceAll" (Str, Str, Str) = |c, a| replace(c, a, true);
    /// The text with all matches replaced by the very text given.
    ///
    /// `{{ regexReplaceAllLiteral "b" "abc" "$1" }}` gives `a$1c`
    "regexReplaceAllLiteral" (Str, Str, Str) = |c, a| replace(c, a, false);
    /// Like `regexReplaceAllLiteral`.
    ///
    /// `{{ mustRegexReplaceAllLiteral "b" "abc" "x" }}` gives `axc`
    "mustRegexReplaceAllLiteral" (Str, Str, Str) = |c, a| replace(c, a, false);
    /// The parts of a text between matches, or at most so many.
    ///
    /// `{{ regexSplit "z+" "pizza" -1 }}` gives `[pi a]`
    "regexSplit" (Str, Str, Int) = |c, a| split(c, a);
    /// Like `regexSplit`.
    ///
    /// `{{ mustRegexSplit "," "a,b,c" 2 }}` gives `[a b,c]`
    "mustRegexSplit" (Str, Str, Int) = |c, a| split(c, a);
    /// A text as a pattern that matches just this text.
    ///
    /// `{{ regexQuoteMeta "1.2[3]" }}` gives `1\.2\[3\]`
    "regexQuoteMeta" (Str) = |c, a| {
        c.reserve(a.str(0).len() * 2)?;
        let quoted = a.str(0).iter().flat_map(|byte| {
            let special = br"\.+*?()|[]{}^$".contains(byte);
            special.then_some(b'\\').into_iter().chain([*byte])
        });
        Ok(Value::text(quoted.collect::<Vec<u8>>()))
    };
}

/// The patterns that stand in a template as constants: building one takes longer than most searches, so each is built
/// once for all renders. Patterns that a render makes are never kept: they may be secrets.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    known: BTreeMap<Bytes, OnceLock<Regex>>,
    /// Bytes of the built ones.
    size: AtomicUsize,
}

impl Patterns {
    /// Bytes of built patterns that a template may keep. Those beyond it are built for each search.
    const LIMIT: usize = 32 << 10;

    /// Takes note of the pattern of a call, if the command is one.
    pub fn note(&mut self, command: &Command) {
        if let [function, pattern, ..] = &*command.args
            && matches!(&function.kind, TermKind::Function(function) if begins_with_pattern(function))
            && let TermKind::Text { text, .. } = &pattern.kind
        {
            self.known.entry(text.clone()).or_default();
        }
    }

    fn built(&self, pattern: &[u8]) -> Option<Regex> {
        // A clone shares what was built, not the memory that searches use.
        self.known.get(pattern)?.get().cloned()
    }

    fn keep(&self, pattern: &[u8], regex: &Regex) {
        let Some(place) = self.known.get(pattern) else { return };
        let size = regex.memory_usage();
        if self.size.fetch_add(size, Ordering::Relaxed) + size > Self::LIMIT || place.set(regex.clone()).is_err() {
            self.size.fetch_sub(size, Ordering::Relaxed);
        }
    }
}

fn begins_with_pattern(function: &Function) -> bool {
    function.family == module_path!() && function.name != "regexQuoteMeta"
}

/// The built pattern. What it costs does not depend on whether it was there already.
fn compile(ctx: &mut Ctx<'_>, pattern: &[u8]) -> Outcome<Regex> {
    ctx.work(64 + pattern.len())?;
    ctx.check_time()?;
    let regex = if let Some(regex) = ctx.patterns.and_then(|patterns| patterns.built(pattern)) {
        regex
    } else {
        let regex = build(ctx, pattern)?;
        ctx.patterns.into_iter().for_each(|patterns| patterns.keep(pattern, &regex));
        regex
    };
    ctx.work(regex.memory_usage() / BYTES_PER_STEP)?;
    Ok(regex)
}

/// The error does not name the pattern: it may be a secret.
fn build(ctx: &mut Ctx<'_>, pattern: &[u8]) -> Outcome<Regex> {
    let bad = || Failure::new("error parsing regexp: the pattern is not valid");
    let text = std::str::from_utf8(pattern).map_err(|_| bad())?;
    let translated = translate(text).ok_or_else(bad)?;
    let syntax = syntax::Config::new().utf8(false).nest_limit(200);
    let config = Regex::config().nfa_size_limit(Some(2 << 20)).hybrid_cache_capacity(1 << 20).utf8_empty(true);
    let built = Regex::builder().configure(config).syntax(syntax).build(&translated);
    if built.is_err() {
        // It may have grown up to the limit before it was given up.
        ctx.work(FAILED_BUILD)?;
    }
    built.map_err(|_| bad())
}

/// Steps that a pattern costs which cannot be built.
const FAILED_BUILD: usize = 20_000;
/// Bytes of a built pattern for one step.
const BYTES_PER_STEP: usize = 32;
/// About the bytes of one state of a built pattern.
const BYTES_PER_STATE: usize = 40;
/// Pairs of a state and a byte of text that a search may visit for one step.
const PAIRS_PER_STEP: usize = 64;

/// Bytes behind a match for one step.
const UNREAD_PER_STEP: usize = 4_096;

/// Builds a pattern for one text. In the worst case a search visits each state at each byte.
fn compile_for(ctx: &mut Ctx<'_>, pattern: &[u8], text: &[u8]) -> Outcome<Regex> {
    let regex = compile(ctx, pattern)?;
    let pairs = (regex.memory_usage() / BYTES_PER_STATE).saturating_mul(text.len());
    ctx.work(pairs / PAIRS_PER_STEP)?;
    Ok(regex)
}

/// A text as Go reads it: a byte that is not UTF-8 counts as U+FFFD.
struct Subject<'t> {
    text: Cow<'t, [u8]>,
    /// Where each byte of `text`, and its end, is in the original; nothing when it is the original.
    places: Vec<usize>,
}

impl<'t> Subject<'t> {
    fn new(ctx: &mut Ctx<'_>, original: &'t [u8]) -> Outcome<Self> {
        if std::str::from_utf8(original).is_ok() {
            return Ok(Self { text: Cow::Borrowed(original), places: Vec::new() });
        }
        ctx.reserve(original.len() * (3 + 3 * size_of::<usize>()))?;
        let (mut text, mut places, mut at) = (Vec::new(), Vec::new(), 0);
        while let Some(rest) = original.get(at..).filter(|rest| !rest.is_empty()) {
            let (rune, width) = decode_rune(rest);
            let mut buffer = [0; 4];
            // Of what is no rune, one byte is taken.
            let bytes = rune.encode_utf8(&mut buffer).as_bytes();
            text.extend_from_slice(bytes);
            places.extend(std::iter::repeat_n(at, bytes.len()));
            at += width.max(1);
        }
        places.push(original.len());
        Ok(Self { text: Cow::Owned(text), places })
    }

    /// A range of the text in the original.
    fn original(&self, range: Range<usize>) -> Range<usize> {
        let place = |at: usize| self.places.get(at).copied().unwrap_or(at);
        if self.places.is_empty() { range } else { place(range.start)..place(range.end) }
    }
}

fn is_match(ctx: &mut Ctx<'_>, a: &[Value]) -> Outcome<Value> {
    let subject = Subject::new(ctx, a.str(1))?;
    Ok(Value::Bool(compile_for(ctx, a.str(0), &subject.text)?.is_match(&*subject.text)))
}

fn find(ctx: &mut Ctx<'_>, a: &[Value]) -> Outcome<Value> {
    let subject = Subject::new(ctx, a.str(1))?;
    let found = compile_for(ctx, a.str(0), &subject.text)?.find(&*subject.text);
    let found = found.and_then(|m| a.str(1).get(subject.original(m.range())));
    Ok(Value::text(found.unwrap_or_default()))
}

/// The ranges of at most `limit` matches; a negative limit is none.
fn ranges(ctx: &mut Ctx<'_>, a: &[Value], limit: i64) -> Outcome<Vec<Range<usize>>> {
    let subject = Subject::new(ctx, a.str(1))?;
    let regex = compile_for(ctx, a.str(0), &subject.text)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for range in regex.find_iter(&*subject.text).take(limit) {
        // Each match may have looked at all the rest of the text.
        ctx.work(1 + (subject.text.len() - range.end()) / UNREAD_PER_STEP)?;
        found.push(subject.original(range.range()));
    }
    Ok(found)
}

fn find_all(ctx: &mut Ctx<'_>, a: &[Value]) -> Outcome<Value> {
    let found = ranges(ctx, a, a.int(2))?;
    if found.is_empty() {
        return Ok(Value::List(List::nil(Elem::Str)));
    }
    ctx.reserve(found.len() * size_of::<Value>())?;
    Value::texts(found.into_iter().map(|range| a.str(1).get(range).unwrap_or_default()))
}

fn split(ctx: &mut Ctx<'_>, a: &[Value]) -> Outcome<Value> {
    let (text, limit) = (a.str(1), a.int(2));
    if limit == 0 {
        compile(ctx, a.str(0))?;
        return Ok(Value::List(List::nil(Elem::Str)));
    }
    if !a.str(0).is_empty() && text.is_empty() {
        compile(ctx, a.str(0))?;
        return Value::texts([""]);
    }
    let (mut parts, mut from, mut end) = (Vec::new(), 0, 0);
    for range in ranges(ctx, a, limit)? {
        if usize::try_from(limit).is_ok_and(|limit| parts.len() + 1 == limit) {
            break;
        }
        end = range.start;
        if range.end != 0 {
            parts.push(text.get(from..end).unwrap_or_default());
        }
        from = range.end;
    }
    if end != text.len() {
        parts.push(text.get(from..).unwrap_or_default());
    }
    ctx.reserve(parts.len() * size_of::<Value>())?;
    Value::texts(parts)
}

fn replace(ctx: &mut Ctx<'_>, a: &[Value], expands: bool) -> Outcome<Value> {
    let (text, with) = (a.str(1), a.str(2));
    let subject = Subject::new(ctx, text)?;
    let regex = compile_for(ctx, a.str(0), &subject.text)?;
    let (mut out, mut from) = (Vec::new(), 0);
    for captures in regex.captures_iter(&*subject.text) {
        let Some(whole) = captures.get_match() else { continue };
        ctx.work(1 + (subject.text.len() - whole.end()) / UNREAD_PER_STEP)?;
        let whole = subject.original(whole.range());
        out.extend_from_slice(text.get(from..whole.start).unwrap_or_default());
        if expands {
            let group = |name: &str| {
                let span = match name.parse::<usize>() {
                    Ok(number) => captures.get_group(number),
                    Err(_) => captures.get_group_by_name(name),
                };
                span.and_then(|span| text.get(subject.original(span.range()))).unwrap_or_default()
            };
            expand(&mut out, with, group);
        } else {
            out.extend_from_slice(with);
        }
        from = whole.end;
        if out.len() > ctx.limits().value {
            return Err(Failure::budget("makes a value that is too long"));
        }
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    Ok(Value::text(out))
}

/// Go's `Regexp.Expand`.
fn expand<'t>(out: &mut Vec<u8>, template: &[u8], group: impl Fn(&str) -> &'t [u8]) {
    let mut rest = template;
    while let Some(at) = rest.iter().position(|b| *b == b'$') {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(tail) = rest.strip_prefix(b"$") {
            out.push(b'$');
            rest = tail;
            continue;
        }
        let braces = rest.first() == Some(&b'{');
        let body = rest.get(usize::from(braces)..).unwrap_or_default();
        let length = body.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let closed = !braces || body.get(length) == Some(&b'}');
        if length == 0 || !closed {
            out.push(b'$');
            continue;
        }
        let name = String::from_utf8_lossy(body.get(..length).unwrap_or_default());
        out.extend_from_slice(group(&name));
        rest = body.get(length + usize::from(braces)..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests fail loudly.

    use std::time::Duration;

    use crate::{Host, Limits, Options, Template, Value};

    struct Still;

    impl Host for Still {
        fn now(&self) -> Duration {
            Duration::ZERO
        }
        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
        fn random(&mut self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    /// The patterns that a template holds built after a render with a pattern as data, and how many it could hold.
    fn kept(text: &str, pattern: &str) -> (Vec<Vec<u8>>, usize) {
        let template = Template::parse("t", text, &Options::default()).unwrap();
        let data = Value::string_map([("p", pattern)]);
        for _ in 0..2 {
            template.render(&data, &mut Still, Limits::default()).unwrap();
        }
        let known = &template.set.patterns.known;
        let built = known.iter().filter(|(_, built)| built.get().is_some()).map(|(text, _)| text.to_vec());
        (built.collect(), known.len())
    }

    #[test]
    fn constant_patterns_are_built_once_and_those_of_the_data_are_not_kept() {
        let text =
            r#"{{ regexFind "a+" "aa" }}{{ regexMatch .p "b" }}{{ "x" | regexMatch "(" }}{{ regexQuoteMeta "q" }}"#;
        assert_eq!(kept(text, "b"), (vec![b"a+".to_vec()], 2));
    }

    #[test]
    fn large_patterns_are_not_kept() {
        assert_eq!(kept(r#"{{ regexMatch "\\pL{40}" "a" }}"#, ""), (vec![], 1));
    }
}
