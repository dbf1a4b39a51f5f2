//! Uploads that can be interrupted and resumed. The bytes gather in a file; the database knows how many of them are
//! safe on disk, and a client never hears of more.

mod direct;
mod metadata;
mod receive;
mod spool;

pub(crate) use direct::Sent;
pub(crate) use metadata::Metadata;
pub(crate) use receive::{Checksum, next_bytes};
pub(crate) use spool::{Locked, Spool};

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{AnyPool, AssertSqlSafe, FromRow};
use utoipa::ToSchema;
use viralforge_core::{Severity, UploadInspector, UploadPolicy, UploadSlot, ValidationDepth};

use crate::account::Owned;
use crate::asset::Assets;
use crate::db::JsonText;
use crate::id;
use crate::job::{Kind, NewJob, Queue};
use crate::problem::{Problem, Result};

/// Where an upload may be.
pub(crate) const STATES: [&str; 3] = ["open", "complete", "refused"];

/// One upload.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub(crate) struct Upload {
    pub(crate) id: String,
    #[serde(skip)]
    pub(crate) owner: String,
    pub(crate) state: String,
    /// How many bytes it will have; `None` until the client says.
    pub(crate) length: Option<i64>,
    /// How many bytes are safe.
    #[serde(rename = "offset")]
    pub(crate) received: i64,
    /// `Upload-Metadata` as it came.
    #[serde(skip)]
    pub(crate) metadata: String,
    /// `Upload-Concat` as it came.
    #[serde(skip)]
    pub(crate) concat: Option<String>,
    pub(crate) asset_id: Option<String>,
    /// Why it was refused.
    #[sqlx(try_from = "JsonText")]
    pub(crate) problem: Option<Value>,
    #[serde(skip)]
    pub(crate) expires_at: i64,
    /// S3's name for the parts, where they do not pass this server.
    #[serde(skip)]
    pub(crate) multipart_id: Option<String>,
    #[serde(skip)]
    pub(crate) part_bytes: Option<i64>,
    /// What S3 answered to each part, once the client says that all are there: a list of texts.
    #[serde(skip)]
    pub(crate) part_tags: Option<String>,
}

/// An upload to be.
#[derive(Debug, Default)]
pub(crate) struct NewUpload<'a> {
    pub(crate) id: Option<String>,
    /// The user whose it will be.
    pub(crate) owner: &'a str,
    pub(crate) length: Option<i64>,
    pub(crate) metadata: &'a str,
    pub(crate) concat: Option<&'a str>,
    pub(crate) idempotency_key: Option<&'a str>,
    pub(crate) multipart_id: Option<&'a str>,
    pub(crate) part_bytes: Option<i64>,
}

impl Owned for Upload {
    const WHAT: &'static str = "upload";

    fn owner(&self) -> &str {
        &self.owner
    }
}

impl Upload {
    /// Whether all its bytes are there.
    pub(crate) fn is_whole(&self) -> bool {
        self.length == Some(self.received)
    }

    /// Whether it is a part that waits to be put together with others.
    pub(crate) fn is_partial(&self) -> bool {
        self.concat.as_deref() == Some("partial")
    }
}

/// The columns of an [`Upload`].
pub(crate) const COLUMNS: &str = "id, owner, state, length, received, metadata, concat, asset_id, problem, expires_at, multipart_id, \
                       part_bytes, part_tags";

/// All uploads.
#[derive(Clone, Debug)]
pub(crate) struct Uploads {
    pub(crate) pool: AnyPool,
    pub(crate) lifetime: Duration,
    pub(crate) max_video_bytes: u64,
    pub(crate) max_image_bytes: u64,
}

