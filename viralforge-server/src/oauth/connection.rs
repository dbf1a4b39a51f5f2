//! Accounts elsewhere that a user connected, with tokens that only the vault can read.

use std::sync::Arc;

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, FromRow, Row};
use utoipa::ToSchema;

use super::provider::{Provider, Renewal};
use super::token::{Account, Tokens};
use crate::account::Vault;
use crate::id;
use crate::problem::{Problem, Result};

/// Tokens are renewed when a quarter of their time is left, or a week.
const MAX_AHEAD_MS: i64 = 7 * 24 * 3600 * 1000;
/// How long one attempt to renew tokens keeps others away; after that the next begins. It is longer than any takes.
const AGAIN_MS: i64 = 60_000;
/// How many are renewed at a time.
const AT_A_TIME: i64 = 20;

/// Whether tokens are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Active,
    /// The provider renews the tokens no more: the account has to be connected again.
    Lost,
}

/// A connected account, without what is secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Connection {
    pub(crate) id: String,
    #[serde(skip)]
    user_id: String,
    pub(super) provider: String,
    /// What the account is called there.
    account_name: String,
    /// What may be done with it.
    scopes: Vec<String>,
    state: State,
    #[serde(rename = "created_at_ms")]
    created_at: i64,
    /// When the access ends, if it is not renewed before, which is tried; null: it is not known to end.
    #[serde(rename = "expires_at_ms")]
    expires_at: Option<i64>,
}

/// Connections, for a list.
pub(crate) const SELECT: &str =
    "SELECT id, user_id, provider, account_name, scopes, state, created_at, expires_at FROM connections";

/// All connections.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    pub(super) pool: AnyPool,
    pub(super) vault: Arc<Vault>,
}

/// A connection whose tokens are opened.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) access: String,
    pub(super) refresh: Option<String>,
}

const OPENED: &str = "SELECT id, user_id, provider, account_name, scopes, state, created_at, expires_at, access_token, \
    refresh_token FROM connections";

impl Connection {
    pub(super) fn user_id(&self) -> &str {
        &self.user_id
    }

    pub(super) fn name(&self) -> &str {
        &self.account_name
    }

    fn purpose(&self, column: &str) -> String {
        format!("connection/{}/{}/{}/{column}", self.user_id, self.provider, self.id)
    }
}

impl Connections {
    /// Keeps an account with its tokens; one that is there already gets them.
    pub(super) async fn keep(
        &self,
        user_id: &str,
        provider: &Provider,
        account: &Account,
        tokens: &Tokens,
    ) -> Result<String> {
        let known = sqlx::query("SELECT id FROM connections WHERE user_id = $1 AND provider = $2 AND subject = $3")
            .bind(user_id)
            .bind(provider.name)
            .bind(&account.id)
            .fetch_optional(&self.pool)
            .await?;
        let id = match known {
            Some(row) => row.try_get("id")?,
            None => {
                let id = id::fresh();
                sqlx::query(
                    "INSERT INTO connections (id, user_id, provider, subject, account_name, scopes, state, access_token, \
                     created_at) VALUES ($1, $2, $3, $4, $5, '', 'lost', '', $6)",
                )
                .bind(&id)
                .bind(user_id)
                .bind(provider.name)
                .bind(&account.id)
                .bind(&account.name)
                .bind(id::now_ms())
                .execute(&self.pool)
                .await?;
                id
            }
        };
        let connection = self.get(&id, user_id).await?;
        let renewable = tokens.refresh.is_some() || provider.renewal != Renewal::RefreshToken;
        self.store(&connection, &account.name, tokens, renewable).await?;
        Ok(id)
    }

    /// Stores new tokens; `false` where the connection is no longer there.
    pub(super) async fn store(&self, of: &Connection, name: &str, tokens: &Tokens, renewable: bool) -> Result<bool> {
        let access = self.vault.seal(&of.purpose("access_token"), tokens.access.as_bytes())?;
        let refresh =
            tokens.refresh.as_ref().map(|token| self.vault.seal(&of.purpose("refresh_token"), token.as_bytes()));
        let now = id::now_ms();
        let renew_at = tokens.expires_at.filter(|_| renewable).map(|end| end - ((end - now) / 4).min(MAX_AHEAD_MS));
        // Renewed tokens come without scopes where these stay as they are, and without a new refresh token where the
        // old one goes on.
        let stored = sqlx::query(
            "UPDATE connections SET account_name = $1, scopes = COALESCE($2, scopes), state = 'active', \
             access_token = $3, refresh_token = COALESCE($4, refresh_token), expires_at = $5, renew_at = $6 WHERE id = $7",
        )
        .bind(name)
        .bind(&tokens.scopes)
        .bind(access)
        .bind(refresh.transpose()?)
        .bind(tokens.expires_at)
        .bind(renew_at)
        .bind(&of.id)
        .execute(&self.pool)
        .await?;
        Ok(stored.rows_affected() == 1)
    }

