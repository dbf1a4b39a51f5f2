//! Signing up, in, on and out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::Asked;
use super::auth;
use super::client::Client;
use super::compress::Confidential;
use super::cookies::{self, REFRESH};
use super::{known, tries};
use crate::account::{ACCESS_LIFETIME_SECONDS, Event, Refreshed, Session, User, Users};
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/auth/sign-up", post(sign_up))
        .route("/v1/auth/sign-in", post(sign_in))
        .route("/v1/auth/refresh", post(refresh))
        .route("/v1/auth/sign-out", post(sign_out))
}

/// A name and a secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// 8 to 256 characters of any kind; none of those that are guessed first.
    #[schema(format = "password", min_length = 8, max_length = 256)]
    password: String,
    /// For pages in a browser: the tokens come as cookies, which scripts cannot read, and are not in the answer.
    #[serde(default)]
    cookies: bool,
    /// To sign in where the second factor is on: a code of the authenticator, or a recovery code.
    code: Option<String>,
}

/// A refresh token; none where it comes as a cookie.
#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshRequest {
    refresh_token: Option<String>,
}

/// What proves who somebody is.
#[derive(Serialize, ToSchema)]
pub(super) struct Tokens {
    /// Goes behind `Authorization: Bearer`. Null where it came as a cookie.
    access_token: Option<String>,
    token_type: &'static str,
    /// How long the access token is good.
    expires_in_seconds: i64,
    /// Gives the next pair of tokens, once. Null where it came as a cookie.
    refresh_token: Option<String>,
    session: Session,
}

type Answer = (HeaderMap, Confidential<Tokens>);

impl App {
    /// Notes what happened to an account.
    pub(super) async fn noted(&self, event: Event, user_id: Option<&str>, client: &Client) {
        self.audit.note(event, user_id, &client.ip.to_string(), &client.request_id).await;
    }

    fn tokens(&self, session: Session, refresh_token: String, as_cookies: bool) -> Result<Answer> {
        let now = id::now_ms();
        let access_token = self.access_tokens.make(&session, now)?;
        let left_seconds = (session.expires_at - now) / 1000;
        let headers = match as_cookies {
            true => cookies::set((&access_token, ACCESS_LIFETIME_SECONDS), (&refresh_token, left_seconds)),
            false => HeaderMap::new(),
        };
        let tokens = Tokens {
            access_token: Some(access_token).filter(|_| !as_cookies),
            token_type: "Bearer",
            expires_in_seconds: ACCESS_LIFETIME_SECONDS,
            refresh_token: Some(refresh_token).filter(|_| !as_cookies),
            session,
        };
        Ok((headers, Confidential(tokens)))
    }

    /// Begins a session for somebody who has proved who they are, at the time `proved_at` where that is known.
    pub(super) async fn begin_session(
        &self,
        user_id: &str,
        client: &Client,
        (as_cookies, proved_at): (bool, Option<i64>),
    ) -> Result<Answer> {
        let (session, token) = self.sessions.begin(user_id, &client.name, proved_at).await?;
        self.noted(Event::SignedIn, Some(user_id), client).await;
        let (mut headers, tokens) = self.tokens(session, token, as_cookies)?;
        known::remember(self, user_id, &mut headers)?;
        Ok((headers, tokens))
    }

    /// The session that a browser has, which ends when it begins another.
    pub(super) async fn former_session(&self, headers: &HeaderMap) -> Result<Option<String>> {
        let Some(token) = cookies::read(headers, REFRESH) else { return Ok(None) };
        Ok(self.sessions.of_token(token).await?.map(|session| session.id))
    }
}

/// Make an account
///
/// Where the server does not take sign-ups, only with the key of the configuration.
#[utoipa::path(post, path = "/v1/auth/sign-up", operation_id = "signUp", request_body = Credentials,
    responses((status = 201, body = User), (status = 403), (status = 409)))]
pub(super) async fn sign_up(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    Asked(asked): Asked<Credentials>,
) -> Result<(StatusCode, Json<User>)> {
    if !app.sign_up && !auth::sent_by_operator(&app, &headers) {
        return Err(Problem::new("forbidden", "this server takes no sign-ups; ask its operator for an account"));
    }
    let email = Users::email(&asked.email)?;
    app.passwords.check(&asked.password, &email).await?;
    let hash = app.passwords.hash(asked.password).await?;
    let user = app.users.add(Some(&email), Some(&hash)).await?;
    app.noted(Event::SignedUp, Some(&user.id), &client).await;
    Ok((StatusCode::CREATED, Json(user)))
}

