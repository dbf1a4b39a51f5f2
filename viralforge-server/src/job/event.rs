//! What happens to a job, kept so that a listener who was away misses nothing.

use serde_json::{Value, json};
use sqlx::{AnyPool, Row};
use tracing::Span;
use utoipa::ToSchema;

/// One event.
#[derive(Clone, Debug, ToSchema)]
pub(crate) struct Event {
    #[schema(rename = "id", value_type = String)]
    pub(crate) seq: i64,
    /// `state` or `progress`.
    pub(crate) event: String,
    /// JSON text.
    pub(crate) data: String,
}

impl Event {
    /// Events of a job after `seq`, oldest first.
    pub(crate) async fn after(pool: &AnyPool, job: &str, seq: i64) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT seq, event, data FROM job_events WHERE job_id = $1 AND seq > $2 ORDER BY seq LIMIT 500",
        )
        .bind(job)
        .bind(seq)
        .fetch_all(pool)
        .await?;
        rows.iter()
            .map(|row| Ok(Self { seq: row.try_get("seq")?, event: row.try_get("event")?, data: row.try_get("data")? }))
            .collect()
    }
}

/// Notes that a job is in `state` now, and tells the log where it is dead.
pub(super) async fn note_state<'e>(
    executor: impl sqlx::Executor<'e, Database = sqlx::Any>,
    job: &str,
    state: &str,
    error: Option<&Value>,
    now: i64,
) -> Result<(), sqlx::Error> {
    let span = Span::current();
    span.record("job.state", state);
    if let Some(error) = error.filter(|error| !error.is_null()) {
        span.record("otel.status_code", "ERROR");
        if state == "dead" {
            tracing::error!(%job, code = error["code"].as_str(), "a job is dead: it was started as often as it may be");
        }
    }
    note(executor, job, "state", &json!({ "state": state, "error": error }), now).await
}

/// Notes that a job has come further.
pub(super) async fn note<'e>(
    executor: impl sqlx::Executor<'e, Database = sqlx::Any>,
    job: &str,
    event: &str,
    data: &Value,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO job_events (job_id, event, data, created_at) VALUES ($1, $2, $3, $4)")
        .bind(job)
        .bind(event)
        .bind(data.to_string())
        .bind(now)
        .execute(executor)
        .await
        .map(|_| ())
}
