//! `fmt.Sprintf`: verbs, flags, width and precision from the text or from operands, and Go's complaints in the output.

use super::Printer;
use super::pad::Flags;
use super::quote::decode_rune;
use crate::context::Ctx;
use crate::error::Outcome;
use crate::value::Value;

struct Scan<'f> {
    format: &'f [u8],
    at: usize,
    args: &'f [Value],
    arg: usize,
    reordered: bool,
    good_index: bool,
    after_index: bool,
}

/// `fmt.Sprintf`.
pub fn printf(ctx: &mut Ctx<'_>, format: &[u8], args: &[Value]) -> Outcome<Vec<u8>> {
    let mut printer = Printer::new(ctx.limits().value);
    let mut scan = Scan { format, at: 0, args, arg: 0, reordered: false, good_index: true, after_index: false };
    while scan.at < format.len() {
        let rest = format.get(scan.at..).unwrap_or_default();
        let text = rest.iter().position(|b| *b == b'%').unwrap_or(rest.len());
        printer.push(rest.get(..text).unwrap_or_default())?;
        scan.at += text;
        if scan.at < format.len() {
            scan.at += 1;
            ctx.step()?;
            scan.verb(&mut printer)?;
        }
    }
    printer.flags = Flags::default();
    if !scan.reordered && scan.arg < args.len() {
        extra(&mut printer, args.get(scan.arg..).unwrap_or_default())?;
    }
    Ok(printer.out)
}

fn extra(printer: &mut Printer, args: &[Value]) -> Outcome<()> {
    printer.push(b"%!(EXTRA ")?;
    for (at, arg) in args.iter().enumerate() {
        if at > 0 {
            printer.push(b", ")?;
        }
        if arg.is_nil() {
            printer.push(b"<nil>")?;
        } else {
            printer.push(arg.type_name().as_bytes())?;
            printer.push(b"=")?;
            printer.print(arg, 'v')?;
        }
    }
    printer.push(b")")
}

fn complain(printer: &mut Printer, verb: &[u8], what: &[u8]) -> Outcome<()> {
    printer.push(b"%!")?;
    printer.push(verb)?;
    printer.push(what)
}

impl Scan<'_> {
    fn byte(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(byte) = self.byte() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        flags
    }

    fn verb(&mut self, printer: &mut Printer) -> Outcome<()> {
        printer.flags = self.flags();
        self.after_index = false;
        self.good_index = true;
        self.index();
        self.width(printer)?;
        self.precision(printer)?;
        if !self.after_index {
            self.index();
        }
        if self.at >= self.format.len() {
            return printer.push(b"%!(NOVERB)");
        }
        let (verb, width) = decode_rune(self.format.get(self.at..).unwrap_or_default());
        let shown = self.format.get(self.at..self.at + width).unwrap_or_default();
        self.at += width;
        if verb == '%' {
            return printer.push(b"%");
        }
        if !self.good_index {
            return complain(printer, shown, b"(BADINDEX)");
        }
        let Some(arg) = self.args.get(self.arg) else { return complain(printer, shown, b"(MISSING)") };
        self.arg += 1;
        if verb == 'v' {
            printer.flags.sharp_v = std::mem::take(&mut printer.flags.sharp);
            printer.flags.plus_v = std::mem::take(&mut printer.flags.plus);
        }
        printer.print(arg, verb)
    }

    fn width(&mut self, printer: &mut Printer) -> Outcome<()> {
        if self.byte() == Some(b'*') {
            self.at += 1;
            match self.int_operand() {
                None => printer.push(b"%!(BADWIDTH)")?,
                Some(width) => {
                    if width < 0 {
                        printer.flags.minus = true;
                        printer.flags.zero = false;
                    }
                    printer.flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
            }
            self.after_index = false;
            return Ok(());
        }
        let start = self.at;
        printer.flags.width = self.number();
        if self.after_index && self.at > start {
            self.good_index = false;
        }
        Ok(())
    }

    /// A dot at the very end is no precision but a verb, which there is not.
    fn precision(&mut self, printer: &mut Printer) -> Outcome<()> {
        if self.byte() != Some(b'.') || self.format.len() == self.at + 1 {
            return Ok(());
        }
        self.at += 1;
        if self.after_index {
            self.good_index = false;
        }
        self.index();
        if self.byte() == Some(b'*') {
            self.at += 1;
            match self.int_operand() {
                None => printer.push(b"%!(BADPREC)")?,
                Some(precision) if precision < 0 => printer.push(b"%!(BADPREC)")?,
                Some(precision) => printer.flags.precision = usize::try_from(precision).ok(),
            }
            self.after_index = false;
            return Ok(());
        }
        printer.flags.precision = Some(self.number().unwrap_or(0));
        Ok(())
    }

    /// Digits at the scan position; numbers beyond a million are not numbers.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.byte().filter(u8::is_ascii_digit) {
            let next = number.unwrap_or(0) * 10 + usize::from(digit - b'0');
            if next > 10_000_000 {
                return None;
            }
            number = Some(next);
            self.at += 1;
        }
        number
    }

    fn int_operand(&mut self) -> Option<i64> {
        let value = self.args.get(self.arg)?;
        self.arg += 1;
        match value {
            Value::Int(n) | Value::Int64(n) if n.unsigned_abs() <= 1_000_000 => Some(*n),
            Value::Byte(n) => Some(i64::from(*n)),
            _ => None,
        }
    }

    /// `[n]` before a verb or a star.
    fn index(&mut self) {
        self.after_index = false;
        if self.byte() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = self.format.get(self.at + 1..).unwrap_or_default();
        // The shortest index has three bytes.
        let Some(close) = rest.iter().position(|b| *b == b']').filter(|_| rest.len() > 1) else {
            self.good_index = false;
            self.at += 1;
            return;
        };
        let inside = rest.get(..close).unwrap_or_default();
        self.at += close + 2;
        let number = std::str::from_utf8(inside).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
        match number.and_then(|t| t.parse::<usize>().ok()) {
            Some(number) if number >= 1 && number <= self.args.len() => {
                self.arg = number - 1;
                self.after_index = true;
            }
            Some(_) => {
                self.good_index = false;
                self.after_index = true;
            }
            None => self.good_index = false,
        }
    }
}
