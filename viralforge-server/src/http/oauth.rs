//! Signing in with a provider, and coming back from one.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::{IntoParams, ToSchema};

use super::client::Client;
use super::cookies::{self, OAUTH};
use super::half;
use crate::account::Event;
use crate::app::App;
use crate::oauth::{ATTEMPT_LIFETIME_SECONDS, Beginning, Failure, Finished, ProviderView, Returned, browser_secret};
use crate::problem::{Problem, Result};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/auth/providers", get(providers))
        .route("/v1/auth/{provider}", post(begin))
        .route("/v1/auth/{provider}/callback", get(finish))
}

/// The providers of this server.
#[derive(Serialize, ToSchema)]
pub(super) struct Providers {
    items: Vec<ProviderView>,
}

/// List the providers
///
/// Those that this server is set up for.
#[utoipa::path(get, path = "/v1/auth/providers", operation_id = "getProviders",
    responses((status = 200, body = Providers)))]
pub(super) async fn providers(State(app): State<Arc<App>>) -> Json<Providers> {
    Json(Providers { items: app.oauth.providers() })
}

/// How to sign in.
#[derive(Deserialize, IntoParams)]
pub(super) struct Way {
    /// The path of the page of this server to come back to.
    #[serde(default = "front")]
    #[param(default = "/", pattern = "^/([A-Za-z0-9][A-Za-z0-9/_.-]*)?$")]
    return_to: String,
    /// Whether the provider has to ask the user again, for what takes a fresh sign-in.
    #[serde(default)]
    fresh: bool,
}

/// The page to come back to by default.
pub(super) fn front() -> String {
    "/".to_owned()
}

/// Sign in with a provider
///
/// For a form of a page in a browser, of this server or of a site that it allows: sends the browser to the provider, and
/// from there to the callback below. The session that the browser had is ended then.
#[utoipa::path(post, path = "/v1/auth/{provider}", operation_id = "signInWith", params(("provider" = String,), Way),
    responses((status = 303), (status = 400), (status = 403), (status = 404), (status = 422)))]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    client: Client,
    Path(provider): Path<String>,
    Query(way): Query<Way>,
    headers: HeaderMap,
) -> Result<(StatusCode, HeaderMap)> {
    // A provider that knows the browser may send it back without a question: only the user's own page may begin this.
    if !cookies::is_of_a_page(&headers, &app.origins) {
        app.noted(Event::ForgeryRefused, None, &client).await;
        return Err(Problem::new("forbidden", "send this by a form of a page whose origin is allowed"));
    }
    let return_to = app.oauth.page(&way.return_to)?;
    let browser = browser_secret(cookies::read(&headers, OAUTH))?;
    // The callback, which the provider's site has the browser ask for, gets no strict cookie.
    let session_id = app.former_session(&headers).await?;
    let beginning =
        Beginning { provider: &provider, user_id: None, browser: &browser, session_id, fresh: way.fresh, return_to };
    let url = app.oauth.begin(beginning).await?;
    Ok(sent_to(&url, cookies::set_oauth(&browser, ATTEMPT_LIFETIME_SECONDS)))
}

/// Come back from a provider
///
/// Sends the browser to the page where it began to sign in or to connect an account. Where that came to nothing, the
/// address of the page has `error` in its query: `access_denied` by the user, `provider_refused`, `provider_failed`,
/// `wrong_issuer`, `bad_id_token`, `no_account`, `sign_up_closed`, or `of_another_user`, who signs in with that account.
/// With `second_factor=required` there, the page sends a code to `/v1/auth/second-factor`.
#[utoipa::path(get, path = "/v1/auth/{provider}/callback", operation_id = "comeBack",
    params(("provider" = String,), ("state" = String, Query), ("code" = Option<String>, Query),
        ("error" = Option<String>, Query), ("iss" = Option<String>, Query)),
    responses((status = 303), (status = 400)))]
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    client: Client,
    Path(provider): Path<String>,
    Query(returned): Query<Returned>,
    headers: HeaderMap,
) -> Result<(StatusCode, HeaderMap)> {
    let browser = cookies::read(&headers, OAUTH).unwrap_or_default();
    let state = returned.state.as_deref().unwrap_or_default();
    let Some(attempt) = app.oauth.take(&provider, state, browser).await? else {
        app.noted(Event::OauthRefused, None, &client).await;
        let detail = "this was not begun in this browser, is over, or took more than 10 minutes; begin again";
        return Err(Problem::bad_request(detail));
    };
    match app.oauth.finish(&attempt, returned).await {
        Ok(Finished::SignedIn { user_id, new, proved_at }) => {
            if new {
                app.noted(Event::SignedUp, Some(&user_id), &client).await;
            }
            if app.second_factors.is_on(&user_id).await? {
                let mut page = attempt.return_to;
                page.query_pairs_mut().append_pair("second_factor", "required");
                return Ok(sent_to(&page, half::begin(&app, &user_id, proved_at)?));
            }
            if let Some(former) = &attempt.session_id {
                app.sessions.end_former(former).await?;
            }
            let (headers, _) = app.begin_session(&user_id, &client, (true, proved_at)).await?;
            Ok(sent_to(&attempt.return_to, headers))
        }
        Ok(Finished::Connected { user_id }) => {
            app.noted(Event::Connected, Some(&user_id), &client).await;
            Ok(sent_to(&attempt.return_to, HeaderMap::new()))
        }
        Err(Failure::Refused(refused)) => {
            tracing::info!(provider, reason = refused.name(), id = client.request_id, "a provider's answer is refused");
            app.noted(Event::OauthRefused, attempt.user_id.as_deref(), &client).await;
            let mut page = attempt.return_to;
            page.query_pairs_mut().append_pair("error", refused.name());
            Ok(sent_to(&page, HeaderMap::new()))
        }
        Err(Failure::Here(problem)) => Err(problem),
    }
}

/// Sends a browser on, by a request without a body (RFC 9700, 4.12).
fn sent_to(url: &Url, mut headers: HeaderMap) -> (StatusCode, HeaderMap) {
    // What the parser of URLs gives has only characters that a header may have.
    headers.extend(HeaderValue::from_str(url.as_str()).ok().map(|url| (header::LOCATION, url)));
    (StatusCode::SEE_OTHER, headers)
}
