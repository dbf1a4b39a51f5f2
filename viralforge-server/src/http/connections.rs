//! The caller's accounts elsewhere.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::client::Client;
use super::compress::Confidential;
use super::cookies::{self, OAUTH};
use super::oauth::front;
use super::page::{Page, Pairs};
use crate::account::{Caller, Event};
use crate::app::App;
use crate::id;
use crate::oauth::{ATTEMPT_LIFETIME_SECONDS, Beginning, Connection, SELECT_CONNECTIONS, browser_secret};
use crate::problem::Result;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/connections", get(list).post(begin)).route("/connections/{id}", delete(end))
}

/// A connection to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionRequest {
    /// One of those at `/v1/auth/providers`.
    provider: String,
    /// The path of the page of this server to come back to.
    #[serde(default = "front")]
    #[schema(default = "/", pattern = "^/([A-Za-z0-9][A-Za-z0-9/_.-]*)?$")]
    return_to: String,
}

/// Where a connection goes on.
#[derive(Serialize, ToSchema)]
pub(super) struct ConnectionBegun {
    /// Where to send the browser, within ten minutes.
    authorization_url: String,
}

/// Connect an account
///
/// Send the browser to the address of the answer: the provider asks the user, and sends the browser to
/// `/v1/auth/{provider}/callback`. It has to be the browser that gets this answer, which has a cookie. As one may sign in
/// by the account from then on, this takes a sign-in or a confirmation of the last ten minutes.
#[utoipa::path(post, path = "/v1/connections", operation_id = "connect", request_body = ConnectionRequest,
    responses((status = 200, body = ConnectionBegun), (status = 403), (status = 404)))]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Json<ConnectionRequest>, JsonRejection>,
) -> Result<(HeaderMap, Confidential<ConnectionBegun>)> {
    let Json(asked) = body?;
    app.require_fresh(&caller).await?;
    let browser = browser_secret(cookies::read(&headers, OAUTH))?;
    let page = app.oauth.page(&asked.return_to)?;
    let url = app
        .oauth
        .begin(Beginning {
            provider: &asked.provider,
            user_id: Some(&caller.user_id),
            browser: &browser,
            session_id: None,
            fresh: false,
            return_to: page,
        })
        .await?;
    let cookie = cookies::set_oauth(&browser, ATTEMPT_LIFETIME_SECONDS);
    Ok((cookie, Confidential(ConnectionBegun { authorization_url: url.into() })))
}

/// List your connections
#[utoipa::path(get, path = "/v1/connections", operation_id = "listConnections",
    responses((status = 200, body = Page<Connection>)))]
pub(super) async fn list(State(app): State<Arc<App>>, caller: Caller, query: Pairs) -> Result<Json<Page<Connection>>> {
    let of = [("user_id", caller.user_id.as_str())];
    Ok(Json(Page::read(&app.database.pool, SELECT_CONNECTIONS.to_owned(), &of, (&[], query)).await?))
}

/// End a connection
///
/// The tokens are removed here, and revoked at the provider where it can do that.
#[utoipa::path(delete, path = "/v1/connections/{id}", operation_id = "disconnect", responses((status = 204)))]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    app.oauth.disconnect(&id::checked(&id, "connection")?, &caller.user_id).await?;
    app.noted(Event::Disconnected, Some(&caller.user_id), &client).await;
    Ok(StatusCode::NO_CONTENT)
}
