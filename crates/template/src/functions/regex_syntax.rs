//! RE2 patterns in the words of the regex crate: ASCII classes, `\Q…\E`, and what stands for itself inside brackets.

use std::fmt::Write as _;

/// The same pattern; `None` when RE2 refuses it.
pub fn translate(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    // Inside brackets: whether anything stands there yet, since a first `]` is a member.
    let mut class: Option<bool> = None;
    let mut repeated = false;
    while let Some(c) = chars.next() {
        let mut repeats = false;
        match (c, class) {
            ('\\', _) => {
                escape(&mut out, chars.next()?, &mut chars, class.is_some())?;
                class = class.map(|_| true);
            }
            ('[', None) => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                class = Some(false);
            }
            ('[', Some(_)) => {
                // A named class keeps its brackets, a bracket on its own is a member.
                out.push_str(if chars.peek() == Some(&':') { "[" } else { "\\[" });
                if chars.peek() == Some(&':') {
                    for c in chars.by_ref() {
                        out.push(c);
                        if c == ']' {
                            break;
                        }
                    }
                }
                class = Some(true);
            }
            (']', Some(true)) => {
                out.push(']');
                class = None;
            }
            (']' | '&' | '~', Some(_)) => {
                out.extend(['\\', c]);
                class = Some(true);
            }
            ('{', None) => repeats = repeat(&mut out, &mut chars, repeated)?,
            ('*' | '+' | '?', None) => {
                // Perl's rule, which RE2 has: operators do not stack.
                if repeated {
                    return None;
                }
                out.push(c);
                out.extend(chars.next_if_eq(&'?'));
                repeats = true;
            }
            _ => {
                out.push(c);
                // What follows is an option of the group, not a repetition.
                if c == '(' && class.is_none() {
                    out.extend(chars.next_if_eq(&'?'));
                }
                class = class.map(|_| true);
            }
        }
        repeated = repeats;
    }
    Some(out)
}

type Chars<'p> = std::iter::Peekable<std::str::Chars<'p>>;

/// What stands behind a backslash; `None` when RE2 refuses it.
fn escape(out: &mut String, c: char, chars: &mut Chars<'_>, inside: bool) -> Option<()> {
    match c {
        'd' => out.push_str("[0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        's' => out.push_str(r"[\t\n\f\r ]"),
        'D' => out.push_str("[^0-9]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        'S' => out.push_str(r"[^\t\n\f\r ]"),
        'b' if !inside => out.push_str(r"(?-u:\b)"),
        'B' if !inside => out.push_str(r"(?-u:\B)"),
        'Q' if !inside => quoted(out, chars),
        'A' | 'z' if !inside => out.extend(['\\', c]),
        'a' | 'f' | 'n' | 'r' | 't' | 'v' => out.extend(['\\', c]),
        'p' | 'P' | 'x' => {
            out.extend(['\\', c]);
            if chars.peek() == Some(&'{') {
                named(out, chars);
            }
        }
        '0'..='7' => octal(out, c, chars)?,
        _ if c.is_ascii_alphanumeric() || !c.is_ascii() => return None,
        _ if regex_syntax::is_meta_character(c) => out.extend(['\\', c]),
        _ => out.push(c),
    }
    Some(())
}

/// `\0`, `\12` or `\123`; a single other digit would be a reference to a group, which RE2 does not have.
fn octal(out: &mut String, first: char, chars: &mut Chars<'_>) -> Option<()> {
    let mut code = first.to_digit(8)?;
    let mut more = 0;
    while more < 2
        && let Some(digit) = chars.peek().and_then(|c| c.to_digit(8))
    {
        chars.next();
        code = code * 8 + digit;
        more += 1;
    }
    if first != '0' && more == 0 {
        return None;
    }
    let _ = write!(out, "\\x{{{code:x}}}");
    Some(())
}

/// `{Greek}` or `{10FFFF}`: braces that count nothing.
fn named(out: &mut String, chars: &mut Chars<'_>) {
    for c in chars.by_ref() {
        out.push(c);
        if c == '}' {
            return;
        }
    }
}

fn quoted(out: &mut String, chars: &mut Chars<'_>) {
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next_if_eq(&'E').is_some() {
            return;
        }
        if regex_syntax::is_meta_character(c) {
            out.push('\\');
        }
        out.push(c);
    }
}

/// `{n}`, `{n,}` or `{n,m}` up to 1000, true then; any other brace stands for itself.
fn repeat(out: &mut String, chars: &mut Chars<'_>, repeated: bool) -> Option<bool> {
    let ahead: String = chars.clone().take_while(|c| *c != '}').take(16).collect();
    let closed = chars.clone().nth(ahead.chars().count()) == Some('}');
    let mut bounds = ahead.splitn(2, ',');
    let first = bounds.next().unwrap_or("");
    let second = bounds.next();
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !closed || !number(first) || second.is_some_and(|text| !text.is_empty() && !number(text)) {
        out.push_str("\\{");
        return Some(false);
    }
    let small = |text: &str| text.parse::<u32>().is_ok_and(|n| n <= 1000);
    if repeated || !small(first) || second.is_some_and(|text| !text.is_empty() && !small(text)) {
        return None;
    }
    out.push('{');
    for c in chars.by_ref() {
        out.push(c);
        if c == '}' {
            break;
        }
    }
    out.extend(chars.next_if_eq(&'?'));
    Some(true)
}
