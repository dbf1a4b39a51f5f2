//! What messages are signed with, sealed anew where an older key of the vault, or an older form, has sealed it: so that
//! the key can be taken away.

use std::sync::atomic::Ordering;

use sqlx::Row as _;

use super::purpose;
use crate::app::App;
use crate::problem::Result;

impl App {
    /// Looks once; the keys stay the same as long as this process runs.
    pub(crate) async fn seal_webhooks_anew(&self) -> Result<()> {
        if self.webhooks_sealed_anew.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut after = String::new();
        loop {
            let sql = "SELECT id, sealed FROM webhooks WHERE id > $1 ORDER BY id LIMIT 100";
            let rows = sqlx::query(sql).bind(&after).fetch_all(&self.database.pool).await?;
            let Some(last) = rows.last() else { break };
            after = last.try_get("id")?;
            for row in &rows {
                let (id, old): (String, String) = (row.try_get("id")?, row.try_get("sealed")?);
                if !self.vault.is_old(&old) {
                    continue;
                }
                let Some(key) = self.vault.open(&purpose(&id), &old) else { continue };
                sqlx::query("UPDATE webhooks SET sealed = $1 WHERE id = $2 AND sealed = $3")
                    .bind(self.vault.seal(&purpose(&id), &key)?)
                    .bind(&id)
                    .bind(&old)
                    .execute(&self.database.pool)
                    .await?;
            }
        }
        self.webhooks_sealed_anew.store(true, Ordering::Relaxed);
        Ok(())
    }
}
