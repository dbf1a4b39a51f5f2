//! Assets: what was uploaded, whether it was taken, and what was made of it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::Id;
use super::compress::Confidential;
use super::page::{Filter, Page, Pairs};
use crate::account::Caller;
use crate::app::App;
use crate::asset::{self, Asset, FileView};
use crate::problem::Result;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/assets", get(list))
        .route("/assets/{id}", get(one).delete(delete))
        .route("/assets/{id}/files", get(files))
        .route("/jobs/{id}/files", get(job_files))
}

/// What assets can be asked for by.
pub(super) const FILTERS: [Filter; 1] = [("state", &asset::STATES)];

/// One upload that is complete, with what was made of it.
#[derive(Serialize, ToSchema)]
pub(super) struct AssetView {
    #[serde(flatten)]
    asset: Asset,
    /// The facts of it, out of the report.
    media: Option<Value>,
    /// What was made of it: the first 100 files.
    files: Vec<FileView>,
}

impl AssetView {
    pub(super) fn of(asset: Asset, files: Vec<FileView>) -> Self {
        let media = asset.report.as_ref().and_then(|report| report.get("media").cloned());
        Self { asset, media, files }
    }
}

/// List assets
#[utoipa::path(get, path = "/v1/assets", operation_id = "listAssets", responses((status = 200, body = Page<Asset>)))]
pub(super) async fn list(State(app): State<Arc<App>>, caller: Caller, query: Pairs) -> Result<Json<Page<Asset>>> {
    let (select, of) = (format!("SELECT {} FROM assets", asset::COLUMNS), [("owner", caller.user_id.as_str())]);
    Ok(Json(Page::read(&app.database.pool, select, &of, (&FILTERS, query)).await?))
}

/// Get an asset
///
/// It is `quarantined` while it is checked, which takes a moment. Only an `accepted` one can be worked with.
#[utoipa::path(get, path = "/v1/assets/{id}", operation_id = "getAsset", responses((status = 200, body = AssetView)))]
pub(super) async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Confidential<AssetView>> {
    let asset = caller.own(app.assets.get(&id).await?)?;
    let files = app.assets.files("asset_id", &asset.id).await?.iter().map(|file| app.file_view(file)).collect();
    Ok(Confidential(AssetView::of(asset, files)))
}

/// Delete an asset
///
/// With all that was made of it and all its jobs. From here on nobody sees it; the storage is freed as soon as no worker
/// is at it any more.
#[utoipa::path(delete, path = "/v1/assets/{id}", operation_id = "deleteAsset", responses((status = 204)))]
pub(super) async fn delete(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<StatusCode> {
    let asset = caller.own(app.assets.get(&id).await?)?;
    app.disown(&asset.id).await?;
    app.remove_disowned().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List what was made of an asset
#[utoipa::path(get, path = "/v1/assets/{id}/files", operation_id = "listAssetFiles",
    responses((status = 200, body = Page<FileView>), (status = 404)))]
pub(super) async fn files(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    query: Pairs,
) -> Result<Confidential<Page<FileView>>> {
    let asset = caller.own(app.assets.get(&id).await?)?;
    page_of_files(&app, ("asset_id", &asset.id), query).await
}

/// List what a job made
#[utoipa::path(get, path = "/v1/jobs/{id}/files", operation_id = "listJobFiles",
    responses((status = 200, body = Page<FileView>), (status = 404)))]
pub(super) async fn job_files(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    query: Pairs,
) -> Result<Confidential<Page<FileView>>> {
    let job = caller.own(app.queue.get(&id).await?)?;
    page_of_files(&app, ("job_id", &job.id), query).await
}

async fn page_of_files(app: &App, of: (&'static str, &str), query: Pairs) -> Result<Confidential<Page<FileView>>> {
    let select = format!("SELECT {} FROM files", asset::FILE_COLUMNS);
    let page = Page::read(&app.database.pool, select, &[of], (&[], query)).await?;
    Ok(Confidential(page.map(|file| app.file_view(&file))))
}
