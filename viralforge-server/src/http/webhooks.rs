//! Where the caller wants to hear of jobs that are over.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{Asked, Id};
use super::client::Client;
use super::compress::Confidential;
use super::page::{Page, Pairs};
use crate::account::{Caller, Event};
use crate::app::App;
use crate::problem::Result;
use crate::webhook::{self, Delivery, Webhook};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/webhooks", get(list).post(make))
        .route("/webhooks/{id}", get(one).delete(end))
        .route("/webhooks/{id}/enable", post(enable))
        .route("/webhooks/{id}/deliveries", get(deliveries))
}

/// A webhook to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookRequest {
    /// Of the public internet, and with `https://`.
    #[schema(format = "uri", max_length = 2000)]
    url: String,
}

/// A webhook, and what is only told once.
#[derive(Serialize, ToSchema)]
pub(super) struct NewWebhook {
    #[serde(flatten)]
    webhook: Webhook,
    /// What its messages are signed with.
    secret: String,
}

/// Hear of jobs that are over
///
/// Each is told of by a `POST` of `{"id", "type", "created_at_ms", "job"}`, where `type` is `job.succeeded`, `job.failed`
/// or `job.cancelled`; signed as Standard Webhooks has it, for any library of that to verify. It is tried again for half
/// a day until the answer is 2xx, so that one may come twice: `webhook-id` is the same then.
#[utoipa::path(post, path = "/v1/webhooks", operation_id = "makeWebhook", request_body = WebhookRequest,
    responses((status = 201, body = NewWebhook), (status = 403), (status = 501)))]
pub(super) async fn make(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Asked(asked): Asked<WebhookRequest>,
) -> Result<(StatusCode, Confidential<NewWebhook>)> {
    let (webhook, secret) = app.add_webhook(&caller.user_id, &asked.url).await?;
    app.noted(Event::WebhookMade, Some(&caller.user_id), &client).await;
    Ok((StatusCode::CREATED, Confidential(NewWebhook { webhook, secret })))
}

/// List your webhooks
#[utoipa::path(get, path = "/v1/webhooks", operation_id = "listWebhooks",
    responses((status = 200, body = Page<Webhook>)))]
pub(super) async fn list(State(app): State<Arc<App>>, caller: Caller, query: Pairs) -> Result<Json<Page<Webhook>>> {
    let of = [("user_id", caller.user_id.as_str())];
    Ok(Json(Page::read(&app.database.pool, webhook::SELECT.to_owned(), &of, (&[], query)).await?))
}

/// Get a webhook
#[utoipa::path(get, path = "/v1/webhooks/{id}", operation_id = "getWebhook", responses((status = 200, body = Webhook)))]
pub(super) async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Webhook>> {
    Ok(Json(app.webhook(&id, &caller.user_id).await?))
}

/// Enable a webhook again
///
/// One that failed too often in a row, and was disabled for it.
#[utoipa::path(post, path = "/v1/webhooks/{id}/enable", operation_id = "enableWebhook",
    responses((status = 200, body = Webhook)))]
pub(super) async fn enable(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Result<Json<Webhook>> {
    Ok(Json(app.enable_webhook(&id, &caller.user_id).await?))
}

/// Delete a webhook
#[utoipa::path(delete, path = "/v1/webhooks/{id}", operation_id = "deleteWebhook", responses((status = 204)))]
pub(super) async fn end(State(app): State<Arc<App>>, caller: Caller, client: Client, Id(id): Id) -> Result<StatusCode> {
    app.delete_webhook(&id, &caller.user_id).await?;
    app.noted(Event::WebhookEnded, Some(&caller.user_id), &client).await;
    Ok(StatusCode::NO_CONTENT)
}

/// List what was sent to a webhook
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", operation_id = "listDeliveries",
    responses((status = 200, body = Page<Delivery>)))]
pub(super) async fn deliveries(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    query: Pairs,
) -> Result<Json<Page<Delivery>>> {
    let webhook = app.webhook(&id, &caller.user_id).await?;
    let (select, of) = (webhook::SELECT_DELIVERIES.to_owned(), [("webhook_id", webhook.id.as_str())]);
    Ok(Json(Page::read(&app.database.pool, select, &of, (&[], query)).await?))
}
