//! A password that the database or Redis refuses is told of, with the setting that is wrong, and without the password.

use std::process::Command;

use serde_json::Value;
use sqlx::{Connection as _, PgConnection};

use crate::outages::has_postgres;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::server::Server;

const WRONG: &str = "geheim-and-wrong";

/// What the program says that cannot start on this database.
fn ending(data: &std::path::Path, url: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viralforge-server"));
    command.env_clear().env("VIRALFORGE_DATA", data).env("VIRALFORGE_LISTEN", "127.0.0.1:0").env("DATABASE_URL", url);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_database_that_refuses_the_password_or_is_not_there_is_told_of_with_the_setting() {
    if !has_postgres() {
        return;
    }
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let home = folder.path().join("postgres");
    let postgres = Postgres::start(&home).await;
    let mut admin = PgConnection::connect(&format!("{}/postgres", postgres.url())).await.unwrap();
    let who = home.join("pg_hba.conf");
    let rules = std::fs::read_to_string(&who).unwrap();
    std::fs::write(&who, format!("host all guarded 127.0.0.1/32 scram-sha-256\n{rules}")).unwrap();
    sqlx::raw_sql("CREATE ROLE guarded LOGIN PASSWORD 'another'; SELECT pg_reload_conf()")
        .execute(&mut admin)
        .await
        .unwrap();
    let at = postgres.url().replace("viralforge@", &format!("guarded:{WRONG}@"));
    for (url, told) in [
        (format!("{at}/postgres"), "the database refuses the user or the password of DATABASE_URL"),
        (format!("{}/nowhere", postgres.url()), "there is no database of the name in DATABASE_URL"),
        ("postgres://u@127.0.0.1:1/db".to_owned(), "nothing answers at DATABASE_URL"),
    ] {
        let text = ending(data.path(), &url);
        assert!(text.contains(told) && !text.contains(WRONG), "{text}");
    }

    // One that is changed while the server runs is told of as well.
    let good = postgres.url().replace("viralforge@", "guarded:another@");
    sqlx::raw_sql("CREATE DATABASE own OWNER guarded").execute(&mut admin).await.unwrap();
    let server = Server::start_on(data.path(), &[("DATABASE_URL", &format!("{good}/own"))]);
    assert_eq!(server.json("/ready").await["status"], "ok");
    let close = "ALTER ROLE guarded PASSWORD 'a new one'; \
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'guarded'";
    sqlx::raw_sql(close).execute(&mut admin).await.unwrap();
    let detail = |ready: &Value| ready["dependencies"]["database"]["detail"].as_str().unwrap_or_default().to_owned();
    server
        .wait("/ready", |ready| detail(ready) == "the database refuses the user or the password of DATABASE_URL")
        .await;
}

#[tokio::test]
async fn a_redis_that_refuses_the_password_is_told_of_with_the_setting_and_the_rest_goes_on() {
    let Some(redis) = Redis::start() else { return };
    redis.ask("CONFIG SET requirepass the-right-one");
    let told = "redis refuses the user or the password of REDIS_URL";
    for user in [format!(":{WRONG}@"), String::new()] {
        let url = redis.url().replace("redis://", &format!("redis://{user}"));
        let server = Server::start_with(&[("REDIS_URL", &url)]);
        let is_told = |line: &Value| line["level"] == "WARN" && line["fields"]["why"] == told;
        server.tells("the password", is_told).await;
        let detail = |ready: &Value| ready["dependencies"]["redis"]["detail"].as_str().unwrap_or_default().to_owned();
        let ready = server.wait("/ready", |ready| detail(ready).contains(told)).await;
        assert_eq!(ready["status"], "degraded");
        assert!(!ready.to_string().contains(WRONG) && !Value::from(server.log()).to_string().contains(WRONG));
        assert_eq!(server.get("/v1/jobs").send().await.unwrap().status(), 200);
    }
}
