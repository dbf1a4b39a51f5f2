//! The database: SQLite beside the data.

use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyPool, ConnectOptions};

use crate::config::Secret;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// SQLite has one writer at a time; more connections only let readers go on.
const MAX_CONNECTIONS: u32 = 4;

/// A pool of connections.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) pool: AnyPool,
}

impl Database {
    /// Connects; a SQLite file is made where it is not there.
    pub(crate) async fn connect(url: &Secret) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let mut address = url.expose().to_owned();
        if !address.contains('?') {
            address.push_str("?mode=rwc");
        }
        let options = AnyConnectOptions::from_str(&address)?.disable_statement_logging();
        let pool = AnyPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(Duration::from_secs(5))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // WAL lets readers go on while one writes; FULL keeps what was acknowledged across a power cut.
                    for pragma in [
                        "PRAGMA busy_timeout = 5000",
                        "PRAGMA journal_mode = WAL",
                        "PRAGMA synchronous = FULL",
                        "PRAGMA foreign_keys = ON",
                    ] {
                        sqlx::query(pragma).execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// Brings the tables up to date.
    pub(crate) async fn migrate(&self) -> Result<(), MigrateError> {
        MIGRATIONS.run(&self.pool).await
    }

    /// Takes the tables back to `version`; 0 removes them all.
    pub(crate) async fn revert_to(&self, version: i64) -> Result<(), MigrateError> {
        MIGRATIONS.undo(&self.pool, version).await
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
