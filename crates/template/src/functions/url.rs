//! URLs, taken apart and put together as Go's net/url does.

use std::collections::BTreeMap;

use super::Args;
use super::cast::dict;
use super::url_escape::{Part, escape, unescape};
use crate::error::{Failure, Outcome};
use crate::value::{Map, Value};

functions! {
    /// The parts of a URL: `scheme`, `userinfo`, `host` (with port), `hostname`, `path`, `query`, `fragment`, `opaque`.
    ///
    /// `{{ (urlParse "https://me:pw@db.test:8443/a?b=c#d").hostname }}` gives `db.test`
    "urlParse" (Str) = |_, a| {
        let url = Url::parse(a.str(0))?;
        let parts = [
            ("scheme", url.scheme.clone()),
            ("host", url.host.clone()),
            ("hostname", hostname(&url.host).to_vec()),
            ("path", url.path.clone()),
            ("query", url.query.clone()),
            ("opaque", url.opaque.clone()),
            ("fragment", url.fragment.clone()),
            ("userinfo", url.user.as_ref().map_or(Vec::new(), User::text)),
        ];
        Value::dict(parts.into_iter().map(|(key, part)| (key.as_bytes().into(), Value::text(part))).collect::<BTreeMap<_, _>>())
    };
    /// A URL from the parts that `urlParse` gives.
    ///
    /// `{{ dict "scheme" "https" "host" "db.test" "path" "/a b" | urlJoin }}` gives `https://db.test/a%20b`
    "urlJoin" (Dict) = |_, a| {
        let map = dict(a.at(0))?;
        let userinfo = part(map, "userinfo")?;
        let user = if userinfo.is_empty() {
            None
        } else {
            Url::parse(&[b"proto://", &userinfo[..], b"@host"].concat())?.user
        };
        let url = Url {
            scheme: part(map, "scheme")?,
            user,
            host: part(map, "host")?,
            path: part(map, "path")?,
            query: part(map, "query")?,
            opaque: part(map, "opaque")?,
            fragment: part(map, "fragment")?,
        };
        Ok(Value::text(url.text()))
    };
}

/// A part of a dict; an absent one is empty.
fn part(map: &Map, key: &str) -> Outcome<Vec<u8>> {
    match map.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::Str(text)) => Ok(text.to_vec()),
        Some(other) => Err(Failure::new(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            other.kind_name()
        ))),
    }
}

/// User and password.
struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl User {
    fn parse(text: &[u8]) -> Outcome<Self> {
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(b);
        if !text.iter().all(allowed) {
            return Err(bad("invalid userinfo"));
        }
        let (name, password) = cut(text, b':');
        let password = password.map(|password| unescape(password, Part::User)).transpose()?;
        Ok(Self { name: unescape(name, Part::User)?, password })
    }

    fn text(&self) -> Vec<u8> {
        let mut out = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend(escape(password, Part::User));
        }
        out
    }
}

struct Url {
    scheme: Vec<u8>,
    user: Option<User>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    opaque: Vec<u8>,
    fragment: Vec<u8>,
}

fn bad(why: &str) -> Failure {
    Failure::new(format!("unable to parse url: {why}"))
}

fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    let mut halves = text.splitn(2, |b| *b == at);
    (halves.next().unwrap_or_default(), halves.next())
}

