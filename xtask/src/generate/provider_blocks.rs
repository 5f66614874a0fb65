//! What stands below `spec.provider`: one block per backend.
//!
//! A backend that this build can read from brings its schema in its registry entry. The others are listed in
//! `crates/core/schema/provider-blocks.json`, so that their stores are stored, defaulted and validated as ever; a block leaves
//! that file when its backend is built.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use super::schema;

/// A schema that needs no further work, by the key under `spec.provider`.
pub type Blocks = Map<String, Value>;

/// All blocks. `registered` are (key, schema) of the backends that are built.
pub fn blocks(registered: Vec<(String, Value)>) -> Result<Blocks> {
    let file: Value = serde_json::from_str(include_str!("../../../crates/core/schema/provider-blocks.json"))
        .context("crates/core/schema/provider-blocks.json is not JSON")?;
    let defs = file.get("$defs").cloned().unwrap_or(Value::Null);
    let Some(Value::Object(listed)) = file.get("blocks") else {
        bail!("crates/core/schema/provider-blocks.json has no `blocks`")
    };
    let mut blocks = Blocks::new();
    for (key, block) in listed {
        let block = schema::structural_with(block.clone(), &defs).with_context(|| format!("block {key}"))?;
        blocks.insert(key.clone(), block);
    }
    for (key, block) in registered {
        if blocks.contains_key(&key) {
            bail!("{key} is registered, so its block must leave crates/core/schema/provider-blocks.json");
        }
        let block = schema::structural(block).with_context(|| format!("schema of the registered backend {key}"))?;
        blocks.insert(key, block);
    }
    Ok(blocks)
}
