//! What was uploaded: quarantined until `validate_upload` takes it.

mod recent;

use serde::Serialize;
use serde_json::Value;
use sqlx::{Any, AnyPool, AssertSqlSafe, FromRow, Transaction};
use utoipa::ToSchema;

use self::recent::Recent;
use crate::account::Owned;
use crate::db::JsonText;
use crate::id;
use crate::problem::{Problem, Result};
use crate::removal::NOBODY;
use crate::store::Key;

/// Where an asset may be.
pub(crate) const STATES: [&str; 3] = ["quarantined", "accepted", "rejected"];

/// One upload that is complete.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub(crate) struct Asset {
    pub(crate) id: String,
    pub(crate) state: String,
    /// What the uploader calls it.
    pub(crate) file_name: String,
    #[serde(skip)]
    pub(crate) owner: String,
    #[serde(skip)]
    pub(crate) storage_key: String,
    #[serde(rename = "bytes")]
    pub(crate) byte_len: i64,
    /// What `validate_upload` says about it; null while it is checked.
    #[sqlx(try_from = "JsonText")]
    pub(crate) report: Option<Value>,
    #[serde(rename = "created_at_ms")]
    pub(crate) created_at: i64,
}

impl Asset {
    /// How long it is, as far as the check says; a picture takes no time.
    pub(crate) fn duration_ms(&self) -> i64 {
        let seconds = self.report.as_ref().and_then(|report| report["media"]["duration_seconds"].as_f64());
        (seconds.unwrap_or(0.0) * 1000.0) as i64
    }
}

impl Owned for Asset {
    const WHAT: &'static str = "asset";

    fn owner(&self) -> &str {
        &self.owner
    }
}

/// One file that was made of an asset.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct StoredFile {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) storage_key: String,
    pub(crate) byte_len: i64,
}

/// The file as clients see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FileView {
    pub(crate) name: String,
    pub(crate) content_type: String,
    /// Where it is read, without the key and for a while.
    pub(crate) url: String,
    pub(crate) bytes: i64,
}

/// The columns of an [`Asset`].
pub(crate) const COLUMNS: &str = "id, owner, state, file_name, storage_key, byte_len, report, created_at";
/// The columns of a [`StoredFile`].
pub(crate) const FILE_COLUMNS: &str = "id, name, content_type, storage_key, byte_len";

/// All assets.
#[derive(Debug)]
pub(crate) struct Assets {
    pool: AnyPool,
    recent: Recent,
}

impl Assets {
    pub(crate) fn new(pool: AnyPool) -> Self {
        Self { pool, recent: Recent::default() }
    }

    /// Adds an asset within a transaction of something larger.
    pub(crate) async fn add(
        tx: &mut Transaction<'_, Any>,
        id: &str,
        owner: &str,
        file_name: &str,
        byte_len: i64,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO assets (id, state, file_name, storage_key, byte_len, created_at, updated_at, owner) \
             VALUES ($1, 'quarantined', $2, $3, $4, $5, $5, $6)",
        )
        .bind(id)
        .bind(file_name)
        .bind(Key::original(id).to_string())
        .bind(byte_len)
        .bind(id::now_ms())
        .bind(owner)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Asset> {
        let sql = AssertSqlSafe(format!("SELECT {COLUMNS} FROM assets WHERE id = $1"));
        let asset = sqlx::query_as(sql).bind(id).fetch_optional(&self.pool).await?;
        asset.ok_or_else(|| Problem::not_found("asset"))
    }

    /// Refuses an asset that may not be worked with.
    pub(crate) fn accepted(asset: Asset) -> Result<Asset> {
        match asset.state.as_str() {
            "accepted" => Ok(asset),
            "quarantined" => Err(Problem::conflict("the asset is still being checked")),
            _ => Err(Problem::conflict("the asset was rejected; its report says why")),
        }
    }

    /// What was made of an asset, or by a job (`column` is `asset_id` or `job_id`): the first 100 files.
    pub(crate) async fn files(&self, column: &'static str, id: &str) -> Result<Vec<StoredFile>> {
        let sql = AssertSqlSafe(format!("SELECT {FILE_COLUMNS} FROM files WHERE {column} = $1 ORDER BY id LIMIT 100"));
        Ok(sqlx::query_as(sql).bind(id).fetch_all(&self.pool).await?)
    }

    /// A file by its own identifier, or the upload itself by that of its asset. One that is removed is gone at once for
    /// this server, and within a second for the others.
    pub(crate) async fn file(&self, id: &str) -> Result<StoredFile> {
        let look = match self.recent.get(id) {
            Ok(file) => return Ok(file),
            Err(look) => look,
        };
        let file = self.look_for_file(id).await?;
        self.recent.keep(look, &file);
        Ok(file)
    }

    /// Has files looked for again: some were removed.
    pub(crate) fn forget_files(&self) {
        self.recent.forget();
    }

    async fn look_for_file(&self, id: &str) -> Result<StoredFile> {
        let sql = AssertSqlSafe(format!("SELECT {FILE_COLUMNS} FROM files WHERE id = $1"));
        if let Some(file) = sqlx::query_as(sql).bind(id).fetch_optional(&self.pool).await? {
            return Ok(file);
        }
        let asset = self.get(id).await?;
        if asset.owner == NOBODY {
            return Err(Problem::not_found("file"));
        }
        Ok(StoredFile {
            id: asset.id,
            name: "original".to_owned(),
            content_type: "application/octet-stream".to_owned(),
            storage_key: asset.storage_key,
            byte_len: asset.byte_len,
        })
    }
}
