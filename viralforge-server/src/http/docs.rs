//! The description of the interface, as a page for people and as the document itself. `docs/page.py` makes the page from
//! the document; it needs no script and nothing from elsewhere.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::{HeaderName, header};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::app::App;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/docs", get(page)).route("/v1/openapi.json", get(openapi_json))
}

/// The only style that the page may have is its own.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(include_str!("../../docs/page.css")));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

/// Get the description of all this
///
/// As OpenAPI 3.1, for programs that make clients.
#[utoipa::path(get, path = "/v1/openapi.json", operation_id = "openapi", responses((status = 200, body = Object)))]
pub(super) async fn openapi_json() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("../../openapi.json"))
}

/// Read this page
#[utoipa::path(get, path = "/docs", operation_id = "docs",
    responses((status = 200, body = String, content_type = "text/html")))]
pub(super) async fn page() -> ([(HeaderName, &'static str); 2], &'static str) {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, &**POLICY)];
    (headers, include_str!("../../docs/page.html"))
}
