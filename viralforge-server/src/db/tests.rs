use super::*;

/// A database of each engine that is at hand: SQLite always, PostgreSQL where VIRALFORGE_TEST_POSTGRES names a server.
pub(super) async fn databases(folder: &std::path::Path) -> Vec<Database> {
    let mut urls = vec![format!("sqlite://{}", folder.join("t.db").display())];
    match std::env::var("VIRALFORGE_TEST_POSTGRES") {
        Ok(server) => {
            let name = format!("t{}", uuid::Uuid::new_v4().simple());
            let admin = Database::connect(&Secret::new(format!("{server}/postgres")), 1).await.unwrap();
            let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
            sqlx::raw_sql(create).execute(&admin.pool).await.unwrap();
            urls.push(format!("{server}/{name}"));
        }
        Err(_) => println!("skipped for PostgreSQL: VIRALFORGE_TEST_POSTGRES names no server"),
    }
    let mut databases = Vec::new();
    for url in urls {
        databases.push(Database::connect(&Secret::new(url), 4).await.unwrap());
    }
    databases
}

#[tokio::test]
async fn migrations_go_up_and_down_and_up() {
    let dir = tempfile::tempdir().unwrap();
    for database in databases(dir.path()).await {
        let table_of_tables = match database.engine {
            Engine::Sqlite => "sqlite_master WHERE type = 'table' AND name",
            Engine::Postgres => "pg_tables WHERE schemaname = 'public' AND tablename",
        };
        let count =
            format!("SELECT count(*) FROM {table_of_tables} IN ('assets', 'uploads', 'jobs', 'files', 'job_events')");
        let tables = || async {
            let count: (i64,) =
                sqlx::query_as(sqlx::AssertSqlSafe(count.clone())).fetch_one(&database.pool).await.unwrap();
            count.0
        };
        for expected in [5, 0, 5] {
            if expected == 0 {
                database.revert_to(0).await.unwrap();
            } else {
                database.migrate().await.unwrap();
            }
            assert_eq!(tables().await, expected, "{:?}", database.engine);
        }
    }
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names =
        |engine: Engine| engine.migrations().iter().map(|m| (m.version, m.description.to_string())).collect::<Vec<_>>();
    assert_eq!(names(Engine::Sqlite), names(Engine::Postgres));
}
