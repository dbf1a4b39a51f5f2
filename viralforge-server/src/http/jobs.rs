//! Jobs: asked for, looked at, cancelled, started over.

use std::sync::{Arc, LazyLock};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::{Asked, Id, idempotency_key};
use super::compress::Confidential;
use super::page::{Filter, Page, Pairs};
use crate::account::{Caller, OPERATOR};
use crate::app::App;
use crate::asset::{Assets, FileView};
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

/// A job to be. Each kind has its own options; those that are left out have their defaults.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JobRequest {
    kind: String,
    /// An asset that was accepted.
    asset_id: String,
    #[serde(default)]
    options: Value,
    /// What is higher goes first.
    #[serde(default)]
    #[schema(minimum = -100, maximum = 100)]
    priority: i64,
}

const PRIORITIES: std::ops::RangeInclusive<i64> = -100..=100;

/// Ask for a job
///
/// It waits in a queue and runs in a process of its own. Follow its events, or ask for it, until it is over; then
/// `outputs` has what it made, `report.json` among it. With an `Idempotency-Key`, asking again gives the same job.
#[utoipa::path(post, path = "/v1/jobs", operation_id = "createJob", request_body(content = JobRequest, example = json!({ "kind": "clip-generation", "asset_id": "01a215360b2f74bb9b5887196ce81e34", "options": { "to": ["tiktok"] } })),
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of your own; the same text is the same job",
        min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    responses((status = 202, body = JobView, headers(("location", description = "Where it is"))),
        (status = 404), (status = 409)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Asked(asked): Asked<JobRequest>,
) -> Result<(StatusCode, [(header::HeaderName, String); 1], Confidential<JobView>)> {
    let kind = Kind::requested(&asked.kind)?;
    kind.check(&asked.options)?;
    if !PRIORITIES.contains(&asked.priority) {
        return Err(Problem::invalid_option(format!("priority {} is not in -100..=100", asked.priority)));
    }
    let asset = caller.own(app.assets.get(&id::checked(&asked.asset_id, "asset")?).await?)?;
    let asset = Assets::accepted(asset)?;
    let key = idempotency_key(&headers)?.map(|key| caller.idempotency_key(key));
    let new = NewJob {
        kind,
        asset_id: &asset.id,
        options: &asked.options,
        priority: asked.priority,
        idempotency_key: key.as_deref(),
        charge: (caller.user_id != OPERATOR).then_some((asset.duration_ms(), app.quota)),
    };
    let job = app.queue.add_once(&new).await?;
    app.wake.notify_one();
    app.metrics.jobs_asked_for.get_or_create(&metrics::Jobs { kind: kind.name().to_owned() }).inc();
    let location = format!("/v1/jobs/{}", job.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], view(&app, job).await?))
}

/// What jobs can be asked for by.
pub(super) static FILTERS: LazyLock<[Filter; 3]> = LazyLock::new(|| {
    let kinds: Vec<_> = Kind::all().map(Kind::name).collect();
    [("state", &job::STATES), ("kind", kinds.leak()), ("asset_id", &[])]
});

/// List jobs
#[utoipa::path(get, path = "/v1/jobs", operation_id = "listJobs", responses((status = 200, body = Page<Job>)))]
pub(super) async fn list(State(app): State<Arc<App>>, caller: Caller, query: Pairs) -> Result<Json<Page<Job>>> {
    let (select, of) = (format!("SELECT {} FROM jobs", job::COLUMNS), [("owner", caller.user_id.as_str())]);
    Ok(Json(Page::read(&app.database.pool, select, &of, (&*FILTERS, query)).await?))
}

/// Get a job
#[utoipa::path(get, path = "/v1/jobs/{id}", operation_id = "getJob", responses((status = 200, body = JobView)))]
pub(super) async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Confidential<JobView>> {
    let job = caller.own(app.queue.get(&id).await?)?;
    view(&app, job).await
}

/// Cancel a job
///
/// One that waits is cancelled at once, one that runs as soon as its worker hears of it; one that is over stays as it
/// is.
#[utoipa::path(delete, path = "/v1/jobs/{id}", operation_id = "cancelJob", responses((status = 202, body = JobView)))]
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<(StatusCode, Confidential<JobView>)> {
    let job = caller.own(app.queue.get(&id).await?)?;
    let job = app.queue.cancel(&job.id).await?;
    Ok((StatusCode::ACCEPTED, view(&app, job).await?))
}

/// Start a job over
///
/// One that failed, is dead, or was cancelled.
#[utoipa::path(post, path = "/v1/jobs/{id}/replay", operation_id = "replayJob",
    responses((status = 202, body = JobView), (status = 404), (status = 409)))]
pub(super) async fn replay(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<(StatusCode, Confidential<JobView>)> {
    let job = caller.own(app.queue.get(&id).await?)?;
    let job = app.queue.replay(&job.id).await?;
    app.wake.notify_one();
    Ok((StatusCode::ACCEPTED, view(&app, job).await?))
}

/// A job with what it made.
#[derive(Serialize, ToSchema)]
pub(super) struct JobView {
    #[serde(flatten)]
    job: Job,
    /// What it made: the first 100 files, once it succeeded.
    outputs: Vec<FileView>,
}

pub(super) async fn view(app: &App, job: Job) -> Result<Confidential<JobView>> {
    let files = if job.state == "succeeded" { app.assets.files("job_id", &job.id).await? } else { Vec::new() };
    let outputs = files.iter().map(|file| app.file_view(file)).collect();
    Ok(Confidential(JobView { job, outputs }))
}

/// How many jobs there are of each kind and state, and how long the oldest waits, in seconds.
pub(super) async fn depth(app: &App) -> Result<Vec<(String, String, i64, f64)>> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "SELECT kind, state, count(*), min(created_at) FROM jobs \
         WHERE state IN ('queued', 'running', 'dead') GROUP BY kind, state",
    )
    .fetch_all(&app.database.pool)
    .await?;
    let now = id::now_ms();
    let aged = |(kind, state, many, oldest)| (kind, state, many, (now - oldest) as f64 / 1e3);
    Ok(rows.into_iter().map(aged).collect())
}
