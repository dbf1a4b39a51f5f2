//! One key for everything, until there are accounts.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::problem::{Problem, Result};

/// Lets through who sends the API key. `OPTIONS` tells what tus can do, which is no secret.
pub(super) async fn require_key(State(app): State<Arc<App>>, request: Request, next: Next) -> Result<Response> {
    let sent = request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes());
    let key = sent.and_then(|value| value.strip_prefix(b"Bearer ")).unwrap_or_default();
    let fits = bool::from(key.ct_eq(app.api_key.expose().as_bytes()));
    if fits || request.method() == axum::http::Method::OPTIONS {
        return Ok(next.run(request).await);
    }
    Err(Problem::new("unauthorized", "send Authorization: Bearer with the API key"))
}
