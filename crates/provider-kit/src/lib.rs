//! Mechanics that secret backends share: reading their block, namespaces of references, paths into JSON, the order in which a
//! property is looked up, and JSON objects as maps.

pub mod block;
pub mod gjson;
pub mod json_object;
pub mod namespaces;
pub mod properties;
