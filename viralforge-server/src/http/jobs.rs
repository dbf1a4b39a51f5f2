//! Jobs: asked for, looked at, cancelled, started over.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use sqlx::Row;

use super::page::{Page, PageQuery};
use crate::app::App;
use crate::asset::FilesOf;
use crate::id;
use crate::job::{self, Job, Kind, NewJob};
use crate::metrics;
use crate::problem::{Problem, Result};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/jobs", post(create).get(list))
        .route("/jobs/{id}", get(one).delete(cancel))
        .route("/jobs/{id}/replay", post(replay))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    kind: String,
    asset_id: String,
    #[serde(default)]
    options: Value,
    /// -100 to 100; what is higher goes first.
    #[serde(default)]
    priority: i64,
}

/// Longest `Idempotency-Key`, in bytes.
const MAX_KEY_BYTES: usize = 200;

async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Json<Asked>, JsonRejection>,
) -> Result<impl IntoResponse> {
    let Json(asked) = body?;
    let kind = Kind::requested(&asked.kind)?;
    kind.work(&asked.options)?;
    let asset = app.assets.accepted(&id::checked(&asked.asset_id, "asset")?).await?;
    let key = headers.get("idempotency-key").map(|value| {
        let text = value.to_str().ok().filter(|text| !text.is_empty() && text.len() <= MAX_KEY_BYTES);
        text.ok_or_else(|| {
            Problem::bad_request(format!("Idempotency-Key is not 1 to {MAX_KEY_BYTES} characters of ASCII"))
        })
    });
    let new = NewJob {
        kind,
        asset_id: &asset.id,
        options: &asked.options,
        priority: asked.priority.clamp(-100, 100),
        idempotency_key: key.transpose()?,
    };
    let job = app.queue.add_once(&new).await?;
    app.wake.notify_one();
    app.metrics.jobs_asked_for.get_or_create(&metrics::Jobs { kind: kind.name().to_owned() }).inc();
    let location = format!("/v1/jobs/{}", job.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(view(&app, &job).await?)))
}

#[derive(Debug, Deserialize)]
struct Filter {
    state: Option<String>,
}

async fn list(
    State(app): State<Arc<App>>,
    Query(query): Query<PageQuery>,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<Value>>> {
    let limit = query.limit();
    let rows = sqlx::query(AssertSqlSafe(format!(
        "SELECT {} FROM jobs WHERE id < $1 AND ($2 = '' OR state = $2) ORDER BY id DESC LIMIT $3",
        job::COLUMNS
    )))
    .bind(query.before()?)
    .bind(filter.state.unwrap_or_default())
    .bind(limit as i64 + 1)
    .fetch_all(&app.database.pool)
    .await?;
    let jobs = rows.iter().map(Job::from_row).collect::<Result<Vec<_>, _>>()?;
    let page = Page::of(jobs, limit, |job| &job.id);
    let items = page.items.iter().map(|job| json!(job)).collect();
    Ok(Json(Page { items, next: page.next }))
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<Value>> {
    let job = app.queue.get(&id::checked(&id, "job")?).await?;
    Ok(Json(view(&app, &job).await?))
}

async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<impl IntoResponse> {
    let job = app.queue.cancel(&id::checked(&id, "job")?).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, &job).await?)))
}

async fn replay(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<impl IntoResponse> {
    let job = app.queue.replay(&id::checked(&id, "job")?).await?;
    app.wake.notify_one();
    Ok((StatusCode::ACCEPTED, Json(view(&app, &job).await?)))
}

/// A job with what it made.
pub(super) async fn view(app: &App, job: &Job) -> Result<Value> {
    let files = if job.state == "succeeded" { app.assets.files(FilesOf::Job, &job.id).await? } else { Vec::new() };
    let mut view = json!(job);
    view["outputs"] = json!(files.iter().map(|f| app.file_view(f)).collect::<Vec<_>>());
    Ok(view)
}

/// How many jobs there are of each kind and state, and how long the oldest waits, in seconds.
pub(super) async fn depth(app: &App) -> Result<Vec<(String, String, i64, f64)>> {
    let rows = sqlx::query(
        "SELECT kind, state, count(*) AS many, min(created_at) AS oldest FROM jobs \
         WHERE state IN ('queued', 'running', 'dead') GROUP BY kind, state",
    )
    .fetch_all(&app.database.pool)
    .await?;
    let now = id::now_ms();
    rows.iter()
        .map(|row| {
            let oldest: i64 = row.try_get("oldest")?;
            Ok((row.try_get("kind")?, row.try_get("state")?, row.try_get("many")?, (now - oldest) as f64 / 1e3))
        })
        .collect::<Result<_, sqlx::Error>>()
        .map_err(Into::into)
}
