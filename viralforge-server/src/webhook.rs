//! Webhooks: messages to addresses of users when their jobs are over, signed as the Standard Webhooks specification has
//! it (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
//!
//! A message is written in the transaction that ends the job, so that none is lost, and sent until it is taken; so one may
//! come twice, and has an identifier to know it by.

mod reseal;

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use ring::hmac;
use ring::rand::SecureRandom as _;
use serde::Serialize;
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, FromRow, Row};
use url::Url;
use utoipa::ToSchema;

use crate::account::Event;
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};

/// What every secret begins with, by the specification.
const SECRET_PREFIX: &str = "whsec_";
/// Most webhooks of one user.
const MAX_WEBHOOKS: i64 = 10;
/// Waits before the second, third and further tries; then a message is given up. Half a day passes in all.
const WAITS_SECONDS: [i64; 6] = [5, 60, 600, 3600, 4 * 3600, 8 * 3600];
/// After so many tries in a row that failed, nothing more is sent until the user says so.
const DISABLED_AFTER: i64 = 20;
/// How long a message that is being sent is left alone by others.
const LEASE_MS: i64 = 60_000;
/// Messages that are sent at a time.
const AT_A_TIME: usize = 8;
/// Between two looks for messages.
const POLL: Duration = Duration::from_secs(1);
/// How long messages are kept that are over.
const KEPT_MS: i64 = 30 * 24 * 3600 * 1000;

/// Where a user wants to hear of jobs.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) url: String,
    /// `disabled` after too many failures in a row.
    pub(crate) state: String,
    /// Tries in a row that failed.
    pub(crate) failures: i64,
    #[serde(rename = "created_at_ms")]
    pub(crate) created_at: i64,
}

/// Webhooks, for a list.
pub(crate) const SELECT: &str = "SELECT id, url, state, failures, created_at FROM webhooks";

/// A message, as the user sees it.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    #[sqlx(rename = "type")]
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) job_id: String,
    /// `waiting`, `delivered` or `failed`.
    pub(crate) state: String,
    pub(crate) tries: i64,
    /// What came of the last try: a status, or why there was no answer.
    pub(crate) answer: Option<String>,
    #[serde(rename = "created_at_ms")]
    pub(crate) created_at: i64,
}

/// Messages, for a list.
pub(crate) const SELECT_DELIVERIES: &str = "SELECT id, type, job_id, state, tries, answer, created_at \
    FROM (SELECT event_id AS id, webhook_id, type, job_id, state, tries, answer, created_at FROM deliveries) AS sent";

/// A message on its way.
struct Message {
    event_id: String,
    webhook_id: String,
    user_id: String,
    url: String,
    sealed: String,
    tries: i64,
    body: String,
}

/// Writes the messages about a job that is over, within the transaction that ends it.
pub(crate) async fn note(connection: &mut AnyConnection, job: &str, state: &str) -> Result<(), sqlx::Error> {
    let kind = match state {
        "succeeded" => "job.succeeded",
        "failed" | "dead" => "job.failed",
        "cancelled" => "job.cancelled",
        _ => return Ok(()),
    };
    sqlx::query(
        "INSERT INTO deliveries (event_id, webhook_id, type, job_id, kind, asset_id, state, tries, run_at, created_at) \
         SELECT $1, w.id, $2, j.id, j.kind, j.asset_id, 'waiting', 0, $3, $3 \
         FROM jobs j JOIN webhooks w ON w.user_id = j.owner WHERE j.id = $4 AND w.state = 'active'",
    )
    .bind(id::fresh())
    .bind(kind)
    .bind(id::now_ms())
    .bind(job)
    .execute(connection)
    .await?;
    Ok(())
}

