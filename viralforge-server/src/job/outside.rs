//! What outside workers store, until they say that it is all there.

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

    /// The files that were stored under a claim, by their names.
    pub(crate) async fn outputs(&self, claim: &Claim) -> Result<Vec<(Made, Key, u64)>> {
        let sql = "SELECT name, content_type, storage_key, byte_len FROM outputs WHERE job_id = $1 AND fence = $2 ORDER BY name";
        let rows = sqlx::query_as(sql).bind(&claim.job.id).bind(claim.fence).fetch_all(&self.database.pool).await?;
        let file = |(name, content_type, key, byte_len): (String, String, String, i64)| {
            (Made { name, content_type }, Key::stored(key), byte_len as u64)
        };
        Ok(rows.into_iter().map(file).collect())
    }
}
