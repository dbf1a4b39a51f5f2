//! Sign-ins and connections that were begun: good once, for a while, and in the browser that began them.

use sqlx::{AnyPool, Row};
use url::Url;

use crate::account::hash;
use crate::id;
use crate::problem::Result;

/// How long somebody may take at the provider.
pub(crate) const LIFETIME_SECONDS: i64 = 600;

/// Something that was begun, and what it was begun for.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(super) provider: String,
    /// Who connects an account; `None`: somebody signs in.
    pub(crate) user_id: Option<String>,
    /// The session that the browser had, which a sign-in ends.
    pub(crate) session_id: Option<String>,
    /// Whether the user has to prove anew, at the provider, who they are.
    pub(super) fresh: bool,
    /// In milliseconds since 1970.
    pub(super) began_at: i64,
    pub(crate) return_to: Url,
    /// What went to the provider, and came back.
    pub(super) state: String,
}

/// All attempts. Neither `state` nor what the browser keeps is in the table, so that nobody who reads it can use it.
#[derive(Clone, Debug)]
pub(super) struct Attempts(pub(super) AnyPool);

impl Attempts {
    pub(super) async fn add(&self, attempt: &Attempt, browser: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO oauth_attempts (hash, browser, provider, user_id, return_to, expires_at, session_id, fresh) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(hash(&attempt.state))
        .bind(hash(browser))
        .bind(&attempt.provider)
        .bind(&attempt.user_id)
        .bind(attempt.return_to.as_str())
        .bind(attempt.began_at + LIFETIME_SECONDS * 1000)
        .bind(&attempt.session_id)
        .bind(i64::from(attempt.fresh))
        .execute(&self.0)
        .await?;
        Ok(())
    }

    /// The attempt of a `state`, which is over with that, whoever sent it.
    pub(super) async fn take(&self, provider: &str, state: &str, browser: &str) -> Result<Option<Attempt>> {
        let row = sqlx::query(
            "DELETE FROM oauth_attempts WHERE hash = $1 \
             RETURNING browser, provider, user_id, return_to, expires_at, session_id, fresh",
        )
        .bind(hash(state))
        .fetch_optional(&self.0)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let expires_at: i64 = row.try_get("expires_at")?;
        let fits = row.try_get::<String, _>("browser")? == hash(browser)
            && row.try_get::<String, _>("provider")? == provider
            && expires_at > id::now_ms();
        let Ok(return_to) = Url::parse(&row.try_get::<String, _>("return_to")?) else { return Ok(None) };
        let attempt = Attempt {
            provider: provider.to_owned(),
            user_id: row.try_get("user_id")?,
            session_id: row.try_get("session_id")?,
            fresh: row.try_get::<i64, _>("fresh")? != 0,
            began_at: expires_at - LIFETIME_SECONDS * 1000,
            return_to,
            state: state.to_owned(),
        };
        Ok(fits.then_some(attempt))
    }

    /// Forgets what nobody came back from.
    pub(super) async fn forget(&self, now: i64) -> Result<()> {
        sqlx::query("DELETE FROM oauth_attempts WHERE expires_at < $1").bind(now).execute(&self.0).await?;
        Ok(())
    }
}
