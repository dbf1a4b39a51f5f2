//! Workers that are other programs: they claim a job, say that they live, store what they make, and publish it. Each
//! step names the fence of the claim; where that is outdated, nothing that the worker does counts any more.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{post, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use utoipa::ToSchema;
use viralforge_core::ErrorKind;

use super::asked::{Asked, Id};
use super::compress::Confidential;
use super::jobs::{self, JobView};
use crate::app::App;
use crate::asset::FileView;
use crate::id;
use crate::job::{Claim, Job, Kind, Pulse};
use crate::problem::{Problem, Result};
use crate::store::Key;
use crate::upload::next_bytes;
use crate::worker::Made;

/// Largest output, in bytes, and most outputs of a start.
const MAX_OUTPUT_BYTES: u64 = 4 << 30;
const MAX_OUTPUTS: usize = 1000;
/// Largest progress, in bytes of JSON.
const MAX_PROGRESS_BYTES: usize = 4 << 10;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/jobs/{id}/claim", post(claim))
        .route("/jobs/{id}/heartbeat", post(heartbeat))
        .route("/jobs/{id}/complete", post(complete))
        .route("/jobs/{id}/fail", post(fail))
}

/// Bodies here take as long as they take.
pub(super) fn output_routes() -> Router<Arc<App>> {
    Router::new().route("/jobs/{id}/outputs/{name}", put(store))
}

/// Who wants a job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Claiming {
    /// What the worker calls itself, for the log.
    worker: String,
}

/// A job that the worker holds for `lease_seconds`, and longer with each heartbeat.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Claimed {
    job_id: String,
    kind: String,
    asset_id: String,
    /// Goes with everything that the worker says about the job.
    fence: i64,
    lease_seconds: f64,
    #[schema(value_type = Object)]
    options: Value,
    /// The media to work on.
    input: FileView,
}

/// Claim a job
///
/// For workers of your own. Whoever claims a job holds it for a while, and longer with each heartbeat.
#[utoipa::path(post, path = "/v1/jobs/{id}/claim", operation_id = "claimJob", tag = "workers", request_body = Claiming,
    responses((status = 200, body = Claimed), (status = 409)))]
pub(super) async fn claim(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Asked(Claiming { worker }): Asked<Claiming>,
) -> Result<Confidential<Claimed>> {
    let job = app.queue.get(&id).await?;
    if job.kind == Kind::VALIDATION.name() {
        return Err(Problem::conflict("uploads are checked by the host itself"));
    }
    let Some(claim) = app.queue.claim_one(&job.id, -1).await? else {
        return Err(Problem::conflict(format!("the job is {}; it cannot be had now", job.state)));
    };
    tracing::info!(job = %job.id, fence = claim.fence, %worker, "an outside worker has a job");
    let original = app.assets.file(&job.asset_id).await?;
    Ok(Confidential(Claimed {
        lease_seconds: app.queue.lease().as_secs_f64(),
        fence: claim.fence,
        input: app.file_view(&original),
        job_id: job.id,
        kind: job.kind,
        asset_id: job.asset_id,
        options: job.options,
    }))
}

/// A sign of life.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Heartbeat {
    fence: i64,
    /// How far it has come, as the library says it; `fraction` is 0 to 1.
    #[schema(value_type = Option<Object>)]
    progress: Option<Value>,
}

/// Whether to go on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Held {
    /// False: the job is to be cancelled; stop, and say so with `fail`.
    #[serde(rename = "continue")]
    go_on: bool,
    lease_seconds: f64,
}

/// Say that a worker lives
#[utoipa::path(post, path = "/v1/jobs/{id}/heartbeat", operation_id = "beatJob", tag = "workers",
    request_body = Heartbeat,
    responses((status = 200, body = Held), (status = 409)))]
pub(super) async fn heartbeat(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Asked(Heartbeat { fence, progress }): Asked<Heartbeat>,
) -> Result<Json<Held>> {
    let claim = app.queue.held(&id, fence).await?;
    if let Some(progress) = progress {
        let is_one = progress["fraction"].as_f64().is_some_and(|fraction| (0.0..=1.0).contains(&fraction));
        if !is_one || progress.to_string().len() > MAX_PROGRESS_BYTES {
            return Err(Problem::invalid_option("progress is not an object with a fraction from 0 to 1"));
        }
        app.queue.progress(&claim, &progress).await?;
    }
    match app.queue.heartbeat(&claim).await? {
        Pulse::Lost => Err(Problem::lease_lost()),
        pulse => Ok(Json(Held { go_on: pulse == Pulse::Held, lease_seconds: app.queue.lease().as_secs_f64() })),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Fenced {
    fence: i64,
}

/// Store an output
#[utoipa::path(put, path = "/v1/jobs/{id}/outputs/{name}", operation_id = "storeOutput", tag = "workers",
    params(("id" = String, Path), ("name" = String, Path), ("fence" = i64, Query)),
    request_body(content = Option<Vec<u8>>, content_type = "application/octet-stream"),
    responses((status = 204, description = "stored; nobody sees it before the job is complete"),
        (status = 409)))]
