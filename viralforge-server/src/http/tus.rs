//! Resumable uploads by tus 1.0: core, creation, creation-with-upload, creation-defer-length, expiration, checksum,
//! termination and concatenation. `GET` of an upload tells its state.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{options, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::Sha256;
use sha2::digest::DynDigest;

use super::asked::{Id, number, text};
use super::page::{Filter, Page, Pairs};
use crate::account::Caller;
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};
use crate::upload::{self, Checksum, NewUpload, Upload};

const VERSION: &str = "1.0.0";
const EXTENSIONS: &str =
    "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation";
/// Hash functions of the checksum extension; every server has the first.
const CHECKSUMS: &str = "sha1,sha256";
const CONTENT_TYPE: &str = "application/offset+octet-stream";
/// Partial uploads of one final upload.
const MAX_PARTIALS: usize = 1000;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/uploads", post(create).get(list).options(offer))
        .route("/uploads/{id}", options(offer).head(offset).patch(append).delete(terminate).get(state))
        .layer(axum::middleware::map_response(resumable))
        .layer(axum::extract::DefaultBodyLimit::disable())
}

async fn resumable(mut response: Response) -> Response {
    response.headers_mut().insert("tus-resumable", HeaderValue::from_static(VERSION));
    response
}

/// What is on offer?
///
/// The version, extensions and limits of tus, in headers. Needs no key.
#[utoipa::path(options, path = "/v1/uploads", operation_id = "offer", responses((status = 204)))]
pub(super) async fn offer(State(app): State<Arc<App>>) -> impl IntoResponse {
    let max = app.uploads.max_video_bytes.max(app.uploads.max_image_bytes).to_string();
    (
        StatusCode::NO_CONTENT,
        [
            ("tus-version", VERSION.to_owned()),
            ("tus-extension", EXTENSIONS.to_owned()),
            ("tus-max-size", max),
            ("tus-checksum-algorithm", CHECKSUMS.to_owned()),
        ],
    )
}

/// Begin an upload
///
/// Resumable, by tus 1.0 (<https://tus.io>): any client of it does this and what follows. `Location` says where the upload
/// is. Without `Upload-Length`, send `Upload-Defer-Length: 1`. `Upload-Metadata` may have a `filename` and a `slot`
/// (`video`, `image` or `audio`), values in Base64. The body may bring the first bytes.
#[utoipa::path(post, path = "/v1/uploads", operation_id = "createUpload",
    params(("Upload-Length" = Option<u64>, Header, example = 1000000), ("Upload-Defer-Length" = Option<u8>, Header, minimum = 1, maximum = 1),
        ("Upload-Metadata" = Option<String>, Header, example = "filename dGFsay5tcDQ="),
        ("Upload-Concat" = Option<String>, Header, pattern = "^(partial|final;.+)$"), ("Upload-Checksum" = Option<String>, Header, format = "checksum")),
    request_body(content_type = "application/offset+octet-stream", content = Option<Vec<u8>>),
    responses((status = 201), (status = 404), (status = 409), (status = 412), (status = 460)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    check_version(&headers)?;
    let metadata = text(&headers, "upload-metadata")?.unwrap_or_default();
    let concat = text(&headers, "upload-concat")?;
    if let Some(partials) = concat.and_then(|value| value.strip_prefix("final;")) {
        let (metadata, partials) = (metadata.to_owned(), partials.to_owned());
        return to_the_end(async move { concatenate(&app, &caller, &metadata, &partials).await }).await;
    }
    if concat.is_some_and(|value| value != "partial") {
        return Err(Problem::bad_request("Upload-Concat is not partial or final;"));
    }
    let length = number(&headers, "upload-length")?;
    let deferred = text(&headers, "upload-defer-length")?;
    if !matches!((length, deferred), (Some(_), None) | (None, Some("1"))) {
        return Err(Problem::bad_request("send Upload-Length, or Upload-Defer-Length: 1"));
    }
    // Creation with upload: the body is the first bytes.
    let has_bytes = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == CONTENT_TYPE.as_bytes());
    let checksum = checksum(&headers)?;
    let new = NewUpload { owner: &caller.user_id, length, metadata, concat, ..NewUpload::default() };
    let mut upload = app.uploads.create(&new).await?;
    app.check_room(&upload).await?;
    to_the_end(async move {
        let writer = app.spool.lock(&upload.id).await?;
        tokio::fs::File::create_new(writer.path()).await?;
        if has_bytes || length == Some(0) {
            app.receive_upload(&mut upload, &writer, body, checksum).await?;
        }
        created(&app, &upload)
    })
    .await
}

