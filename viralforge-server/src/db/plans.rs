//! Every statement that runs while people wait uses an index: the statements are taken from sqlx's log while the real
//! functions run, and each engine is asked how it would carry them out.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::tests::databases;
use super::{Database, Engine};
use crate::account::{Audit, Resets, SecondFactors, Vault};
use crate::asset::Assets;
use crate::job::{JobEvent, Kind, Lane, NewJob, Queue};
use crate::limit::Quota;
use crate::upload::{NewUpload, Uploads};

static STATEMENTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

struct Listener;

impl<S: tracing::Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut Reader);
    }
}

struct Reader;

impl Visit for Reader {
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_ours = ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| value.trim_start().starts_with(verb))
            && [
                "assets",
                "uploads",
                "jobs",
                "files",
                "job_events",
                "sessions",
                "api_keys",
                "audit",
                "users",
                "connections",
                "identities",
                "oauth_attempts",
                "password_resets",
                "second_factors",
                "recovery_codes",
                "exports",
            ]
            .iter()
            .any(|table| value.contains(table))
            && !["sqlite_master", "pg_tables"].iter().any(|table| value.contains(table));
        if field.name() == "db.statement" && is_ours {
            STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner).insert(value.trim().to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Goes through what requests and workers do.
async fn work(database: &Database) {
    let pool = database.pool.clone();
    let assets = Assets::new(pool.clone());
    let uploads =
        Uploads { pool: pool.clone(), lifetime: Duration::from_secs(60), max_video_bytes: 100, max_image_bytes: 100 };
    let queue = Queue::new(database.clone(), Duration::from_secs(30), 3);
    uploads.create_once(&NewUpload { idempotency_key: Some("k"), ..NewUpload::default() }).await.unwrap();
    let mut upload =
        uploads.create_once(&NewUpload { idempotency_key: Some("k"), ..NewUpload::default() }).await.unwrap();
    uploads.set_part_tags("none", None).await.unwrap();
    uploads.set_length(&mut upload, 5).await.unwrap();
    uploads.advance(&upload.id, 5).await.unwrap();
    uploads.unfinished().await.unwrap();
    uploads.expired().await.unwrap();
    uploads.refuse("none", &json!({})).await.unwrap();
    uploads.complete(&mut upload, 5).await.unwrap();
    let check = queue.claim(&Lane::ALL).await.unwrap().unwrap();
    queue.heartbeat(&check).await.unwrap();
    queue.succeed_with_verdict(&check, "accepted", &Value::Null, None).await.unwrap();
    let asset = assets.get(&upload.id).await.unwrap();
    crate::http::read_every_list(&pool).await;
    crate::oauth::do_everything(&pool).await;
    Audit(pool.clone()).has_signed_in_from("a", "192.0.2.1").await.unwrap();
    let resets = Resets(pool.clone());
    assert!(resets.user("none", 0).await.unwrap().is_none() && !resets.take("none", 0).await.unwrap());
    resets.end("a").await.unwrap();
    let vault = Vault::new(&[crate::config::Secret::new("a secret")]).unwrap();
    let factors = SecondFactors { pool: pool.clone(), vault: std::sync::Arc::new(vault) };
    factors.take("a", "000000", 0).await.unwrap();
    factors.recovery_codes_left("a").await.unwrap();
    factors.turn_off("a").await.unwrap();
    factors.seal_anew().await.unwrap();
    Quota { storage_bytes: 100, processed_minutes: 10 }.usage(&pool, "a", 0).await.unwrap();
    let new = NewJob {
        kind: Kind::THUMBNAIL_GENERATION,
        asset_id: &asset.id,
        options: &json!({}),
        priority: 0,
        idempotency_key: Some("key"),
        charge: Some((5, Quota { storage_bytes: 100, processed_minutes: 10 })),
    };
    let job = queue.add_once(&new).await.unwrap();
    queue.add_once(&new).await.unwrap();
    queue.waiting(false, "").await.unwrap();
    queue.note_told(&queue.waiting(false, "").await.unwrap(), true).await.unwrap();
    queue.waiting(true, "").await.unwrap();
    queue.end_leases(true).await.unwrap();
    let claim = queue.claim_one(&job.id, 0).await.unwrap().unwrap();
    queue.held(&job.id, claim.fence).await.unwrap();
    queue.outputs(&claim).await.unwrap();
    queue.progress(&claim, &json!({ "fraction": 0.5 })).await.unwrap();
    queue.retry(&claim, &json!({})).await.unwrap();
    queue.release(&claim).await.unwrap();
    queue.postpone(&claim, &json!({})).await.unwrap();
    queue.cancel(&job.id).await.unwrap();
    queue.replay(&job.id).await.unwrap();
    queue.unswept(0).await.unwrap();
    queue.note_swept(&job.id).await.unwrap();
    queue.succeed(&claim, &[]).await.unwrap();
    crate::export::do_everything(database).await;
    assets.files("asset_id", &asset.id).await.unwrap();
    assets.files("job_id", &job.id).await.unwrap();
    assert!(assets.file("none").await.is_err());
    JobEvent::after(&pool, &job.id, 0).await.unwrap();
    uploads.delete("none").await.unwrap();
}

/// How the engine would carry a statement out, a line a step.
async fn plan(database: &Database, statement: &str) -> Vec<String> {
    let mut connection = database.pool.acquire().await.unwrap();
    let (before, explain, column) = match database.engine {
        Engine::Sqlite => (Vec::new(), format!("EXPLAIN QUERY PLAN {statement}"), "detail"),
        Engine::Postgres => {
            let parameters = (1..20).take_while(|number| statement.contains(&format!("${number}"))).count();
            let arguments = vec!["NULL"; parameters].join(", ");
            let execute = if parameters == 0 {
                "EXPLAIN EXECUTE p".to_owned()
            } else {
                format!("EXPLAIN EXECUTE p({arguments})")
            };
            let before = vec![
                "DEALLOCATE ALL".to_owned(),
                // Small tables are read whole in any case; here it counts whether they have to be.
                "SET enable_seqscan = off".to_owned(),
                "SET plan_cache_mode = force_generic_plan".to_owned(),
                format!("PREPARE p AS {statement}"),
            ];
            (before, execute, "QUERY PLAN")
        }
    };
    for step in before {
        sqlx::raw_sql(AssertSqlSafe(step)).execute(&mut *connection).await.unwrap();
    }
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *connection).await.unwrap();
    rows.iter().map(|row| row.get(column)).collect()
}

#[tokio::test]
async fn what_people_wait_for_uses_an_index() {
    let listener = Listener
        .with_filter(tracing_subscriber::filter::Targets::new().with_target("sqlx::query", tracing::Level::TRACE));
    // The statements of SQLite run on threads of its own.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(listener)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(folder.path()).await;
    for database in &databases {
        database.migrate().await.unwrap();
        work(database).await;
    }
    let statements = STATEMENTS.lock().unwrap().clone();
    assert!(statements.len() > 25, "only {} were heard of", statements.len());
    for database in &databases {
        for statement in &statements {
            if database.engine == Engine::Sqlite && statement.contains("SKIP LOCKED") {
                continue;
            }
            for step in plan(database, statement).await {
                let whole = step.contains("Seq Scan")
                    || step.starts_with("SCAN ") && !step.contains("USING") && step != "SCAN CONSTANT ROW";
                assert!(!whole, "{:?} reads a table from end to end ({step}): {statement}", database.engine);
            }
        }
    }
}
