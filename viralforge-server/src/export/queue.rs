//! The table of exports as a queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, FromRow};
use tokio::sync::Notify;

use super::{COLUMNS, Export, MAX_ARCHIVES, SELECT};
use crate::db::Database;
use crate::id;
use crate::problem::{Problem, Result};
use crate::store::Key;

/// How often an export is begun, however its makers end.
const MAX_STARTS: i64 = 3;
/// How long to wait before a failed start is tried again: this, doubled with each start, half more or less.
const BACKOFF_MS: i64 = 2_000;
/// How long an export waits for a storage that is away, from when it was asked for.
const PATIENCE_MS: i64 = 24 * 3600 * 1000;

/// Exports of all users.
#[derive(Clone, Debug)]
pub(crate) struct Exports {
    pub(super) database: Database,
    /// How long a claim holds without a heartbeat.
    pub(super) lease: Duration,
    /// How long an archive is kept.
    lifetime: Duration,
    /// Woken when one was asked for.
    pub(super) asked: Arc<Notify>,
    /// When this process last looked for exports to bury.
    buried_at: Arc<AtomicI64>,
}

/// An export that this maker holds, until its lease is over.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Claim {
    pub(super) id: String,
    pub(super) user_id: String,
    starts: i64,
    pub(super) fence: i64,
    created_at: i64,
}

/// How far an export has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) files_done: i64,
    pub(super) files_total: i64,
    pub(super) bytes: u64,
}

/// What becomes of an export that its maker lets go of.
struct Next {
    state: &'static str,
    run_at: i64,
    /// Starts that do not count.
    uncounted: i64,
    expires_at: Option<i64>,
}

impl Exports {
    pub(crate) fn new(database: Database, lease: Duration, lifetime: Duration) -> Self {
        Self { database, lease, lifetime, asked: Arc::default(), buried_at: Arc::default() }
    }

    /// Asks for an export; gives the one under way where there is one, and whether it is a new one.
    pub(crate) async fn ask(&self, user_id: &str) -> Result<(Export, bool)> {
        let add = format!(
            "INSERT INTO exports (id, user_id, state, run_at, starts, fence, files_done, files_total, byte_len, swept, \
             created_at, updated_at) SELECT $1, $2, 'queued', $3, 0, 0, 0, 0, 0, 0, $3, $3 \
             WHERE (SELECT COUNT(*) FROM exports WHERE user_id = $2 AND state = 'ready') < $4 \
             ON CONFLICT DO NOTHING RETURNING {COLUMNS}"
        );
        let under_way = format!("{SELECT} WHERE user_id = $1 AND state IN ('queued', 'running')");
        // The one under way may become ready just between the two.
        for _ in 0..3 {
            let added: Option<Export> = sqlx::query_as(AssertSqlSafe(add.clone()))
                .bind(id::fresh())
                .bind(user_id)
                .bind(id::now_ms())
                .bind(MAX_ARCHIVES)
                .fetch_optional(&self.database.pool)
                .await?;
            if let Some(export) = added {
                self.asked.notify_one();
                return Ok((export, true));
            }
            let query = sqlx::query_as(AssertSqlSafe(under_way.clone())).bind(user_id);
            if let Some(export) = query.fetch_optional(&self.database.pool).await? {
                return Ok((export, false));
            }
        }
        Err(Problem::conflict(format!("there are {MAX_ARCHIVES} archives already; delete one first")))
    }

    /// Takes the next export that is due, or whose maker let its lease run out.
    pub(super) async fn claim(&self) -> Result<Option<Claim>> {
        let (now, lease_ms) = (id::now_ms(), self.lease.as_millis() as i64);
        if now - self.buried_at.load(Ordering::Relaxed) >= lease_ms / 3 {
            self.buried_at.store(now, Ordering::Relaxed);
            self.bury(now).await?;
        }
        let sql = AssertSqlSafe(format!(
            "UPDATE exports SET state = 'running', starts = starts + 1, fence = fence + 1, lease_until = $1, \
             updated_at = $2, files_done = 0, byte_len = 0 WHERE id = (SELECT id FROM exports \
             WHERE (state = 'queued' AND run_at <= $2) OR (state = 'running' AND lease_until < $2 AND starts < $3) \
             ORDER BY run_at LIMIT 1{}) RETURNING id, user_id, starts, fence, created_at",
            self.database.engine.skip_locked()
        ));
        let query = sqlx::query_as(sql).bind(now + lease_ms).bind(now).bind(MAX_STARTS);
        Ok(query.fetch_optional(&self.database.pool).await?)
    }

    /// Ends exports whose makers died as often as they may be begun.
    pub(super) async fn bury(&self, now: i64) -> Result<()> {
        let error = json!({ "code": "backend", "message": "its makers died every time it was begun" });
        sqlx::query(
            "UPDATE exports SET state = 'failed', error = $1, lease_until = NULL, expires_at = $2, updated_at = $3 \
             WHERE state = 'running' AND lease_until < $3 AND starts >= $4",
        )
        .bind(error.to_string())
        .bind(now + self.lifetime.as_millis() as i64)
        .bind(now)
        .bind(MAX_STARTS)
        .execute(&self.database.pool)
        .await?;
        Ok(())
    }

