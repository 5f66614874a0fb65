//! How commands and their output are shown.

use std::path::Path;

use anyhow::{Context, Result};

/// A command line, as a person would type it.
pub fn command(program: &str, args: &[&str]) {
    let quoted: Vec<String> = args
        .iter()
        .map(|arg| if arg.contains([' ', '"', '{', '*']) { format!("'{arg}'") } else { (*arg).to_owned() })
        .collect();
    println!("   $ {program} {}", quoted.join(" "));
}

/// What a command printed.
pub fn output(output: &str) {
    output.lines().for_each(|line| println!("   {line}"));
}

/// A path without its folders.
pub fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    format!(".../{name}")
}

/// The text behind a value of a Secret's `data`.
pub fn decode(base64_text: &str) -> Result<String> {
    let secret = serde_json::json!({"data": {"value": base64_text.trim()}});
    let secret: k8s_openapi::api::core::v1::Secret = serde_json::from_value(secret)?;
    let bytes = secret.data.and_then(|mut data| data.remove("value")).map(|value| value.0).unwrap_or_default();
    String::from_utf8(bytes).context("the value is not text")
}

/// Bytes in MiB.
#[allow(clippy::cast_precision_loss)] // memory sizes fit a double
pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
