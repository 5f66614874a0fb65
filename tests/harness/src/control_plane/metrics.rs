//! What the API server has been asked, by its own count.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::ControlPlane;

/// Numbers of requests by verb (upper case, as in `apiserver_request_total`: `POST`, `PUT`, `PATCH`, `DELETE`, `GET`, `LIST`, `WATCH`, ...)
/// and resource (with a subresource: `externalsecrets/status`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiCalls {
    counts: BTreeMap<(String, String), u64>,
}

impl ApiCalls {
    /// The number for one verb and resource.
    pub fn get(&self, verb: &str, resource: &str) -> u64 {
        self.counts.get(&(verb.to_owned(), resource.to_owned())).copied().unwrap_or_default()
    }

    /// All that is not zero: `((verb, resource), number)`.
    pub fn iter(&self) -> impl Iterator<Item = (&(String, String), u64)> {
        self.counts.iter().map(|(key, count)| (key, *count))
    }

    /// Requests that write: `POST`, `PUT`, `PATCH`, `APPLY`, `DELETE`, `DELETECOLLECTION`; not token requests and access reviews.
    pub fn writes(&self) -> u64 {
        let writes = ["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"];
        let is_write = |verb: &str, resource: &str| {
            writes.contains(&verb) && resource != "serviceaccounts/token" && !resource.ends_with("reviews")
        };
        self.counts.iter().filter(|((verb, resource), _)| is_write(verb, resource)).map(|(_, count)| count).sum()
    }

    /// What has been added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let difference = |(key, count): (&(String, String), &u64)| {
            let new = count.saturating_sub(earlier.counts.get(key).copied().unwrap_or_default());
            (new > 0).then(|| (key.clone(), new))
        };
        Self { counts: self.counts.iter().filter_map(difference).collect() }
    }

    pub(crate) fn add(&mut self, verb: &str, resource: &str, count: u64) {
        *self.counts.entry((verb.to_owned(), resource.to_owned())).or_default() += count;
    }
}

impl ControlPlane {
    /// Requests by verb and resource since kube-apiserver started, from everybody, its own included. A request is counted when it
    /// has been answered; a watch, when it ends.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn metrics(&self) -> anyhow::Result<ApiCalls> {
        let request = http::Request::get("/metrics").body(Vec::new())?;
        let text = self.access.admin_client().request_text(request).await.context("the API server gives no metrics")?;
        Ok(parse(&text))
    }
}

fn parse(text: &str) -> ApiCalls {
    let mut calls = ApiCalls::default();
    for line in text.lines() {
        let Some((labels, value)) =
            line.strip_prefix("apiserver_request_total{").and_then(|rest| rest.split_once("} "))
        else {
            continue;
        };
        let label = |name: &str| -> Option<&str> {
            let (_, rest) = labels.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| value)
        };
        // `resource="` is also the end of `subresource="`, which comes later in the line.
        let (Some(verb), Some(resource)) = (label("verb"), label("resource")) else { continue };
        let resource = match label("subresource") {
            Some(subresource) if !subresource.is_empty() => format!("{resource}/{subresource}"),
            _ => resource.to_owned(),
        };
        // Written as a float, with an exponent from a million on.
        let count = value.trim().parse::<f64>().unwrap_or_default();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count is a small whole number")]
        calls.add(verb, &resource, count as u64);
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn requests_are_summed_over_codes_and_told_apart_by_subresource() {
        let text = "# TYPE apiserver_request_total counter\n\
            apiserver_request_total{code=\"200\",resource=\"secrets\",scope=\"resource\",subresource=\"\",verb=\"PATCH\"} 3\n\
            apiserver_request_total{code=\"409\",resource=\"secrets\",scope=\"resource\",subresource=\"\",verb=\"PATCH\"} 1\n\
            apiserver_request_total{code=\"200\",resource=\"pods\",scope=\"resource\",subresource=\"status\",verb=\"PUT\"} 1.5e+06\n\
            apiserver_request_terminations_total{resource=\"secrets\",verb=\"PATCH\"} 9\n";
        let calls = parse(text);
        assert_eq!((calls.get("PATCH", "secrets"), calls.get("PUT", "pods/status")), (4, 1_500_000));
        assert_eq!(calls.writes(), 1_500_004);
        assert_eq!(calls.since(&calls).iter().count(), 0);
    }
}
