//! All that is kept about a user, a line of JSON for each thing.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, FromRow};

use super::{Export, SELECT};
use crate::account::audit::{self, Entry};
use crate::account::key::{self, ApiKey};
use crate::account::{Session, session};
use crate::app::App;
use crate::asset::{self, Asset, StoredFile};
use crate::job::{self, Job};
use crate::oauth::{Connection, SELECT_CONNECTIONS};
use crate::problem::Result;
use crate::upload::{self, Upload};
use crate::webhook::{self, Webhook};

/// Rows that are read at a time.
pub(super) const BATCH: usize = 500;

/// What is told of, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Sessions,
    Keys,
    Events,
    Connections,
    Webhooks,
    Exports,
    Uploads,
    Assets,
    Jobs,
    Originals,
    Files,
}

/// Everything.
pub(crate) const ALL: [Part; 11] = [
    Part::Sessions,
    Part::Keys,
    Part::Events,
    Part::Connections,
    Part::Webhooks,
    Part::Exports,
    Part::Uploads,
    Part::Assets,
    Part::Jobs,
    Part::Originals,
    Part::Files,
];
/// Everything that is no file.
pub(super) const NO_FILES: &[Part] = ALL.split_at(9).0;
/// Everything that is one.
pub(super) const FILES: &[Part] = ALL.split_at(9).1;

/// A file, and what it belongs to. An upload itself is a file of no job.
#[derive(Clone, Debug, FromRow, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) asset_id: String,
    pub(super) job_id: Option<String>,
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) storage_key: String,
    pub(super) byte_len: i64,
    pub(super) created_at: i64,
}

/// A line about a thing, whose type it says.
pub(crate) fn line(kind: &str, thing: &impl Serialize) -> String {
    let mut value = json!({ "type": kind });
    if let (Some(fields), Ok(serde_json::Value::Object(more))) = (value.as_object_mut(), serde_json::to_value(thing)) {
        fields.extend(more);
    }
    format!("{value}\n")
}

/// Lines about some parts of what is kept about a user. After an error nothing more comes.
pub(crate) fn lines(
    app: Arc<App>,
    user_id: String,
    parts: &'static [Part],
) -> impl Stream<Item = Result<Bytes>> + Send {
    stream::unfold(Some((app, user_id, 0, String::new())), move |state| async move {
        let (app, user, mut part, after) = state?;
        let name = *parts.get(part)?;
        let (text, last) = match batch(&app, &user, name, &after).await {
            Ok(read) => read,
            Err(problem) => return Some((Err(problem), None)),
        };
        let after = last.unwrap_or_default();
        part += usize::from(after.is_empty());
        Some((Ok(Bytes::from(text)), Some((app, user, part, after))))
    })
}

/// Lines of up to [`BATCH`] things behind the identifier `after`, and the last one's where there may be more.
async fn batch(app: &App, user: &str, part: Part, after: &str) -> Result<(String, Option<String>)> {
    let of = |columns: &str, table: &str| format!("SELECT {columns} FROM {table} WHERE owner = $1");
    let of_user = |select: &str| format!("{select} WHERE user_id = $1");
    Ok(match part {
        Part::Sessions => {
            told(&read::<Session>(app, of_user(session::SELECT), user, after).await?, "session", |s| &s.id)
        }
        Part::Keys => told(&read::<ApiKey>(app, of_user(key::SELECT), user, after).await?, "api_key", |key| &key.id),
        Part::Events => {
            told(&read::<Entry>(app, of_user(audit::SELECT), user, after).await?, "event", |entry| &entry.id)
        }
        Part::Connections => {
            told(&read::<Connection>(app, of_user(SELECT_CONNECTIONS), user, after).await?, "connection", |c| &c.id)
        }
        Part::Webhooks => {
            told(&read::<Webhook>(app, of_user(webhook::SELECT), user, after).await?, "webhook", |hook| &hook.id)
        }
        Part::Exports => told(&read::<Export>(app, of_user(SELECT), user, after).await?, "export", |export| &export.id),
        Part::Uploads => {
            told(&read::<Upload>(app, of(upload::COLUMNS, "uploads"), user, after).await?, "upload", |upload| {
                &upload.id
            })
        }
        Part::Assets => told(&read::<Asset>(app, of(asset::COLUMNS, "assets"), user, after).await?, "asset", |a| &a.id),
        Part::Jobs => told(&read::<Job>(app, of(job::COLUMNS, "jobs"), user, after).await?, "job", |job| &job.id),
        Part::Originals | Part::Files => {
            let files = listed(app, user, part, after).await?;
            let views = files.iter().map(|file| line("file", &app.file_view(&file.stored()))).collect();
            (views, files.last().filter(|_| files.len() == BATCH).map(|file| file.id.clone()))
        }
    })
}

/// Up to [`BATCH`] files behind the identifier `after`.
pub(super) async fn listed(app: &App, user: &str, part: Part, after: &str) -> Result<Vec<Listed>> {
    let select = if matches!(part, Part::Originals) {
        "SELECT id, id AS asset_id, CAST(NULL AS TEXT) AS job_id, file_name AS name, \
         'application/octet-stream' AS content_type, storage_key, byte_len, created_at FROM assets WHERE owner = $1"
    } else {
        "SELECT id, asset_id, job_id, name, content_type, storage_key, byte_len, created_at FROM files \
         WHERE asset_id IN (SELECT id FROM assets WHERE owner = $1)"
    };
    read(app, select.to_owned(), user, after).await
}

impl Listed {
    fn stored(&self) -> StoredFile {
        StoredFile {
            id: self.id.clone(),
            name: self.name.clone(),
            content_type: self.content_type.clone(),
            storage_key: self.storage_key.clone(),
            byte_len: self.byte_len,
        }
    }
}

async fn read<T>(app: &App, select: String, user: &str, after: &str) -> Result<Vec<T>>
where
    T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
{
    let sql = AssertSqlSafe(format!("{select} AND id > $2 ORDER BY id LIMIT {BATCH}"));
    Ok(sqlx::query_as(sql).bind(user).bind(after).fetch_all(&app.database.pool).await?)
}

fn told<T: Serialize>(rows: &[T], kind: &str, id: impl Fn(&T) -> &String) -> (String, Option<String>) {
    let last = rows.last().filter(|_| rows.len() == BATCH).map(|row| id(row).clone());
    (rows.iter().map(|row| line(kind, row)).collect(), last)
}
