//! A watch's events on their way through, which can fall silent.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::watch;

/// A body that passes everything on until silence is wanted, and from then on nothing, not even its own end: what a client sees
/// when the other side is lost without a word.
pub(super) struct Silenceable {
    body: Incoming,
    /// Counts the silences asked for; `None` for bodies that are not watches.
    silences: Option<watch::Receiver<u64>>,
    began_with: u64,
}

impl Silenceable {
    pub(super) fn new(body: Incoming, silences: Option<watch::Receiver<u64>>) -> Self {
        let began_with = silences.as_ref().map(|silences| *silences.borrow()).unwrap_or_default();
        Self { body, silences, began_with }
    }

    fn is_silent(&self) -> bool {
        // Odd while watches are muted; a watch that was open when a silence began stays silent after it.
        self.silences.as_ref().is_some_and(|silences| {
            let now = *silences.borrow();
            now != self.began_with || now % 2 == 1
        })
    }
}

impl Body for Silenceable {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if self.is_silent() {
            // Not polled again: the connection ends when the client closes it, which hyper notices by itself.
            return Poll::Pending;
        }
        match Pin::new(&mut self.body).poll_frame(cx) {
            // The silence may have begun while this waited.
            Poll::Ready(_) if self.is_silent() => Poll::Pending,
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        !self.is_silent() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
