//! Which answers are compressed: JSON, pages and metrics that are long enough to be worth it.
//!
//! Files, which are asked for in ranges, do not pass here. Neither do event streams, nor what nobody may keep: an answer
//! with a secret and with something that others chose tells the secret by its compressed length (BREACH).

use axum::Json;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// Shorter answers fit into one packet as they are.
const MIN_BYTES: u64 = 1024;
const TYPES: [&str; 3] = ["application/json", "text/html", "application/openmetrics-text"];

/// Compresses what asks for it.
pub(super) fn layer() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().compress_when(SizeAbove::new(MIN_BYTES).and(may_be_compressed))
}

fn may_be_compressed(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let content_type = text(header::CONTENT_TYPE);
    TYPES.iter().any(|known| content_type.starts_with(known)) && !text(header::CACHE_CONTROL).contains("no-store")
}

/// JSON that holds signed addresses: nobody keeps it, and it is not compressed.
pub(super) struct Confidential<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Confidential<T> {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, "no-store")], Json(self.0)).into_response()
    }
}
