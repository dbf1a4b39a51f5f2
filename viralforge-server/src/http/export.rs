//! All that is kept about a user, for the user, as it is read.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};

use crate::account::Caller;
use crate::app::App;
use crate::export::{self, line};
use crate::problem::Result;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/account/export", get(export))
}

/// Take all your data with you
///
/// A line of JSON for each thing (`type` says which), with addresses of all files, which are signed and expire. For the
/// files as well, ask for an archive at `/v1/account/exports`.
#[utoipa::path(get, path = "/v1/account/export", operation_id = "exportAccount",
    responses((status = 200, body = String, content_type = "application/x-ndjson")))]
pub(super) async fn export(State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    let user = app.users.get(&caller.user_id).await?;
    let first = Bytes::from(line("account", &user));
    let rest = export::lines(app, user.id, &export::ALL);
    // The connection breaks, so that nobody takes this for all.
    let rest = rest.map(|text| text.map_err(|_| std::io::Error::other("the database does not answer")));
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"viralforge-account.ndjson\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(stream::once(async { Ok(first) }).chain(rest))).into_response())
}
