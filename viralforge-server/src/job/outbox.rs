//! What Redis is to know of the table, and what the table takes back.

use sqlx::{AssertSqlSafe, FromRow};

use super::{Lane, Queue};
use crate::problem::Result;

/// A waiting job, as Redis is told of it.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) asset_id: String,
    pub(crate) priority: i64,
    pub(crate) run_at: i64,
    pub(crate) fence: i64,
}

impl Waiting {
    /// The name of the entry. The fence makes it another one each time that the job waits anew.
    pub(crate) fn entry(&self) -> String {
        format!("{}-{}", self.id, self.fence)
    }

    /// The job and the fence that an entry names.
    pub(crate) fn of_entry(entry: &str) -> Option<(&str, i64)> {
        let (job, fence) = entry.split_once('-')?;
        Some((job, fence.parse().ok()?))
    }

    pub(crate) fn lane(&self) -> Lane {
        Lane::of(&self.kind)
    }
}

/// Most jobs that are read at a time.
pub(crate) const BATCH: usize = 500;

impl Queue {
    /// Waiting jobs after `after` that Redis was not told of, or was.
    pub(crate) async fn waiting(&self, told: bool, after: &str) -> Result<Vec<Waiting>> {
        let waiting = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT id, kind, asset_id, priority, run_at, fence FROM jobs \
             WHERE state = 'queued' AND dispatched {} fence AND id > $1 ORDER BY id LIMIT {BATCH}",
            if told { "=" } else { "<>" }
        )))
        .bind(after)
        .fetch_all(&self.database.pool)
        .await?;
        Ok(waiting)
    }

    /// Notes that Redis knows these jobs, or that it does not.
    pub(crate) async fn note_told(&self, jobs: &[Waiting], told: bool) -> Result<()> {
        let mut tx = self.database.pool.begin().await?;
        for job in jobs {
            sqlx::query("UPDATE jobs SET dispatched = $1 WHERE id = $2 AND fence = $3")
                .bind(if told { job.fence } else { -1 })
                .bind(&job.id)
                .bind(job.fence)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Jobs that were over before `before` and whose leavings nobody has removed: job, asset, and the fence that counts.
    pub(crate) async fn unswept(&self, before: i64) -> Result<Vec<(String, String, Option<i64>)>> {
        let jobs = sqlx::query_as(
            "SELECT id, asset_id, CASE state WHEN 'succeeded' THEN fence END FROM jobs WHERE swept = 0 \
             AND updated_at < $1 AND state IN ('succeeded', 'failed', 'dead', 'cancelled') LIMIT 100",
        )
        .bind(before)
        .fetch_all(&self.database.pool)
        .await?;
        Ok(jobs)
    }

    /// Notes that nothing is left of a job but what it published. One that was started over meanwhile has to be looked at again.
    pub(crate) async fn note_swept(&self, job: &str) -> Result<()> {
        let mut tx = self.database.pool.begin().await?;
        let sql = "UPDATE jobs SET swept = 1 WHERE id = $1 AND state IN ('succeeded', 'failed', 'dead', 'cancelled')";
        if sqlx::query(sql).bind(job).execute(&mut *tx).await?.rows_affected() == 1 {
            sqlx::query("DELETE FROM outputs WHERE job_id = $1").bind(job).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