impl Url {
    fn parse(text: &[u8]) -> Outcome<Self> {
        let (text, fragment) = cut(text, b'#');
        if text.iter().any(u8::is_ascii_control) {
            return Err(bad("invalid control character in URL"));
        }
        let (scheme, rest) = scheme(text)?;
        let (rest, query) = cut(rest, b'?');
        let mut url = Self {
            scheme: scheme.to_ascii_lowercase(),
            user: None,
            host: Vec::new(),
            path: Vec::new(),
            query: query.unwrap_or_default().to_vec(),
            opaque: Vec::new(),
            fragment: unescape(fragment.unwrap_or_default(), Part::Fragment)?,
        };
        if text == b"*" {
            url.path = b"*".to_vec();
            return Ok(url);
        }
        if !rest.starts_with(b"/") {
            if !scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err(bad("first path segment in URL cannot contain colon"));
            }
        }
        let with_host = !scheme.is_empty() || !rest.starts_with(b"///");
        let path = match rest.strip_prefix(b"//").filter(|_| with_host) {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.iter().position(|b| *b == b'/').unwrap_or(rest.len()));
                url.authority(authority)?;
                path
            }
            None => rest,
        };
        url.path = unescape(path, Part::Path)?;
        Ok(url)
    }

    fn authority(&mut self, authority: &[u8]) -> Outcome<()> {
        match authority.iter().rposition(|b| *b == b'@') {
            None => self.host = host(&self.scheme, authority)?,
            Some(at) => {
                let (user, rest) = authority.split_at(at);
                self.host = host(&self.scheme, rest.get(1..).unwrap_or_default())?;
                self.user = Some(User::parse(user)?);
            }
        }
        Ok(())
    }

    fn text(&self) -> Vec<u8> {
        let mut out = self.scheme.clone();
        if !out.is_empty() {
            out.push(b':');
        }
        if self.opaque.is_empty() {
            if (self.scheme.len() + self.host.len() > 0 || self.user.is_some())
                && (self.host.len() + self.path.len() > 0 || self.user.is_some())
            {
                out.extend(b"//");
            }
            if let Some(user) = &self.user {
                out.extend(user.text());
                out.push(b'@');
            }
            out.extend(escape(&self.host, Part::Host));
            self.write_path(&mut out);
        } else {
            out.extend(&self.opaque);
        }
        for (mark, part) in [(b'?', self.query.clone()), (b'#', escape(&self.fragment, Part::Fragment))] {
            if !part.is_empty() {
                out.push(mark);
                out.extend(part);
            }
        }
        out
    }

    fn write_path(&self, out: &mut Vec<u8>) {
        let path = if self.path == b"*" { self.path.clone() } else { escape(&self.path, Part::Path) };
        if path.first().is_some_and(|first| *first != b'/') && !self.host.is_empty() {
            out.push(b'/');
        }
        // A colon in the first segment would make a scheme of it.
        if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
            out.extend(b"./");
        }
        out.extend(path);
    }
}

/// The scheme in front of a colon, and the rest.
fn scheme(text: &[u8]) -> Outcome<(&[u8], &[u8])> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(bad("missing protocol scheme")),
            b':' => {
                let (scheme, rest) = text.split_at(at);
                return Ok((scheme, rest.get(1..).unwrap_or_default()));
            }
            _ => break,
        }
    }
    Ok((b"", text))
}

fn valid_port(text: &[u8]) -> bool {
    text.is_empty() || text.strip_prefix(b":").is_some_and(|port| port.iter().all(u8::is_ascii_digit))
}

/// Checks and unescapes host and port.
fn host(scheme: &[u8], text: &[u8]) -> Outcome<Vec<u8>> {
    if text.starts_with(b"[") {
        let end = text.iter().rposition(|b| *b == b']').ok_or_else(|| bad("missing ']' in host"))?;
        let (address, port) = text.split_at(end + 1);
        if !valid_port(port) {
            return Err(bad("invalid port after host"));
        }
        let inner = address.get(1..end).unwrap_or_default();
        let zone = inner.windows(3).position(|w| w == b"%25").unwrap_or(inner.len());
        let (ip, zone) = inner.split_at(zone);
        let known = std::str::from_utf8(ip).ok().and_then(|ip| ip.parse::<std::net::Ipv6Addr>().ok());
        if known.is_none() {
            return Err(bad("invalid host"));
        }
        let zone = unescape(zone, Part::HostZone)?;
        return Ok([b"[", ip, &zone, b"]", port].concat());
    }
    if text.contains(&b'[') {
        return Err(bad("invalid IP-literal"));
    }
    // Databases write several hosts with their ports into one URL.
    let several = matches!(scheme, b"postgres" | b"postgresql");
    let colon = if several { text.iter().rposition(|b| *b == b':') } else { text.iter().position(|b| *b == b':') };
    if colon.is_some_and(|at| !valid_port(text.get(at..).unwrap_or_default())) {
        return Err(bad("invalid port after host"));
    }
    unescape(text, Part::Host)
}

/// The host without port and brackets.
fn hostname(host: &[u8]) -> &[u8] {
    if let Some(inner) = host.strip_prefix(b"[")
        && let Some(end) = inner.iter().position(|b| *b == b']')
    {
        return inner.get(..end).unwrap_or_default();
    }
    let colon = host.iter().rposition(|b| *b == b':').filter(|at| valid_port(host.get(*at..).unwrap_or_default()));
    host.get(..colon.unwrap_or(host.len())).unwrap_or_default()
}
