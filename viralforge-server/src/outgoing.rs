//! Requests to addresses that users or other services name: only to the public internet, by TLS, and never further than
//! that one answer. Nothing else here may ask such addresses for anything.

mod address;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use axum::http::{Method, Request, StatusCode, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use ipnet::IpNet;
use tokio::time::timeout;
use tower::Service;
use url::{Host, Url};

/// How long a connection may take to be made, and the whole of a request with its answer.
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(10);
/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(15);
/// The longest answer that is read.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutgoingError {
    /// The address is none that may be asked; trying again does not help.
    #[error("the address is not one of the public internet that begins with https://")]
    Refused,
    #[error("no answer in time")]
    Late,
    #[error("the answer is longer than 1 MiB, or breaks off")]
    Answer,
    #[error("no connection: {0}")]
    Connection(#[from] ClientError),
}

/// What came back, redirects included: they are not followed.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

type Inner = Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

/// The client. It knows no proxy and no cookie, and clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    allowed: Arc<[IpNet]>,
    secure: Inner,
    /// In plain text, to allowed addresses alone.
    plain: Inner,
}

impl Outgoing {
    /// A client that may also ask `allowed` addresses that are not public, and those by http as well.
    pub(crate) fn new(allowed: &[IpNet]) -> Self {
        Self::with_lookup(allowed, Arc::new(|name| Box::pin(system_lookup(name))))
    }

    fn with_lookup(allowed: &[IpNet], lookup: Lookup) -> Self {
        let allowed: Arc<[IpNet]> = allowed.into();
        let inner = |plain: bool| {
            let resolver = Resolver { allowed: Arc::clone(&allowed), plain, lookup: Arc::clone(&lookup) };
            let mut tcp = HttpConnector::new_with_resolver(resolver);
            tcp.set_connect_timeout(Some(CONNECT));
            tcp.set_nodelay(true);
            tcp.enforce_http(false);
            let tls = HttpsConnectorBuilder::new().with_webpki_roots();
            let tls = if plain { tls.https_or_http() } else { tls.https_only() };
            Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .build(tls.enable_http1().wrap_connector(tcp))
        };
        Self { secure: inner(false), plain: inner(true), allowed }
    }

    /// Sends a request. `authorization` goes with it as it is.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &Url,
        authorization: Option<HeaderValue>,
        body: Option<(HeaderValue, Bytes)>,
    ) -> Result<Answer, OutgoingError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
        let (content_type, body) = body.unzip();
        headers.extend(content_type.map(|value| (CONTENT_TYPE, value)));
        self.send_with(method, url, headers, body.unwrap_or_default()).await
    }

    /// Sends a request with `headers` of the caller's own.
    pub(crate) async fn send_with(
        &self,
        method: Method,
        url: &Url,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, OutgoingError> {
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("viralforge/", env!("CARGO_PKG_VERSION"))));
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        // What the parser of the URL has made of the host is what is checked, and what is connected to.
        *request.uri_mut() = url.as_str().parse::<Uri>().map_err(|_| OutgoingError::Refused)?;
        let client = self.client_for(url)?;
        let whole = async {
            let answer = client.request(request).await.map_err(|error| {
                let mut cause = std::error::Error::source(&error);
                while let Some(inner) = cause {
                    if inner.downcast_ref::<io::Error>().is_some_and(is_refusal) {
                        return OutgoingError::Refused;
                    }
                    cause = inner.source();
                }
                OutgoingError::Connection(error)
            })?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await;
            Ok(Answer { status, body: body.map_err(|_| OutgoingError::Answer)?.to_bytes() })
        };
        timeout(WHOLE, whole).await.unwrap_or(Err(OutgoingError::Late))
    }

    /// Whether an address may be asked at all, before any name is resolved.
    pub(crate) fn check(&self, url: &Url) -> Result<(), OutgoingError> {
        self.client_for(url).map(|_| ())
    }

    /// Addresses in the URL itself are checked here, since no name is resolved for them; names by the resolver.
    fn client_for(&self, url: &Url) -> Result<&Inner, OutgoingError> {
        let (client, plain) = match url.scheme() {
            "https" => (&self.secure, false),
            "http" => (&self.plain, true),
            _ => return Err(OutgoingError::Refused),
        };
        let fits = match url.host() {
            Some(Host::Domain(_)) => !plain || !self.allowed.is_empty(),
            Some(Host::Ipv4(ip)) => may_ask(&self.allowed, plain, ip.into()),
            Some(Host::Ipv6(ip)) => may_ask(&self.allowed, plain, ip.into()),
            None => false,
        };
        let named = !url.username().is_empty() || url.password().is_some();
        if fits && !named { Ok(client) } else { Err(OutgoingError::Refused) }
    }
}

fn may_ask(allowed: &[IpNet], plain: bool, ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    allowed.iter().any(|net| net.contains(&ip)) || (!plain && address::is_public(ip))
}

type Found<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;
type Lookup = Arc<dyn Fn(String) -> Found<Vec<SocketAddr>> + Send + Sync>;

async fn system_lookup(name: String) -> io::Result<Vec<SocketAddr>> {
    // The connector puts in the port.
    Ok(tokio::net::lookup_host((name, 0)).await?.collect())
}

/// Resolves names, and checks what comes of it. The connector connects to those addresses and resolves nothing again,
/// so that a name with a new address in between helps nobody.
#[derive(Clone)]
struct Resolver {
    allowed: Arc<[IpNet]>,
    plain: bool,
    lookup: Lookup,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Found<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let Self { allowed, plain, .. } = self.clone();
        let found = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            let found = found.await?;
            // One that is private is enough to refuse the name: it was put there for a purpose.
            if found.iter().all(|address| may_ask(&allowed, plain, address.ip())) {
                Ok(found.into_iter())
            } else {
                Err(io::Error::other(NotPublic))
            }
        })
    }
}

/// What the resolver refuses with.
#[derive(Debug, thiserror::Error)]
#[error("the name has an address that is not public")]
struct NotPublic;

fn is_refusal(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotPublic>())
}

#[cfg(test)]
mod tests;
