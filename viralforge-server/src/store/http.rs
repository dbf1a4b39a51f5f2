//! The way to S3: HTTP/1.1 over TLS, or in plain text where the endpoint says so, and no wait is without end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, connect};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use tokio::time::{Sleep, sleep, timeout};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take to begin: a part has to be sent in this time.
const ANSWER: Duration = Duration::from_secs(60);
/// How long the storage may be silent in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a connection is kept that nobody uses; servers close theirs soon after.
const IDLE: Duration = Duration::from_secs(15);

/// Makes the client.
#[derive(Debug)]
pub(super) struct Connector {
    /// Whether plain HTTP is allowed.
    pub(super) plain: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let mut tcp = connect::HttpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let tls = HttpsConnectorBuilder::new().with_webpki_roots();
        let tls = if self.plain { tls.https_or_http() } else { tls.https_only() };
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(tls.enable_http1().wrap_connector(tcp));
        Ok(HttpClient::new(Http(client)))
    }
}

#[derive(Debug)]
struct Http(legacy::Client<HttpsConnector<connect::HttpConnector>, HttpRequestBody>);

impl HttpService for Http {
    fn call<'s, 'f>(
        &'s self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let answer = timeout(ANSWER, self.0.request(request)).await;
            let answer = answer.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?.map_err(|error| {
                let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
                HttpError::new(kind, error)
            })?;
            Ok(answer.map(|body| HttpResponseBody::new(Timed { body, silence: None })))
        })
    }
}

/// A body that fails where nothing comes for too long. Only waiting for the storage counts, not for whoever reads.
struct Timed {
    body: Incoming,
    silence: Option<Pin<Box<Sleep>>>,
}

impl Body for Timed {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.silence = None;
            return Poll::Ready(
                frame.map(|frame| frame.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error))),
            );
        }
        let silence = this.silence.get_or_insert_with(|| Box::pin(sleep(SILENCE)));
        let late = |()| Some(Err(HttpError::new(HttpErrorKind::Timeout, io::Error::from(io::ErrorKind::TimedOut))));
        silence.as_mut().poll(cx).map(late)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::response::Redirect;

    use super::*;

    fn client(plain: bool) -> HttpClient {
        Connector { plain }.connect(&ClientOptions::default()).unwrap()
    }

    fn request(url: &str) -> HttpRequest {
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = url.parse().unwrap();
        request
    }

    #[tokio::test]
    async fn a_storage_whose_certificate_nobody_signed_is_refused_and_told_nothing() {
        let (address, asked) = crate::untrusted::start().await;
        for plain in [false, true] {
            let error = client(plain).execute(request(&format!("https://{address}/bucket"))).await.unwrap_err();
            crate::untrusted::was_refused(&error, &asked);
        }
        assert!(client(false).execute(request("http://127.0.0.1:1/")).await.is_err(), "nor is any asked without TLS");
    }

    #[tokio::test]
    async fn a_redirect_of_the_storage_is_not_followed() {
        let followed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&followed);
        let elsewhere = Router::new().fallback(async move || _ = count.fetch_add(1, Ordering::SeqCst));
        let serve = async |routes: Router| {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async { axum::serve(listener, routes).await });
            address
        };
        let to = format!("http://{}/", serve(elsewhere).await);
        let redirecting = serve(Router::new().fallback(async move || Redirect::temporary(&to))).await;
        let answer = client(true).execute(request(&format!("http://{redirecting}/bucket"))).await.unwrap();
        assert_eq!((answer.status().as_u16(), followed.load(Ordering::SeqCst)), (307, 0));
    }
}
