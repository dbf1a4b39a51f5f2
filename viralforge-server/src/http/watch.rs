//! Refusals that may be attempts: proofs that are not good, scopes and objects that are not the caller's, tries over the
//! rate. They are events of the audit log, as many as one can read, and all of them are counted.

use std::sync::Arc;

use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use sqlx::AssertSqlSafe;

use super::client::Client;
use super::cookies::{self, ACCESS};
use crate::account::{API_KEY_PREFIX, Caller, Event};
use crate::app::App;
use crate::limit::Subject;
use crate::metrics;

/// That whoever sent a request was known when it was answered.
#[derive(Clone, Copy)]
struct Known;

/// Paths whose identifiers are looked for among the caller's own only, and the tables with those of everybody.
const TABLES: [(&str, &str); 4] = [
    ("/v1/webhooks/{id}", "webhooks"),
    ("/v1/account/keys/{id}", "api_keys"),
    ("/v1/account/sessions/{id}", "sessions"),
    ("/v1/connections/{id}", "connections"),
];

/// What a known caller is refused: behind [`super::auth::identify`].
pub(super) async fn callers(State(app): State<Arc<App>>, client: Client, request: Request, next: Next) -> Response {
    let user_id = request.extensions().get::<Caller>().map(|caller| caller.user_id.clone());
    let (mut parts, body) = request.into_parts();
    let named = named(&app, &mut parts).await;
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let mut event = response.extensions_mut().remove::<Event>();
    if let (Some((table, id)), StatusCode::NOT_FOUND) = (named, response.status()) {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table} WHERE id = $1 AND user_id <> $2"));
        let others: Result<i64, _> =
            sqlx::query_scalar(sql).bind(id).bind(&user_id).fetch_one(&app.database.pool).await;
        event = others.is_ok_and(|count| count > 0).then_some(Event::OwnershipRefused);
    }
    if let Some(event) = event {
        note(&app, event, user_id.as_deref(), &client).await;
    }
    response.extensions_mut().insert(Known);
    response
}

/// The table of [`TABLES`] and the identifier that a request names.
async fn named(app: &Arc<App>, parts: &mut axum::http::request::Parts) -> Option<(&'static str, String)> {
    use axum::extract::FromRequestParts as _;
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let (_, table) = TABLES.iter().find(|(begin, _)| path.starts_with(begin))?;
    let parameters = RawPathParams::from_request_parts(parts, app).await.ok()?;
    let (_, id) = parameters.iter().find(|(name, _)| *name == "id")?;
    Some((table, id.to_owned()))
}

/// What is refused before it is known who asks: outside of everything that asks for a proof.
pub(super) async fn proofs(State(app): State<Arc<App>>, client: Client, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let sent = sent(request.headers());
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    let with_cookies = ["/v1/auth/sign-in", "/v1/auth/refresh", "/v1/auth/sign-out"].contains(&path.as_str());
    let event = match (response.extensions_mut().remove::<Event>(), response.status()) {
        (Some(event), _) => Some(event),
        // Of these, only a page that was not meant is forbidden something.
        (None, StatusCode::FORBIDDEN) if with_cookies => Some(Event::ForgeryRefused),
        (None, StatusCode::UNAUTHORIZED) if response.extensions().get::<Known>().is_none() && !is_preflight => {
            sent.filter(|_| !path.starts_with("/v1/auth/"))
        }
        _ => None,
    };
    if let Some(event) = event {
        note(&app, event, None, &client).await;
    }
    response
}

/// What a proof is called where it is refused; `None` where there is none.
fn sent(headers: &HeaderMap) -> Option<Event> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match bearer {
        Some(text) if text.contains(API_KEY_PREFIX) => Some(Event::KeyRefused),
        Some(_) => Some(Event::AccessTokenRefused),
        None => cookies::read(headers, ACCESS).map(|_| Event::AccessTokenRefused),
    }
}

/// Counts a refusal, and notes it where that address or user has not filled the audit log with them already.
async fn note(app: &App, event: Event, user_id: Option<&str>, client: &Client) {
    app.metrics.refusals.get_or_create(&metrics::Refusal { event: event.name() }).inc();
    let subject = user_id.map_or(Subject::Ip(client.ip), Subject::User);
    if app.limits.may_note(&event.name(), subject) {
        app.noted(event, user_id, client).await;
    }
}
