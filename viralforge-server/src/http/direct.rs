//! Uploads whose parts go straight to the storage, by addresses that are signed.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{Asked, Id};
use super::compress::Confidential;
use super::plain::created;
use super::tus::{open_upload, to_the_end};
use crate::account::Caller;
use crate::app::App;
use crate::problem::{Problem, Result};
use crate::store::Key;
use crate::upload::{Metadata, Sent};

/// Sizes of a part: S3's smallest and largest, and ours where nothing is said.
const PART_BYTES: std::ops::RangeInclusive<i64> = 5 << 20..=5 << 30;
const USUAL_PART_BYTES: i64 = 8 << 20;
/// Most parts of one upload: each has its address in the answer.
const MAX_PARTS: i64 = 1000;
/// The longest that a signature of S3 may be good.
const MAX_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/uploads/direct", post(begin)).route("/uploads/{id}/complete", post(complete))
}

/// The file to come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectUploadRequest {
    file_name: String,
    /// `video` (also where nothing is said), `image` or `audio`.
    slot: Option<String>,
    /// How many bytes it has.
    length: i64,
    /// How many bytes each part but the last has; at least 5 MiB.
    part_bytes: Option<i64>,
}

/// Where its parts go.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DirectUploadBegun {
    id: String,
    part_bytes: i64,
    /// When the upload ends unless it is complete, in milliseconds since 1970.
    expires_at_ms: i64,
    parts: Vec<Part>,
}

/// One part.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Part {
    number: usize,
    /// Where to `PUT` it, without any key.
    url: String,
}

/// What was sent.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Complete {
    #[schema(value_type = Vec<Object>)]
    parts: Vec<Sent>,
}

/// Begin a direct upload
///
/// Its parts go straight to the storage, by addresses that are signed; with S3 only.
#[utoipa::path(post, path = "/v1/uploads/direct", operation_id = "beginDirectUpload", request_body = DirectUploadRequest,
    responses((status = 201, body = DirectUploadBegun), (status = 501)))]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    caller: Caller,
    Asked(asked): Asked<DirectUploadRequest>,
) -> Result<Response> {
    let metadata = Metadata::header(&asked.file_name, asked.slot.as_deref())?;
    app.uploads.check_length(&metadata, Some(asked.length))?;
    let least = (asked.length + MAX_PARTS - 1) / MAX_PARTS;
    let part_bytes = asked.part_bytes.unwrap_or(USUAL_PART_BYTES.max(least));
    if asked.length < 1 || !PART_BYTES.contains(&part_bytes) || part_bytes < least {
        let (min, max) = ((*PART_BYTES.start()).max(least), PART_BYTES.end());
        return Err(Problem::invalid_option(format!("length must be at least 1, and part_bytes {min} to {max}")));
    }
    let upload = app.begin_direct(&caller.user_id, &metadata, asked.length, part_bytes).await?;
    app.check_room(&upload).await?;
    let (key, lifetime) = (Key::original(&upload.id), app.uploads.lifetime.min(MAX_LIFETIME));
    let mut parts = Vec::new();
    for number in 1..=upload.parts() {
        let name = upload.multipart_id.as_deref().unwrap_or_default();
        parts.push(Part { number, url: app.store.part_url(&key, name, number, lifetime).await? });
    }
    let begun = DirectUploadBegun { id: upload.id, part_bytes, expires_at_ms: upload.expires_at, parts };
    Ok((StatusCode::CREATED, Confidential(begun)).into_response())
}

/// Complete a direct upload
///
/// Says that all parts are there, with the entity tags that the storage gave them.
#[utoipa::path(post, path = "/v1/uploads/{id}/complete", operation_id = "completeDirectUpload",
    request_body = Complete,
    responses((status = 201, body = super::assets::AssetView, description = "The asset, in quarantine until it has been checked; Location is its address"),
        (status = 409)))]
pub(super) async fn complete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    Asked(asked): Asked<Complete>,
) -> Result<Response> {
    let id = open_upload(&app, &caller, &id).await?.id;
    to_the_end(async move {
        let _writer = app.spool.lock(&id).await?;
        let mut upload = open_upload(&app, &caller, &id).await?;
        if upload.multipart_id.is_none() {
            return Err(Problem::conflict("this upload has no parts in the storage"));
        }
        if upload.state == "open" {
            app.complete_direct(&mut upload, asked.parts).await?;
        }
        created(&app, upload.asset_id.as_deref()).await
    })
    .await
}
