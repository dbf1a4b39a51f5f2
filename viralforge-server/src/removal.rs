//! Removing what users no longer want: at once for everybody who asks, and from storage and tables as soon as no worker is
//! at it any more. It may be cut off at any point, and goes on at the next round.

use sqlx::Row;

use crate::account::{Event, OPERATOR};
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};

/// The owner of what is being removed: nobody.
pub(crate) const NOBODY: &str = "";
/// How much is removed in one round.
const BATCH: i64 = 100;

impl App {
    /// Takes an asset from its owner, with all that was made of it and all jobs. From here on nobody sees it.
    pub(crate) async fn disown(&self, asset: &str) -> Result<()> {
        let mut tx = self.database.pool.begin().await?;
        for statement in [
            "UPDATE assets SET owner = '' WHERE id = $1",
            "UPDATE jobs SET cancel_requested = 1, fence = CASE state WHEN 'queued' THEN fence + 1 ELSE fence END, \
             state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END \
             WHERE asset_id = $1 AND state IN ('queued', 'running')",
            "UPDATE jobs SET owner = '' WHERE asset_id = $1",
            "DELETE FROM files WHERE asset_id = $1",
            // An upload has the identifier of its asset.
            "DELETE FROM uploads WHERE id = $1",
        ] {
            sqlx::query(statement).bind(asset).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        self.assets.forget_files();
        Ok(())
    }

    /// Removes what belongs to nobody, from the storage first. Whoever still works on it has had two leases to notice.
    pub(crate) async fn remove_disowned(&self) -> Result<()> {
        let before = id::now_ms() - 2 * self.queue.lease().as_millis() as i64;
        let rows = sqlx::query(
            "SELECT id FROM assets WHERE owner = '' AND NOT EXISTS (SELECT 1 FROM jobs WHERE asset_id = assets.id \
             AND (state = 'running' OR (cancel_requested = 1 AND starts > 0 AND updated_at > $1))) LIMIT 100",
        )
        .bind(before)
        .fetch_all(&self.database.pool)
        .await?;
        for row in rows {
            let asset: String = row.try_get("id")?;
            self.store.remove_asset(&asset).await?;
            let mut tx = self.database.pool.begin().await?;
            for statement in [
                "DELETE FROM job_events WHERE job_id IN (SELECT id FROM jobs WHERE asset_id = $1)",
                "DELETE FROM outputs WHERE job_id IN (SELECT id FROM jobs WHERE asset_id = $1)",
                "DELETE FROM files WHERE asset_id = $1",
                "DELETE FROM jobs WHERE asset_id = $1",
                "DELETE FROM assets WHERE id = $1",
            ] {
                sqlx::query(statement).bind(&asset).execute(&mut *tx).await?;
            }
            tx.commit().await?;
            tracing::info!(%asset, "an asset was removed");
        }
        Ok(())
    }

    /// Ends an account at once: nothing that it was signed in with is good any more, and the rest follows.
    pub(crate) async fn leave(&self, user_id: &str) -> Result<()> {
        if user_id == OPERATOR {
            return Err(Problem::conflict("the operator's account stays as long as the server"));
        }
        // The address is free again.
        sqlx::query("UPDATE users SET state = 'leaving', email = NULL, password = NULL WHERE id = $1")
            .bind(user_id)
            .execute(&self.database.pool)
            .await?;
        self.remove_leaving().await
    }

    /// Removes whoever left, with all that was theirs.
    pub(crate) async fn remove_leaving(&self) -> Result<()> {
        let leaving = self.ids("SELECT id FROM users WHERE state = 'leaving' LIMIT $1", BATCH).await?;
        for user in leaving {
            self.exports.end_all(&user).await?;
            for upload in
                self.ids_of("SELECT id FROM uploads WHERE owner = $1 AND state <> 'complete' LIMIT 100", &user).await?
            {
                let Ok(_writer) = self.spool.lock(&upload).await else { continue };
                self.end_upload(&upload).await?;
            }
            for asset in self.ids_of("SELECT id FROM assets WHERE owner = $1 LIMIT 100", &user).await? {
                self.disown(&asset).await?;
            }
            for connection in self.ids_of("SELECT id FROM connections WHERE user_id = $1", &user).await? {
                self.oauth.disconnect(&connection, &user).await?;
            }
            let left =
                "SELECT id FROM assets WHERE owner = $1 UNION ALL SELECT id FROM uploads WHERE owner = $1 LIMIT 1";
            if !self.ids_of(left, &user).await?.is_empty() {
                continue;
            }
            let mut tx = self.database.pool.begin().await?;
            for statement in [
                "DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)",
                "DELETE FROM sessions WHERE user_id = $1",
                "DELETE FROM api_keys WHERE user_id = $1",
                "DELETE FROM password_resets WHERE user_id = $1",
                "DELETE FROM second_factors WHERE user_id = $1",
                "DELETE FROM recovery_codes WHERE user_id = $1",
                "DELETE FROM identities WHERE user_id = $1",
                "DELETE FROM oauth_attempts WHERE user_id = $1",
                "DELETE FROM processed WHERE user_id = $1",
                "DELETE FROM deliveries WHERE webhook_id IN (SELECT id FROM webhooks WHERE user_id = $1)",
                "DELETE FROM webhooks WHERE user_id = $1",
                "DELETE FROM audit WHERE user_id = $1",
                "UPDATE exports SET user_id = NULL, state = 'ended', fence = fence + 1 WHERE user_id = $1",
                "DELETE FROM users WHERE id = $1",
            ] {
                sqlx::query(statement).bind(&user).execute(&mut *tx).await?;
            }
            tx.commit().await?;
            self.audit.note(Event::AccountDeleted, None, "", "").await;
        }
        Ok(())
    }

    async fn ids(&self, statement: &'static str, limit: i64) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(statement).bind(limit).fetch_all(&self.database.pool).await?)
    }

    async fn ids_of(&self, statement: &'static str, user: &str) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(statement).bind(user).fetch_all(&self.database.pool).await?)
    }
}
