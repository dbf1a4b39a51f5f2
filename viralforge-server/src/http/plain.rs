//! A whole file in one request: as the body (`curl -T`), or in a form as browsers send it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use axum::{Json, Router};
use hyper::body::Body as _;
use serde::Deserialize;

use super::asked::idempotency_key;
use super::assets::AssetView;
use super::form::Form;
use super::tus::{open_upload, to_the_end};
use crate::account::Caller;
use crate::app::App;
use crate::problem::{Problem, Result};
use crate::upload::{Metadata, NewUpload};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/assets", post(form)).route("/assets/{id}", put(file))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Use {
    /// `video` (also where nothing is said), `image` or `audio`.
    slot: Option<String>,
}

/// Upload a file whole
///
/// The path ends with its name, the body is its content: `curl -T talk.mp4 $URL/v1/assets/`.
#[utoipa::path(put, path = "/v1/assets/{id}", operation_id = "putAsset",
    params(("id" = String, Path, description = "The name of the file, such as `talk.mp4`"),
        ("slot" = Option<String>, Query, description = "What it is for: `video` (default), `image` or `audio`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sent again under the same key, it is the same asset",
            min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    request_body(content = Option<Vec<u8>>, content_type = "application/octet-stream"),
    responses((status = 201, body = AssetView, description = "The asset, in quarantine until it has been checked; Location is its address"),
        (status = 409)))]
pub(super) async fn file(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(file_name): Path<String>,
    Query(query): Query<Use>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let metadata = Metadata::header(&file_name, query.slot.as_deref())?;
    let key = idempotency_key(&headers)?.map(str::to_owned);
    receive(app, caller, metadata, key, body).await
}

/// Upload a form
///
/// With the field `file`, and before it, where it is not a video, the field `slot`.
#[utoipa::path(post, path = "/v1/assets", operation_id = "postForm",
    request_body(content = String, content_type = "multipart/form-data"),
    responses((status = 201, body = AssetView, description = "The asset, in quarantine until it has been checked; Location is its address")))]
pub(super) async fn form(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let mut form = Form::open(&headers, body).await?;
    let mut slot = None;
    while let Some(field) = form.next().await? {
        match field.name.as_str() {
            "slot" => slot = Some(form.text().await?),
            "file" => {
                let name = field.file_name.filter(|name| !name.is_empty()).unwrap_or_else(|| "upload".to_owned());
                let metadata = Metadata::header(&name, slot.as_deref())?;
                return receive(app, caller, metadata, None, Body::from_stream(form.into_content())).await;
            }
            other => return Err(Problem::bad_request(format!("field {other:?} is neither slot nor file"))),
        }
    }
    Err(Problem::bad_request("the form has no field named file"))
}

async fn receive(app: Arc<App>, caller: Caller, metadata: String, key: Option<String>, body: Body) -> Result<Response> {
    let key = key.map(|key| caller.idempotency_key(&key));
    let length = body.size_hint().exact().map(|length| i64::try_from(length).unwrap_or(i64::MAX));
    to_the_end(async move {
        let new = NewUpload {
            owner: &caller.user_id,
            length,
            metadata: &metadata,
            idempotency_key: key.as_deref(),
            ..NewUpload::default()
        };
        let begun = app.uploads.create_once(&new).await?;
        app.check_room(&begun).await?;
        let id = begun.id;
        let writer = app.spool.lock(&id).await?;
        let mut upload = open_upload(&app, &caller, &id).await.map_err(superseded)?;
        if upload.state == "open" {
            let mut received = app.receive_whole(&mut upload, &writer, body).await;
            if received.is_err()
                && let Err(gone) = app.uploads.get(&id).await
            {
                // Its bytes may have gone with it at any step, so what failed here is not what was wrong.
                received = Err(superseded(gone));
            }
            if received.is_err() && upload.state == "open" {
                // Whoever sends it again begins anew; where this fails, it goes when it expires.
                let _ = app.end_upload(&id).await;
            }
            received?;
        }
        created(&app, upload.asset_id.as_deref()).await
    })
    .await
}

/// Under one key, a request that comes later takes the place of one that is not through: its upload is gone.
fn superseded(problem: Problem) -> Problem {
    if problem.status() == StatusCode::NOT_FOUND {
        return Problem::conflict("another request sends the same file under that Idempotency-Key");
    }
    problem
}

/// The answer to an upload that is complete.
pub(super) async fn created(app: &App, asset: Option<&str>) -> Result<Response> {
    let asset = app.assets.get(asset.ok_or_else(Problem::internal)?).await?;
    let location = [(header::LOCATION, format!("/v1/assets/{}", asset.id))];
    Ok((StatusCode::CREATED, location, Json(AssetView::of(asset, Vec::new()))).into_response())
}
