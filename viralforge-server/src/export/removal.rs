//! Removing exports: from their user at once, and from storage and table as soon as no maker is at them any more.

use sqlx::Row;

use super::Exports;
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};
use crate::store::Key;

/// Takes exports from their users: nobody sees them from here on, and a maker finds its fence outdated.
const END: &str = "UPDATE exports SET user_id = NULL, state = 'ended', fence = fence + 1, updated_at = $1";

impl Exports {
    /// Ends an export of a user, wherever it stands.
    pub(crate) async fn end(&self, id: &str, user_id: &str) -> Result<()> {
        let sql = sqlx::AssertSqlSafe(format!("{END} WHERE id = $2 AND user_id = $3"));
        let query = sqlx::query(sql).bind(id::now_ms()).bind(id).bind(user_id);
        match query.execute(&self.database.pool).await?.rows_affected() {
            0 => Err(Problem::not_found("export")),
            _ => Ok(()),
        }
    }

    /// Ends all exports of a user.
    pub(crate) async fn end_all(&self, user_id: &str) -> Result<()> {
        let sql = sqlx::AssertSqlSafe(format!("{END} WHERE user_id = $2"));
        sqlx::query(sql).bind(id::now_ms()).bind(user_id).execute(&self.database.pool).await?;
        Ok(())
    }
}

impl App {
    /// Ends exports whose time is over, and removes what belongs to nobody, from the storage first. Whoever was still at
    /// it has had two leases to notice.
    pub(crate) async fn remove_exports(&self) -> Result<()> {
        let pool = &self.exports.database.pool;
        let (now, lease_ms) = (id::now_ms(), self.exports.lease.as_millis() as i64);
        let expired = format!("{END} WHERE state IN ('ready', 'failed') AND expires_at < $1");
        sqlx::query(sqlx::AssertSqlSafe(expired)).bind(now).execute(pool).await?;
        let ended =
            "SELECT id FROM exports WHERE state = 'ended' AND (lease_until IS NULL OR lease_until < $1) LIMIT 100";
        let ended: Vec<String> = sqlx::query_scalar(ended).bind(now - lease_ms).fetch_all(pool).await?;
        for id in ended {
            self.store.remove_export(&id).await?;
            sqlx::query("DELETE FROM exports WHERE id = $1 AND state = 'ended'").bind(&id).execute(pool).await?;
            tracing::info!(export = %id, "an export was removed");
        }
        Ok(())
    }

    /// Removes what starts of exports stored that do not count.
    pub(crate) async fn sweep_exports(&self) -> Result<()> {
        let pool = &self.exports.database.pool;
        let before = id::now_ms() - 2 * self.exports.lease.as_millis() as i64;
        let over = "SELECT id, state, fence FROM exports WHERE state IN ('ready', 'failed') AND swept = 0 \
                    AND updated_at < $1 LIMIT 100";
        for row in sqlx::query(over).bind(before).fetch_all(pool).await? {
            let (id, state, fence): (String, String, i64) =
                (row.try_get("id")?, row.try_get("state")?, row.try_get("fence")?);
            self.store.remove_unpublished(&Key::export(&id), (state == "ready").then_some(fence)).await?;
            sqlx::query("UPDATE exports SET swept = 1 WHERE id = $1").bind(&id).execute(pool).await?;
        }
        Ok(())
    }
}
