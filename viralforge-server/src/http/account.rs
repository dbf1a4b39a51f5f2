//! The caller's own account: password, sessions, keys, and what happened to it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::Asked;
use super::client::Client;
use super::compress::Confidential;
use super::page::{Page, Pairs};
use super::tries;
use crate::account::audit::{self, Entry};
use crate::account::key::{self, ApiKey};
use crate::account::{Caller, Event, Proof, Scope, Scopes, Session, User, session};
use crate::app::App;
use crate::id;
use crate::limit::Usage;
use crate::problem::{Problem, Result};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/account", get(one).delete(leave))
        .route("/account/password", put(change_password))
        .route("/account/sessions", get(sessions))
        .route("/account/sessions/{id}", delete(end_session))
        .route("/account/keys", get(keys).post(make_key))
        .route("/account/keys/{id}", delete(end_key))
        .route("/account/events", get(events))
}

/// An account, and how much of what it may have it has.
#[derive(Serialize, ToSchema)]
pub(super) struct Account {
    #[serde(flatten)]
    user: User,
    usage: Usage,
}

/// Get your account
#[utoipa::path(get, path = "/v1/account", operation_id = "getAccount", responses((status = 200, body = Account)))]
pub(super) async fn one(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Account>> {
    let user = app.users.get(&caller.user_id).await?;
    let usage = app.quota.usage(&app.database.pool, &user.id, id::now_ms()).await?;
    Ok(Json(Account { user, usage }))
}

/// What shows that it is really the user who leaves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Leaving {
    /// Null for accounts without a password: they sign in anew instead.
    #[schema(format = "password")]
    password: Option<String>,
    /// Where the second factor is on: a code of the authenticator, or a recovery code. A sign-in anew has asked for it.
    code: Option<String>,
}

/// Delete your account
///
/// With all that is yours: uploads, assets, jobs, files, keys. At once for everybody who asks; from the storage as soon
/// as no worker is at it any more. It cannot be taken back.
#[utoipa::path(delete, path = "/v1/account", operation_id = "deleteAccount", request_body = Leaving,
    responses((status = 202), (status = 403), (status = 409)))]
pub(super) async fn leave(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Asked(asked): Asked<Leaving>,
) -> Result<StatusCode> {
    let user = app.users.get(&caller.user_id).await?;
    tries::password(&app, &caller).await?;
    let has_password = user.password.is_some();
    let sure = match (user.password, asked.password, &caller.proof) {
        (Some(hash), Some(password), _) => app.passwords.fits(Some(hash), password).await?,
        (None, _, Proof::Session(session)) => app.sessions.is_fresh(session, id::now_ms()).await?,
        (None, _, Proof::Operator) => true,
        _ => false,
    };
    if !sure {
        app.noted(Event::SignInFailed, Some(&user.id), &client).await;
        return Err(Problem::new("forbidden", "send the password, or sign in anew where there is none"));
    }
    if has_password {
        app.take_code(&user.id, asked.code.as_deref(), &client).await?;
    }
    app.leave(&user.id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The password that is, and the one that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordChange {
    #[schema(format = "password")]
    current_password: String,
    /// 8 to 256 characters of any kind; none of those that are guessed first.
    #[schema(format = "password", min_length = 8, max_length = 256)]
    new_password: String,
    /// Where the second factor is on: a code of the authenticator, or a recovery code.
    code: Option<String>,
}

/// Change the password
///
/// All other sessions are ended.
#[utoipa::path(put, path = "/v1/account/password", operation_id = "changePassword", request_body = PasswordChange,
    responses((status = 204), (status = 403), (status = 409)))]
pub(super) async fn change_password(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Asked(asked): Asked<PasswordChange>,
) -> Result<StatusCode> {
    let user = app.users.get(&caller.user_id).await?;
    let (Some(email), Some(hash)) = (user.email, user.password) else {
        return Err(Problem::conflict("this account has no password"));
    };
    tries::password(&app, &caller).await?;
    if !app.passwords.fits(Some(hash), asked.current_password).await? {
        app.noted(Event::SignInFailed, Some(&user.id), &client).await;
        return Err(Problem::new("forbidden", "the current password is wrong"));
    }
    app.passwords.check(&asked.new_password, &email).await?;
    app.take_code(&user.id, asked.code.as_deref(), &client).await?;
    app.users.set_password(&user.id, &app.passwords.hash(asked.new_password).await?).await?;
    let this = if let Proof::Session(id) = &caller.proof { id } else { "" };
    app.sessions.end_others(&user.id, this).await?;
    app.resets.end(&user.id).await?;
    app.noted(Event::PasswordChanged, Some(&user.id), &client).await;
    Ok(StatusCode::NO_CONTENT)
}

