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

use crate::app::App;
use crate::http::{REQUEST_ID, jobs};
use crate::metrics::{self, JobState};

/// How long a dependency may take to answer before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/health", get(async || Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics_page))
}

/// What a person who opens the address in a browser should know.
pub(super) async fn front() -> impl IntoResponse {
    let text = "ViralForge is running. Its interface is under /v1; /health, /ready and /metrics are for operators.\n";
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}

async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    let database = check(async { sqlx::query("SELECT 1").execute(&app.database.pool).await.is_ok() });
    let storage = check(async { app.store.ping().await.is_ok() });
    let redis = async { Some(check(app.bull.as_ref()?.ping()).await) };
    let clamd = async {
        let scanner = app.scanner.as_ref()?;
        Some(check(async { scanner.ping().await.is_ok() }).await)
    };
    let (database, storage, redis, clamd) = tokio::join!(database, storage, redis, clamd);
    let draining = *app.shutdown.borrow();
    let ok = database.0 && storage.0 && !draining;
    let mut dependencies = serde_json::Map::new();
    let mut degraded = false;
    for (name, seen, without) in [
        ("database", Some(database), None),
        ("storage", Some(storage), None),
        ("redis", redis, Some("jobs are taken from the database until redis is back")),
        ("clamd", clamd, Some("uploads wait until clamd is back")),
    ] {
        let Some((well, latency_ms)) = seen else { continue };
        let mut dependency = json!({ "status": if well { "ok" } else { "failed" }, "latency_ms": latency_ms });
        if let (false, Some(without)) = (well, without) {
            degraded = true;
            dependency["detail"] = json!(without);
        }
        dependencies.insert(name.to_owned(), dependency);
    }
    let status = match (ok, degraded) {
        _ if draining => "draining",
        (false, _) => "failed",
        (true, true) => "degraded",
        (true, false) => "ok",
    };
    let body = json!({ "status": status, "dependencies": dependencies });
    (if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body))
}

async fn check(answer: impl Future<Output = bool>) -> (bool, f64) {
    let began = Instant::now();
    let ok = tokio::time::timeout(PATIENCE, answer).await.unwrap_or(false);
    (ok, began.elapsed().as_secs_f64() * 1e3)
}

async fn metrics_page(State(app): State<Arc<App>>) -> impl IntoResponse {
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
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], app.metrics.text())
}

/// Counts and logs every request, by its route and never by what it carries.
pub(super) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let id = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let response = next.run(request).await;
    let (status, seconds) = (response.status().as_u16(), began.elapsed().as_secs_f64());
    let labels = metrics::Request { method: method.to_string(), route, status };
    app.metrics.requests.get_or_create(&labels).observe(seconds);
    let route = labels.route;
    tracing::info!(%id, %method, %route, status, ms = seconds * 1e3, "request");
    response
}
