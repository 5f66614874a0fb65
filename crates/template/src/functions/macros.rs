//! The form in which functions are written down.

/// A family of functions: doc comment, name, parameter types, `...` and the type of further arguments, and the body.
///
/// The doc comment is kept at run time: its lines of the form `` `template` gives `result` `` are run by a test and
/// shown in the manual.
macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $name:literal ($($param:ident),* $(; ...$rest:ident)?) $(@$lazy:ident)? = $call:expr;)+) => {
        /// The functions of this file.
        pub(super) const TABLE: &[crate::functions::Function] = &[$(
            crate::functions::Function {
                name: $name,
                family: module_path!(),
                params: &[$(crate::functions::Param::$param),*],
                rest: functions!(@rest $($rest)?),
                lazy: functions!(@lazy $($lazy)?),
                doc: concat!($($doc, "\n"),+),
                call: $call,
            }
        ),+];
    };
    (@rest) => { None };
    (@rest $rest:ident) => { Some(crate::functions::Param::$rest) };
    (@lazy) => { false };
    (@lazy $lazy:ident) => { true };
}
