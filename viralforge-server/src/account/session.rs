//! Sessions: a sign-in, and the refresh tokens that followed from it, one after the other.

use serde::Serialize;
use sqlx::{AnyPool, FromRow, Row};
use utoipa::ToSchema;

use super::{Vault, hash, random_token};
use crate::id;
use crate::problem::{Problem, Result};

/// How long a session goes on after its sign-in, however often it is refreshed.
pub(crate) const LIFETIME_MS: i64 = 7 * 24 * 3600 * 1000;
/// How long a session goes on that nobody refreshes.
const IDLE_MS: i64 = 3 * 24 * 3600 * 1000;
/// How long a refresh token that was used gives the same answer again: two tabs may ask at the same time, and an answer
/// may be lost on its way. Later, whoever sends it is not the one who got it.
const GRACE_MS: i64 = 10_000;
/// How old a proof may be where something is asked for that a stolen session must not do.
pub(crate) const FRESH_MS: i64 = 10 * 60 * 1000;
/// How much is kept of what a client calls itself, in characters.
const MAX_CLIENT_CHARS: usize = 120;

/// A sign-in.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub(crate) struct Session {
    pub(crate) id: String,
    #[serde(skip)]
    pub(crate) user_id: String,
    /// What the client calls itself.
    pub(crate) client: String,
    #[serde(rename = "created_at_ms")]
    pub(crate) created_at: i64,
    /// When it was last refreshed.
    #[serde(rename = "seen_at_ms")]
    pub(crate) seen_at: i64,
    #[serde(rename = "expires_at_ms")]
    pub(crate) expires_at: i64,
}

/// The sessions that go on, for a list.
pub(crate) const SELECT: &str = "SELECT id, user_id, client, created_at, seen_at, expires_at \
    FROM (SELECT * FROM sessions WHERE ended_at IS NULL) AS live";

/// What comes of a refresh token.
#[derive(Debug)]
pub(crate) enum Refreshed {
    /// The session, and the token to use next.
    Next(Session, String),
    /// The token was used before: somebody has a copy. The session, which is over now, was of this user.
    Reused { user_id: String },
    /// There is no such token, or its session is over.
    Unknown,
}

/// All sessions.
#[derive(Clone, Debug)]
pub(crate) struct Sessions(pub(crate) AnyPool);

