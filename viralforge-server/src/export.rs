//! Exports: archives of all that a user has here, made in the background for them to take along.
//!
//! They are rows of a table that makers claim by lease and fence, as jobs are: a claim raises the fence, only its holder
//! may publish, and what died is begun again, at most three times. An archive is removed by itself some days later.

mod archive;
mod lines;
mod list;
mod maker;
mod name;
mod queue;
mod removal;

pub(crate) use lines::{ALL, line, lines};
pub(crate) use queue::Exports;
#[cfg(test)]
pub(crate) use queue::tests::do_everything;

use serde::Serialize;
use serde_json::Value;
use sqlx::{AssertSqlSafe, FromRow};
use utoipa::ToSchema;

use crate::app::App;
use crate::asset::StoredFile;
use crate::db::JsonText;
use crate::id;
use crate::problem::{Problem, Result};

/// Where an export may be, as its user sees it.
pub(crate) const STATES: [&str; 4] = ["queued", "running", "ready", "failed"];
/// Why an export may not have become ready.
pub(crate) const ERRORS: [&str; 4] = ["backend", "internal", "storage_full", "unavailable"];
/// Archives of one user at a time, beside the one that is made: they are not counted in what the user may have.
const MAX_ARCHIVES: i64 = 3;
/// What every archive is called.
const ARCHIVE_NAME: &str = "viralforge-account.zip";

/// An archive of all that a user has here, made or to be made.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub(crate) struct Export {
    pub(crate) id: String,
    pub(crate) state: String,
    /// Files that are in it so far, or are not there any more.
    pub(crate) files_done: i64,
    /// How many there are; 0 until they are counted.
    pub(crate) files_total: i64,
    /// How long the archive is so far.
    #[sqlx(rename = "byte_len")]
    pub(crate) bytes: i64,
    /// Why it did not become ready, the last time.
    #[sqlx(try_from = "JsonText")]
    pub(crate) error: Option<Value>,
    #[sqlx(rename = "created_at")]
    pub(crate) created_at_ms: i64,
    /// When it is removed; null while it is made.
    #[sqlx(rename = "expires_at")]
    pub(crate) expires_at_ms: Option<i64>,
    /// Where the archive is read, without a key and for a while; null until it is ready.
    #[sqlx(skip)]
    pub(crate) url: Option<String>,
}

/// The columns of an [`Export`].
const COLUMNS: &str = "id, state, files_done, files_total, byte_len, error, created_at, expires_at";
/// Exports, for a list.
pub(crate) const SELECT: &str =
    "SELECT id, state, files_done, files_total, byte_len, error, created_at, expires_at FROM exports";

impl App {
    /// An export as its user sees it: with the address of the archive, where there is one.
    pub(crate) fn export_view(&self, export: Export) -> Export {
        let is_there = export.state == "ready" && export.expires_at_ms.is_some_and(|end| id::now_ms() < end);
        let url = is_there.then(|| format!("{}&download=true", self.file_url(&export.id, ARCHIVE_NAME)));
        Export { url, ..export }
    }

    /// Whatever is read by a signed address: a file, an upload itself, or an archive.
    pub(crate) async fn file(&self, id: &str) -> Result<StoredFile> {
        match self.assets.file(id).await {
            Err(problem) if problem.status() == axum::http::StatusCode::NOT_FOUND => self.exports.archive(id).await,
            other => other,
        }
    }
}

impl Exports {
    /// An export of a user.
    pub(crate) async fn get(&self, id: &str, user_id: &str) -> Result<Export> {
        let sql = AssertSqlSafe(format!("{SELECT} WHERE id = $1 AND user_id = $2"));
        let export = sqlx::query_as(sql).bind(id).bind(user_id).fetch_optional(&self.database.pool).await?;
        export.ok_or_else(|| Problem::not_found("export"))
    }

    /// The archive of an export that is ready.
    async fn archive(&self, id: &str) -> Result<StoredFile> {
        let sql = AssertSqlSafe(format!(
            "SELECT id, '{ARCHIVE_NAME}' AS name, 'application/zip' AS content_type, storage_key, byte_len \
             FROM exports WHERE id = $1 AND state = 'ready' AND expires_at > $2"
        ));
        let file = sqlx::query_as(sql).bind(id).bind(id::now_ms()).fetch_optional(&self.database.pool).await?;
        file.ok_or_else(|| Problem::not_found("file"))
    }
}
