//! AWS's error documents.

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;

/// An error of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// For the query protocol (STS):
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>.
    pub(super) fn xml(&self) -> Response<Full<Bytes>> {
        let side = if self.status < 500 { "Sender" } else { "Receiver" };
        let body = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>{side}</Type>\n    \
             <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  <RequestId>{REQUEST_ID}</RequestId>\n</ErrorResponse>\n",
            escape(&self.code),
            escape(&self.message),
        );
        response(self.status, "text/xml", body)
    }

    /// For the JSON 1.1 protocol (Secrets Manager, Parameter Store).
    pub(super) fn json(&self) -> Response<Full<Bytes>> {
        let body = serde_json::json!({ "__type": self.code, "message": self.message });
        response(self.status, "application/x-amz-json-1.1", body.to_string())
    }
}

const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

/// A whole answer of ours.
pub(super) fn response(status: u16, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    headers.insert("x-amzn-requestid", http::HeaderValue::from_static(REQUEST_ID));
    response
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
