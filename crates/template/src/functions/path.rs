//! Paths with slashes.

use super::Args;
use crate::value::Value;

functions! {
    /// The last element of a path.
    ///
    /// `{{ base "/a/b.txt" }}` gives `b.txt`
    "base" (Str) = |_, a| Ok(Value::text(base(a.str(0))));
    /// A path without its last element.
    ///
    /// `{{ dir "/a/b.txt" }}` gives `/a`
    "dir" (Str) = |_, a| Ok(Value::text(dir(a.str(0))));
    /// The shortest form of a path.
    ///
    /// `{{ clean "/a/../b//c" }}` gives `/b/c`
    "clean" (Str) = |_, a| Ok(Value::text(clean(a.str(0))));
    /// The ending of a file's name, with its dot.
    ///
    /// `{{ ext "x.tar.gz" }}` gives `.gz`
    "ext" (Str) = |_, a| Ok(Value::text(ext(a.str(0))));
    /// Whether a path starts at the root.
    ///
    /// `{{ isAbs "/a" }}` gives `true`
    "isAbs" (Str) = |_, a| Ok(Value::Bool(a.str(0).starts_with(b"/")));
    /// Like `base`.
    ///
    /// `{{ osBase "/a/b" }}` gives `b`
    "osBase" (Str) = |_, a| Ok(Value::text(base(a.str(0))));
    /// Like `dir`.
    ///
    /// `{{ osDir "/a/b" }}` gives `/a`
    "osDir" (Str) = |_, a| Ok(Value::text(dir(a.str(0))));
    /// Like `clean`.
    ///
    /// `{{ osClean "a/./b" }}` gives `a/b`
    "osClean" (Str) = |_, a| Ok(Value::text(clean(a.str(0))));
    /// Like `ext`.
    ///
    /// `{{ osExt "a.b" }}` gives `.b`
    "osExt" (Str) = |_, a| Ok(Value::text(ext(a.str(0))));
    /// Like `isAbs`.
    ///
    /// `{{ osIsAbs "a" }}` gives `false`
    "osIsAbs" (Str) = |_, a| Ok(Value::Bool(a.str(0).starts_with(b"/")));
}

fn base(path: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return b".".to_vec();
    }
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    let name = path.get(..end).unwrap_or_default().rsplit(|b| *b == b'/').next().unwrap_or_default();
    if name.is_empty() { b"/".to_vec() } else { name.to_vec() }
}

fn dir(path: &[u8]) -> Vec<u8> {
    let end = path.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
    clean(path.get(..end).unwrap_or_default())
}

fn ext(path: &[u8]) -> Vec<u8> {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    name.iter().rposition(|b| *b == b'.').and_then(|at| name.get(at..)).unwrap_or_default().to_vec()
}

fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => _ = parts.pop(),
            b".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/".as_slice(), &joined].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}
