//! The table as a queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Any, AssertSqlSafe, FromRow as _, Row, Transaction};

use super::{COLUMNS, Job, Kind, Lane, event};
use crate::db::Database;
use crate::id;
use crate::limit::Quota;
use crate::problem::{Problem, Result};
use crate::store::Key;
use crate::worker::Made;

/// Jobs of all replicas that share the database.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(super) database: Database,
    lease: Duration,
    pub(super) max_starts: i64,
    /// When this process last looked for jobs to bury.
    buried_at: Arc<AtomicI64>,
}

/// A job to be.
#[derive(Debug)]
pub(crate) struct NewJob<'a> {
    pub(crate) kind: Kind,
    pub(crate) asset_id: &'a str,
    pub(crate) options: &'a Value,
    pub(crate) priority: i64,
    pub(crate) idempotency_key: Option<&'a str>,
    /// Milliseconds of media that count for the user, and what the user may have of them.
    pub(crate) charge: Option<(i64, Quota)>,
}

/// A job that this worker holds, until its lease is over.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) job: Job,
    pub(crate) fence: i64,
    /// How long it could have been started before, in milliseconds.
    pub(crate) waited_ms: i64,
}

/// What a heartbeat finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pulse {
    /// The job is still ours.
    Held,
    /// Somebody wants it cancelled.
    CancelRequested,
    /// Another worker has it, or it is over: nothing that we make counts any more.
    Lost,
}

/// How long to wait before a failed start is tried again: this, half more or less, doubled with each start.
const BACKOFF: Duration = Duration::from_secs(2);

/// Whether a job can be had at `$2`: it is due, or its worker let its lease run out.
const FREE: &str = "((state = 'queued' AND run_at <= $2) OR (state = 'running' AND lease_until < $2 AND starts < $3))";

impl Queue {
    pub(crate) fn new(database: Database, lease: Duration, max_starts: u32) -> Self {
        Self { database, lease, max_starts: i64::from(max_starts), buried_at: Arc::default() }
    }

    /// How long a claim holds without a heartbeat.
    pub(crate) fn lease(&self) -> Duration {
        self.lease
    }

    /// Adds a job within a transaction of something larger.
    pub(crate) async fn add(tx: &mut Transaction<'_, Any>, new: &NewJob<'_>) -> Result<Job> {
        let now = id::now_ms();
        let job: Job = sqlx::query_as(AssertSqlSafe(format!(
            "INSERT INTO jobs (id, kind, asset_id, options, state, priority, run_at, starts, fence, cancel_requested, \
             idempotency_key, created_at, updated_at, owner) \
             VALUES ($1, $2, $3, $4, 'queued', $5, $6, 0, 0, 0, $7, $6, $6, \
             (SELECT owner FROM assets WHERE id = $3)) RETURNING {COLUMNS}"
        )))
        .bind(id::fresh())
        .bind(new.kind.name())
        .bind(new.asset_id)
        .bind(new.options.to_string())
        .bind(new.priority)
        .bind(now)
        .bind(new.idempotency_key)
        .fetch_one(&mut **tx)
        .await?;
        event::note_state(tx, &job.id, "queued", None).await?;
        Ok(job)
    }

