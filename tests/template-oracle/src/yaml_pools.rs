//! What documents and values are made of.

/// How a document begins.
#[rustfmt::skip] // Read as a paragraph.
pub const BEFORE: &[&str] = &[
    "", "", "", "", "", "", "---\n", "--- ", "# c\n", "\n", "%YAML 1.1\n---\n", "\u{feff}", "--- # c\n", "%TAG ! tag:x,1:\n---\n",
];

/// How it ends.
#[rustfmt::skip] // Read as a paragraph.
pub const AFTER: &[&str] = &[
    "", "", "", "", "", "\n", "...\n", "---\nb: 2\n", "# c\n", "\n\n  \n", "...\n---\n", " \n", "\t\n", "%X\n",
];

/// Characters that a slip of the pen puts in.
pub const ODD: [char; 24] = [
    ' ', ' ', '\n', ':', '-', '#', '"', '\'', '{', '}', '[', ']', ',', '&', '*', '!', '|', '>', '%', '?', '\t', 'a',
    '\\', '\u{1}',
];

/// Escapes of double-quoted text, some of them wrong.
#[rustfmt::skip] // Read as a paragraph.
pub const ESCAPES: &[&str] = &[
    "\\n", "\\t", "\\\"", "\\\\", "\\/", "\\x41", "\\x00", "\\xe9", "\\u00e9", "\\u2028", "\\U0001F600", "\\ud83d", "\\uDE00",
    "\\U00110000", "\\0", "\\a", "\\b", "\\e", "\\N", "\\_", "\\L", "\\P", "\\v", "\\f", "\\r", "\\ ", "\\\n  ", "\\z", "\\'",
    "\\x4", "\\u12", "\\\t", "\\x9f", "\\ufeff",
];

/// Plain scalars, and what is none.
#[rustfmt::skip] // Read as a paragraph.
pub const SCALARS: &[&str] = &[
    "a", "text", "two words", "yes", "Yes", "YES", "yEs", "no", "on", "On", "OFF", "off", "y", "Y", "n", "N", "true", "True",
    "TRUE", "tRue", "false", "null", "Null", "NULL", "~", "nil", "none", "0", "-0", "+0", "00", "1", "-1", "+1", "12", "007",
    "08", "0o7", "0O7", "-0o17", "0x1F", "0X1f", "-0xa", "0xg", "0b11", "-0b1", "0b2", "1_000", "1__0", "_1", "1_", "0x_1",
    "0b_1", "0_7", "1.0", "1.", ".5", "-.5", "+.5", ".", "..", "1e3", "1E3", "1e+3", "1e-3", "1.5e3", "1e", "e3", "1e400",
    "-1e400", "1e-400", ".inf", "-.inf", "+.inf", ".Inf", ".INF", ".iNF", ".nan", ".NaN", ".NAN", ".NAn", "inf", "nan",
    "Infinity", "1_000.5", "1.5_0", "685.230_15e+03", "190:20:30", "1:30", "190:20:30.15", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
    "0xFFFFFFFFFFFFFFFF", "0x10000000000000000", "0777777777777777777777", "123456789012345678901234567890",
    "1.7976931348623157e308", "5e-324", "0.1", "100000000000000000000", "1e20", "1e21", "123456789.123456789", "3.0e1",
    "2024-01-02", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "2001-12-15 2:59:43.10", "2024-13-45",
    "2001-12-14T21:59:43Z", "2024-1-2", "12:30:45", "=", "<<", "-", "--", "---x", "?", "?x", ":", ":x", "x:", "a:b", "a: b",
    "a :b", "a#b", "a #b", "#c", "-x", "- x", "[", "]", "{", "}", ",", "a,b", "a]b", "a}b", "a[b", "&", "*", "&a", "*a", "!",
    "!a", "|", ">", "%", "%a", "@", "@a", "`", "`a", "'", "\"", "a'b", "a\"b", "a\\b", "\\n", "\t", "a\tb", "é", "\u{1F600}",
    "\u{a0}", "\u{feff}x", "\u{7f}", "\u{1}", "\u{85}", "\u{2029}", "\u{fffe}", "http://h:1/p?q=1#f", "aGVsbG8=", "aGVsbG8",
    "....", "1.2.3", "1-2", "v1", "10%", "~a", "a~", "null ", "tru", "0.", "-.", "+", "-a", "+a", "1a", "0xg", "0x", "0b", "0o",
];

/// Texts that are hard to write.
#[rustfmt::skip] // Read as a paragraph.
pub const TEXTS: &[&str] = &[
    "", " ", "  ", "a", "a ", " a", "a b", "\n", "\n\n", "a\n", "a\n\n", "\na", "\n a", " \na", "a\nb", "a\n b\n", "a\n\nb",
    "a \nb", "a\n\n\nb\n\n", "a\tb", "\t", "\ta\nb", "a\r\nb", "a\rb", "x: y", "x:", ":x", "a # b", "a#b", "#", "- a", "-", "--",
    "---", "--- a", "...", "... b", "? a", "?", "[a]", "{a: b}", "a, b", ",", "&a", "*a", "!a", "|", ">", "%", "@", "`", "'",
    "\"", "it's", "\"q\"", "'q'", "it's \"both\"", "\\", "a\\nb", "\u{1}", "\u{7f}", "\u{85}", "a\u{85}b", "\u{2028}",
    "a\u{2029}b", "\u{a0}", "\u{feff}", "a\u{feff}", "é", "\u{1F600}", "\u{fffe}", "\u{e000}", "\u{200b}", "<<", "=", "~", "null",
    "<html>&amp;",
    "word word word word word word word word word word word word word word word word word word word word word word",
    "word word word word word word word word word word word word word word word word  word word word word\nword word",
    "a: word word word word word word word word word word word word word word word word word word word word",
    "wordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordwordword word",
    "  word word word word word word word word word word word word word word word word word word word word word",
    "line one\n  indented\n\tand a tab word word word word word word word word word word word word word word word word word\n",
    "\"quoted\" word word word word word word word word word word word word word word word: word word word word word",
    "é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é é",
    "# c\nword word word word word word word word word word word word word word word word word word word word word",
    "word word word word word word word word word word word word word word word wo  word word",
    "-----BEGIN X-----\nabc=\n-----END X-----\n",
];

/// What stands before a node.
#[rustfmt::skip] // Read as a paragraph.
pub const TAGS: &[&str] = &[
    "!!str ", "!!int ", "!!float ", "!!bool ", "!!null ", "!!binary ", "!!map ", "!!seq ", "!!set ", "!!omap ", "!!timestamp ",
    "!!merge ", "!mine ", "! ", "!<tag:yaml.org,2002:str> ", "!<tag:yaml.org,2002:int> ", "!!str\n", "!e!x ", "!!", "!!str",
];

/// Names of keys.
#[rustfmt::skip] // Read as a paragraph.
pub const KEYS: &[&str] = &[
    "a", "b", "c", "k", "key", "n", "yes", "7", "a b", "d-e", "x.y", "é", "~", "=", "Error",
];

/// What quoted text is made of.
#[rustfmt::skip] // Read as a paragraph.
pub const PIECES: &[&str] = &[
    "a", " ", "b c", "x: y", "# c", "42", "é", "{", "]", ",", "\t", "%", "- ", "yes", "\u{1F600}", "\u{a0}",
];
