//! What an operator asked of the API server.

use std::collections::BTreeMap;

use eso_harness::control_plane::ApiCalls;
use serde::Serialize;

/// Requests by verb and resource, as the API server counts them: answered ones, and watches that have ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OperatorCalls {
    /// As `PUT externalsecrets/status`.
    pub(crate) by_kind: BTreeMap<String, u64>,
    /// All of them.
    pub(crate) total: u64,
    /// Those that write.
    pub(crate) writes: u64,
}

/// What the API server asks of itself: its lease, its own housekeeping. An operator without leader election has no part in them.
const OF_THE_SERVER: [&str; 9] = [
    "",
    "apiservices",
    "endpoints",
    "endpointslices",
    "flowschemas",
    "leases",
    "prioritylevelconfigurations",
    "prioritylevelconfigurations/status",
    "flowschemas/status",
];

const WRITES: [&str; 6] = ["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"];

impl OperatorCalls {
    /// From everything that was counted in a span of time in which nobody else asked for anything.
    pub(crate) fn of(calls: &ApiCalls) -> Self {
        let mut operator = Self::default();
        for ((verb, resource), count) in calls.iter() {
            if OF_THE_SERVER.contains(&resource.as_str()) {
                continue;
            }
            operator.by_kind.insert(format!("{verb} {resource}"), count);
            operator.total += count;
            // Asking for a token or whether one may do something changes nothing.
            if WRITES.contains(&verb.as_str()) && resource != "serviceaccounts/token" && !resource.ends_with("reviews")
            {
                operator.writes += count;
            }
        }
        operator
    }
}
