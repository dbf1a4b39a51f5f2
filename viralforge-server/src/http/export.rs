//! All that is kept about a user, for the user.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, FromRow};

use crate::account::audit::{self, Entry};
use crate::account::key::{self, ApiKey};
use crate::account::{Caller, Session, session};
use crate::app::App;
use crate::asset::{self, Asset, StoredFile};
use crate::job::{self, Job};
use crate::oauth::{Connection, SELECT_CONNECTIONS};
use crate::problem::Result;
use crate::upload::{self, Upload};
use crate::webhook::{self, Webhook};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/account/export", get(export))
}

/// Rows that are read at a time.
const BATCH: usize = 500;

/// What is exported, one after the other.
#[derive(Clone, Copy, Debug)]
enum Part {
    Sessions,
    Keys,
    Events,
    Connections,
    Webhooks,
    Uploads,
    Assets,
    Originals,
    Jobs,
    Files,
}

const PARTS: [Part; 10] = [
    Part::Sessions,
    Part::Keys,
    Part::Events,
    Part::Connections,
    Part::Webhooks,
    Part::Uploads,
    Part::Assets,
    Part::Originals,
    Part::Jobs,
    Part::Files,
];

/// Take all your data with you
///
/// A line of JSON for each thing (`type` says which), with addresses of all files, which are signed and expire.
#[utoipa::path(get, path = "/v1/account/export", operation_id = "exportAccount",
    responses((status = 200, body = String, content_type = "application/x-ndjson")))]
pub(super) async fn export(State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    let user = app.users.get(&caller.user_id).await?;
    let first = line("account", &user);
    let rest = stream::unfold(Some((app, user.id, 0, String::new())), |state| async move {
        let (app, user, mut part, after) = state?;
        let name = *PARTS.get(part)?;
        let read = batch(&app, &user, name, &after).await;
        let (text, last) = match read {
            Ok(read) => read,
            // The connection breaks, so that nobody takes this for all.
            Err(_) => return Some((Err(std::io::Error::other("the database does not answer")), None)),
        };
        let after = last.unwrap_or_default();
        part += usize::from(after.is_empty());
        Some((Ok(Bytes::from(text)), Some((app, user, part, after))))
    });
    let lines = stream::once(async move { Ok(Bytes::from(first)) }).chain(rest);
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"viralforge-account.ndjson\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

fn line(kind: &str, thing: &impl Serialize) -> String {
    let mut value = json!({ "type": kind });
    if let (Some(fields), Ok(serde_json::Value::Object(more))) = (value.as_object_mut(), serde_json::to_value(thing)) {
        fields.extend(more);
    }
    format!("{value}\n")
}

/// Lines of up to [`BATCH`] things behind the identifier `after`, and the last one's where there may be more.
async fn batch(app: &App, user: &str, part: Part, after: &str) -> Result<(String, Option<String>)> {
    let of = |columns: &str, table: &str| format!("SELECT {columns} FROM {table} WHERE owner = $1");
    let of_user = |select: &str| format!("{select} WHERE user_id = $1");
    Ok(match part {
        Part::Sessions => {
            lines(&read::<Session>(app, of_user(session::SELECT), user, after).await?, "session", |s| &s.id)
        }
        Part::Keys => lines(&read::<ApiKey>(app, of_user(key::SELECT), user, after).await?, "api_key", |key| &key.id),
        Part::Events => {
            lines(&read::<Entry>(app, of_user(audit::SELECT), user, after).await?, "event", |entry| &entry.id)
        }
        Part::Connections => {
            lines(&read::<Connection>(app, of_user(SELECT_CONNECTIONS), user, after).await?, "connection", |c| &c.id)
        }
        Part::Webhooks => {
            lines(&read::<Webhook>(app, of_user(webhook::SELECT), user, after).await?, "webhook", |hook| &hook.id)
        }
        Part::Uploads => {
            lines(&read::<Upload>(app, of(upload::COLUMNS, "uploads"), user, after).await?, "upload", |upload| {
                &upload.id
            })
        }
        Part::Assets => {
            lines(&read::<Asset>(app, of(asset::COLUMNS, "assets"), user, after).await?, "asset", |a| &a.id)
        }
        Part::Jobs => lines(&read::<Job>(app, of(job::COLUMNS, "jobs"), user, after).await?, "job", |job| &job.id),
        Part::Originals => {
            let select = "SELECT id, file_name AS name, 'application/octet-stream' AS content_type, storage_key, \
                          byte_len FROM assets WHERE owner = $1";
            files(app, read(app, select.to_owned(), user, after).await?)
        }
        Part::Files => {
            let select = format!(
                "SELECT {} FROM files WHERE asset_id IN (SELECT id FROM assets WHERE owner = $1)",
                asset::FILE_COLUMNS
            );
            files(app, read(app, select, user, after).await?)
        }
    })
}

async fn read<T>(app: &App, select: String, user: &str, after: &str) -> Result<Vec<T>>
where
    T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
{
    let sql = AssertSqlSafe(format!("{select} AND id > $2 ORDER BY id LIMIT {BATCH}"));
    Ok(sqlx::query_as(sql).bind(user).bind(after).fetch_all(&app.database.pool).await?)
}

fn lines<T: Serialize>(rows: &[T], kind: &str, id: impl Fn(&T) -> &String) -> (String, Option<String>) {
    let last = rows.last().filter(|_| rows.len() == BATCH).map(|row| id(row).clone());
    (rows.iter().map(|row| line(kind, row)).collect(), last)
}

fn files(app: &App, rows: Vec<StoredFile>) -> (String, Option<String>) {
    let last = rows.last().filter(|_| rows.len() == BATCH).map(|row| row.id.clone());
    (rows.iter().map(|file| line("file", &app.file_view(file))).collect(), last)
}
