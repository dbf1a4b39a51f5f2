//! Choosing another password in place of a forgotten one.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde::Deserialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::client::Client;
use crate::account::Event;
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/auth/reset-password", post(reset))
}

/// A token from the operator, and the password that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    token: String,
    /// 8 to 256 characters of any kind; none of those that are guessed first.
    #[schema(format = "password", min_length = 8, max_length = 256)]
    new_password: String,
}

/// Choose another password
///
/// With a token that the operator has made, which is good for an hour and once. All sessions are ended, and none begins.
#[utoipa::path(post, path = "/v1/auth/reset-password", operation_id = "resetPassword", request_body = Reset,
    responses((status = 204), (status = 401)))]
pub(super) async fn reset(
    State(app): State<Arc<App>>,
    client: Client,
    Asked(asked): Asked<Reset>,
) -> Result<StatusCode> {
    let over = || Problem::new("unauthorized", "the token is over, or was used already; ask the operator for another");
    let user_id = app.resets.user(&asked.token, id::now_ms()).await?.ok_or_else(over)?;
    let user = app.users.get(&user_id).await.map_err(|_| over())?;
    let email = user.email.ok_or_else(over)?;
    app.passwords.check(&asked.new_password, &email).await?;
    let hash = app.passwords.hash(asked.new_password).await?;
    // Of two who send it at the same time, one.
    if !app.resets.take(&asked.token, id::now_ms()).await? {
        return Err(over());
    }
    app.users.set_password(&user_id, &hash).await?;
    app.sessions.end_others(&user_id, "").await?;
    app.noted(Event::PasswordChanged, Some(&user_id), &client).await;
    Ok(StatusCode::NO_CONTENT)
}
