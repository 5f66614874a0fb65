//! Semantic versions.

use super::Args;
use crate::error::{Failure, Outcome};
use crate::value::Value;
use crate::version::{Version, satisfies};

functions! {
    /// A version, with its parts as methods.
    ///
    /// `{{ (semver "v1.2.3-rc.1").Minor }} {{ semver "1.2" }}` gives `2 1.2.0`
    "semver" (Str) = |_, a| version(a.str(0)).map(Version::value);
    /// Whether a version satisfies a constraint such as `^1.2`, `>=1, <3` or `1.x || 2.1 - 2.4`.
    ///
    /// `{{ semverCompare "^1.2.0" "1.3.5" }}` gives `true`
    "semverCompare" (Str, Str) = |c, a| {
        c.work(a.str(0).len())?;
        let constraint = std::str::from_utf8(a.str(0)).map_err(|_| Failure::new("improper constraint"))?;
        // The constraint is looked at first: when both are wrong, it is named.
        satisfies(constraint, &version(b"0.0.0")?)?;
        satisfies(constraint, &version(a.str(1))?).map(Value::Bool)
    };
}

fn version(text: &[u8]) -> Outcome<Version> {
    Version::parse(std::str::from_utf8(text).map_err(|_| Failure::new("invalid semantic version"))?)
}
