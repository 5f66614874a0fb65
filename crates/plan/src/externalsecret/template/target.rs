//! Where rendered keys and values go.

use eso_core::crd::TemplateFrom;

/// A part of a Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::externalsecret) enum Target {
    Data,
    Labels,
    Annotations,
}

impl Target {
    /// Names of targets are read in any case; nothing means Data. `None` for what a Secret does not have.
    pub fn of(from: &TemplateFrom) -> Option<Self> {
        match from.target.as_deref().unwrap_or_default().to_ascii_lowercase().as_str() {
            "" | "data" => Some(Self::Data),
            "labels" => Some(Self::Labels),
            "annotations" => Some(Self::Annotations),
            _ => None,
        }
    }
}
