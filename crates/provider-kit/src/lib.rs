//! Mechanics that secret backends share: paths into JSON, the order in which a property is looked up, and JSON objects as maps.

pub mod gjson;
pub mod json_object;
pub mod properties;
