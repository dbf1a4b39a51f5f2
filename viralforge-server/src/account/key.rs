//! API keys: for programs that act for a user, each with what it may do and for how long.

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, FromRow, Row};
use utoipa::ToSchema;

use super::{Caller, Proof, Scope, Scopes, hash, random_token};
use crate::id;
use crate::problem::{Problem, Result};

/// What every key begins with, so that scanners for leaked secrets know one.
pub(crate) const PREFIX: &str = "vf_";

/// A key, without what is secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    /// What the user calls it.
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    #[serde(rename = "created_at_ms")]
    pub(crate) created_at: i64,
    /// Null: never.
    #[serde(rename = "expires_at_ms")]
    pub(crate) expires_at: Option<i64>,
}

/// The keys that were not ended, for a list.
pub(crate) const SELECT: &str =
    "SELECT id, name, scopes, created_at, expires_at FROM (SELECT * FROM api_keys WHERE ended_at IS NULL) AS live";

/// All keys.
#[derive(Clone, Debug)]
pub(crate) struct ApiKeys(pub(crate) AnyPool);

impl ApiKeys {
    /// Makes a key; the text that clients send is only told here.
    pub(crate) async fn make(
        &self,
        user_id: &str,
        name: &str,
        scopes: Scopes,
        expires_at: Option<i64>,
    ) -> Result<(ApiKey, String)> {
        let text = format!("{PREFIX}{}", random_token()?);
        let key = ApiKey {
            id: id::fresh(),
            name: name.to_owned(),
            scopes: scopes.0.clone(),
            created_at: id::now_ms(),
            expires_at,
        };
        sqlx::query(
            "INSERT INTO api_keys (id, user_id, name, hash, scopes, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&key.id)
        .bind(user_id)
        .bind(name)
        .bind(hash(&text))
        .bind(scopes.to_string())
        .bind(key.created_at)
        .bind(expires_at)
        .execute(&self.0)
        .await?;
        Ok((key, text))
    }

    /// Who sends this key, if it is good.
    pub(crate) async fn caller(&self, text: &str) -> Result<Option<Caller>> {
        let row = sqlx::query(
            "SELECT k.id, k.user_id, k.scopes FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.hash = $1 \
             AND k.ended_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2) AND u.state = 'active'",
        )
        .bind(hash(text))
        .bind(id::now_ms())
        .fetch_optional(&self.0)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let scopes = Scopes::parse(&row.try_get::<String, _>("scopes")?);
        Ok(Some(Caller { user_id: row.try_get("user_id")?, scopes, proof: Proof::Key(row.try_get("id")?) }))
    }

    /// Ends a key of a user, at once.
    pub(crate) async fn end(&self, id: &str, user_id: &str) -> Result<()> {
        let ended =
            sqlx::query("UPDATE api_keys SET ended_at = $1 WHERE id = $2 AND user_id = $3 AND ended_at IS NULL")
                .bind(id::now_ms())
                .bind(id)
                .bind(user_id)
                .execute(&self.0)
                .await?;
        if ended.rows_affected() == 1 { Ok(()) } else { Err(Problem::not_found("key")) }
    }
}

impl FromRow<'_, AnyRow> for ApiKey {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            scopes: Scopes::parse(&row.try_get::<String, _>("scopes")?).0,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}
