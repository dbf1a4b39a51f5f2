//! Who sends a request, and whether they may: before anything else is done for them.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use subtle::ConstantTimeEq;

use super::client::Client;
use super::cookies::{self, ACCESS};
use crate::account::{API_KEY_PREFIX, Caller, Event, Proof, Scope};
use crate::app::App;
use crate::problem::{Problem, Result};

/// Lets through who is known, and tells the handlers who it is. `OPTIONS` tells what tus can do, which is no secret.
pub(super) async fn identify(
    State(app): State<Arc<App>>,
    client: Client,
    mut request: Request,
    next: Next,
) -> Result<Response> {
    if request.method() != Method::OPTIONS {
        let caller = caller(&app, &client, request.method(), request.headers()).await?;
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
        require_second_factor(&app, &caller, &path).await?;
        request.extensions_mut().insert(caller);
    }
    Ok(next.run(request).await)
}

async fn caller(app: &App, client: &Client, method: &Method, headers: &HeaderMap) -> Result<Caller> {
    if let Some(token) = bearer(headers) {
        if is_operator(app, token) {
            return Ok(Caller::operator());
        }
        if token.starts_with(API_KEY_PREFIX) {
            return app.api_keys.caller(token).await?.ok_or_else(Problem::unauthorized);
        }
        return signed_in(app, token).await?.ok_or_else(Problem::unauthorized);
    }
    let token = cookies::read(headers, ACCESS).ok_or_else(Problem::unauthorized)?;
    let caller = signed_in(app, token).await?.ok_or_else(Problem::unauthorized)?;
    if !method.is_safe() && !cookies::was_meant(headers, &app.origins) {
        app.audit.note(Event::ForgeryRefused, Some(&caller.user_id), &client.ip.to_string(), &client.request_id).await;
        return Err(cookies::forged());
    }
    Ok(caller)
}

/// Where the operator wants it, a session of who has no second factor is good for turning it on alone.
async fn require_second_factor(app: &App, caller: &Caller, path: &str) -> Result<()> {
    let enrolls = path.starts_with("/v1/account/second-factor") || path == "/v1/account/confirm";
    if app.require_second_factor
        && !enrolls
        && matches!(caller.proof, Proof::Session(_))
        && !app.second_factors.is_on(&caller.user_id).await?
    {
        let detail = "turn the second factor on first, at /v1/account/second-factor; this server asks for it";
        return Err(Problem::new("second_factor_required", detail));
    }
    Ok(())
}

/// What comes behind `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether it is the key of the configuration.
fn is_operator(app: &App, token: &str) -> bool {
    bool::from(token.as_bytes().ct_eq(app.api_key.expose().as_bytes()))
}

/// Whether a request that needs no sign-in comes from the operator anyway.
pub(super) fn sent_by_operator(app: &App, headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|token| is_operator(app, token))
}

async fn signed_in(app: &App, token: &str) -> Result<Option<Caller>> {
    let Some((user, session)) = app.access_tokens.read(token).await? else { return Ok(None) };
    Ok(app.sessions.goes_on(&session, &user).await?.then(|| Caller::signed_in(user, session)))
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::unauthorized)
    }
}

/// To look takes one scope, and to change something another.
pub(super) async fn by_method(request: Request, next: Next) -> Result<Response> {
    let scope = if request.method().is_safe() { Scope::Read } else { Scope::Write };
    allowed(scope, request, next).await
}

/// For what only outside workers do.
pub(super) async fn work(request: Request, next: Next) -> Result<Response> {
    allowed(Scope::Work, request, next).await
}

/// For what changes an account, or shows who used it.
pub(super) async fn account(request: Request, next: Next) -> Result<Response> {
    allowed(Scope::Account, request, next).await
}

/// For what the operator alone does: no key that they made is enough.
pub(super) async fn operator(request: Request, next: Next) -> Result<Response> {
    let caller = request.extensions().get::<Caller>();
    if caller.is_some_and(|caller| caller.proof == Proof::Operator) || request.method() == Method::OPTIONS {
        return Ok(next.run(request).await);
    }
    Err(Problem::new("forbidden", "only whoever holds the key of the server's configuration may do that"))
}

async fn allowed(scope: Scope, request: Request, next: Next) -> Result<Response> {
    if request.method() != Method::OPTIONS {
        request.extensions().get::<Caller>().ok_or_else(Problem::unauthorized)?.require(scope)?;
    }
    Ok(next.run(request).await)
}
