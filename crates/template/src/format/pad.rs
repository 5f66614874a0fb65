//! Width, precision and flags of one verb, and what they do to text and numbers.

use super::Printer;
use super::float::format_float;
use super::quote::rune_count;
use crate::error::Outcome;

/// Flags of one verb.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // They are Go's flags, one each.
pub(crate) struct Flags {
    pub width: Option<usize>,
    pub precision: Option<usize>,
    pub minus: bool,
    pub plus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    /// `%+v`: field names; for our values it only stops the sign flag.
    pub plus_v: bool,
    /// `%#v`: Go syntax.
    pub sharp_v: bool,
}

impl Printer {
    /// Writes text padded to the width, counted in runes.
    pub fn pad(&mut self, text: &[u8]) -> Outcome<()> {
        let missing = self.flags.width.unwrap_or(0).saturating_sub(rune_count(text));
        let filler = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        if !self.flags.minus {
            self.fill(filler, missing)?;
        }
        self.push(text)?;
        if self.flags.minus { self.fill(b' ', missing) } else { Ok(()) }
    }

    pub fn fill(&mut self, byte: u8, count: usize) -> Outcome<()> {
        self.push(&vec![byte; count.min(2 << 20)])
    }

    /// An integer in a base, with Go's rules for signs, zeros and prefixes.
    pub fn integer(&mut self, magnitude: u64, negative: bool, verb: char) -> Outcome<()> {
        let mut digits = match verb {
            'b' => format!("{magnitude:b}"),
            'o' | 'O' => format!("{magnitude:o}"),
            'x' => format!("{magnitude:x}"),
            'X' => format!("{magnitude:X}"),
            _ => magnitude.to_string(),
        };
        let signed = negative || self.flags.plus || self.flags.space;
        if let Some(precision) = self.flags.precision {
            if precision == 0 && magnitude == 0 {
                let width = self.flags.width.unwrap_or(0);
                return self.fill(b' ', width);
            }
            digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
        } else if self.flags.zero
            && !self.flags.minus
            && let Some(width) = self.flags.width
        {
            let room = width.saturating_sub(usize::from(signed));
            digits = format!("{}{digits}", "0".repeat(room.saturating_sub(digits.len())));
        }
        let prefix = match verb {
            'b' if self.flags.sharp => "0b",
            'o' if self.flags.sharp && !digits.starts_with('0') => "0",
            'x' if self.flags.sharp => "0x",
            'X' if self.flags.sharp => "0X",
            'O' if self.flags.sharp && !digits.starts_with('0') => "0o0",
            'O' => "0o",
            _ => "",
        };
        let sign = match (negative, self.flags.plus, self.flags.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let text = format!("{sign}{prefix}{digits}");
        self.pad_plain(text.as_bytes())
    }

    /// Pads with spaces, whatever the zero flag says.
    fn pad_plain(&mut self, text: &[u8]) -> Outcome<()> {
        let kept = std::mem::take(&mut self.flags.zero);
        let result = self.pad(text);
        self.flags.zero = kept;
        result
    }

    /// A float in a form; `default` is the precision when none was given.
    pub fn float(&mut self, f: f64, form: char, default: Option<usize>) -> Outcome<()> {
        let precision = self.flags.precision.or(default);
        let mut text = format_float(f, form, precision);
        if self.flags.sharp && form != 'b' {
            text = sharpen(&text, form, precision);
        }
        if !text.starts_with(['+', '-']) {
            text.insert(0, '+');
        }
        if self.flags.space && text.starts_with('+') && !self.flags.plus {
            text.replace_range(..1, " ");
        }
        if text.contains(['I', 'N']) {
            let shown = if text.contains('N') && !self.flags.space && !self.flags.plus { text.get(1..) } else { None };
            return self.pad_plain(shown.unwrap_or(&text).as_bytes());
        }
        if self.flags.plus || !text.starts_with('+') {
            let width = self.flags.width.unwrap_or(0);
            if self.flags.zero && !self.flags.minus && width > text.len() {
                let (sign, digits) = text.split_at(1);
                let text = format!("{sign}{}{digits}", "0".repeat(width - text.len()));
                return self.push(text.as_bytes());
            }
            return self.pad(text.as_bytes());
        }
        self.pad(text.get(1..).unwrap_or("").as_bytes())
    }
}

/// The `#` flag: a decimal point always, and trailing zeros for the forms that drop them.
fn sharpen(text: &str, form: char, precision: Option<usize>) -> String {
    if text.contains(['I', 'N']) {
        return text.into();
    }
    let hex = matches!(form, 'x' | 'X');
    let (mantissa, exponent) = match text.find(if hex { ['p', 'P'] } else { ['e', 'E'] }) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let wanted = if matches!(form, 'g' | 'G' | 'x') { precision.unwrap_or(6) } else { 0 };
    let unsigned = mantissa.trim_start_matches(['-', '+']);
    // Go counts what follows the zeros at the start, the x of a hexadecimal number included; a lone zero counts as well.
    let counted = unsigned.trim_start_matches(['0', '.']).chars().filter(|c| *c != '.').count();
    let counted = counted.max(usize::from(unsigned == "0"));
    let point = if mantissa.contains('.') { "" } else { "." };
    format!("{mantissa}{point}{}{exponent}", "0".repeat(wanted.saturating_sub(counted)))
}
