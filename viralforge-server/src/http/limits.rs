//! Rates, held against requests and told in headers (draft-ietf-httpapi-ratelimit-headers).

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::auth::sent_by_operator;
use super::client::Client;
use crate::account::{Caller, Event, OPERATOR, Scope};
use crate::app::App;
use crate::limit::{Decision, Policy, Subject};
use crate::problem::Problem;

const RATE: &str = "ratelimit";
const POLICIES: &str = "ratelimit-policy";

/// What a request counts as.
fn policies(request: &Request) -> &'static [Policy] {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    match (request.method(), path) {
        // A file comes in as many requests as its client likes, and each has to bring bytes in time.
        (&Method::PATCH | &Method::HEAD, "/v1/uploads/{id}") => &[Policy::Parts],
        (&Method::POST, "/v1/uploads" | "/v1/uploads/direct" | "/v1/assets") | (&Method::PUT, "/v1/assets/{id}") => {
            &[Policy::General, Policy::Uploads]
        }
        (&Method::POST, "/v1/jobs") => &[Policy::General, Policy::Analyses],
        // Tries to sign in are counted where it is known at which account: `tries`.
        (&Method::POST, "/v1/auth/sign-up" | "/v1/auth/refresh" | "/v1/auth/reset-password") => {
            &[Policy::General, Policy::SignIns]
        }
        _ => &[Policy::General],
    }
}

/// By where a request comes from: before anything is looked up for it.
pub(super) async fn by_ip(State(app): State<Arc<App>>, client: Client, request: Request, next: Next) -> Response {
    if sent_by_operator(&app, request.headers()) {
        return next.run(request).await;
    }
    held(&app, Subject::Ip(client.ip), request, next).await
}

/// By who it comes from. The operator, and workers that do the jobs of all, have no limit.
pub(super) async fn by_user(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>();
    match caller.filter(|caller| caller.user_id != OPERATOR && !caller.scopes.0.contains(&Scope::Work)) {
        Some(caller) => {
            let user_id = caller.user_id.clone();
            held(&app, Subject::User(&user_id), request, next).await
        }
        None => next.run(request).await,
    }
}

async fn held(app: &App, subject: Subject<'_>, request: Request, next: Next) -> Response {
    let (now, mut told) = (now_us(), Vec::new());
    for policy in policies(&request) {
        let Some(decision) = app.limits.take(*policy, subject, now).await else { continue };
        told.push((*policy, decision));
        if !decision.allowed {
            app.metrics.refused.get_or_create(&crate::metrics::Refused { policy: policy.name() }).inc();
            return told_in(app, refusal(*policy, &decision).into_response(), &told);
        }
    }
    told_in(app, next.run(request).await, &told)
}

/// The answer to one request too many; tries to sign in are noted.
pub(super) fn refusal(policy: Policy, decision: &Decision) -> Problem {
    let problem = Problem::rate_limited(decision.retry_seconds);
    if policy == Policy::SignIns { problem.noted_as(Event::SignInsLimited) } else { problem }
}

fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}

/// Adds the headers. Where a limit by user was told already, the one by address, which is the outer, has less to say.
fn told_in(app: &App, mut response: Response, told: &[(Policy, Decision)]) -> Response {
    let headers = response.headers_mut();
    if told.is_empty() || headers.contains_key(RATE) {
        return response;
    }
    let rates: Vec<_> =
        told.iter().filter_map(|(policy, _)| Some((policy.name(), app.limits.rate(*policy)?))).collect();
    let rates = rates.iter().map(|(name, rate)| format!("\"{name}\";q={};w={}", rate.quota, rate.window_seconds));
    let left = told.iter().map(|(policy, decision)| {
        format!("\"{}\";r={};t={}", policy.name(), decision.remaining, decision.reset_seconds)
    });
    set(headers, POLICIES, &rates.collect::<Vec<_>>().join(", "));
    set(headers, RATE, &left.collect::<Vec<_>>().join(", "));
    response
}

fn set(headers: &mut HeaderMap, name: &'static str, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(header::HeaderName::from_static(name), value);
    }
}
