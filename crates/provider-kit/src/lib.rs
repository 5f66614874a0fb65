//! Mechanics that secret backends share: reading their block, certificates to trust, namespaces of references, logins that are kept
//! and renewed, retries, paths into JSON, the order in which a property is looked up, and JSON objects as maps.

pub mod block;
pub mod ca;
pub mod gjson;
pub mod go_json;
pub mod guard;
pub mod json_object;
pub mod login;
pub mod namespaces;
pub mod properties;