    /// Holds the claim for another lease, and tells how far it has come; `false` where another maker has it, or nobody
    /// wants it any more.
    pub(super) async fn pulse(&self, claim: &Claim, counted: Counted) -> Result<bool> {
        let now = id::now_ms();
        let done = sqlx::query(
            "UPDATE exports SET lease_until = $1, files_done = $2, files_total = $3, byte_len = $4, updated_at = $5 \
             WHERE id = $6 AND fence = $7 AND state = 'running'",
        )
        .bind(now + self.lease.as_millis() as i64)
        .bind(counted.files_done)
        .bind(counted.files_total)
        .bind(counted.bytes as i64)
        .bind(now)
        .bind(&claim.id)
        .bind(claim.fence)
        .execute(&self.database.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Publishes the archive, if the claim still holds: this statement alone decides which start counts.
    pub(super) async fn publish(&self, claim: &Claim, key: &Key, counted: Counted) -> Result<bool> {
        let now = id::now_ms();
        let done = sqlx::query(
            "UPDATE exports SET state = 'ready', storage_key = $1, files_done = $2, files_total = $3, byte_len = $4, \
             error = NULL, lease_until = NULL, expires_at = $5, updated_at = $6 \
             WHERE id = $7 AND fence = $8 AND state = 'running'",
        )
        .bind(key.to_string())
        .bind(counted.files_done)
        .bind(counted.files_total)
        .bind(counted.bytes as i64)
        .bind(now + self.lifetime.as_millis() as i64)
        .bind(now)
        .bind(&claim.id)
        .bind(claim.fence)
        .execute(&self.database.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a claim back untouched, as on shutdown: the start does not count.
    pub(super) async fn release(&self, claim: &Claim) -> Result<()> {
        let next = Next { state: "queued", run_at: id::now_ms(), uncounted: 1, expires_at: None };
        self.let_go(claim, &Value::Null, next).await
    }

    /// Puts the export back after a start that failed, or ends it where it was begun as often as it may. Waiting for
    /// something that is away is no start, and goes on for a day.
    pub(super) async fn retry(&self, claim: &Claim, error: &Value, is_away: bool) -> Result<()> {
        let now = id::now_ms();
        let waited_ms = now - claim.created_at;
        let next = if is_away && waited_ms < PATIENCE_MS {
            let wait_ms = (waited_ms / 4).clamp(1_000, 60_000);
            Next { state: "queued", run_at: now + wait_ms, uncounted: 1, expires_at: None }
        } else if is_away || claim.starts >= MAX_STARTS {
            let expires_at = Some(now + self.lifetime.as_millis() as i64);
            Next { state: "failed", run_at: now, uncounted: 0, expires_at }
        } else {
            let longest_ms = BACKOFF_MS << (claim.starts - 1).clamp(0, 16);
            // Those that failed together are not all tried again together.
            let wait_ms = longest_ms / 2 + i64::from(uuid::Uuid::new_v4().as_fields().0) % longest_ms;
            Next { state: "queued", run_at: now + wait_ms, uncounted: 0, expires_at: None }
        };
        self.let_go(claim, error, next).await
    }

    async fn let_go(&self, claim: &Claim, error: &Value, next: Next) -> Result<()> {
        sqlx::query(
            "UPDATE exports SET state = $1, error = COALESCE($2, error), run_at = $3, starts = starts - $4, \
             expires_at = $5, lease_until = NULL, updated_at = $6 WHERE id = $7 AND fence = $8 AND state = 'running'",
        )
        .bind(next.state)
        .bind((!error.is_null()).then(|| error.to_string()))
        .bind(next.run_at)
        .bind(next.uncounted)
        .bind(next.expires_at)
        .bind(id::now_ms())
        .bind(&claim.id)
        .bind(claim.fence)
        .execute(&self.database.pool)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::account::OPERATOR;

    /// Goes through what requests and makers do.
    pub(crate) async fn do_everything(database: &Database) {
        let exports = Exports::new(database.clone(), Duration::from_secs(30), Duration::from_secs(60));
        let (asked, is_new) = exports.ask(OPERATOR).await.unwrap();
        let (again, is_another) = exports.ask(OPERATOR).await.unwrap();
        assert!(is_new && !is_another && again.id == asked.id, "one at a time");
        let claim = exports.claim().await.unwrap().unwrap();
        assert!(exports.claim().await.unwrap().is_none(), "it is taken");
        exports.release(&claim).await.unwrap();
        assert!(!exports.pulse(&claim, Counted::default()).await.unwrap());
        let next = exports.claim().await.unwrap().unwrap();
        assert_eq!((next.fence, next.starts), (claim.fence + 1, 1), "a start that was given back does not count");
        let key = Key::archive(&next.id, next.fence);
        assert!(!exports.publish(&claim, &key, Counted::default()).await.unwrap(), "its fence is outdated");
        assert!(exports.archive(&next.id).await.is_err());
        assert!(exports.publish(&next, &key, Counted::default()).await.unwrap());
        assert!(!exports.publish(&next, &key, Counted::default()).await.unwrap(), "once");
        exports.archive(&next.id).await.unwrap();
        for is_away in [true, false] {
            let (asked, _) = exports.ask(OPERATOR).await.unwrap();
            let claim = exports.claim().await.unwrap().unwrap();
            exports.retry(&claim, &json!({ "code": "unavailable", "message": "-" }), is_away).await.unwrap();
            assert_eq!(exports.get(&asked.id, OPERATOR).await.unwrap().state, "queued");
            exports.end(&asked.id, OPERATOR).await.unwrap();
        }
        exports.bury(0).await.unwrap();
        exports.end_all(OPERATOR).await.unwrap();
        assert!(exports.end(&next.id, OPERATOR).await.is_err(), "it is nobody's any more");
        assert!(exports.archive(&next.id).await.is_err());
    }
}
