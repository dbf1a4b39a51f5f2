//! Sign-ins that a provider has answered for, and that still take a code.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde::Deserialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::client::Client;
use super::compress::Confidential;
use super::sign_in::Tokens;
use super::{cookies, tries};
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};

/// Holds who came from the provider, and when they proved to it who they are: sealed, for some minutes.
const COOKIE: &str = "__Host-viralforge-half";
const LIFETIME_SECONDS: i64 = 600;
/// What the cookie is sealed for.
const PURPOSE: &str = "half-signed-in";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/auth/second-factor", post(finish))
}

/// The cookie of somebody who has to send a code.
pub(super) fn begin(app: &App, user_id: &str, proved_at: Option<i64>) -> Result<HeaderMap> {
    let until = id::now_ms() + LIFETIME_SECONDS * 1000;
    let text = format!("{user_id} {} {until}", proved_at.unwrap_or_default());
    let mut headers = HeaderMap::new();
    cookies::add(&mut headers, COOKIE, (&app.vault.seal(PURPOSE, text.as_bytes())?, LIFETIME_SECONDS));
    Ok(headers)
}

fn read(app: &App, headers: &HeaderMap) -> Option<(String, Option<i64>)> {
    let text = String::from_utf8(app.vault.open(PURPOSE, cookies::read(headers, COOKIE)?)?).ok()?;
    let mut parts = text.split(' ');
    let user_id = parts.next()?.to_owned();
    let (proved_at, until): (i64, i64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (until > id::now_ms()).then_some((user_id, Some(proved_at).filter(|at| *at > 0)))
}

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SecondCode {
    /// Of the authenticator, or a recovery code.
    code: String,
}

/// Finish a sign-in with a provider
///
/// For a browser that came back with `second_factor=required` in the address of the page, within ten minutes. The
/// tokens come as cookies.
#[utoipa::path(post, path = "/v1/auth/second-factor", operation_id = "finishSignIn", request_body = SecondCode,
    responses((status = 200, body = Tokens), (status = 401), (status = 403)))]
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    Asked(asked): Asked<SecondCode>,
) -> Result<(HeaderMap, Confidential<Tokens>)> {
    if !cookies::was_meant(&headers, &app.origins) {
        return Err(cookies::forged());
    }
    let over = || Problem::new("unauthorized", "there is no sign-in that takes a code; begin again");
    let (user_id, proved_at) = read(&app, &headers).ok_or_else(over)?;
    app.users.get(&user_id).await.map_err(|_| over())?;
    tries::sign_in(&app, &client, &headers, (Some(&user_id), Some(&user_id))).await?;
    app.take_code(&user_id, Some(&asked.code), &client).await?;
    if let Some(former) = app.former_session(&headers).await? {
        app.sessions.end_former(&former).await?;
    }
    let (mut headers, tokens) = app.begin_session(&user_id, &client, (true, proved_at)).await?;
    cookies::add(&mut headers, COOKIE, ("", 0));
    Ok((headers, tokens))
}
