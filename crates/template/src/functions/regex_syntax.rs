//! RE2 patterns in the words of the regex crate: ASCII classes, `\Q…\E`, and what stands for itself inside brackets.

/// The same pattern; `None` when RE2 refuses it.
pub fn translate(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    // Inside brackets: whether anything stands there yet, since a first `]` is a member.
    let mut class: Option<bool> = None;
    while let Some(c) = chars.next() {
        match (c, class) {
            ('\\', _) => {
                escape(&mut out, chars.next()?, &mut chars, class.is_some());
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
            ('{', None) => repeat(&mut out, &mut chars)?,
            _ => {
                out.push(c);
                class = class.map(|_| true);
            }
        }
    }
    Some(out)
}

type Chars<'p> = std::iter::Peekable<std::str::Chars<'p>>;

fn escape(out: &mut String, c: char, chars: &mut Chars<'_>, inside: bool) {
    let class = match c {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => r"\t\n\f\r ",
        'D' => "^0-9",
        'W' => "^0-9A-Za-z_",
        'S' => r"^\t\n\f\r ",
        'b' if !inside => return out.push_str(r"(?-u:\b)"),
        'B' if !inside => return out.push_str(r"(?-u:\B)"),
        'Q' => return quoted(out, chars),
        'C' if !inside => return out.push_str("(?s-u:.)"),
        _ => return out.extend(['\\', c]),
    };
    out.push('[');
    out.push_str(class);
    out.push(']');
}

fn quoted(out: &mut String, chars: &mut Chars<'_>) {
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next_if_eq(&'E').is_some() {
            return;
        }
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
}

/// `{n}`, `{n,}` or `{n,m}` up to 1000; any other brace stands for itself.
fn repeat(out: &mut String, chars: &mut Chars<'_>) -> Option<()> {
    let ahead: String = chars.clone().take_while(|c| *c != '}').take(16).collect();
    let closed = chars.clone().nth(ahead.chars().count()) == Some('}');
    let mut bounds = ahead.splitn(2, ',');
    let first = bounds.next().unwrap_or("");
    let second = bounds.next();
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !closed || !number(first) || second.is_some_and(|text| !text.is_empty() && !number(text)) {
        out.push_str("\\{");
        return Some(());
    }
    let small = |text: &str| text.parse::<u32>().is_ok_and(|n| n <= 1000);
    if !small(first) || second.is_some_and(|text| !text.is_empty() && !small(text)) {
        return None;
    }
    out.push('{');
    Some(())
}
