//! Headers that every answer has, errors too, and which pages of other sites may read answers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{REQUEST_ID, as_problem, charset};
use crate::app::App;

/// Nothing here is to be framed, sniffed or run, nor kept by caches unless it says so (OWASP ASVS 5.0, 3.4 and 14.3).
const ALWAYS: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];
/// For a year, this address is only to be asked over TLS (RFC 6797).
const ONLY_TLS: &str = "max-age=31536000; includeSubDomains";

/// Adds what an answer does not say itself.
pub(super) async fn safe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = as_problem(next.run(request).await);
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let told = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(charset::told);
    if let Some(Ok(told)) = told.map(|told| HeaderValue::from_str(&told)) {
        headers.insert(header::CONTENT_TYPE, told);
    }
    if app.base_url.starts_with("https://") {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_TLS));
    }
    response
}

/// Takes a client's own name for a request only where it is one: it goes into logs and into the audit log.
pub(super) async fn plain_request_id(mut request: Request, next: Next) -> Response {
    let is_plain = |id: &HeaderValue| {
        (1..=64).contains(&id.len())
            && id.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    };
    if request.headers().get(&REQUEST_ID).is_some_and(|id| !is_plain(id)) {
        request.headers_mut().remove(&REQUEST_ID);
    }
    next.run(request).await
}

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const TAKEN: &str = "authorization, content-type, idempotency-key, if-match, if-none-match, if-range, last-event-id, range, \
    tus-resumable, upload-checksum, upload-concat, upload-defer-length, upload-length, upload-metadata, upload-offset, \
    x-request-id, x-viralforge-csrf";
const SHOWN: &str = "accept-ranges, content-disposition, content-range, etag, location, ratelimit, ratelimit-policy, \
    retry-after, tus-extension, tus-max-size, tus-resumable, tus-version, upload-concat, upload-defer-length, \
    upload-expires, upload-length, upload-metadata, upload-offset, x-request-id";
/// How long a browser need not ask again, in seconds.
const PREFLIGHT_SECONDS: &str = "600";

/// Lets pages of allowed sites read answers (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>). tower-http's
/// layer takes every OPTIONS for a browser's question, and tus has questions of its own.
pub(super) async fn cors(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let Some(origin) = origin.filter(|origin| app.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()))
    else {
        return next.run(request).await;
    };
    let asks =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if asks { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let mut say = |name, value| drop(HeaderMap::insert(headers, name, HeaderValue::from_static(value)));
    say(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    if asks {
        say(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        say(header::ACCESS_CONTROL_ALLOW_HEADERS, TAKEN);
        say(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    } else {
        say(header::ACCESS_CONTROL_EXPOSE_HEADERS, SHOWN);
    }
    response
}
