//! What is kept for a time is forgotten after it, and what is kept by an old key or an old hash is renewed.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Row as _};

use crate::accounts::{PASSWORD, Person, answer};
use crate::postgres;
use crate::server::Server;
use crate::webhooks::{ALLOWED, NO_THUMBNAILS, receiver};

const HOUR_MS: i64 = 3600 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

async fn hook(person: &Person<'_>, url: &str) -> Value {
    let (status, hook) = answer(person.ask(Method::POST, "/v1/webhooks").json(&json!({ "url": url }))).await;
    assert_eq!(status, 201, "{hook}");
    hook
}

fn path(hook: &Value) -> String {
    format!("/v1/webhooks/{}/deliveries", hook["id"].as_str().unwrap())
}

/// How many of these events a user's audit log has.
fn count(page: &Value, event: &str) -> usize {
    page["items"].as_array().unwrap().iter().filter(|entry| entry["event"] == event).count()
}

#[tokio::test]
async fn the_audit_log_forgets_after_a_year_and_messages_to_webhooks_after_thirty_days() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &[ALLOWED, NO_THUMBNAILS]);
    let maria = Person::new(&server, "maria@example.com").await;
    let (url, _) = receiver(0).await;
    let hook = hook(&maria, &url).await;
    maria.upload().await;
    maria.wait(&path(&hook), |page| page["items"][0]["state"] == "delivered").await;
    maria.upload().await;
    let both = |page: &Value| page["items"].as_array().is_some_and(|i| i.len() == 2 && i[0]["state"] == "delivered");
    let page = maria.wait(&path(&hook), both).await;
    let (young, old) = (page["items"][0]["id"].as_str().unwrap(), page["items"][1]["id"].as_str().unwrap());
    server.kill();

    // As if it had been so long ago.
    let mut database = postgres::tables(folder.path()).await;
    for (table, name, value, age_ms) in [
        ("audit", "event", "signed_up", 365 * DAY_MS + HOUR_MS),
        ("audit", "event", "signed_in", 365 * DAY_MS - HOUR_MS),
        ("deliveries", "event_id", old, 30 * DAY_MS + HOUR_MS),
        ("deliveries", "event_id", young, 30 * DAY_MS - HOUR_MS),
    ] {
        let column = if table == "audit" { "created_at" } else { "run_at" };
        let sql = format!("UPDATE {table} SET {column} = {column} - $1 WHERE {name} = $2");
        let made = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(age_ms).bind(value).execute(&mut database).await.unwrap();
        assert_eq!(made.rows_affected(), 1, "{value}");
    }
    drop(database);
    let server = Server::start_on(folder.path(), &[ALLOWED, NO_THUMBNAILS]);
    let maria = Person::back(&server, "maria@example.com").await;
    let events = maria.wait("/v1/account/events", |page| count(page, "signed_up") == 0).await;
    assert_eq!(count(&events, "signed_in"), 2, "{events}");
    let left = maria.wait(&path(&hook), |page| page["items"].as_array().unwrap().len() == 1).await;
    assert_eq!(left["items"][0]["id"], young);
}

/// What the database has in one field.
async fn field(database: &mut AnyConnection, sql: &'static str, of: &str) -> String {
    sqlx::query(sql).bind(of).fetch_one(database).await.unwrap().get(0)
}

#[tokio::test]
async fn a_secret_of_a_webhook_is_sealed_anew_and_outlives_its_old_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = ["first-0123456789abcdef0123456789", "second-0123456789abcdef0123456789"];
    let on = |data: &Path, keys: &str| {
        Server::start_on(data, &[ALLOWED, NO_THUMBNAILS, ("VIRALFORGE_ENCRYPTION_KEYS", keys)])
    };
    let server = on(folder.path(), keys[0]);
    let maria = Person::new(&server, "maria@example.com").await;
    let (url, received) = receiver(0).await;
    let hook = hook(&maria, &url).await;
    server.kill();
    let mut database = postgres::tables(folder.path()).await;
    let sql = "SELECT sealed FROM webhooks WHERE id = $1";
    let id = hook["id"].as_str().unwrap();
    let before = field(&mut database, sql, id).await;
    assert!(before.starts_with("chacha20poly1305."), "it says by what it is sealed: {before}");

    let server = on(folder.path(), &[keys[1], keys[0]].join(","));
    let began = Instant::now();
    while field(&mut database, sql, id).await == before {
        assert!(began.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.kill();
    let server = on(folder.path(), keys[1]);
    let maria = Person::back(&server, "maria@example.com").await;
    maria.upload().await;
    maria.wait(&path(&hook), |page| page["items"][0]["state"] == "delivered").await;
    let message = received.lock().unwrap()[0].clone();
    assert!(message.is_signed_with(hook["secret"].as_str().unwrap()), "{message:?}");
}

#[tokio::test]
async fn a_password_that_was_hashed_with_other_parameters_is_hashed_anew_at_its_next_sign_in() {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &[]);
    Person::new(&server, "maria@example.com").await;
    let weaker = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
    let weaker = weaker.hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    let mut database = postgres::tables(folder.path()).await;
    let set = sqlx::query("UPDATE users SET password = $1 WHERE email = 'maria@example.com'").bind(&weaker);
    assert_eq!(set.execute(&mut database).await.unwrap().rows_affected(), 1);
    let sql = "SELECT password FROM users WHERE email = $1";
    let wrong = json!({ "email": "maria@example.com", "password": "not the password" });
    let wrong = server.client.post(format!("{}/v1/auth/sign-in", server.url)).json(&wrong);
    assert_eq!(answer(wrong).await.0, 401);
    assert_eq!(
        field(&mut database, sql, "maria@example.com").await,
        weaker,
        "whoever does not know it changes nothing"
    );
    Person::back(&server, "maria@example.com").await;
    let renewed = field(&mut database, sql, "maria@example.com").await;
    assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
    Person::back(&server, "maria@example.com").await;
    assert_eq!(field(&mut database, sql, "maria@example.com").await, renewed, "and once");
}