impl Sessions {
    /// Begins a session; with it comes its first refresh token. `proved_at` is when the user last proved who they are,
    /// where that is known.
    pub(crate) async fn begin(&self, user_id: &str, client: &str, proved_at: Option<i64>) -> Result<(Session, String)> {
        let (now, token) = (id::now_ms(), random_token()?);
        let session = Session {
            id: id::fresh(),
            user_id: user_id.to_owned(),
            client: client.chars().filter(|c| !c.is_control()).take(MAX_CLIENT_CHARS).collect(),
            created_at: now,
            seen_at: now,
            expires_at: now + LIFETIME_MS,
        };
        let mut tx = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO sessions (id, user_id, client, created_at, seen_at, expires_at, proved_at) \
             VALUES ($1, $2, $3, $4, $4, $5, $6)",
        )
        .bind(&session.id)
        .bind(user_id)
        .bind(&session.client)
        .bind(now)
        .bind(session.expires_at)
        .bind(proved_at)
        .execute(&mut *tx)
        .await?;
        add_token(&mut tx, &token, &session.id, now).await?;
        tx.commit().await?;
        Ok((session, token))
    }

    /// Takes a refresh token and gives the next (RFC 9700, 4.14.2). `now` is in milliseconds since 1970.
    pub(crate) async fn refresh(&self, vault: &Vault, token: &str, now: i64) -> Result<Refreshed> {
        // The next one follows from this one by a key of ours: two tabs that ask at the same time get the same, and
        // none is kept.
        let (known, next) = (hash(token), vault.derive("refresh", token));
        let mut tx = self.0.begin().await?;
        let took = sqlx::query("UPDATE refresh_tokens SET used_at = $1 WHERE hash = $2 AND used_at IS NULL")
            .bind(now)
            .bind(&known)
            .execute(&mut *tx)
            .await?;
        let found = sqlx::query(
            "SELECT s.id, s.user_id, s.client, s.created_at, s.seen_at, s.expires_at, s.ended_at, t.used_at, \
             (SELECT count(*) FROM refresh_tokens n WHERE n.hash = $2 AND n.used_at IS NOT NULL) AS gone_on \
             FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.hash = $1",
        )
        .bind(&known)
        .bind(hash(&next))
        .fetch_optional(&mut *tx)
        .await?;
        let Some(found) = found else { return Ok(Refreshed::Unknown) };
        let (session, used_at) = (Session::from_row(&found)?, found.try_get::<i64, _>("used_at")?);
        if found.try_get::<Option<i64>, _>("ended_at")?.is_some()
            || session.expires_at <= now
            || session.seen_at + IDLE_MS <= now
        {
            return Ok(Refreshed::Unknown);
        }
        if took.rows_affected() == 1 {
            add_token(&mut tx, &next, &session.id, now).await?;
            sqlx::query("UPDATE sessions SET seen_at = $1 WHERE id = $2")
                .bind(now)
                .bind(&session.id)
                .execute(&mut *tx)
                .await?;
        } else if used_at + GRACE_MS < now || found.try_get::<i64, _>("gone_on")? > 0 {
            sqlx::query("UPDATE sessions SET ended_at = $1 WHERE id = $2")
                .bind(now)
                .bind(&session.id)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            return Ok(Refreshed::Reused { user_id: session.user_id });
        }
        tx.commit().await?;
        Ok(Refreshed::Next(session, next))
    }

    /// The session of a refresh token, to end it.
    pub(crate) async fn of_token(&self, token: &str) -> Result<Option<Session>> {
        let row = sqlx::query(
            "SELECT s.id, s.user_id, s.client, s.created_at, s.seen_at, s.expires_at FROM refresh_tokens t \
             JOIN sessions s ON s.id = t.session_id WHERE t.hash = $1",
        )
        .bind(hash(token))
        .fetch_optional(&self.0)
        .await?;
        Ok(row.as_ref().map(Session::from_row).transpose()?)
    }

    /// Whether a session goes on, and that of this user: access tokens end with it, at once and everywhere.
    pub(crate) async fn goes_on(&self, id: &str, user_id: &str) -> Result<bool> {
        let row = sqlx::query(
            "SELECT 1 AS one FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.id = $1 AND s.user_id = $2 AND s.ended_at IS NULL AND s.expires_at > $3 AND u.state = 'active'",
        )
        .bind(id)
        .bind(user_id)
        .bind(id::now_ms())
        .fetch_optional(&self.0)
        .await?;
        Ok(row.is_some())
    }

    /// Whether the user of a session proved who they are in the last [`FRESH_MS`].
    pub(crate) async fn is_fresh(&self, id: &str, now: i64) -> Result<bool> {
        let proved_at: Option<i64> =
            sqlx::query_scalar("SELECT proved_at FROM sessions WHERE id = $1").bind(id).fetch_one(&self.0).await?;
        Ok(proved_at.is_some_and(|at| at + FRESH_MS > now))
    }

    /// Notes that the user of a session has proved who they are.
    pub(crate) async fn prove(&self, id: &str, now: i64) -> Result<()> {
        sqlx::query("UPDATE sessions SET proved_at = $1 WHERE id = $2").bind(now).bind(id).execute(&self.0).await?;
        Ok(())
    }

    /// Ends the session that a browser had before it began another, whoever's that was.
    pub(crate) async fn end_former(&self, id: &str) -> Result<()> {
        sqlx::query("UPDATE sessions SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL")
            .bind(id::now_ms())
            .bind(id)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    /// Ends one session of a user.
    pub(crate) async fn end(&self, id: &str, user_id: &str) -> Result<()> {
        let ended =
            sqlx::query("UPDATE sessions SET ended_at = $1 WHERE id = $2 AND user_id = $3 AND ended_at IS NULL")
                .bind(id::now_ms())
                .bind(id)
                .bind(user_id)
                .execute(&self.0)
                .await?;
        if ended.rows_affected() == 1 { Ok(()) } else { Err(Problem::not_found("session")) }
    }

    /// Ends all sessions of a user but one; how many.
    pub(crate) async fn end_others(&self, user_id: &str, but: &str) -> Result<u64> {
        let ended =
            sqlx::query("UPDATE sessions SET ended_at = $1 WHERE user_id = $2 AND id <> $3 AND ended_at IS NULL")
                .bind(id::now_ms())
                .bind(user_id)
                .bind(but)
                .execute(&self.0)
                .await?;
        Ok(ended.rows_affected())
    }

    /// Ends all sessions of all users; how many.
    pub(crate) async fn end_all(&self) -> Result<u64> {
        let ended = sqlx::query("UPDATE sessions SET ended_at = $1 WHERE ended_at IS NULL")
            .bind(id::now_ms())
            .execute(&self.0)
            .await?;
        Ok(ended.rows_affected())
    }

    /// Forgets sessions that are long over, with their tokens.
    pub(crate) async fn forget(&self, now: i64) -> Result<()> {
        for statement in [
            "DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE expires_at < $1)",
            "DELETE FROM sessions WHERE expires_at < $1",
        ] {
            sqlx::query(statement).bind(now).execute(&self.0).await?;
        }
        Ok(())
    }
}

async fn add_token(tx: &mut sqlx::AnyConnection, token: &str, session_id: &str, now: i64) -> Result<()> {
    sqlx::query("INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES ($1, $2, $3)")
        .bind(hash(token))
        .bind(session_id)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