    pub(super) async fn get(&self, id: &str, user_id: &str) -> Result<Connection> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE id = $1 AND user_id = $2"));
        let found = sqlx::query_as(sql).bind(id).bind(user_id).fetch_optional(&self.pool).await?;
        found.ok_or_else(|| Problem::not_found("connection"))
    }

    /// A connection with its tokens; they are empty where the key of the vault was taken away.
    pub(super) async fn open(&self, id: &str, user_id: &str) -> Result<Opened> {
        let sql = sqlx::AssertSqlSafe(format!("{OPENED} WHERE id = $1 AND user_id = $2"));
        let row = sqlx::query(sql).bind(id).bind(user_id).fetch_optional(&self.pool).await?;
        self.opened(&row.ok_or_else(|| Problem::not_found("connection"))?)
    }

    fn opened(&self, row: &AnyRow) -> Result<Opened> {
        let connection = Connection::from_row(row)?;
        let open = |column: &str| {
            let sealed: Option<String> = row.try_get(column)?;
            let text = sealed.and_then(|sealed| self.vault.open(&connection.purpose(column), &sealed));
            Ok::<_, sqlx::Error>(text.and_then(|text| String::from_utf8(text).ok()))
        };
        let (access, refresh) = (open("access_token")?.unwrap_or_default(), open("refresh_token")?);
        Ok(Opened { connection, access, refresh })
    }

    /// Connections whose tokens are to be renewed now, and by nobody else for a while.
    pub(super) async fn due(&self, now: i64) -> Result<Vec<Opened>> {
        let sql = format!(
            "UPDATE connections SET renew_at = $1 WHERE renew_at <= $2 AND id IN \
             (SELECT id FROM connections WHERE renew_at <= $2 ORDER BY renew_at LIMIT {AT_A_TIME}) RETURNING \
             id, user_id, provider, account_name, scopes, state, created_at, expires_at, access_token, refresh_token"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now + AGAIN_MS).bind(now);
        query.fetch_all(&self.pool).await?.iter().map(|row| self.opened(row)).collect()
    }

    /// Notes that a connection cannot be used any more.
    pub(super) async fn lose(&self, id: &str) -> Result<()> {
        sqlx::query("UPDATE connections SET state = 'lost', renew_at = NULL WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Removes a connection, and the sign-ins by it.
    pub(super) async fn remove(&self, id: &str) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        for statement in ["DELETE FROM identities WHERE connection_id = $1", "DELETE FROM connections WHERE id = $1"] {
            sqlx::query(statement).bind(id).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Seals anew what an older key of the vault has sealed, so that the key can be taken away.
    pub(super) async fn seal_anew(&self) -> Result<()> {
        let mut after = String::new();
        loop {
            let sql = sqlx::AssertSqlSafe(format!("{OPENED} WHERE id > $1 ORDER BY id LIMIT 100"));
            let rows = sqlx::query(sql).bind(&after).fetch_all(&self.pool).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.try_get("id")?;
            for row in &rows {
                let of = Connection::from_row(row)?;
                for (column, sql) in [
                    ("access_token", "UPDATE connections SET access_token = $1 WHERE id = $2 AND access_token = $3"),
                    ("refresh_token", "UPDATE connections SET refresh_token = $1 WHERE id = $2 AND refresh_token = $3"),
                ] {
                    let sealed: Option<String> = row.try_get(column)?;
                    let Some(old) = sealed.filter(|sealed| self.vault.is_old(sealed)) else { continue };
                    let Some(text) = self.vault.open(&of.purpose(column), &old) else { continue };
                    let new = self.vault.seal(&of.purpose(column), &text)?;
                    sqlx::query(sql).bind(new).bind(&of.id).bind(old).execute(&self.pool).await?;
                }
            }
        }
    }
}

impl FromRow<'_, AnyRow> for Connection {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let scopes: String = row.try_get("scopes")?;
        Ok(Self {
            id: row.try_get("id")?,
            user_id: row.try_get("user_id")?,
            provider: row.try_get("provider")?,
            account_name: row.try_get("account_name")?,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            state: if row.try_get::<String, _>("state")? == "active" { State::Active } else { State::Lost },
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}
