//! Random values. The bytes come from the host, so a render with fixed bytes gives fixed values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Args;
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::format::quote::runes;
use crate::value::Value;

functions! {
    /// Random letters.
    ///
    /// `{{ randAlpha 12 | regexMatch "^[A-Za-z]{12}$" }}` gives `true`
    "randAlpha" (Int) = |c, a| pick(c, a.int(0), u8::is_ascii_alphabetic);
    /// Random letters and digits.
    ///
    /// `{{ randAlphaNum 12 | regexMatch "^[0-9A-Za-z]{12}$" }}` gives `true`
    "randAlphaNum" (Int) = |c, a| pick(c, a.int(0), u8::is_ascii_alphanumeric);
    /// Random digits.
    ///
    /// `{{ randNumeric 12 | regexMatch "^[0-9]{12}$" }}` gives `true`
    "randNumeric" (Int) = |c, a| pick(c, a.int(0), u8::is_ascii_digit);
    /// Random printable ASCII, the space included.
    ///
    /// `{{ randAscii 12 | len }}` gives `12`
    "randAscii" (Int) = |c, a| pick(c, a.int(0), |byte| matches!(byte, b' '..=b'~'));
    /// Random bytes in base64.
    ///
    /// `{{ randBytes 16 | b64dec | len }}` gives `16`
    "randBytes" (Int) = |c, a| {
        let count = usize::try_from(a.int(0)).map_err(|_| Failure::new("runtime error: makeslice: len out of range"))?;
        c.reserve(count.saturating_mul(4))?;
        Ok(Value::text(STANDARD.encode(bytes(c, count))))
    };
    /// A random number from the first to the one before the second.
    ///
    /// `{{ $n := randInt 5 8 }}{{ and (ge $n 5) (lt $n 8) }}` gives `true`
    "randInt" (Int, Int) = |c, a| {
        let width = a.int(1).wrapping_sub(a.int(0));
        let width = u64::try_from(width).ok().filter(|width| *width > 0);
        let width = width.ok_or_else(|| Failure::new("invalid argument to Intn"))?;
        let drawn = i64::try_from(below(c, width)).unwrap_or(0);
        Ok(Value::Int(a.int(0).wrapping_add(drawn)))
    };
    /// A random UUID of version 4.
    ///
    /// `{{ uuidv4 | regexMatch "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$" }}` gives `true`
    "uuidv4" () = |c, _| {
        let mut id = [0; 16];
        c.host.random(&mut id);
        let id = u128::from_be_bytes(id) & !(0xF << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
        let hex = format!("{id:032x}");
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default());
        Ok(Value::text(parts.join("-")))
    };
    /// The characters of a text in random order.
    ///
    /// `{{ shuffle "abcd" | len }}` gives `4`
    "shuffle" (Str) = |c, a| {
        c.reserve(a.str(0).len().saturating_mul(size_of::<char>()))?;
        let mut order: Vec<char> = runes(a.str(0)).map(|(rune, _)| rune).collect();
        c.work(order.len())?;
        for at in (1..order.len()).rev() {
            let other = usize::try_from(below(c, at as u64 + 1)).unwrap_or(at);
            order.swap(at, other);
        }
        Ok(Value::text(order.into_iter().collect::<String>()))
    };
}

/// Random bytes.
fn bytes(ctx: &mut Ctx<'_>, count: usize) -> Vec<u8> {
    let mut out = vec![0; count];
    ctx.host.random(&mut out);
    out
}

/// A random number below `bound`, each equally likely.
pub(crate) fn below(ctx: &mut Ctx<'_>, bound: u64) -> u64 {
    let fair = u64::MAX - u64::MAX % bound.max(1);
    // A biased draw has less than one chance in two; 64 of them in a row do not happen, unless the bytes are fixed.
    for _ in 0..64 {
        let mut drawn = [0; 8];
        ctx.host.random(&mut drawn);
        let drawn = u64::from_be_bytes(drawn);
        if drawn < fair {
            return drawn % bound.max(1);
        }
    }
    0
}

/// Random characters of an alphabet; a negative count gives nothing, as in sprig.
fn pick(ctx: &mut Ctx<'_>, count: i64, wanted: fn(&u8) -> bool) -> Outcome<Value> {
    let count = usize::try_from(count).unwrap_or(0);
    ctx.reserve(count)?;
    ctx.work(count)?;
    let alphabet: Vec<u8> = (0..=127).filter(wanted).collect();
    let mut out = Vec::with_capacity(count);
    for _ in 0..count {
        let at = below(ctx, alphabet.len() as u64);
        out.extend(usize::try_from(at).ok().and_then(|at| alphabet.get(at)));
    }
    Ok(Value::text(out))
}
