//! Archives of all that the caller has here, made in the background.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::routing::get;

use super::client::Client;
use super::compress::Confidential;
use super::page::{Page, Pairs};
use crate::account::{Caller, Event};
use crate::app::App;
use crate::export::{self, Export};
use crate::id;
use crate::problem::Result;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/account/exports", get(list).post(ask)).route("/account/exports/{id}", get(one).delete(end))
}

/// Ask for an archive of all your data
///
/// A ZIP of `account.ndjson`, which has a line for each thing as `/v1/account/export` has, and of all files: what you
/// uploaded, and what was made of it. It is made in the background: ask for it until its `state` is `ready`; then `url`
/// is where it is read, in parts as well. One is made at a time, and asking again gives that one. Files that are deleted
/// meanwhile are in `missing.txt`. An archive is removed after 7 days, where the operator has not set another time, and
/// is not counted in your quota; there may be three.
///
/// It takes a sign-in or a confirmation of the last ten minutes.
#[utoipa::path(post, path = "/v1/account/exports", operation_id = "makeExport",
    responses((status = 202, body = Export, headers(("location", description = "Where it is"))),
        (status = 403), (status = 409)))]
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
) -> Result<(StatusCode, [(header::HeaderName, String); 1], Confidential<Export>)> {
    app.require_fresh(&caller).await?;
    let (export, is_new) = app.exports.ask(&caller.user_id).await?;
    if is_new {
        app.noted(Event::ExportAsked, Some(&caller.user_id), &client).await;
    }
    let location = format!("/v1/account/exports/{}", export.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Confidential(app.export_view(export))))
}

/// List your archives
///
/// Those that are made, are there, or failed, until they are removed.
#[utoipa::path(get, path = "/v1/account/exports", operation_id = "listExports",
    responses((status = 200, body = Page<Export>)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Pairs,
) -> Result<Confidential<Page<Export>>> {
    let of = [("user_id", caller.user_id.as_str())];
    let page = Page::read(&app.database.pool, export::SELECT.to_owned(), &of, (&[], query)).await?;
    Ok(Confidential(page.map(|export| app.export_view(export))))
}

/// Get an archive
#[utoipa::path(get, path = "/v1/account/exports/{id}", operation_id = "getExport",
    responses((status = 200, body = Export)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Confidential<Export>> {
    let export = app.exports.get(&id::checked(&id, "export")?, &caller.user_id).await?;
    Ok(Confidential(app.export_view(export)))
}

/// Delete an archive
///
/// One that is being made is made no further. It is not there any more from here on; the storage is freed as soon as
/// nobody is at it.
#[utoipa::path(delete, path = "/v1/account/exports/{id}", operation_id = "deleteExport", responses((status = 204)))]
pub(super) async fn end(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode> {
    app.exports.end(&id::checked(&id, "export")?, &caller.user_id).await?;
    app.remove_exports().await?;
    Ok(StatusCode::NO_CONTENT)
}
