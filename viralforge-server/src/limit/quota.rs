//! How much a user may keep, and have processed.

use serde::Serialize;
use sqlx::{Any, AnyPool, Row, Transaction};
use utoipa::ToSchema;

use crate::problem::{Problem, Result};

/// Thirty days, after which the count of processed minutes begins anew.
const PERIOD_MS: i64 = 30 * 24 * 3600 * 1000;

/// What a user may have at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    /// Of uploads and what was made of them, together.
    pub(crate) storage_bytes: i64,
    /// Of media that jobs were asked for, in 30 days.
    pub(crate) processed_minutes: i64,
}

/// What a user has.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    /// Of uploads, whole and begun, and of what was made of them.
    pub(crate) storage_bytes: i64,
    pub(crate) storage_bytes_limit: i64,
    /// Of the media that jobs were asked for in these 30 days.
    pub(crate) processed_seconds: i64,
    pub(crate) processed_seconds_limit: i64,
    /// When these 30 days are over.
    pub(crate) resets_at_ms: i64,
}

/// The count of 30 days that `now` is in.
fn period(now: i64) -> i64 {
    now / PERIOD_MS
}

impl Quota {
    pub(crate) async fn usage(&self, pool: &AnyPool, user_id: &str, now: i64) -> Result<Usage> {
        let row = sqlx::query("SELECT processed_ms FROM processed WHERE user_id = $1 AND period = $2")
            .bind(user_id)
            .bind(period(now))
            .fetch_optional(pool)
            .await?;
        let processed_ms: i64 = row.map(|row| row.try_get("processed_ms")).transpose()?.unwrap_or(0);
        Ok(Usage {
            storage_bytes: stored_bytes(pool, user_id).await?,
            storage_bytes_limit: self.storage_bytes,
            processed_seconds: processed_ms / 1000,
            processed_seconds_limit: self.processed_minutes * 60,
            resets_at_ms: (period(now) + 1) * PERIOD_MS,
        })
    }

    /// Refuses where a user has more than they may, once what they ask for is counted: of two who ask at the same time
    /// none may slip through.
    pub(crate) async fn check_storage(&self, pool: &AnyPool, user_id: &str) -> Result<()> {
        let stored = stored_bytes(pool, user_id).await?;
        if stored <= self.storage_bytes {
            return Ok(());
        }
        Err(Problem::quota(format!(
            "with this you would keep {stored} bytes, and may keep {}; delete some",
            self.storage_bytes
        )))
    }

    /// Counts `duration_ms` of media that a job is asked for, within the transaction that adds it, or refuses.
    pub(crate) async fn charge(
        &self,
        tx: &mut Transaction<'_, Any>,
        user_id: &str,
        duration_ms: i64,
        now: i64,
    ) -> Result<()> {
        sqlx::query("INSERT INTO processed (user_id, period, processed_ms) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING")
            .bind(user_id)
            .bind(period(now))
            .execute(&mut **tx)
            .await?;
        let counted = sqlx::query(
            "UPDATE processed SET processed_ms = processed_ms + $1 \
             WHERE user_id = $2 AND period = $3 AND processed_ms + $1 <= $4",
        )
        .bind(duration_ms)
        .bind(user_id)
        .bind(period(now))
        .bind(self.processed_minutes * 60_000)
        .execute(&mut **tx)
        .await?;
        if counted.rows_affected() == 1 {
            return Ok(());
        }
        let days = (PERIOD_MS - now % PERIOD_MS) / (24 * 3600 * 1000) + 1;
        let minutes = self.processed_minutes;
        Err(Problem::quota(format!(
            "your {minutes} minutes of these 30 days do not reach for it; they begin anew in {days} days"
        )))
    }
}

async fn stored_bytes(pool: &AnyPool, user_id: &str) -> Result<i64> {
    let row = sqlx::query(
        "SELECT CAST((SELECT coalesce(sum(byte_len), 0) FROM assets WHERE owner = $1) \
         + (SELECT coalesce(sum(f.byte_len), 0) FROM files f JOIN assets a ON a.id = f.asset_id WHERE a.owner = $1) \
         + (SELECT coalesce(sum(coalesce(length, received)), 0) FROM uploads WHERE owner = $1 AND state = 'open') \
         AS BIGINT) AS bytes",
    )
    .bind(user_id)
    .fetch_one(pool)
    .await?;
    Ok(row.try_get("bytes")?)
}
