//! What happens to a job, kept so that a listener who was away misses nothing.

use serde_json::{Value, json};
use sqlx::{AnyConnection, AnyPool, FromRow};
use tracing::Span;
use utoipa::ToSchema;

use crate::id;
use crate::webhook;

/// One event.
#[derive(Clone, Debug, FromRow, ToSchema)]
pub(crate) struct JobEvent {
    #[schema(rename = "id", value_type = String)]
    pub(crate) seq: i64,
    /// `state`, `progress`, or `scene` for one that was found.
    pub(crate) event: String,
    /// JSON text.
    pub(crate) data: String,
}

impl JobEvent {
    /// Events of a job after `seq`, oldest first.
    pub(crate) async fn after(pool: &AnyPool, job: &str, seq: i64) -> Result<Vec<Self>, sqlx::Error> {
        let sql = "SELECT seq, event, data FROM job_events WHERE job_id = $1 AND seq > $2 ORDER BY seq LIMIT 500";
        sqlx::query_as(sql).bind(job).bind(seq).fetch_all(pool).await
    }
}

/// Notes that a job is in `state` now, for listeners and for webhooks, and tells the log where it is dead.
pub(super) async fn note_state(
    connection: &mut AnyConnection,
    job: &str,
    state: &str,
    error: Option<&Value>,
) -> Result<(), sqlx::Error> {
    let span = Span::current();
    span.record("job.state", state);
    if let Some(error) = error.filter(|error| !error.is_null()) {
        span.record("otel.status_code", "ERROR");
        if state == "dead" {
            tracing::error!(%job, code = error["code"].as_str(), "a job is dead: it was started as often as it may be");
        }
    }
    note(&mut *connection, job, "state", &json!({ "state": state, "error": error })).await?;
    webhook::note(connection, job, state).await
}

/// Notes that a job has come further.
pub(super) async fn note<'e>(
    executor: impl sqlx::Executor<'e, Database = sqlx::Any>,
    job: &str,
    event: &str,
    data: &Value,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO job_events (job_id, event, data, created_at) VALUES ($1, $2, $3, $4)")
        .bind(job)
        .bind(event)
        .bind(data.to_string())
        .bind(id::now_ms())
        .execute(executor)
        .await
        .map(|_| ())
}
