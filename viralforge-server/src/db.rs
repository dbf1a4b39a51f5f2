//! The database: SQLite beside the data, or PostgreSQL.

use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyPool, ConnectOptions};

use crate::config::Secret;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
#[cfg(feature = "postgres")]
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// A pool of connections, and which SQL it speaks.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) pool: AnyPool,
    is_postgres: bool,
}

impl Database {
    /// Connects; a SQLite file is made where it is not there.
    pub(crate) async fn connect(url: &Secret) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let url = url.expose();
        let is_postgres = !url.starts_with("sqlite:");
        let mut address = url.to_owned();
        if !is_postgres && !url.contains('?') {
            address.push_str("?mode=rwc");
        }
        let options = AnyConnectOptions::from_str(&address)?.disable_statement_logging();
        let pool = AnyPoolOptions::new()
            .max_connections(if is_postgres { 16 } else { 4 })
            .acquire_timeout(Duration::from_secs(5))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if !is_postgres {
                        // WAL lets readers go on while one writes; FULL keeps what was acknowledged across a power cut.
                        for pragma in [
                            "PRAGMA journal_mode = WAL",
                            "PRAGMA synchronous = FULL",
                            "PRAGMA foreign_keys = ON",
                            "PRAGMA busy_timeout = 5000",
                        ] {
                            sqlx::query(pragma).execute(&mut *connection).await?;
                        }
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool, is_postgres })
    }

    fn migrator(&self) -> &'static Migrator {
        #[cfg(feature = "postgres")]
        if self.is_postgres {
            return &POSTGRES;
        }
        &SQLITE
    }

    /// Brings the tables up to date.
    pub(crate) async fn migrate(&self) -> Result<(), MigrateError> {
        self.migrator().run(&self.pool).await
    }

    /// Takes the tables back to `version`; 0 removes them all.
    pub(crate) async fn revert_to(&self, version: i64) -> Result<(), MigrateError> {
        self.migrator().undo(&self.pool, version).await
    }

    /// What makes a subquery leave rows to whoever has them already. SQLite has one writer at a time anyway.
    pub(crate) fn skip_locked(&self) -> &'static str {
        if self.is_postgres { " FOR UPDATE SKIP LOCKED" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn migrations_go_up_and_down_and_up() {
        let dir = tempfile::tempdir().unwrap();
        let url = Secret::new(format!("sqlite://{}", dir.path().join("t.db").display()));
        let database = Database::connect(&url).await.unwrap();
        let tables = || async {
            let count: (i64,) = sqlx::query_as(
                "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN \
                 ('assets', 'uploads', 'jobs', 'files', 'job_events')",
            )
            .fetch_one(&database.pool)
            .await
            .unwrap();
            count.0
        };
        for expected in [5, 0, 5] {
            if expected == 0 {
                database.revert_to(0).await.unwrap()
            } else {
                database.migrate().await.unwrap()
            };
            assert_eq!(tables().await, expected);
        }
    }
}
