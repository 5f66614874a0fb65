//! What the command lines of all programs have in common. They follow Go's pflag, as ESO's do, so that a chart's arguments need no change.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use eso_core::go_duration::GoDuration;

use crate::admin::parse_addr;

/// An address to listen on, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen(pub Option<SocketAddr>);

/// Reads an address flag, for clap; see [`parse_addr`].
pub fn parse_listen(text: &str) -> Result<Listen, String> {
    parse_addr(text).map(Listen)
}

/// Reads a Go duration over zero, for clap.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let positive = GoDuration::parse(text).and_then(GoDuration::to_std).filter(|duration| !duration.is_zero());
    positive
        .ok_or_else(|| "it is not a positive duration. Write a number and a unit, such as 30s, 5m or 1h.".to_owned())
}

/// Parses the command line. `Err` holds the text to print and the exit code: 0 for help, 1 for a mistake, as ESO exits.
pub fn parse<A: Parser>(arguments: impl IntoIterator<Item = OsString>) -> Result<A, (String, u8)> {
    A::try_parse_from(arguments).map_err(|error| (error.render().to_string(), u8::from(error.use_stderr())))
}
