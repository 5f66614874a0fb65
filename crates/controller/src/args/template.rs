//! Flags for templates: ESO's delimiters, and what one template may use up, for which ESO has no limits.

use std::time::Duration;

use eso_plan::externalsecret::{Limits, TemplateSettings};
use eso_runtime::flags::parse_duration;

/// How templates are read, and what they may use up.
#[derive(Debug, Clone, clap::Args)]
#[allow(clippy::struct_field_names)] // one field per flag, and the flags are named so
pub struct TemplateArgs {
    /// What opens an action in a template.
    #[arg(long, value_name = "TEXT", default_value = "{{", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub template_left_delimiter: String,
    /// What closes an action in a template.
    #[arg(long, value_name = "TEXT", default_value = "}}", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub template_right_delimiter: String,
    /// Steps that one template may take.
    #[arg(long, value_name = "N", default_value_t = Limits::default().steps)]
    pub template_max_steps: u64,
    /// Bytes that one template may render.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().output)]
    pub template_max_output: usize,
    /// Bytes that one value in a template may have.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().value)]
    pub template_max_value: usize,
    /// Bytes that all values of one template may have together.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().memory)]
    pub template_max_memory: usize,
    /// How deep blocks and calls of one template may nest.
    #[arg(long, value_name = "N", default_value_t = Limits::default().depth, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub template_max_depth: u32,
    /// How long one template may take, without keys, certificates and password hashes.
    #[arg(long, value_name = "DURATION", default_value = "200ms", value_parser = parse_duration)]
    pub template_max_time: Duration,
    /// How long all templates of one object may take together.
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = parse_duration)]
    pub template_max_object_time: Duration,
    /// Keys, certificates and password hashes that one template may make.
    #[arg(long, value_name = "N", default_value_t = Limits::default().costly_calls)]
    pub template_max_costly_calls: u32,
    /// How long these may take together.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub template_max_costly_time: Duration,
}

impl TemplateArgs {
    /// As decisions want it.
    pub fn settings(&self) -> TemplateSettings {
        TemplateSettings {
            left: self.template_left_delimiter.clone(),
            right: self.template_right_delimiter.clone(),
            limits: Limits {
                steps: self.template_max_steps,
                output: self.template_max_output,
                value: self.template_max_value,
                memory: self.template_max_memory,
                depth: self.template_max_depth,
                time: self.template_max_time,
                costly_calls: self.template_max_costly_calls,
                costly_time: self.template_max_costly_time,
            },
            object_time: self.template_max_object_time,
            ..TemplateSettings::default()
        }
    }
}
