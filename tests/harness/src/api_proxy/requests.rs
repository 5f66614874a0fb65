//! What a request to the API server is about.

use http::Method;

use crate::control_plane::ApiCalls;

/// Verb and resource of a request, in the words of `apiserver_request_total`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct About {
    pub(super) verb: &'static str,
    /// With the subresource: `externalsecrets/status`; for a path that is not of a resource, the path.
    pub(super) resource: String,
}

impl About {
    /// The URL scheme is that of <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris>.
    pub(super) fn parse(method: &Method, path: &str, query: &str) -> Self {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let rest = match segments.as_slice() {
            ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] if !rest.is_empty() => rest,
            _ => return Self { verb: plain_verb(method), resource: path.to_owned() },
        };
        // `/namespaces/x` is the namespace itself; `/namespaces/x/secrets` is something in it, unless it is a subresource.
        let rest = match rest {
            ["namespaces", _, sub, ..] if matches!(*sub, "status" | "finalize") => rest,
            ["namespaces", _, inner @ ..] if !inner.is_empty() => inner,
            _ => rest,
        };
        let (resource, named) = match rest {
            [resource, _name, sub, ..] => (format!("{resource}/{sub}"), true),
            [resource, _name] => ((*resource).to_owned(), true),
            [resource] => ((*resource).to_owned(), false),
            [] => (path.to_owned(), false),
        };
        let watches = query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1" | "watch"));
        let verb = match (plain_verb(method), named) {
            ("GET", _) if watches => "WATCH",
            ("GET", false) => "LIST",
            ("DELETE", false) => "DELETECOLLECTION",
            (verb, _) => verb,
        };
        Self { verb, resource }
    }

    pub(super) fn is_watch(&self) -> bool {
        self.verb == "WATCH"
    }

    pub(super) fn count_in(&self, calls: &mut ApiCalls) {
        calls.add(self.verb, &self.resource, 1);
    }
}

fn plain_verb(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::About;
    use http::Method;

    #[test]
    fn verbs_and_resources_are_told_from_the_url() {
        let cases = [
            ("GET", "/api/v1/namespaces/a/secrets/b", "", "GET", "secrets"),
            ("GET", "/api/v1/namespaces/a/secrets", "limit=5", "LIST", "secrets"),
            ("GET", "/api/v1/secrets", "resourceVersion=1&watch=true", "WATCH", "secrets"),
            ("GET", "/api/v1/namespaces/a", "", "GET", "namespaces"),
            ("PUT", "/api/v1/namespaces/a/finalize", "", "PUT", "namespaces/finalize"),
            ("POST", "/api/v1/namespaces/a/serviceaccounts/b/token", "", "POST", "serviceaccounts/token"),
            (
                "PATCH",
                "/apis/external-secrets.io/v1/namespaces/a/externalsecrets/b/status",
                "",
                "PATCH",
                "externalsecrets/status",
            ),
            (
                "DELETE",
                "/apis/external-secrets.io/v1/clustersecretstores",
                "",
                "DELETECOLLECTION",
                "clustersecretstores",
            ),
            ("GET", "/apis/external-secrets.io/v1", "", "GET", "/apis/external-secrets.io/v1"),
            ("GET", "/version", "", "GET", "/version"),
        ];
        for (method, path, query, verb, resource) in cases {
            let about = About::parse(&Method::from_bytes(method.as_bytes()).unwrap_or_default(), path, query);
            assert_eq!((about.verb, about.resource.as_str()), (verb, resource), "{method} {path}");
        }
    }
}
