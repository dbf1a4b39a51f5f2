//! Assets: what was uploaded, whether it was taken, and what was made of it.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::page::{Page, PageQuery};
use crate::app::App;
use crate::asset::{Asset, FilesOf};
use crate::id;
use crate::problem::Result;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/assets", get(list)).route("/assets/{id}", get(one))
}

async fn list(State(app): State<Arc<App>>, Query(query): Query<PageQuery>) -> Result<Json<Page<Value>>> {
    let limit = query.limit();
    let assets = app.assets.page(&query.before()?, limit as i64 + 1).await?;
    let page = Page::of(assets, limit, |asset| &asset.id);
    let items = page.items.iter().map(|asset| view(asset, Value::Null)).collect();
    Ok(Json(Page { items, next: page.next }))
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<Value>> {
    let asset = app.assets.get(&id::checked(&id, "asset")?).await?;
    let files: Vec<_> = app.assets.files(FilesOf::Asset, &asset.id).await?.iter().map(|f| app.file_view(f)).collect();
    Ok(Json(view(&asset, json!(files))))
}

pub(super) fn view(asset: &Asset, files: Value) -> Value {
    let media = asset.report.as_ref().map_or(Value::Null, |report| report["media"].clone());
    json!({
        "id": asset.id,
        "state": asset.state,
        "file_name": asset.file_name,
        "bytes": asset.byte_len,
        "created_at_ms": asset.created_at,
        "report": asset.report,
        "media": media,
        "files": files,
    })
}