pub(super) async fn store(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Path((_id, name)): Path<(String, String)>,
    Query(Fenced { fence }): Query<Fenced>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode> {
    let claim = app.queue.held(&id, fence).await?;
    if name.len() > 100 || name == REPORT || !Key::is_plain(&name) {
        return Err(Problem::invalid_option(format!("{name:?} is not the name of an output: a-z, A-Z, 0-9, . _ -")));
    }
    if app.queue.outputs(&claim).await?.len() >= MAX_OUTPUTS {
        return Err(Problem::too_large(format!("a job has {MAX_OUTPUTS} outputs at most")));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let made = Made::new(&name, content_type.filter(|text| text.len() <= 100).unwrap_or("application/octet-stream"));
    let folder = app.scratch.job_folder()?;
    let path = folder.path().join("output");
    receive(body, &path).await?;
    let (key, byte_len) = keep(&app, &claim, &name, &path).await?;
    let noted = app.queue.note_output(&claim, &made, &key, byte_len).await;
    if !matches!(noted, Ok(true)) {
        app.store.delete(&key).await?;
    }
    noted.map(|_| StatusCode::NO_CONTENT)
}

/// The document that every job has beside its files.
const REPORT: &str = "report.json";

/// What the worker found, and that everything is stored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Completion {
    fence: i64,
    /// Becomes the output `report.json`.
    #[serde(default)]
    #[schema(value_type = Object)]
    report: Value,
}

/// Publish what a worker made
#[utoipa::path(post, path = "/v1/jobs/{id}/complete", operation_id = "completeJob", tag = "workers",
    request_body = Completion,
    responses((status = 200, body = JobView, description = "the job, with its outputs published"),
        (status = 409)))]
pub(super) async fn complete(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Asked(Completion { fence, report }): Asked<Completion>,
) -> Result<Confidential<JobView>> {
    let claim = app.queue.held(&id, fence).await?;
    let folder = app.scratch.job_folder()?;
    let path = folder.path().join(REPORT);
    tokio::fs::write(&path, report.to_string()).await?;
    let (key, byte_len) = keep(&app, &claim, REPORT, &path).await?;
    let mut files = app.queue.outputs(&claim).await?;
    files.push((Made::new(REPORT, "application/json"), key.clone(), byte_len));
    if !app.queue.succeed(&claim, &files).await? {
        app.store.delete(&key).await?;
        return Err(Problem::lease_lost());
    }
    app.store.remove_unpublished(&Key::outputs(&claim.job.asset_id, &claim.job.id), Some(fence)).await?;
    jobs::view(&app, app.queue.get(&claim.job.id).await?).await
}

/// Why it cannot be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    fence: i64,
    /// One of the library's codes. After `io` and `backend` it is tried again; other troubles are the file's own.
    code: String,
    message: String,
}

/// Say why it cannot be done
#[utoipa::path(post, path = "/v1/jobs/{id}/fail", operation_id = "failJob", tag = "workers", request_body = Failure,
    responses((status = 200, body = Job, description = "the job: failed, dead, cancelled, or queued again"),
        (status = 409)))]
pub(super) async fn fail(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Asked(Failure { fence, code, message }): Asked<Failure>,
) -> Result<Json<Job>> {
    if !ErrorKind::ALL.iter().any(|kind| kind.code() == code) {
        return Err(Problem::invalid_option(format!("code {code:?} is not one of the library's")));
    }
    let claim = app.queue.held(&id, fence).await?;
    let message: String = message.chars().take(1000).collect();
    let ended = match app.queue.heartbeat(&claim).await? {
        Pulse::Lost => false,
        Pulse::CancelRequested => app.queue.fail(&claim, "cancelled", &Value::Null).await?,
        Pulse::Held => app.queue.fail_or_retry(&claim, &code, &message).await?,
    };
    if !ended {
        return Err(Problem::lease_lost());
    }
    app.wake.notify_one();
    Ok(Json(app.queue.get(&claim.job.id).await?))
}

async fn receive(body: Body, path: &std::path::Path) -> Result<()> {
    let mut file = tokio::fs::File::create_new(path).await?;
    let (mut bytes, mut written) = (body.into_data_stream(), 0);
    while let Some(chunk) = next_bytes(&mut bytes).await? {
        written += chunk.len() as u64;
        if written > MAX_OUTPUT_BYTES {
            return Err(Problem::too_large(format!("an output has {MAX_OUTPUT_BYTES} bytes at most")));
        }
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok(())
}

/// Stores a file under a key that nobody writes twice: a late request must not change what was published.
async fn keep(app: &App, claim: &Claim, name: &str, path: &std::path::Path) -> Result<(Key, u64)> {
    let name = format!("{}-{name}", id::fresh());
    let key = Key::output(&claim.job.asset_id, &claim.job.id, claim.fence, &name);
    let byte_len = app.store.put_file(&key, path).await?;
    Ok((key, byte_len))
}
