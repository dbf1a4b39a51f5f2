//! The database: SQLite beside the data, or PostgreSQL. Every statement is written for both.

use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyPool, ConnectOptions};
use tracing::log::LevelFilter;

use crate::config::Secret;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// SQLite has one writer at a time; more connections only let readers go on.
const MAX_SQLITE_CONNECTIONS: u32 = 4;
/// How long a request waits for a connection that is free.
const PATIENCE: Duration = Duration::from_secs(5);
/// A statement that takes so long is told of in the log.
const SLOW: Duration = Duration::from_secs(1);

/// What a connection of SQLite begins with. WAL lets readers go on while one writes; FULL keeps what was acknowledged
/// across a power cut.
const SQLITE_BEGIN: [&str; 4] = [
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
];
/// What a connection of PostgreSQL begins with: nothing here takes long, and nothing may hold a lock for long.
const POSTGRES_BEGIN: [&str; 3] =
    ["SET statement_timeout = '15s'", "SET lock_timeout = '5s'", "SET idle_in_transaction_session_timeout = '30s'"];

/// The program behind the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A pool of connections.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) pool: AnyPool,
    pub(crate) engine: Engine,
}

/// A column of text that holds JSON, or nothing.
#[derive(sqlx::Type)]
#[sqlx(transparent, no_pg_array)]
pub(crate) struct JsonText(Option<String>);

impl From<JsonText> for Option<Value> {
    fn from(JsonText(text): JsonText) -> Self {
        text.and_then(|text| serde_json::from_str(&text).ok())
    }
}

impl From<JsonText> for Value {
    fn from(text: JsonText) -> Self {
        Option::from(text).unwrap_or_default()
    }
}

impl Engine {
    /// The engine that an address is of.
    pub(crate) fn of(url: &str) -> Option<Self> {
        match url.split(':').next() {
            Some("sqlite") => Some(Self::Sqlite),
            Some("postgres" | "postgresql") => Some(Self::Postgres),
            _ => None,
        }
    }

    /// The end of a sub-select whose row is to be changed: workers that look at the same time take different rows.
    /// SQLite lets one writer in at a time anyway.
    pub(crate) fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    fn migrations(self) -> &'static Migrator {
        match self {
            Self::Sqlite => &SQLITE_MIGRATIONS,
            Self::Postgres => &POSTGRES_MIGRATIONS,
        }
    }
}

/// Why the database is not there at the start.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", trouble(.error))]
pub(crate) struct NoDatabase {
    #[from]
    error: sqlx::Error,
}

/// What is wrong, in words that name the setting; by the codes of PostgreSQL (its manual, appendix A).
pub(crate) fn trouble(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some("28P01" | "28000") => "the database refuses the user or the password of DATABASE_URL",
            Some("3D000") => "there is no database of the name in DATABASE_URL",
            Some("42501") => "the user of DATABASE_URL may not do that there",
            _ => "the database at DATABASE_URL fails",
        },
        sqlx::Error::Configuration(_) => "DATABASE_URL is no address of a database",
        sqlx::Error::Tls(_) => "the certificate of the database at DATABASE_URL is not good, or it has no TLS",
        _ => "nothing answers at DATABASE_URL",
    }
}

impl Database {
    /// Connects; a SQLite file is made where it is not there.
    pub(crate) async fn connect(url: &Secret, max_connections: u32) -> Result<Self, NoDatabase> {
        sqlx::any::install_default_drivers();
        let mut address = url.expose().to_owned();
        let engine =
            Engine::of(&address).ok_or_else(|| sqlx::Error::Configuration("not sqlite: or postgres:".into()))?;
        let (max_connections, begin) = match engine {
            Engine::Sqlite => (MAX_SQLITE_CONNECTIONS, &SQLITE_BEGIN[..]),
            Engine::Postgres => (max_connections, &POSTGRES_BEGIN[..]),
        };
        if engine == Engine::Sqlite && !address.contains('?') {
            address.push_str("?mode=rwc");
        }
        // Statements are timed by whoever listens to their log; see `log`.
        let options = AnyConnectOptions::from_str(&address)?
            .log_statements(LevelFilter::Trace)
            .log_slow_statements(LevelFilter::Warn, SLOW);
        let pool = AnyPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    for statement in begin {
                        sqlx::query(*statement).execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool, engine })
    }

    /// Brings the tables up to date.
    pub(crate) async fn migrate(&self) -> Result<(), MigrateError> {
        self.engine.migrations().run(&self.pool).await
    }

    /// Takes the tables back to `version`; 0 removes them all.
    pub(crate) async fn revert_to(&self, version: i64) -> Result<(), MigrateError> {
        self.engine.migrations().undo(&self.pool, version).await
    }
}

#[cfg(test)]
mod plans;
#[cfg(test)]
mod tests;
