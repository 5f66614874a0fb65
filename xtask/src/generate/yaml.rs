//! YAML text of generated objects.

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// `value` as a YAML document, read back and compared before it is handed out.
pub fn document(value: &Value) -> Result<String> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    let text = serde_saphyr::to_string_with_options(value, options).context("writing YAML")?;
    let back: Value = serde_saphyr::from_str(&text).context("reading generated YAML back")?;
    if &back != value {
        bail!("generated YAML does not read back as what was written");
    }
    Ok(text)
}