/// Does the work also where the client leaves in the middle of it: what it sent is kept.
pub(super) async fn to_the_end<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an upload request ended badly");
        Err(Problem::internal())
    })
}

fn created(app: &App, upload: &Upload) -> Result<Response> {
    let location = format!("{}/v1/uploads/{}", app.base_url, upload.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], state_of(upload)).into_response())
}

/// Makes one upload of several: `partials` are their addresses, in order.
async fn concatenate(app: &App, caller: &Caller, metadata: &str, partials: &str) -> Result<Response> {
    let ids = partials
        .split_whitespace()
        .map(|address| id::checked(address.rsplit('/').next().unwrap_or_default(), "upload"))
        .collect::<Result<Vec<_>>>()?;
    if ids.is_empty() || ids.len() > MAX_PARTIALS {
        return Err(Problem::bad_request(format!("Upload-Concat must name 1 to {MAX_PARTIALS} uploads")));
    }
    let mut total = 0;
    for id in &ids {
        let part = caller.own(app.uploads.get(id).await?)?;
        if part.concat.as_deref() != Some("partial") || part.length != Some(part.received) {
            return Err(Problem::conflict(format!("{id} is not a partial upload that is complete")));
        }
        total += part.received;
    }
    let concat = format!("final;{partials}");
    let (owner, length, concat) = (caller.user_id.as_str(), Some(total), Some(concat.as_str()));
    let new = NewUpload { owner, length, metadata, concat, ..NewUpload::default() };
    let mut upload = app.uploads.create(&new).await?;
    app.check_room(&upload).await?;
    let writer = app.spool.lock(&upload.id).await?;
    let mut whole = tokio::fs::File::create_new(writer.path()).await?;
    for id in &ids {
        let part = app.spool.lock(id).await?;
        tokio::io::copy(&mut tokio::fs::File::open(part.path()).await?, &mut whole).await?;
    }
    whole.sync_data().await?;
    upload.received = total;
    app.uploads.advance(&upload.id, total).await?;
    app.refuse_hopeless(&upload, &writer).await?;
    app.finish_upload(&mut upload, &writer).await?;
    created(app, &upload)
}

/// How far is an upload?
///
/// `Upload-Offset` says how many bytes are safe.
#[utoipa::path(head, path = "/v1/uploads/{id}", operation_id = "getUploadOffset",
    responses((status = 200), (status = 409), (status = 410), (status = 412), (status = 422)))]
pub(super) async fn offset(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response> {
    check_version(&headers)?;
    let mut upload = open_upload(&app, &caller, &id).await?;
    if upload.state == "open" {
        // Whoever asks wants to go on: the request before, whose connection may be dead, ends here, so that the offset
        // in the answer is the one that is taken next.
        upload = to_the_end(async move {
            let writer = app.spool.lock(&upload.id).await?;
            let mut upload = app.uploads.get(&upload.id).await?;
            app.finish_upload(&mut upload, &writer).await?;
            Ok(upload)
        })
        .await?;
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], state_of(&upload)).into_response())
}

/// Go on with an upload
///
/// From the byte that its offset says. With the last byte it becomes an asset.
#[utoipa::path(patch, path = "/v1/uploads/{id}", operation_id = "appendToUpload",
    params(("Upload-Offset" = u64, Header, example = 0), ("Upload-Length" = Option<u64>, Header),
        ("Upload-Checksum" = Option<String>, Header, format = "checksum")),
    request_body(content_type = "application/offset+octet-stream", content = Vec<u8>),
    responses((status = 204), (status = 403), (status = 409), (status = 410), (status = 412), (status = 460)))]
pub(super) async fn append(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    check_version(&headers)?;
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes() != CONTENT_TYPE.as_bytes()) {
        return Err(Problem::new("unsupported_type", format!("Content-Type must be {CONTENT_TYPE}")));
    }
    // Before the request that holds it is asked to end: only its owner may have that done.
    let id = open_upload(&app, &caller, &id).await?.id;
    let upload = to_the_end(async move { write(&app, &caller, &id, &headers, body).await }).await?;
    Ok((StatusCode::NO_CONTENT, state_of(&upload)).into_response())
}