    /// Adds a job; one that was added under the same key before is given instead, if it asks for the same.
    pub(crate) async fn add_once(&self, new: &NewJob<'_>) -> Result<Job> {
        let mut tx = self.database.pool.begin().await?;
        // The key is unique: of two requests at the same time one finds the other's job.
        let problem = match Self::add(&mut tx, new).await {
            Ok(job) => {
                if let Some((duration_ms, quota)) = &new.charge {
                    quota.charge(&mut tx, &job.owner, *duration_ms, id::now_ms()).await?;
                }
                tx.commit().await?;
                return Ok(job);
            }
            Err(problem) => problem,
        };
        tx.rollback().await?;
        let Some(key) = new.idempotency_key else { return Err(problem) };
        let Some(job) = self.find("idempotency_key", key).await? else { return Err(problem) };
        if job.kind == new.kind.name() && job.asset_id == new.asset_id && job.options == *new.options {
            Ok(job)
        } else {
            Err(Problem::conflict("that Idempotency-Key was used for another job"))
        }
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Job> {
        self.find("id", id).await?.ok_or_else(|| Problem::not_found("job"))
    }

    async fn find(&self, column: &str, value: &str) -> Result<Option<Job>> {
        let sql = AssertSqlSafe(format!("SELECT {COLUMNS} FROM jobs WHERE {column} = $1"));
        Ok(sqlx::query_as(sql).bind(value).fetch_optional(&self.database.pool).await?)
    }

    /// Takes the next job of the `open` lanes that is due, or whose worker let its lease run out.
    pub(crate) async fn claim(&self, open: &[Lane]) -> Result<Option<Claim>> {
        if open.is_empty() {
            return Ok(None);
        }
        let which = format!(
            "id = (SELECT id FROM jobs WHERE {FREE} AND {} ORDER BY priority DESC, run_at LIMIT 1{})",
            Lane::condition(open),
            self.database.engine.skip_locked()
        );
        self.take(&which, "", -1).await
    }

    /// Takes this very job, if it can be had: at the fence that it has waited with, or at any where that is negative.
    pub(crate) async fn claim_one(&self, id: &str, fence: i64) -> Result<Option<Claim>> {
        // A row that is locked is waited for: whoever tells Redis of it may be about to note that.
        self.take(&format!("id = $4 AND ($5 < 0 OR fence = $5) AND {FREE}"), id, fence).await
    }

    async fn take(&self, which: &str, id: &str, fence: i64) -> Result<Option<Claim>> {
        let now = id::now_ms();
        let lease = self.lease.as_millis() as i64;
        // An idle queue is looked at all the time; the dead can wait.
        if now - self.buried_at.load(Ordering::Relaxed) >= lease / 3 {
            self.buried_at.store(now, Ordering::Relaxed);
            self.end_leases(false).await?;
        }
        let mut tx = self.database.pool.begin().await?;
        let mut query = sqlx::query(AssertSqlSafe(format!(
            "UPDATE jobs SET state = 'running', starts = starts + 1, fence = fence + 1, lease_until = $1, \
             updated_at = $2 WHERE {which} RETURNING fence, run_at, {COLUMNS}"
        )))
        .bind(now + lease)
        .bind(now)
        .bind(self.max_starts);
        if !id.is_empty() {
            query = query.bind(id).bind(fence);
        }
        let Some(row) = query.fetch_optional(&mut *tx).await? else { return Ok(None) };
        let waited_ms = now - row.try_get::<i64, _>("run_at")?;
        let claim = Claim { job: Job::from_row(&row)?, fence: row.try_get("fence")?, waited_ms };
        event::note_state(&mut tx, &claim.job.id, "running", None).await?;
        tx.commit().await?;
        Ok(Some(claim))
    }

    /// The claim that a worker outside says it has.
    pub(crate) async fn held(&self, id: &str, fence: i64) -> Result<Claim> {
        let sql =
            AssertSqlSafe(format!("SELECT {COLUMNS} FROM jobs WHERE id = $1 AND fence = $2 AND state = 'running'"));
        let job = sqlx::query_as(sql).bind(id).bind(fence).fetch_optional(&self.database.pool).await?;
        let job = job.ok_or_else(Problem::lease_lost)?;
        Ok(Claim { job, fence, waited_ms: 0 })
    }

    /// Ends jobs whose workers let their leases run out, and that are not to be started again: nobody wants them any more,
    /// or they were started as often as they may be, whatever killed them. With `put_back`, the others wait again.
    pub(crate) async fn end_leases(&self, put_back: bool) -> Result<()> {
        let error = json!({ "code": "backend", "message": "its workers died every time it was started" });
        let ends = [
            ("cancelled", None, "cancel_requested = 1 AND $4 > 0"),
            ("dead", Some(&error), "starts >= $4"),
            ("queued", None, "starts < $4"),
        ];
        let mut tx = self.database.pool.begin().await?;
        for (state, error, why) in ends.into_iter().filter(|(state, ..)| put_back || *state != "queued") {
            let ended: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
                "UPDATE jobs SET state = $1, error = COALESCE($2, error), run_at = $3, lease_until = NULL, \
                 updated_at = $3 WHERE state = 'running' AND lease_until < $3 AND {why} RETURNING id"
            )))
            .bind(state)
            .bind(error.map(Value::to_string))
            .bind(id::now_ms())
            .bind(self.max_starts)
            .fetch_all(&mut *tx)
            .await?;
            for job in ended {
                event::note_state(&mut tx, &job, state, error).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Holds the claim for another lease.
    pub(crate) async fn heartbeat(&self, claim: &Claim) -> Result<Pulse> {
        let cancel_requested: Option<i64> = sqlx::query_scalar(
            "UPDATE jobs SET lease_until = $1 WHERE id = $2 AND fence = $3 AND state = 'running' \
             RETURNING cancel_requested",
        )
        .bind(id::now_ms() + self.lease.as_millis() as i64)
        .bind(&claim.job.id)
        .bind(claim.fence)
        .fetch_optional(&self.database.pool)
        .await?;
        Ok(match cancel_requested {
            None => Pulse::Lost,
            Some(0) => Pulse::Held,
            Some(_) => Pulse::CancelRequested,
        })
    }

    /// Tells how far the job has come. It never falls, also over several starts.
    pub(crate) async fn progress(&self, claim: &Claim, progress: &Value) -> Result<()> {
        let fraction = |progress: &Value| progress["fraction"].as_f64().unwrap_or(0.0);
        if claim.job.progress.as_ref().is_some_and(|before| fraction(progress) < fraction(before)) {
            return Ok(());
        }
        let mut tx = self.database.pool.begin().await?;
        let done = sqlx::query(
            "UPDATE jobs SET progress = $1, updated_at = $2 WHERE id = $3 AND fence = $4 AND state = 'running'",
        )
        .bind(progress.to_string())
        .bind(id::now_ms())
        .bind(&claim.job.id)
        .bind(claim.fence)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 1 {
            event::note(&mut *tx, &claim.job.id, "progress", progress).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Tells listeners of scenes that were found, if the claim still holds.
    pub(crate) async fn tell_scenes(&self, claim: &Claim, scenes: &[Value]) -> Result<()> {
        let mut tx = self.database.pool.begin().await?;
        // A write, though it changes nothing: of two transactions that read first and then write, SQLite refuses one.
        let held = sqlx::query("UPDATE jobs SET fence = fence WHERE id = $1 AND fence = $2 AND state = 'running'")
            .bind(&claim.job.id)
            .bind(claim.fence)
            .execute(&mut *tx)
            .await?;
        if held.rows_affected() == 1 {
            for scene in scenes {
                event::note(&mut *tx, &claim.job.id, "scene", scene).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Publishes the results, if the claim still holds: this transaction alone decides which start counts.
    pub(crate) async fn succeed(&self, claim: &Claim, files: &[(Made, Key, u64)]) -> Result<bool> {
        let mut tx = self.database.pool.begin().await?;
        if !Self::let_go(&mut tx, claim, "succeeded", None, (id::now_ms(), 0)).await? {
            return Ok(false);
        }
        for (made, key, byte_len) in files {
            sqlx::query(
                "INSERT INTO files (id, asset_id, job_id, name, content_type, storage_key, byte_len, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(id::fresh())
            .bind(&claim.job.asset_id)
            .bind(&claim.job.id)
            .bind(&made.name)
            .bind(&made.content_type)
            .bind(key.to_string())
            .bind(*byte_len as i64)
            .bind(id::now_ms())
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Publishes the verdict on an upload, if the claim still holds, and asks for `next` with it.
    pub(crate) async fn succeed_with_verdict(
        &self,
        claim: &Claim,
        state: &str,
        report: &Value,
        next: Option<NewJob<'_>>,
    ) -> Result<bool> {
        let mut tx = self.database.pool.begin().await?;
        if !Self::let_go(&mut tx, claim, "succeeded", None, (id::now_ms(), 0)).await? {
            return Ok(false);
        }
        sqlx::query("UPDATE assets SET state = $1, report = $2, updated_at = $3 WHERE id = $4")
            .bind(state)
            .bind(report.to_string())
            .bind(id::now_ms())
            .bind(&claim.job.asset_id)
            .execute(&mut *tx)
            .await?;
        if let Some(next) = next {
            Self::add(&mut tx, &next).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Ends the job for good, with the reason.
    pub(crate) async fn fail(&self, claim: &Claim, state: &str, error: &Value) -> Result<bool> {
        self.change(claim, state, Some(error), (id::now_ms(), 0)).await
    }

    async fn change(&self, claim: &Claim, state: &str, error: Option<&Value>, waits: (i64, i64)) -> Result<bool> {
        let mut tx = self.database.pool.begin().await?;
        let changed = Self::let_go(&mut tx, claim, state, error, waits).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Lets go of the job, if the claim still holds. Where it waits again, it does so until `run_at`, and as many of its
    /// starts do not count.
    async fn let_go(
        tx: &mut Transaction<'_, Any>,
        claim: &Claim,
        state: &str,
        error: Option<&Value>,
        (run_at, uncounted): (i64, i64),
    ) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE jobs SET state = $1, error = $2, run_at = $3, starts = starts - $4, lease_until = NULL, \
             updated_at = $5 WHERE id = $6 AND fence = $7 AND state = 'running'",
        )
        .bind(state)
        .bind(error.map(Value::to_string))
        .bind(run_at)
        .bind(uncounted)
        .bind(id::now_ms())
        .bind(&claim.job.id)
        .bind(claim.fence)
        .execute(&mut **tx)
        .await?;
        if done.rows_affected() == 1 {
            event::note_state(tx, &claim.job.id, state, error).await?;
        }
        Ok(done.rows_affected() == 1)
    }

    /// Ends a start that says why it failed: for good where the file is at fault, since it will be the next time as well;
    /// the machine may not be.
    pub(crate) async fn fail_or_retry(&self, claim: &Claim, code: &str, message: &str) -> Result<bool> {
        let error = json!({ "code": code, "message": message });
        if matches!(code, "io" | "backend") {
            self.retry(claim, &error).await
        } else {
            self.fail(claim, "failed", &error).await
        }
    }

    /// Puts the job back, to be tried later, or buries it where it was started as often as it may.
    pub(crate) async fn retry(&self, claim: &Claim, error: &Value) -> Result<bool> {
        if claim.job.starts >= self.max_starts {
            return self.fail(claim, "dead", error).await;
        }
        let longest = BACKOFF.as_millis() as i64 * (1 << claim.job.starts.clamp(1, 16)) / 2;
        // Jobs that failed together are not all tried again together.
        let wait = longest / 2 + i64::from(uuid::Uuid::new_v4().as_fields().0) % longest;
        self.change(claim, "queued", Some(error), (id::now_ms() + wait, 0)).await
    }

    /// Gives a claim back untouched, as on shutdown: the start does not count.
    pub(crate) async fn release(&self, claim: &Claim) -> Result<bool> {
        self.change(claim, "queued", claim.job.error.as_ref(), (id::now_ms(), 1)).await
    }

    /// Puts the job back until something that it needs is there again, the longer the longer it has waited. The start
    /// does not count.
    pub(crate) async fn postpone(&self, claim: &Claim, error: &Value) -> Result<bool> {
        let now = id::now_ms();
        let wait = ((now - claim.job.created_at_ms) / 4).clamp(1_000, 60_000);
        self.change(claim, "queued", Some(error), (now + wait, 1)).await
    }

    /// Cancels a job: at once where nobody has it, else as soon as its worker hears of it.
    pub(crate) async fn cancel(&self, id: &str) -> Result<Job> {
        let mut tx = self.database.pool.begin().await?;
        let state: Option<String> = sqlx::query_scalar(
            // The fence: if it is started over, its entry in Redis is a new one.
            "UPDATE jobs SET cancel_requested = 1, updated_at = $1, \
             state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END, \
             fence = CASE state WHEN 'queued' THEN fence + 1 ELSE fence END \
             WHERE id = $2 AND state IN ('queued', 'running') RETURNING state",
        )
        .bind(id::now_ms())
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
        if state.as_deref() == Some("cancelled") {
            event::note_state(&mut tx, id, "cancelled", None).await?;
        }
        tx.commit().await?;
        self.get(id).await
    }

    /// Starts a dead, failed or cancelled job over.
    pub(crate) async fn replay(&self, id: &str) -> Result<Job> {
        let mut tx = self.database.pool.begin().await?;
        let done = sqlx::query(
            "UPDATE jobs SET state = 'queued', starts = 0, cancel_requested = 0, run_at = $1, error = NULL, \
             progress = NULL, swept = 0, updated_at = $1 WHERE id = $2 AND state IN ('dead', 'failed', 'cancelled')",
        )
        .bind(id::now_ms())
        .bind(id)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            tx.rollback().await?;
            let job = self.get(id).await?;
            return Err(Problem::conflict(format!("the job is {}; only what failed can be started over", job.state)));
        }
        event::note_state(&mut tx, id, "queued", None).await?;
        tx.commit().await?;
        self.get(id).await
    }
}
