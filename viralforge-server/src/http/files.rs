//! Files, by addresses that are signed and expire. Whole or in parts, with conditions; made for a CDN in front.

use std::ops::Range;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use utoipa::IntoParams;

use super::client::{Peer, is_proxy};
use super::{charset, range};
use crate::app::App;
use crate::asset::StoredFile;
use crate::id;
use crate::problem::{Problem, Result};
use crate::store::{Key, Store};

/// Has nginx send a file of its own in place of the answer (ngx_http_proxy_module).
const ACCEL_REDIRECT: HeaderName = HeaderName::from_static("x-accel-redirect");

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/files/{id}/{name}", get(read))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Signed {
    expires: i64,
    signature: String,
    /// Offer to save it instead of showing it.
    #[serde(default)]
    download: bool,
}

/// Read a file
///
/// By the `url` of an output, which is signed and expires; needs no key. Whole, in parts, or under conditions (RFC 9110).
#[utoipa::path(get, path = "/v1/files/{id}/{name}", operation_id = "readFile",
    params(("name" = String, Path), Signed, ("Range" = Option<String>, Header), ("If-None-Match" = Option<String>, Header),
        ("If-Match" = Option<String>, Header), ("If-Range" = Option<String>, Header)),
    responses((status = 200, content_type = "*/*", body = Vec<u8>),
        (status = 206, content_type = "*/*", body = Vec<u8>), (status = 304),
        (status = 400), (status = 403), (status = 404), (status = 412), (status = 416)))]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    method: Method,
    Extension(peer): Extension<Peer>,
    Path((id, name)): Path<(String, String)>,
    Query(signed): Query<Signed>,
    headers: HeaderMap,
) -> Result<Response> {
    let id = id::checked(&id, "file")?;
    let now = id::now_ms() / 1000;
    if !app.signer.accepts(&App::file_path(&id, &name), signed.expires, &signed.signature, now) {
        return Err(Problem::new("forbidden", "the address is not signed, or no longer good; ask for a new one"));
    }
    let file = app.file(&id).await?;
    let length = file.byte_len as u64;
    // A file never changes under its id, so the id is its entity tag.
    let tag = format!("\"{id}\"");
    let mut about = about(&file, &tag, signed.expires - now, signed.download);
    if let Some(location) = &app.accel_location
        && is_proxy(&peer, &app.trusted_proxies)
    {
        // The proxy sends it, with an entity tag of its own, so the conditions and the parts are its as well.
        about.remove(header::ETAG);
        about.insert(ACCEL_REDIRECT, value(&format!("{location}{}", file.storage_key)));
        return Ok(about.into_response());
    }
    if header_has(&headers, header::IF_NONE_MATCH, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    if headers.contains_key(header::IF_MATCH) && !header_has(&headers, header::IF_MATCH, &tag) {
        return Err(Problem::new("precondition", "the file has another entity tag"));
    }
    let wants_part = headers.get(header::IF_RANGE).is_none_or(|value| value.as_bytes() == tag.as_bytes());
    let parts = match headers.get(header::RANGE).and_then(|value| value.to_str().ok()) {
        Some(text) if wants_part => match range::parse(text, length) {
            Ok(parts) => parts,
            Err(problem) => {
                let outside = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
                return Ok((outside, problem.into_response()).into_response());
            }
        },
        _ => None,
    };
    let (key, is_head) = (Key::stored(file.storage_key), method == Method::HEAD);
    let (status, length, body) = match parts.as_deref() {
        None => (StatusCode::OK, length, bytes_of(is_head, &app.store, &key, 0..length).await?),
        Some([one]) => {
            about.insert(header::CONTENT_RANGE, value(&format!("bytes {}-{}/{length}", one.start, one.end - 1)));
            (StatusCode::PARTIAL_CONTENT, one.end - one.start, bytes_of(is_head, &app.store, &key, one.clone()).await?)
        }
        Some(many) => {
            let boundary = id::fresh();
            let (length, body) =
                multipart(&boundary, &charset::told(&file.content_type), &app.store, &key, (many, length));
            about.insert(header::CONTENT_TYPE, value(&format!("multipart/byteranges; boundary={boundary}")));
            (StatusCode::PARTIAL_CONTENT, length, body)
        }
    };
    about.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok((status, about, body).into_response())
}

fn header_has(headers: &HeaderMap, name: header::HeaderName, tag: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|list| list.split(',').map(str::trim).any(|entry| entry == "*" || entry.trim_start_matches("W/") == tag))
}

/// The headers of an answer with a file, or about one.
fn about(file: &StoredFile, tag: &str, lifetime: i64, download: bool) -> HeaderMap {
    let disposition = if download { "attachment" } else { "inline" };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, value(&file.content_type));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, value(tag));
    // Players of any site may show it: whoever has the address was given it.
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    // As long as the address is good, and no longer.
    headers.insert(header::CACHE_CONTROL, value(&format!("private, max-age={}, immutable", lifetime.max(0))));
    headers.insert(header::CONTENT_DISPOSITION, value(&format!("{disposition}; filename=\"{}\"", plain(&file.name))));
    headers
}

/// A name as it may stand between quotes in a header.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) { c } else { '_' }).collect()
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

async fn bytes_of(is_head: bool, store: &Store, key: &Key, part: Range<u64>) -> Result<Body> {
    if is_head || part.is_empty() {
        return Ok(Body::empty());
    }
    Ok(Body::from_stream(store.read(key, part).await?))
}

/// Several parts in one answer (RFC 9110, 14.6), and its length.
fn multipart(
    boundary: &str,
    content_type: &str,
    store: &Store,
    key: &Key,
    (parts, length): (&[Range<u64>], u64),
) -> (u64, Body) {
    let heads: Vec<(Bytes, Range<u64>)> = parts
        .iter()
        .map(|part| {
            let head = format!(
                "\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: bytes {}-{}/{length}\r\n\r\n",
                part.start,
                part.end - 1
            );
            (Bytes::from(head), part.clone())
        })
        .collect();
    let end = Bytes::from(format!("\r\n--{boundary}--\r\n"));
    let total: u64 =
        heads.iter().map(|(head, part)| head.len() as u64 + part.end - part.start).sum::<u64>() + end.len() as u64;
    let (store, key) = (store.clone(), key.clone());
    let pieces = stream::iter(heads).then(move |(head, part)| {
        let (store, key) = (store.clone(), key.clone());
        async move {
            let bytes =
                store.read(&key, part).await.map_err(|_| std::io::Error::other("the storage does not answer"))?;
            std::io::Result::Ok(stream::once(async move { Ok(head) }).chain(bytes))
        }
    });
    let all = pieces.try_flatten().chain(stream::once(async move { Ok(end) }));
    (total, Body::from_stream(all))
}
