//! Jobs: rows of a table that workers claim by lease and fence.
//!
//! A claim raises the job's fence and its count of starts, and holds it until the lease is over. Whoever still works
//! after that finds its fence outdated and cannot publish. A job whose workers die is taken again, at most as often as
//! it may be started; then it is dead, and waits for a person.

mod bull;
mod event;
mod kind;
mod lane;
mod outbox;
mod outside;
mod queue;
mod runner;
mod scratch;

pub(crate) use bull::Bull;
pub(crate) use event::JobEvent;
pub(crate) use kind::Kind;
pub(crate) use lane::Lane;
use outbox::{BATCH, Waiting};
pub(crate) use queue::{Claim, NewJob, Pulse, Queue};
pub(crate) use runner::Runner;
pub(crate) use scratch::Scratch;

use serde::Serialize;
use serde_json::Value;
use sqlx::FromRow;
use utoipa::ToSchema;

use crate::account::Owned;
use crate::db::JsonText;

/// Where a job may be.
pub(crate) const STATES: [&str; 6] = ["queued", "running", "succeeded", "failed", "dead", "cancelled"];

/// A job as clients see it.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub(crate) struct Job {
    pub(crate) id: String,
    #[serde(skip)]
    pub(crate) owner: String,
    pub(crate) kind: String,
    pub(crate) asset_id: String,
    pub(crate) state: String,
    pub(crate) priority: i64,
    /// How often it was begun.
    pub(crate) starts: i64,
    #[sqlx(try_from = "JsonText")]
    pub(crate) options: Value,
    #[sqlx(try_from = "JsonText")]
    pub(crate) progress: Option<Value>,
    /// Why it did not succeed, the last time.
    #[sqlx(try_from = "JsonText")]
    pub(crate) error: Option<Value>,
    #[sqlx(rename = "created_at")]
    pub(crate) created_at_ms: i64,
    #[sqlx(rename = "updated_at")]
    pub(crate) updated_at_ms: i64,
}

/// The columns of a [`Job`].
pub(crate) const COLUMNS: &str =
    "id, owner, kind, asset_id, state, priority, starts, options, progress, error, created_at, updated_at";

impl Owned for Job {
    const WHAT: &'static str = "job";

    fn owner(&self) -> &str {
        &self.owner
    }
}

impl Job {
    /// Whether nothing more will happen to it.
    pub(crate) fn is_over(&self) -> bool {
        !matches!(self.state.as_str(), "queued" | "running")
    }
}
