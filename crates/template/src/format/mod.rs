//! Go's package fmt, as far as values of templates need it: `Print`, `Println`, `Printf` and every verb.

pub mod float;
mod pad;
mod printf;
pub mod quote;
mod verbs;

use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::value::Value;
use pad::Flags;
pub use printf::printf;

/// How deep printing follows values before it says that they hold themselves.
pub(crate) const MAX_DEPTH: u32 = 600;

/// Text under construction, never longer than the limit for one value.
pub(crate) struct Printer {
    pub out: Vec<u8>,
    pub flags: Flags,
    limit: usize,
    depth: u32,
}

impl Printer {
    pub fn new(limit: usize) -> Self {
        Self { out: Vec::new(), flags: Flags::default(), limit, depth: 0 }
    }

    /// Appends; fails when the text gets too long.
    pub fn push(&mut self, bytes: &[u8]) -> Outcome<()> {
        if self.out.len() + bytes.len() > self.limit {
            return Err(Failure::budget(format_args!("makes a value of more than {} bytes", self.limit)));
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Runs one level deeper; a map that holds itself ends here and not on the stack.
    pub fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.depth >= MAX_DEPTH {
            return Err(Failure::budget("prints a value that nests too deep or holds itself"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }
}

/// What printing one value shows (`%v`), appended to `out` of at most `limit` bytes.
pub fn print_value(value: &Value, out: &mut Vec<u8>, limit: usize) -> Outcome<()> {
    match value {
        Value::Str(text) if out.len() + text.len() <= limit => {
            out.extend_from_slice(text);
            Ok(())
        }
        _ => {
            let mut printer = Printer::new(limit);
            std::mem::swap(&mut printer.out, out);
            let result = printer.print(value, 'v');
            std::mem::swap(&mut printer.out, out);
            result
        }
    }
}

/// `fmt.Sprint`: a space between operands when neither is a string.
pub fn sprint(ctx: &mut Ctx<'_>, args: &[Value]) -> Outcome<Vec<u8>> {
    let mut printer = Printer::new(ctx.limits().value);
    let mut after_text = true;
    for (at, arg) in args.iter().enumerate() {
        let text = matches!(arg, Value::Str(_));
        if at > 0 && !text && !after_text {
            printer.push(b" ")?;
        }
        printer.print(arg, 'v')?;
        after_text = text;
    }
    Ok(printer.out)
}

/// `fmt.Sprintln`: a space between all operands, a newline at the end.
pub fn sprintln(ctx: &mut Ctx<'_>, args: &[Value]) -> Outcome<Vec<u8>> {
    let mut printer = Printer::new(ctx.limits().value);
    for (at, arg) in args.iter().enumerate() {
        if at > 0 {
            printer.push(b" ")?;
        }
        printer.print(arg, 'v')?;
    }
    printer.push(b"\n")?;
    Ok(printer.out)
}

/// `fmt.Sprint` of one value, counted.
pub fn to_text(ctx: &mut Ctx<'_>, value: &Value) -> Outcome<Vec<u8>> {
    let text = sprint(ctx, std::slice::from_ref(value))?;
    ctx.reserve(text.len())?;
    Ok(text)
}
