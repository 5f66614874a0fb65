//! Decisions about an `ExternalSecret`.

mod audit;
mod check;
mod collect;
mod conclude;
mod manifest;
mod mutate;
mod needs;
mod plan;
mod refresh;
mod seen;
mod template;
mod unsupported;
mod windows;

pub use audit::audit;
pub use check::{Delimiters, check};
pub(crate) use conclude::set_ready;
pub use conclude::{Conclusion, conclude};
pub use eso_template::{Host, Limits, STACK as RENDER_STACK};
pub use manifest::{AnyObject, ManifestSeen, ObjectKey, manifest_key};
pub use needs::{Fetch, Need, ReadTarget, Request, manifest_to_read, needs};
pub use plan::{ApiFailure, Outcome, Plan, Verdict, Write, finalize, plan};
pub use refresh::{Why, interval};
pub use seen::{Seen, Settings, TargetFacts, TargetSeen, store_keys, target_name};
pub use template::{Content, SourceKey, SourceKind, Sources, TemplateSettings, render, source_keys};