impl Uploads {
    /// Begins an upload.
    pub(crate) async fn create(&self, new: &NewUpload<'_>) -> Result<Upload> {
        self.check_length(new.metadata, new.length)?;
        let now = id::now_ms();
        let upload = sqlx::query_as(AssertSqlSafe(format!(
            "INSERT INTO uploads (id, state, length, received, metadata, concat, expires_at, created_at, \
             idempotency_key, multipart_id, part_bytes, owner) \
             VALUES ($1, 'open', $2, 0, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING {COLUMNS}"
        )))
        .bind(new.id.clone().unwrap_or_else(id::fresh))
        .bind(new.length)
        .bind(new.metadata)
        .bind(new.concat)
        .bind(now + self.lifetime.as_millis() as i64)
        .bind(now)
        .bind(new.idempotency_key)
        .bind(new.multipart_id)
        .bind(new.part_bytes)
        .bind(new.owner)
        .fetch_one(&self.pool)
        .await?;
        Ok(upload)
    }

    /// Begins an upload, or finds the one that was begun under the same key, if it is of the same file.
    pub(crate) async fn create_once(&self, new: &NewUpload<'_>) -> Result<Upload> {
        // The key is unique: of two requests at the same time one finds the other's upload.
        let problem = match self.create(new).await {
            Ok(upload) => return Ok(upload),
            Err(problem) => problem,
        };
        let Some(key) = new.idempotency_key else { return Err(problem) };
        // It may have gone in between, with the request that it came by.
        let Some(upload) = self.find("idempotency_key", key).await? else { return self.create(new).await };
        let same_length = new.length.is_none_or(|length| upload.length.is_none_or(|known| known == length));
        if upload.metadata != new.metadata || !same_length {
            return Err(Problem::conflict("that Idempotency-Key was used for another file"));
        }
        if upload.state != "open" {
            return Ok(upload);
        }
        // It broke off, or still goes on, maybe elsewhere: it ends, and what is sent now is an upload of its own, so that
        // the bytes of the two cannot mix.
        self.delete(&upload.id).await?;
        self.create(new).await
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Upload> {
        self.find("id", id).await?.ok_or_else(|| Problem::not_found("upload"))
    }

    async fn find(&self, column: &str, value: &str) -> Result<Option<Upload>> {
        let sql = AssertSqlSafe(format!("SELECT {COLUMNS} FROM uploads WHERE {column} = $1"));
        Ok(sqlx::query_as(sql).bind(value).fetch_optional(&self.pool).await?)
    }

    /// Notes that `received` bytes are safe on disk.
    pub(crate) async fn advance(&self, id: &str, received: i64) -> Result<()> {
        let sql = "UPDATE uploads SET received = $1 WHERE id = $2 AND state = 'open' AND received <= $1";
        sqlx::query(sql).bind(received).bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// Notes what S3 answered to each part, or that it was not right.
    pub(crate) async fn set_part_tags(&self, id: &str, tags: Option<&str>) -> Result<()> {
        let sql = "UPDATE uploads SET part_tags = $1 WHERE id = $2 AND state = 'open'";
        sqlx::query(sql).bind(tags).bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// Notes how long it will be.
    pub(crate) async fn set_length(&self, upload: &mut Upload, length: i64) -> Result<()> {
        self.check_length(&upload.metadata, Some(length))?;
        let sql = "UPDATE uploads SET length = $1 WHERE id = $2 AND length IS NULL";
        sqlx::query(sql).bind(length).bind(&upload.id).execute(&self.pool).await?;
        upload.length = Some(length);
        Ok(())
    }

    /// Ends it: these bytes will never be taken.
    pub(crate) async fn refuse(&self, id: &str, problem: &Value) -> Result<()> {
        let sql = "UPDATE uploads SET state = 'refused', problem = $1 WHERE id = $2 AND state = 'open'";
        sqlx::query(sql).bind(problem.to_string()).bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// Makes an asset of it, with its own identifier, and has it checked, in one transaction: either both are there or
    /// neither is.
    pub(crate) async fn complete(&self, upload: &mut Upload, byte_len: i64) -> Result<()> {
        let (metadata, id) = (Metadata::parse(&upload.metadata)?, upload.id.as_str());
        let policy = self.policy(&metadata, ValidationDepth::Decode);
        let options = serde_json::to_value(policy).map_err(|_| Problem::internal())?;
        let mut tx = self.pool.begin().await?;
        Assets::add(&mut tx, id, &upload.owner, &metadata.file_name(), byte_len).await?;
        let sql =
            "UPDATE uploads SET state = 'complete', received = $1, asset_id = id WHERE id = $2 AND state = 'open'";
        let done = sqlx::query(sql).bind(byte_len).bind(id).execute(&mut *tx).await?;
        if done.rows_affected() != 1 {
            return Err(Problem::conflict("the upload was completed or ended by another request"));
        }
        let check = NewJob {
            kind: Kind::VALIDATION,
            asset_id: id,
            options: &options,
            priority: 10,
            idempotency_key: None,
            charge: None,
        };
        Queue::add(&mut tx, &check).await?;
        tx.commit().await?;
        upload.state = "complete".to_owned();
        upload.asset_id = Some(upload.id.clone());
        Ok(())
    }

    pub(crate) async fn delete(&self, id: &str) -> Result<()> {
        // One that is complete tells which asset it became.
        sqlx::query("DELETE FROM uploads WHERE id = $1 AND state <> 'complete'").bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// Uploads that have all their bytes and were not made assets, since a process died or a dependency was down.
    pub(crate) async fn unfinished(&self) -> Result<Vec<String>> {
        let ids = sqlx::query_scalar(
            "SELECT id FROM uploads WHERE state = 'open' AND (part_tags IS NOT NULL OR (received = length \
             AND (concat IS NULL OR concat <> 'partial'))) LIMIT 100",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids)
    }

    /// Uploads that nobody went on with in time.
    pub(crate) async fn expired(&self) -> Result<Vec<String>> {
        let sql = "SELECT id FROM uploads WHERE state IN ('open', 'refused') AND expires_at < $1 LIMIT 100";
        Ok(sqlx::query_scalar(sql).bind(id::now_ms()).fetch_all(&self.pool).await?)
    }

    /// The most bytes that an upload may have.
    pub(crate) fn max_bytes(&self, metadata: &Metadata) -> u64 {
        if metadata.slot() == UploadSlot::Image { self.max_image_bytes } else { self.max_video_bytes }
    }

    /// Refuses what will be too long.
    pub(crate) fn check_length(&self, metadata: &str, length: Option<i64>) -> Result<()> {
        let max = self.max_bytes(&Metadata::parse(metadata)?);
        match length {
            Some(length) if length as u64 > max => {
                Err(Problem::too_large(format!("Upload-Length {length} is over the limit of {max} bytes")))
            }
            _ => Ok(()),
        }
    }

    /// What an upload is held against.
    pub(crate) fn policy(&self, metadata: &Metadata, depth: ValidationDepth) -> UploadPolicy {
        let mut policy =
            UploadPolicy::for_slot(metadata.slot()).with_depth(depth).with_max_bytes(self.max_bytes(metadata));
        policy.file_name = Some(metadata.file_name());
        policy
    }

    /// Looks at an upload from its first byte on.
    pub(crate) fn inspector(&self, metadata: &Metadata, length: Option<i64>) -> Result<UploadInspector> {
        let policy = self.policy(metadata, ValidationDepth::Structure);
        UploadInspector::new(&policy, length.map(|length| length as u64)).map_err(|_| Problem::internal())
    }
}

/// Why an upload is refused, where its inspector refuses it.
pub(crate) fn refusal(inspector: &UploadInspector) -> Option<Value> {
    let report = inspector.report();
    let found = report.findings.iter().find(|finding| finding.severity == Severity::Error);
    found.map(|finding| json!({ "code": finding.code, "message": finding.message }))
}
