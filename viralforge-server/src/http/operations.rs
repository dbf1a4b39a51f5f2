//! For whoever runs it: is it alive, is it ready, what does it do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::monitoring::MayMonitor;
use crate::app::App;
use crate::http::{REQUEST_ID, jobs};
use crate::metrics::{self, JobState};
use crate::problem::{Problem, Result};
use crate::{db, problem, report};

/// How long a dependency may take to answer before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/health", get(health)).route("/ready", get(ready)).route("/metrics", get(metrics_page))
}

/// What a person who opens the address in a browser should know.
pub(super) async fn front() -> impl IntoResponse {
    let text = "ViralForge is running. /docs explains its interface; /health, /ready and /metrics are for operators.\n";
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}

/// Is it alive?
#[utoipa::path(get, path = "/health", operation_id = "health", responses((status = 200, body = Object)))]
pub(super) async fn health() -> impl IntoResponse {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// Can it work?
///
/// With 503 it cannot for now. `dependencies` says what does not answer, why, and how long each took: to whoever has the
/// key of the configuration, or asks from an allowed network.
#[utoipa::path(get, path = "/ready", operation_id = "ready",
    responses((status = 200, body = Object), (status = 503, body = Object)))]
pub(super) async fn ready(State(app): State<Arc<App>>, MayMonitor(may_monitor): MayMonitor) -> impl IntoResponse {
    let database = check(async {
        let asked = sqlx::query("SELECT 1").execute(&app.database.pool).await;
        asked.map(|_| ()).map_err(|error| db::trouble(&error))
    });
    let storage = check(async { app.store.ping().await.map_err(|_| "") });
    let redis = async {
        let bull = app.bull.as_ref()?;
        Some(check(async { if bull.ping().await { Ok(()) } else { Err(bull.trouble()) } }).await)
    };
    let clamd = async {
        let scanner = app.scanner.as_ref()?;
        Some(check(async { scanner.ping().await.map_err(|_| "") }).await)
    };
    let (database, storage, redis, clamd) = tokio::join!(database, storage, redis, clamd);
    let draining = *app.shutdown.borrow();
    let ok = database.0.is_ok() && storage.0.is_ok() && !draining;
    let mut dependencies = serde_json::Map::new();
    let mut degraded = false;
    for (name, seen, without) in [
        ("database", Some(database), None),
        ("storage", Some(storage), None),
        ("redis", redis, Some("jobs are taken from the database until redis is back")),
        ("clamd", clamd, Some("uploads wait until clamd is back")),
    ] {
        let Some((found, latency_ms)) = seen else { continue };
        let mut dependency = json!({ "status": if found.is_ok() { "ok" } else { "failed" }, "latency_ms": latency_ms });
        if let Err(why) = found {
            degraded |= without.is_some();
            tracing::warn!(dependency = name, why, "a dependency does not answer");
            let detail: Vec<_> = [Some(why), without].into_iter().flatten().filter(|text| !text.is_empty()).collect();
            if !detail.is_empty() {
                dependency["detail"] = json!(detail.join("; "));
            }
        }
        dependencies.insert(name.to_owned(), dependency);
    }
    let status = match (ok, degraded) {
        _ if draining => "draining",
        (false, _) => "failed",
        (true, true) => "degraded",
        (true, false) => "ok",
    };
    let mut body = json!({ "status": status });
    if may_monitor {
        body["dependencies"] = dependencies.into();
    }
    (if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body))
}

/// What a dependency answers: nothing, or what is wrong as far as that is known.
type Found = Result<(), &'static str>;

async fn check(answer: impl Future<Output = Found>) -> (Found, f64) {
    let began = Instant::now();
    let found = tokio::time::timeout(PATIENCE, answer).await.unwrap_or(Err("it does not answer in time"));
    (found, began.elapsed().as_secs_f64() * 1e3)
}

/// What does it do?
///
/// In the format of OpenMetrics, which Prometheus reads. For whoever has the key of the configuration, or asks from an
/// allowed network.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics",
    responses((status = 200, body = String, content_type = "application/openmetrics-text"), (status = 401)))]
pub(super) async fn metrics_page(
    State(app): State<Arc<App>>,
    MayMonitor(may_monitor): MayMonitor,
) -> Result<impl IntoResponse> {
    if !may_monitor {
        return Err(Problem::new("unauthorized", "this takes the key of the configuration, or an allowed network"));
    }
    if let Ok(rows) = jobs::depth(&app).await {
        // What is no longer there must not be told of.
        app.metrics.jobs.clear();
        app.metrics.oldest_job.clear();
        for (kind, state, many, oldest_seconds) in rows {
            let labels = JobState { kind, state };
            app.metrics.jobs.get_or_create(&labels).set(many);
            app.metrics.oldest_job.get_or_create(&labels).set(oldest_seconds);
        }
    }
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], app.metrics.text()))
}

/// Counts, logs and traces every request, by its route and never by what it carries.
pub(super) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let id = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    // An error, so that lines of every level say whose they are.
    let span = tracing::error_span!(
        "request",
        request_id = id,
        http.request.method = %method,
        http.route = route,
        http.response.status_code = Empty,
        otel.name = Empty,
        otel.kind = Empty,
        otel.status_code = Empty,
    );
    report::trace_request(&span, &format_args!("{method} {route}"), request.headers());
    let response = next.run(request).instrument(span.clone()).await;
    let (status, seconds) = (response.status().as_u16(), began.elapsed().as_secs_f64());
    let labels = metrics::Request { method: method.to_string(), route, status };
    app.metrics.requests.get_or_create(&labels).observe(seconds);
    span.record("http.response.status_code", status);
    let _entered = span.enter();
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|name| name == problem::CONTENT_TYPE);
    if is_problem && response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
        tracing::error!(status, ms = seconds * 1e3, "request");
    } else {
        tracing::info!(status, ms = seconds * 1e3, "request");
    }
    response
}