/// Sign in
///
/// The access token is good for 15 minutes; the refresh token gives the next pair, for 7 days after the sign-in.
#[utoipa::path(post, path = "/v1/auth/sign-in", operation_id = "signIn", request_body = Credentials,
    responses((status = 200, body = Tokens), (status = 401), (status = 403)))]
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    Asked(asked): Asked<Credentials>,
) -> Result<Answer> {
    // Another site must not sign a browser in to an account of its own.
    if asked.cookies && !cookies::was_meant(&headers, &app.origins) {
        return Err(cookies::forged());
    }
    let email = Users::email(&asked.email).ok();
    let user = match &email {
        Some(email) => app.users.by_email(email).await?,
        None => None,
    };
    let tried = (email.as_deref(), user.as_ref().map(|user| user.id.as_str()));
    tries::sign_in(&app, &client, &headers, tried).await?;
    let fits = app.passwords.is_of(&app.users, user.as_ref(), asked.password).await?;
    match user {
        Some(user) if fits => {
            app.take_code(&user.id, asked.code.as_deref(), &client).await?;
            if asked.cookies
                && let Some(former) = app.former_session(&headers).await?
            {
                app.sessions.end_former(&former).await?;
            }
            app.begin_session(&user.id, &client, (asked.cookies, Some(id::now_ms()))).await
        }
        user => {
            app.noted(Event::SignInFailed, user.as_ref().map(|user| user.id.as_str()), &client).await;
            Err(Problem::new("unauthorized", "the address or the password is wrong"))
        }
    }
}

/// Get the next tokens
///
/// Each refresh token is good once. One that is used again ends its session, since somebody has a copy; within ten
/// seconds it gives the same answer, for two tabs that ask at the same time.
#[utoipa::path(post, path = "/v1/auth/refresh", operation_id = "refresh", request_body = RefreshRequest,
    responses((status = 200, body = Tokens), (status = 401), (status = 403)))]
pub(super) async fn refresh(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    Asked(asked): Asked<RefreshRequest>,
) -> Result<Answer> {
    let (token, by_cookie) = sent_token(&app, &headers, asked)?;
    match app.sessions.refresh(&app.vault, &token, id::now_ms()).await? {
        Refreshed::Next(session, next) => app.tokens(session, next, by_cookie),
        Refreshed::Reused { user_id } => {
            app.noted(Event::TokenReused, Some(&user_id), &client).await;
            Err(Problem::new(
                "unauthorized",
                "the refresh token was used before, so its session was ended; sign in again",
            ))
        }
        Refreshed::Unknown => {
            let problem = Problem::new("unauthorized", "the session is over; sign in again");
            Err(problem.noted_as(Event::RefreshTokenRefused))
        }
    }
}

/// Sign out
///
/// The session is over at once, and its access tokens with it.
#[utoipa::path(post, path = "/v1/auth/sign-out", operation_id = "signOut", request_body = RefreshRequest,
    responses((status = 204), (status = 401), (status = 403)))]
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    Asked(asked): Asked<RefreshRequest>,
) -> Result<(StatusCode, HeaderMap)> {
    let (token, _) = sent_token(&app, &headers, asked)?;
    let over = || Problem::new("unauthorized", "the session is over already").noted_as(Event::RefreshTokenRefused);
    let session = app.sessions.of_token(&token).await?.ok_or_else(over)?;
    app.sessions.end(&session.id, &session.user_id).await.map_err(|_| over())?;
    app.noted(Event::SignedOut, Some(&session.user_id), &client).await;
    Ok((StatusCode::NO_CONTENT, cookies::set(("", 0), ("", 0))))
}

/// The refresh token of a request, and whether it came as a cookie.
fn sent_token(app: &App, headers: &HeaderMap, asked: RefreshRequest) -> Result<(String, bool)> {
    if let Some(token) = asked.refresh_token {
        return Ok((token, false));
    }
    let none = || Problem::new("unauthorized", "there is no refresh token; sign in");
    let token = cookies::read(headers, REFRESH).ok_or_else(none)?;
    if !cookies::was_meant(headers, &app.origins) {
        return Err(cookies::forged());
    }
    Ok((token.to_owned(), true))
}