/// List your sessions
///
/// Those that go on.
#[utoipa::path(get, path = "/v1/account/sessions", operation_id = "listSessions",
    responses((status = 200, body = Page<Session>)))]
pub(super) async fn sessions(State(app): State<Arc<App>>, caller: Caller, query: Pairs) -> Result<Json<Page<Session>>> {
    let of = [("user_id", caller.user_id.as_str())];
    Ok(Json(Page::read(&app.database.pool, session::SELECT.to_owned(), &of, (&[], query)).await?))
}

/// End a session
///
/// Another than the one that asks takes a sign-in or a confirmation of the last ten minutes.
#[utoipa::path(delete, path = "/v1/account/sessions/{id}", operation_id = "endSession",
    responses((status = 204), (status = 403)))]
pub(super) async fn end_session(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    let id = id::checked(&id, "session")?;
    if caller.proof != Proof::Session(id.clone()) {
        app.require_fresh(&caller).await?;
    }
    app.sessions.end(&id, &caller.user_id).await?;
    app.noted(Event::SessionEnded, Some(&caller.user_id), &client).await;
    Ok(StatusCode::NO_CONTENT)
}

/// List your API keys
#[utoipa::path(get, path = "/v1/account/keys", operation_id = "listKeys",
    responses((status = 200, body = Page<ApiKey>)))]
pub(super) async fn keys(State(app): State<Arc<App>>, caller: Caller, query: Pairs) -> Result<Json<Page<ApiKey>>> {
    let of = [("user_id", caller.user_id.as_str())];
    Ok(Json(Page::read(&app.database.pool, key::SELECT.to_owned(), &of, (&[], query)).await?))
}

/// A key to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRequest {
    /// What you call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it may do: `read`, `write`; `work` can only be given by the operator.
    #[schema(min_items = 1, max_items = 3)]
    scopes: Vec<Scope>,
    /// How many days it is good; null: until it is ended.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<i64>,
}

/// A key, and what is only told once.
#[derive(Serialize, ToSchema)]
pub(super) struct NewKey {
    #[serde(flatten)]
    key: ApiKey,
    /// What goes behind `Authorization: Bearer`. It is not kept: keep it well.
    api_key: String,
}

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Make an API key
///
/// For programs that act for you. It cannot change the account.
#[utoipa::path(post, path = "/v1/account/keys", operation_id = "makeKey", request_body = KeyRequest,
    responses((status = 201, body = NewKey), (status = 403)))]
pub(super) async fn make_key(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Asked(asked): Asked<KeyRequest>,
) -> Result<(StatusCode, Confidential<NewKey>)> {
    let name = asked.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Problem::invalid_option("name is not 1 to 100 characters"));
    }
    if asked.scopes.is_empty() || asked.scopes.len() > 3 || asked.scopes.contains(&Scope::Account) {
        return Err(Problem::invalid_option("scopes are some of read and write; keys cannot change the account"));
    }
    for scope in &asked.scopes {
        caller.require(*scope)?;
    }
    let days = asked.expires_in_days;
    if days.is_some_and(|days| !(1..=3650).contains(&days)) {
        return Err(Problem::invalid_option("expires_in_days is not in 1..=3650"));
    }
    let expires_at = days.map(|days| id::now_ms() + days * DAY_MS);
    let (key, api_key) = app.api_keys.make(&caller.user_id, name, Scopes(asked.scopes), expires_at).await?;
    app.noted(Event::KeyMade, Some(&caller.user_id), &client).await;
    Ok((StatusCode::CREATED, Confidential(NewKey { key, api_key })))
}

/// End an API key
#[utoipa::path(delete, path = "/v1/account/keys/{id}", operation_id = "endKey", responses((status = 204)))]
pub(super) async fn end_key(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    app.api_keys.end(&id::checked(&id, "key")?, &caller.user_id).await?;
    app.noted(Event::KeyEnded, Some(&caller.user_id), &client).await;
    Ok(StatusCode::NO_CONTENT)
}

/// List what happened to your account
///
/// Sign-ins, failed ones too, and changes of passwords, keys and connections, with the address that each came from.
#[utoipa::path(get, path = "/v1/account/events", operation_id = "listEvents",
    responses((status = 200, body = Page<Entry>)))]
pub(super) async fn events(State(app): State<Arc<App>>, caller: Caller, query: Pairs) -> Result<Json<Page<Entry>>> {
    let of = [("user_id", caller.user_id.as_str())];
    Ok(Json(Page::read(&app.database.pool, audit::SELECT.to_owned(), &of, (&[], query)).await?))
}
