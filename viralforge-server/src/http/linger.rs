//! Whoever is refused while still sending has to hear why: a connection that is closed with bytes unread takes the
//! answer with it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};

/// How long the rest of a body is read that nobody wants.
const LINGER: Duration = Duration::from_secs(5);

/// A body whose rest is read, for a while, when it is let go of.
pub(super) struct Lingering(pub(super) Option<Incoming>);

impl hyper::body::Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.0.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(SizeHint::default, Incoming::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if let (Some(body), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current())
            && !body.is_end_stream()
        {
            let rest = Body::new(body).into_data_stream().take_while(|chunk| std::future::ready(chunk.is_ok()));
            runtime.spawn(tokio::time::timeout(LINGER, rest.for_each(|_| std::future::ready(()))));
        }
    }
}