async fn write(app: &App, caller: &Caller, id: &str, headers: &HeaderMap, body: Body) -> Result<Upload> {
    let offset = number(headers, "upload-offset")?.ok_or_else(|| Problem::bad_request("Upload-Offset is missing"))?;
    let (checksum, deferred_length) = (checksum(headers)?, number(headers, "upload-length")?);
    let writer = app.spool.lock(id).await?;
    let mut upload = open_upload(app, caller, id).await?;
    if upload.multipart_id.is_some() {
        return Err(Problem::conflict("the parts of this upload go straight to the storage"));
    }
    if upload.concat.as_deref().is_some_and(|concat| concat.starts_with("final;")) {
        return Err(Problem::new("forbidden", "a final upload is made of its parts and takes no bytes"));
    }
    if offset != upload.received {
        return Err(Problem::conflict(format!("the upload has {} bytes, not {offset}", upload.received)));
    }
    if let (None, Some(length)) = (upload.length, deferred_length) {
        if length < upload.received {
            return Err(Problem::bad_request(format!("the upload already has {} bytes", upload.received)));
        }
        app.uploads.set_length(&mut upload, length).await?;
        app.check_room(&upload).await?;
    }
    // Nothing can follow the last byte; whoever did not hear that it arrived asks again.
    if upload.state == "open" {
        app.receive_upload(&mut upload, &writer, body, checksum).await?;
    }
    Ok(upload)
}

/// Give an upload up
#[utoipa::path(delete, path = "/v1/uploads/{id}", operation_id = "deleteUpload",
    responses((status = 204), (status = 409), (status = 412)))]
pub(super) async fn terminate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<StatusCode> {
    let upload = caller.own(app.uploads.get(&id).await?)?;
    if upload.multipart_id.is_none() {
        check_version(&headers)?;
    }
    let _writer = app.spool.lock(&id).await?;
    app.end_upload(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What uploads can be asked for by.
pub(super) const FILTERS: [Filter; 1] = [("state", &upload::STATES)];

/// List uploads
#[utoipa::path(get, path = "/v1/uploads", operation_id = "listUploads", responses((status = 200, body = Page<Upload>)))]
pub(super) async fn list(State(app): State<Arc<App>>, caller: Caller, query: Pairs) -> Result<Json<Page<Upload>>> {
    let (select, of) = (format!("SELECT {} FROM uploads", upload::COLUMNS), [("owner", caller.user_id.as_str())]);
    Ok(Json(Page::read(&app.uploads.pool, select, &of, (&FILTERS, query)).await?))
}

/// Get an upload
#[utoipa::path(get, path = "/v1/uploads/{id}", operation_id = "getUpload", responses((status = 200, body = Upload)))]
pub(super) async fn state(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Upload>> {
    Ok(Json(caller.own(app.uploads.get(&id).await?)?))
}

/// An upload that may still be gone on with, or that is complete.
pub(super) async fn open_upload(app: &App, caller: &Caller, id: &str) -> Result<Upload> {
    let upload = caller.own(app.uploads.get(id).await?)?;
    if upload.state == "refused" {
        let why = upload.problem.unwrap_or_default();
        // Another request, or the tidying, is about to remove it.
        let code = if why["code"] == "gone" { "gone" } else { "malformed" };
        return Err(Problem::new(code, why["message"].as_str().unwrap_or("the upload was refused")));
    }
    if upload.state == "open" && upload.expires_at < id::now_ms() {
        return Err(Problem::new("gone", "the upload was not finished in time"));
    }
    Ok(upload)
}

fn state_of(upload: &Upload) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("upload-offset", HeaderValue::from(upload.received));
    match upload.length {
        Some(length) => headers.insert("upload-length", HeaderValue::from(length)),
        None => headers.insert("upload-defer-length", HeaderValue::from_static("1")),
    };
    let mut insert = |name: &'static str, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    if !upload.metadata.is_empty() {
        insert("upload-metadata", &upload.metadata);
    }
    if let Some(concat) = &upload.concat {
        insert("upload-concat", concat);
    }
    if upload.state == "open" {
        let at = UNIX_EPOCH + Duration::from_millis(upload.expires_at.max(0) as u64);
        insert("upload-expires", &httpdate::fmt_http_date(at));
    }
    headers
}

fn check_version(headers: &HeaderMap) -> Result<()> {
    match text(headers, "tus-resumable")? {
        Some(VERSION) => Ok(()),
        _ => Err(Problem::new("precondition", format!("Tus-Resumable must be {VERSION}"))),
    }
}

fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>> {
    let Some(text) = text(headers, "upload-checksum")? else { return Ok(None) };
    let wrong = || Problem::bad_request(format!("Upload-Checksum must be one of {CHECKSUMS} and its value in Base64"));
    let (name, value) = text.split_once(' ').ok_or_else(wrong)?;
    let hash: Box<dyn DynDigest + Send> = match name {
        "sha1" => Box::new(Sha1::default()),
        "sha256" => Box::new(Sha256::default()),
        _ => return Err(wrong()),
    };
    let value = STANDARD.decode(value.trim()).map_err(|_| wrong())?;
    Ok(Some(Checksum { hash, value }))
}
