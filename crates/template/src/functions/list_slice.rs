//! Parts of lists, and lists of numbers.

use super::Args;
use super::cast::{int64, items};
use crate::context::Ctx;
use crate::error::{Failure, Outcome};
use crate::value::{Elem, List, Value};

functions! {
    /// Part of a list: from the first index to before the second. It takes the place of Go's `slice`: strings fail.
    ///
    /// `{{ slice (list 1 2 3 4) 1 3 }}` gives `[2 3]`
    "slice" (Any; ...Any) = |_, a| slice(a);
    /// Like `slice`.
    ///
    /// `{{ mustSlice (list 1 2 3) 1 }}` gives `[2 3]`
    "mustSlice" (Any; ...Any) = |_, a| slice(a);
    /// The list in pieces of so many items.
    ///
    /// `{{ chunk 2 (list 1 2 3) }}` gives `[[1 2] [3]]`
    "chunk" (Int, Any) = |_, a| chunk(a);
    /// Like `chunk`.
    ///
    /// `{{ mustChunk 2 (list 1 2 3) }}` gives `[[1 2] [3]]`
    "mustChunk" (Int, Any) = |_, a| chunk(a);
    /// The numbers from 0 to before the given one.
    ///
    /// `{{ until 3 }}` gives `[0 1 2]`
    "until" (Int) = |c, a| count(c, 0, a.int(0), if a.int(0) < 0 { -1 } else { 1 });
    /// The numbers from the first to before the second, in steps of the third.
    ///
    /// `{{ untilStep 3 9 2 }}` gives `[3 5 7]`
    "untilStep" (Int, Int, Int) = |c, a| count(c, a.int(0), a.int(1), a.int(2));
    /// Numbers as text with spaces between: to, from and to, or from, step and to, all included.
    ///
    /// `{{ seq 3 }}|{{ seq 2 4 }}|{{ seq 0 2 5 }}` gives `1 2 3|2 3 4|0 2 4`
    "seq" (; ...Int) = |c, a| seq(c, a).map(Value::text);
}

fn slice(a: &[Value]) -> Outcome<Value> {
    let list = match a.at(0) {
        Value::List(list) => list,
        nil if nil.is_nil() => {
            return Err(Failure::new("runtime error: invalid memory address or nil pointer dereference"));
        }
        other => {
            let text = format!("list should be type of slice or array but {}", other.kind_name());
            return Err(Failure::new(text));
        }
    };
    let length = list.items().len();
    if length == 0 {
        return Ok(Value::NilAny);
    }
    let bound = |at: usize, none: usize| match a.get(at) {
        None => Ok(none),
        Some(value) => {
            let bound = int64(value);
            usize::try_from(bound)
                .ok()
                .filter(|bound| *bound <= length)
                .ok_or_else(|| Failure::new("reflect.Value.Slice: slice index out of bounds"))
        }
    };
    let (from, to) = (bound(1, 0)?, bound(2, length)?);
    let part =
        list.items().get(from..to).ok_or_else(|| Failure::new("reflect.Value.Slice: slice index out of bounds"))?;
    List::new(list.elem(), part.to_vec()).map(Value::List)
}

fn chunk(a: &[Value]) -> Outcome<Value> {
    let list = items(a.at(1), "chunk")?;
    let pieces = match (usize::try_from(a.int(0)), a.int(0).unsigned_abs()) {
        (Ok(size @ 1..), _) => list.chunks(size).map(|piece| Value::list(piece.to_vec())).collect::<Outcome<_>>()?,
        // What sprig's formula for the number of pieces, floor((length - 1) / size) + 1, comes to below 0.
        (Err(_), 2..) if list.len() == 1 => vec![Value::list(list.to_vec())?],
        (Err(_), size) if list.len() > 1 && list.len() as u64 - 1 <= size => Vec::new(),
        _ => return Err(Failure::new("runtime error: makeslice: len out of range")),
    };
    List::new(Elem::AnyList, pieces).map(Value::List)
}

fn count(ctx: &mut Ctx<'_>, from: i64, to: i64, step: i64) -> Outcome<Value> {
    let up = to >= from;
    let (mut numbers, mut number) = (Vec::new(), from);
    // A step beyond the largest number comes back from the smallest, and the count goes on.
    while step != 0 && (step > 0) == up && if up { number < to } else { number > to } {
        ctx.work(1)?;
        ctx.reserve(size_of::<Value>())?;
        numbers.push(Value::Int(number));
        number = number.wrapping_add(step);
    }
    List::new(Elem::Int, numbers).map(Value::List)
}

fn seq(ctx: &mut Ctx<'_>, a: &[Value]) -> Outcome<String> {
    let (from, step, to) = match a.len() {
        1 => (1, if a.int(0) < 1 { -1 } else { 1 }, a.int(0)),
        2 => (a.int(0), if a.int(1) < a.int(0) { -1 } else { 1 }, a.int(1)),
        3 => (a.int(0), a.int(1), a.int(2)),
        _ => return Ok(String::new()),
    };
    // One further than the last number, in the direction that the bounds have.
    let end = match a.len() {
        3 if to < from && step > 0 => return Ok(String::new()),
        3 if to < from => to.wrapping_sub(1),
        3 => to.wrapping_add(1),
        _ => to.wrapping_add(step),
    };
    let Value::List(list) = count(ctx, from, end, step)? else { return Ok(String::new()) };
    let texts: Vec<_> = list.items().iter().map(|n| int64(n).to_string()).collect();
    Ok(texts.join(" "))
}
