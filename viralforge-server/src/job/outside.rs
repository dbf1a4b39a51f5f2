//! What outside workers store, until they say that it is all there.

use sqlx::Row;

use super::{Claim, Queue};
use crate::problem::{Problem, Result};
use crate::store::Key;
use crate::worker::Made;

impl Queue {
    /// Notes a file that was stored, if the claim still holds. False: it was stored before, by a request whose answer got
    /// lost, most likely.
    pub(crate) async fn note_output(&self, claim: &Claim, made: &Made, key: &Key, byte_len: u64) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO outputs (job_id, fence, name, content_type, storage_key, byte_len) \
             SELECT id, fence, $3, $4, $5, $6 FROM jobs WHERE id = $1 AND fence = $2 AND state = 'running' \
             ON CONFLICT (job_id, fence, name) DO NOTHING",
        )
        .bind(&claim.job.id)
        .bind(claim.fence)
        .bind(&made.name)
        .bind(&made.content_type)
        .bind(key.to_string())
        .bind(byte_len as i64)
        .execute(&self.database.pool)
        .await?;
        if done.rows_affected() == 1 {
            return Ok(true);
        }
        match self.outputs(claim).await?.iter().find(|(there, _, _)| there.name == made.name) {
            Some((_, _, there)) if *there == byte_len => Ok(false),
            Some(_) => Err(Problem::conflict("another file has that name")),
            None => Err(Problem::lease_lost()),
        }
    }

    /// Publishes what was stored under a claim and the report, if the claim still holds.
    pub(crate) async fn succeed_outside(&self, claim: &Claim, report: (Made, Key, u64)) -> Result<bool> {
        let mut files = self.outputs(claim).await?;
        files.push(report);
        self.succeed(claim, &files).await
    }

    /// The files that were stored under a claim, by their names.
    pub(crate) async fn outputs(&self, claim: &Claim) -> Result<Vec<(Made, Key, u64)>> {
        let rows = sqlx::query(
            "SELECT name, content_type, storage_key, byte_len FROM outputs WHERE job_id = $1 AND fence = $2 ORDER BY name",
        )
        .bind(&claim.job.id)
        .bind(claim.fence)
        .fetch_all(&self.database.pool)
        .await?;
        let files = rows.iter().map(|row| {
            let made = Made { name: row.try_get("name")?, content_type: row.try_get("content_type")? };
            Ok((made, Key::stored(row.try_get("storage_key")?), row.try_get::<i64, _>("byte_len")? as u64))
        });
        Ok(files.collect::<Result<_, sqlx::Error>>()?)
    }
}