impl App {
    /// Adds a webhook; what its messages are signed with is only told here.
    pub(crate) async fn add_webhook(&self, user_id: &str, url: &str) -> Result<(Webhook, String)> {
        let wrong = || Problem::invalid_option("url is no address of the public internet that begins with https://");
        let url = Url::parse(url).ok().filter(|url| url.as_str().len() <= 2000).ok_or_else(wrong)?;
        self.outgoing.check(&url).map_err(|_| wrong())?;
        if self.webhook_hosts.is_none() {
            return Err(Problem::new("unsupported", "this server sends no webhooks"));
        }
        if !self.webhook_hosts.allow(&url) {
            return Err(Problem::invalid_option("url is of a host that this server does not send webhooks to"));
        }
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM webhooks WHERE user_id = $1")
            .bind(user_id)
            .fetch_one(&self.database.pool)
            .await?;
        if count >= MAX_WEBHOOKS {
            return Err(Problem::quota(format!("there are {MAX_WEBHOOKS} webhooks already; delete one")));
        }
        let mut key = [0; 32];
        ring::rand::SystemRandom::new().fill(&mut key).map_err(|_| Problem::internal())?;
        let webhook = Webhook {
            id: id::fresh(),
            url: url.to_string(),
            state: "active".to_owned(),
            failures: 0,
            created_at: id::now_ms(),
        };
        sqlx::query(
            "INSERT INTO webhooks (id, user_id, url, sealed, state, failures, created_at) \
             VALUES ($1, $2, $3, $4, 'active', 0, $5)",
        )
        .bind(&webhook.id)
        .bind(user_id)
        .bind(&webhook.url)
        .bind(self.vault.seal(&purpose(&webhook.id), &key)?)
        .bind(webhook.created_at)
        .execute(&self.database.pool)
        .await?;
        Ok((webhook, format!("{SECRET_PREFIX}{}", STANDARD.encode(key))))
    }

    pub(crate) async fn webhook(&self, id: &str, user_id: &str) -> Result<Webhook> {
        let sql = AssertSqlSafe(format!("{SELECT} WHERE id = $1 AND user_id = $2"));
        let found = sqlx::query_as(sql).bind(id).bind(user_id).fetch_optional(&self.database.pool).await?;
        found.ok_or_else(|| Problem::not_found("webhook"))
    }

    /// Has messages sent again to a webhook that was disabled.
    pub(crate) async fn enable_webhook(&self, id: &str, user_id: &str) -> Result<Webhook> {
        sqlx::query("UPDATE webhooks SET state = 'active', failures = 0 WHERE id = $1 AND user_id = $2")
            .bind(id)
            .bind(user_id)
            .execute(&self.database.pool)
            .await?;
        self.webhook(id, user_id).await
    }

