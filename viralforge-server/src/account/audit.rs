//! What happened that matters for safety: kept for the user and the operator, and told in the log.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, FromRow, Row};
use utoipa::ToSchema;

use crate::id;
use crate::problem::Result;

/// How long it is kept.
const KEPT_MS: i64 = 365 * 24 * 3600 * 1000;

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    SignedUp,
    SignedIn,
    /// With a wrong password, or for a user who is not there.
    SignInFailed,
    SignedOut,
    /// A refresh token was used a second time; its session was ended.
    TokenReused,
    PasswordChanged,
    /// The operator has made a token by which the user can choose another password.
    PasswordResetAllowed,
    SessionEnded,
    /// One-time codes are asked for from then on.
    SecondFactorOn,
    SecondFactorOff,
    /// With the right password, or with a provider, and a wrong code.
    SecondFactorFailed,
    RecoveryCodeUsed,
    /// All of the user's, or of everybody's, by the operator.
    SessionsEnded,
    KeyMade,
    KeyEnded,
    WebhookMade,
    WebhookEnded,
    /// It failed too often in a row.
    WebhookDisabled,
    /// All that is kept about the user is made into an archive.
    ExportAsked,
    AccountDeleted,
    /// A request of a browser that another site had it send.
    ForgeryRefused,
    /// An API key that is not good, or not any more.
    KeyRefused,
    /// An access token that is not good, or not any more.
    AccessTokenRefused,
    /// A refresh token of nobody, or of a session that is over.
    RefreshTokenRefused,
    /// More tries to sign in than the rate allows.
    SignInsLimited,
    /// A request that takes a scope that the key does not have.
    ScopeRefused,
    /// A request for what is another user's.
    OwnershipRefused,
    /// An account elsewhere was connected.
    Connected,
    Disconnected,
    /// A provider does not renew the tokens of a connected account any more.
    ConnectionLost,
    /// A sign-in with a provider, or the connection of an account there, came to nothing.
    OauthRefused,
}

impl Event {
    /// As it is kept.
    pub(crate) fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().to_owned()
    }
}

/// One thing that happened, as the user sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) event: Event,
    /// From which address.
    pub(crate) ip: String,
    /// `X-Request-Id` of the answer.
    pub(crate) request_id: String,
    #[serde(rename = "at_ms")]
    pub(crate) created_at: i64,
}

/// Entries, for a list.
pub(crate) const SELECT: &str = "SELECT id, event, ip, request_id, created_at FROM audit";

/// The audit log.
#[derive(Clone, Debug)]
pub(crate) struct Audit(pub(crate) AnyPool);

impl Audit {
    /// Notes an event. Where it cannot be kept, the log still has it, without the address: that is personal.
    pub(crate) async fn note(&self, event: Event, user_id: Option<&str>, ip: &str, request_id: &str) {
        let name = &event.name();
        tracing::info!(event = name, user = user_id, id = request_id, "audit");
        let kept = sqlx::query(
            "INSERT INTO audit (id, user_id, event, ip, request_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id::fresh())
        .bind(user_id)
        .bind(name)
        .bind(ip)
        .bind(request_id)
        .bind(id::now_ms())
        .execute(&self.0)
        .await;
        if let Err(error) = kept {
            tracing::error!(%error, "the audit log cannot be written");
        }
    }

    /// Whether a user has ever signed in from an address, as far as it is kept.
    pub(crate) async fn has_signed_in_from(&self, user_id: &str, ip: &str) -> Result<bool> {
        let found =
            sqlx::query("SELECT 1 AS one FROM audit WHERE user_id = $1 AND event = 'signed_in' AND ip = $2 LIMIT 1")
                .bind(user_id)
                .bind(ip)
                .fetch_optional(&self.0)
                .await?;
        Ok(found.is_some())
    }

    /// Forgets what is old.
    pub(crate) async fn forget(&self, now: i64) -> Result<()> {
        sqlx::query("DELETE FROM audit WHERE created_at < $1").bind(now - KEPT_MS).execute(&self.0).await?;
        Ok(())
    }
}

impl FromRow<'_, AnyRow> for Entry {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let event: String = row.try_get("event")?;
        Ok(Self {
            id: row.try_get("id")?,
            event: serde_json::from_value(event.into()).map_err(|error| sqlx::Error::Decode(error.into()))?,
            ip: row.try_get("ip")?,
            request_id: row.try_get("request_id")?,
            created_at: row.try_get("created_at")?,
        })
    }
}
