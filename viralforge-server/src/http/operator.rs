//! What the operator does for users, with the key of the configuration.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::Asked;
use super::client::Client;
use super::compress::Confidential;
use crate::account::{Event, OPERATOR, User, Users};
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/operator/end-sessions", post(end_sessions))
        .route("/operator/reset-password", post(reset_password))
        .route("/operator/turn-second-factor-off", post(turn_second_factor_off))
}

/// Whose sessions to end: of one user, named by one of the first two, or of everybody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionsOf {
    #[schema(pattern = "^[0-9a-f]{32}$")]
    user_id: Option<String>,
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
    #[serde(default)]
    everybody: bool,
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
pub(super) struct Ended {
    ended: u64,
}

/// End sessions of a user, or of everybody
///
/// At once, and their access tokens with them. API keys go on.
#[utoipa::path(post, path = "/v1/operator/end-sessions", operation_id = "endSessionsOf", request_body = SessionsOf,
    responses((status = 200, body = Ended), (status = 403), (status = 404)))]
pub(super) async fn end_sessions(
    State(app): State<Arc<App>>,
    client: Client,
    Asked(asked): Asked<SessionsOf>,
) -> Result<Json<Ended>> {
    let ended = match (asked.everybody, asked.user_id, asked.email) {
        (true, None, None) => {
            let ended = app.sessions.end_all().await?;
            // In the operator's own log: there may be any number of users.
            app.noted(Event::SessionsEnded, Some(OPERATOR), &client).await;
            ended
        }
        (false, user_id, email) => {
            let user = named(&app, user_id, email).await?;
            let ended = app.sessions.end_others(&user.id, "").await?;
            app.noted(Event::SessionsEnded, Some(&user.id), &client).await;
            ended
        }
        (true, ..) => return Err(Problem::invalid_option("everybody goes with neither user_id nor email")),
    };
    Ok(Json(Ended { ended }))
}

/// A user, named by one of both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedUser {
    #[schema(pattern = "^[0-9a-f]{32}$")]
    user_id: Option<String>,
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
}

/// What lets a user choose another password, once.
#[derive(Serialize, ToSchema)]
pub(super) struct ResetToken {
    /// For `/v1/auth/reset-password`. It is not kept.
    token: String,
    expires_at_ms: i64,
}

/// Let a user choose another password
///
/// The token is good for an hour, once, until the password changes or another token is made. The server sends no mail:
/// hand it to the user in a way that reaches nobody else, behind the `#` of a link to a page of yours, say.
#[utoipa::path(post, path = "/v1/operator/reset-password", operation_id = "allowPasswordReset", request_body = NamedUser,
    responses((status = 201, body = ResetToken), (status = 403), (status = 404), (status = 409)))]
pub(super) async fn reset_password(
    State(app): State<Arc<App>>,
    client: Client,
    Asked(asked): Asked<NamedUser>,
) -> Result<(StatusCode, Confidential<ResetToken>)> {
    let user = named(&app, asked.user_id, asked.email).await?;
    if user.email.is_none() {
        return Err(Problem::conflict("this account has no address to sign in with"));
    }
    let (token, expires_at_ms) = app.resets.make(&user.id, id::now_ms()).await?;
    app.noted(Event::PasswordResetAllowed, Some(&user.id), &client).await;
    Ok((StatusCode::CREATED, Confidential(ResetToken { token, expires_at_ms })))
}

/// Turn the second factor of a user off
///
/// For who lost both the authenticator and the recovery codes. All their sessions are ended.
#[utoipa::path(post, path = "/v1/operator/turn-second-factor-off", operation_id = "turnSecondFactorOffFor",
    request_body = NamedUser, responses((status = 204), (status = 403), (status = 404)))]
pub(super) async fn turn_second_factor_off(
    State(app): State<Arc<App>>,
    client: Client,
    Asked(asked): Asked<NamedUser>,
) -> Result<StatusCode> {
    let user = named(&app, asked.user_id, asked.email).await?;
    if !app.second_factors.turn_off(&user.id).await? {
        return Err(Problem::not_found("second factor"));
    }
    app.sessions.end_others(&user.id, "").await?;
    app.noted(Event::SecondFactorOff, Some(&user.id), &client).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn named(app: &App, user_id: Option<String>, email: Option<String>) -> Result<User> {
    match (user_id, email) {
        (Some(id), None) => app.users.get(&id::checked(&id, "user")?).await,
        (None, Some(email)) => {
            app.users.by_email(&Users::email(&email)?).await?.ok_or_else(|| Problem::not_found("user"))
        }
        _ => Err(Problem::invalid_option("name the user by one of user_id and email")),
    }
}