    /// Removes a webhook, and what waits to be sent to it.
    pub(crate) async fn delete_webhook(&self, id: &str, user_id: &str) -> Result<()> {
        let webhook = self.webhook(id, user_id).await?;
        let mut tx = self.database.pool.begin().await?;
        for statement in ["DELETE FROM deliveries WHERE webhook_id = $1", "DELETE FROM webhooks WHERE id = $1"] {
            sqlx::query(statement).bind(&webhook.id).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Sends messages as long as the process lives.
    pub(crate) async fn keep_sending(self: Arc<Self>) {
        loop {
            match self.due_messages().await {
                Ok(messages) if !messages.is_empty() => {
                    stream::iter(messages).for_each_concurrent(AT_A_TIME, |message| self.deliver(message)).await;
                    continue;
                }
                Ok(_) => {}
                Err(problem) => tracing::warn!(?problem, "messages to webhooks cannot be read"),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Takes messages that are due, so that no other replica sends them at the same time.
    async fn due_messages(&self) -> Result<Vec<Message>> {
        let now = id::now_ms();
        let sql = format!(
            "UPDATE deliveries SET tries = tries + 1, run_at = $1 WHERE (webhook_id, event_id) IN \
             (SELECT webhook_id, event_id FROM deliveries WHERE state = 'waiting' AND run_at <= $2 \
             ORDER BY run_at LIMIT 32{}) RETURNING event_id, webhook_id, type, job_id, kind, asset_id, tries, created_at",
            self.database.engine.skip_locked()
        );
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(now + LEASE_MS).bind(now).fetch_all(&self.database.pool).await?;
        let mut messages = Vec::new();
        for row in &rows {
            messages.extend(self.message(row).await?);
        }
        Ok(messages)
    }

    async fn message(&self, row: &AnyRow) -> Result<Option<Message>> {
        let text = |name: &str| row.try_get::<String, _>(name);
        let (event_id, webhook_id) = (text("event_id")?, text("webhook_id")?);
        let body = json!({
            "id": event_id, "type": text("type")?, "created_at_ms": row.try_get::<i64, _>("created_at")?,
            "job": { "id": text("job_id")?, "kind": text("kind")?, "asset_id": text("asset_id")? },
        });
        let hook = sqlx::query("SELECT user_id, url, sealed FROM webhooks WHERE id = $1 AND state = 'active'")
            .bind(&webhook_id)
            .fetch_optional(&self.database.pool)
            .await?;
        let Some(hook) = hook else {
            self.note_delivery(&webhook_id, &event_id, "failed", "the webhook is disabled", id::now_ms()).await?;
            return Ok(None);
        };
        Ok(Some(Message {
            event_id,
            webhook_id,
            user_id: hook.try_get("user_id")?,
            url: hook.try_get("url")?,
            sealed: hook.try_get("sealed")?,
            tries: row.try_get("tries")?,
            body: body.to_string(),
        }))
    }

    async fn deliver(&self, message: Message) {
        let answer = self.send(&message).await;
        if let Err(problem) = self.note_answer(&message, answer).await {
            tracing::warn!(?problem, "what came of a message to a webhook cannot be noted");
        }
    }

    /// Sends a message; what came of it, in a few words.
    async fn send(&self, message: &Message) -> Result<String, String> {
        let key = self.vault.open(&purpose(&message.webhook_id), &message.sealed).ok_or("its secret cannot be read")?;
        let url = Url::parse(&message.url).map_err(|error| error.to_string())?;
        // The list may be shorter than it was when the webhook was made.
        if !self.webhook_hosts.allow(&url) {
            return Err("this server does not send webhooks to that host".to_owned());
        }
        let timestamp = (id::now_ms() / 1000).to_string();
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, text) in [
            ("webhook-id", message.event_id.clone()),
            ("webhook-timestamp", timestamp.clone()),
            ("webhook-signature", signature(&key, &message.event_id, &timestamp, &message.body)),
        ] {
            headers.insert(name, HeaderValue::from_str(&text).map_err(|error| error.to_string())?);
        }
        let body = Bytes::from(message.body.clone());
        let answer =
            self.outgoing.send_with(Method::POST, &url, headers, body).await.map_err(|error| error.to_string())?;
        let status = answer.status.as_u16().to_string();
        if answer.status.is_success() { Ok(status) } else { Err(status) }
    }

    async fn note_answer(&self, message: &Message, answer: Result<String, String>) -> Result<()> {
        let Message { webhook_id, event_id, .. } = message;
        let why = match answer {
            Ok(status) => {
                self.note_delivery(webhook_id, event_id, "delivered", &status, id::now_ms()).await?;
                let sql = "UPDATE webhooks SET failures = 0 WHERE id = $1 AND failures > 0";
                sqlx::query(sql).bind(webhook_id).execute(&self.database.pool).await?;
                return Ok(());
            }
            Err(why) => why,
        };
        let wait = usize::try_from(message.tries - 1).ok().and_then(|tries| WAITS_SECONDS.get(tries));
        let state = if wait.is_some() { "waiting" } else { "failed" };
        let next = id::now_ms() + wait.unwrap_or(&0) * 1000;
        self.note_delivery(webhook_id, event_id, state, &why, next).await?;
        let disabled: Option<String> = sqlx::query_scalar(
            "UPDATE webhooks SET failures = failures + 1, \
             state = CASE WHEN failures + 1 >= $1 THEN 'disabled' ELSE state END \
             WHERE id = $2 AND state = 'active' RETURNING state",
        )
        .bind(DISABLED_AFTER)
        .bind(webhook_id)
        .fetch_optional(&self.database.pool)
        .await?;
        if disabled.as_deref() == Some("disabled") {
            self.audit.note(Event::WebhookDisabled, Some(&message.user_id), "", event_id).await;
        }
        Ok(())
    }

    async fn note_delivery(&self, webhook: &str, event: &str, state: &str, answer: &str, next: i64) -> Result<()> {
        sqlx::query(
            "UPDATE deliveries SET state = $1, answer = $2, run_at = $3 WHERE webhook_id = $4 AND event_id = $5",
        )
        .bind(state)
        .bind(answer)
        .bind(next)
        .bind(webhook)
        .bind(event)
        .execute(&self.database.pool)
        .await?;
        Ok(())
    }

    /// Forgets messages that are long over.
    pub(crate) async fn forget_messages(&self) -> Result<()> {
        let sql = "DELETE FROM deliveries WHERE state IN ('delivered', 'failed') AND run_at < $1";
        sqlx::query(sql).bind(id::now_ms() - KEPT_MS).execute(&self.database.pool).await?;
        Ok(())
    }
}

/// `v1,` and HMAC-SHA-256 of what is told, and when.
fn signature(key: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag))
}

fn purpose(webhook: &str) -> String {
    format!("webhook/{webhook}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn messages_are_signed_as_other_peoples_libraries_verify_them() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
