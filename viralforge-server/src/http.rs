//! The interface over HTTP: routes, and what every request passes on its way to one.

mod account;
mod asked;
mod assets;
mod auth;
mod charset;
mod client;
mod compress;
mod confirm;
mod connections;
mod cookies;
mod direct;
mod docs;
mod events;
mod export;
mod exports;
mod files;
mod form;
mod half;
mod headers;
mod jobs;
mod known;
mod limits;
mod linger;
mod monitoring;
mod oauth;
mod openapi;
mod operations;
mod operator;
mod page;
mod plain;
mod preface;
mod range;
mod reset;
mod second_factor;
mod serve;
mod sign_in;
mod tries;
mod tus;
mod watch;
mod webhooks;
mod workers;

pub(crate) use openapi::document;
#[cfg(test)]
pub(crate) use page::tests::read_every_list;
pub(crate) use serve::serve;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
use crate::problem::Problem;

/// How long an ordinary request may take. Uploads, files and event streams have their own rules.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// All routes.
fn router(app: Arc<App>) -> Router {
    let quick =
        ServiceBuilder::new().layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT));
    let keyed = Router::new()
        .merge(assets::routes())
        .merge(jobs::routes())
        .layer(quick.clone())
        .merge(plain::routes())
        .merge(direct::routes())
        .merge(tus::routes())
        .merge(events::routes())
        .layer(middleware::from_fn(auth::by_method))
        .merge(
            account::routes()
                .merge(confirm::routes())
                .merge(second_factor::routes())
                .merge(connections::routes())
                .merge(webhooks::routes())
                .merge(exports::routes())
                .layer(quick.clone())
                .merge(export::routes())
                .layer(middleware::from_fn(auth::account)),
        )
        .merge(
            workers::routes()
                .layer(quick.clone())
                .merge(workers::output_routes())
                .layer(middleware::from_fn(auth::work)),
        )
        .merge(operator::routes().layer(quick.clone()).layer(middleware::from_fn(auth::operator)))
        .fallback(no_page)
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn_with_state(Arc::clone(&app), watch::proofs))
                .layer(middleware::from_fn_with_state(Arc::clone(&app), limits::by_ip))
                .layer(middleware::from_fn_with_state(Arc::clone(&app), auth::identify))
                .layer(middleware::from_fn_with_state(Arc::clone(&app), limits::by_user))
                .layer(middleware::from_fn_with_state(Arc::clone(&app), watch::callers)),
        );
    let sign_in = sign_in::routes()
        .merge(reset::routes())
        .merge(half::routes())
        .merge(oauth::routes())
        .layer(quick)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), limits::by_ip))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), watch::proofs));
    Router::new()
        .nest("/v1", keyed)
        .merge(sign_in)
        .merge(operations::routes())
        .merge(docs::routes())
        .route("/", get(operations::front))
        .layer(compress::layer())
        .merge(files::routes())
        .fallback(no_page)
        .method_not_allowed_fallback(async || Problem::new("method", "this page does not take that method"))
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn(headers::plain_request_id))
                .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
                .layer(middleware::from_fn_with_state(Arc::clone(&app), operations::observe))
                .layer(PropagateRequestIdLayer::new(REQUEST_ID))
                .layer(middleware::from_fn_with_state(Arc::clone(&app), headers::safe))
                .layer(middleware::from_fn_with_state(Arc::clone(&app), headers::cors))
                .layer(middleware::from_fn(bounded))
                .layer(CatchPanicLayer::custom(|_| panicked())),
        )
        .with_state(app)
}

async fn no_page() -> Problem {
    Problem::not_found("page")
}

fn panicked() -> Response {
    tracing::error!("a request handler panicked");
    Problem::internal().into_response()
}

/// The framework refuses some requests by itself, and in plain text.
fn as_problem(response: Response) -> Response {
    let status = response.status();
    let content_type = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_plain = content_type.is_empty() || content_type.starts_with(b"text/plain");
    if is_plain && (status.is_client_error() || status.is_server_error()) {
        return Problem::of(status).into_response();
    }
    response
}

/// Longest address, largest headers in bytes, and most of them. The connection reads a little more, so that there is
/// somebody to say what is wrong.
const MAX_URI_BYTES: usize = 8 << 10;
const MAX_HEADER_BYTES: usize = 16 << 10;
const MAX_HEADERS: usize = 100;

async fn bounded(request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri().to_string(), request.headers());
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if uri.len() > MAX_URI_BYTES {
        return Problem::of(StatusCode::URI_TOO_LONG).into_response();
    }
    if bytes > MAX_HEADER_BYTES || headers.len() > MAX_HEADERS {
        return Problem::of(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).into_response();
    }
    next.run(request).await
}
