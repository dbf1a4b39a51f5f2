//! What a request says of itself: in the log, and to collectors of the operator's.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection};

use crate::server::Server;

/// What nobody is to be told: it stands in queries.
const CANARY: &str = "cacacacacacacacacacacacacacacaca";

/// A database of one server, which a test can break.
fn own_database(data: &Path) -> String {
    format!("sqlite://{}", data.join("viralforge.db").display())
}

/// From now on, whatever has to do with jobs fails.
async fn break_database(data: &Path) {
    let mut database = SqliteConnection::connect(&own_database(data)).await.unwrap();
    sqlx::raw_sql("ALTER TABLE jobs RENAME TO lost").execute(&mut database).await.unwrap();
}

/// Asks for jobs, in vain.
async fn fail(server: &Server, request_id: &str, query: &str) {
    let answer = server.get(&format!("/v1/jobs?{query}")).header("x-request-id", request_id).send().await.unwrap();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers()["x-request-id"], request_id);
}

#[tokio::test]
async fn every_line_about_a_request_has_its_id_and_none_has_its_query() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &[("DATABASE_URL", &own_database(folder.path()))]);
    break_database(folder.path()).await;
    fail(&server, "request-of-the-test", &format!("asset_id={CANARY}")).await;
    let began = Instant::now();
    let lines = loop {
        let mut lines = server.log();
        lines.retain(|line| line["span"]["request_id"] == "request-of-the-test");
        if lines.iter().any(|line| line["fields"]["message"] == "request") {
            break lines;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", server.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let messages: Vec<&str> = lines.iter().filter_map(|line| line["fields"]["message"].as_str()).collect();
    assert_eq!(messages, ["database", "request"], "what went wrong, and what came of it");
    assert_eq!((&lines[1]["level"], &lines[1]["fields"]["status"]), (&"ERROR".into(), &500.into()));
    assert!(!Value::from(server.log()).to_string().contains(CANARY));
}

#[cfg(not(any(feature = "otel", feature = "sentry")))]
#[tokio::test]
async fn a_build_without_reports_says_that_it_cannot_send_them() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_viralforge-server"))
        .env_clear()
        .envs([("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"), ("SENTRY_DSN", "http://canary@127.0.0.1/1")])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text.contains("--features otel") && text.contains("--features sentry"), "{text}");
    assert!(!text.contains("canary"));
}

#[cfg(all(feature = "otel", feature = "sentry"))]
mod collected {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::{Bytes, to_bytes};
    use axum::extract::Request;
    use rustix::process::{Signal, kill_process};
    use serde_json::json;

    use super::*;
    use crate::server::{KEY, children, demo_video};

    /// Takes whatever is sent to it, as a collector would.
    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<(String, Bytes)>>>);

    impl Sink {
        async fn start() -> (Self, String) {
            let sink = Self::default();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let kept = sink.clone();
            let taken = move |request: Request| async move {
                let (head, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap();
                kept.0.lock().unwrap().push((format!("{} {:?}", head.uri.path(), head.headers), body));
            };
            tokio::spawn(async { axum::serve(listener, Router::new().fallback(taken)).await });
            (sink, address)
        }

        /// The bodies that came to a path.
        fn bodies(&self, path: &str) -> Vec<Bytes> {
            let seen = self.0.lock().unwrap();
            seen.iter()
                .filter(|(head, _)| head.starts_with(&format!("{path} ")))
                .map(|(_, body)| body.clone())
                .collect()
        }
    }

    fn has(bytes: &[u8], wanted: &[u8]) -> bool {
        bytes.windows(wanted.len()).any(|part| part == wanted)
    }

    #[tokio::test]
    async fn collectors_that_never_answer_do_not_keep_the_server_from_its_end() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = silent.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start_on(
            folder.path(),
            &[
                ("DATABASE_URL", &own_database(folder.path())),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{address}")),
                ("SENTRY_DSN", &format!("http://dsnkey@{address}/7")),
            ],
        );
        break_database(folder.path()).await;
        fail(&server, "the-failed-request", "limit=7").await;
        let began = Instant::now();
        assert_eq!(server.terminate(), 0);
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn traces_and_errors_arrive_and_nothing_else_does() {
        let (sink, address) = Sink::start().await;
        let folder = tempfile::tempdir().unwrap();
        let database = own_database(folder.path());
        let (collector, dsn) = (format!("http://{address}"), format!("http://dsnkey@{address}/7"));
        let server = Server::start_on(
            folder.path(),
            &[
                ("DATABASE_URL", &database),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector),
                ("SENTRY_DSN", &dsn),
                ("VIRALFORGE_JOB_STARTS", "1"),
                ("VIRALFORGE_WORKERS", "1"),
            ],
        );

        let (trace, parent) = (0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128, 0x00f0_67aa_0ba9_02b7_u64);
        let traced = server
            .get("/v1/assets?limit=7")
            .header("traceparent", format!("00-{trace:032x}-{parent:016x}-01"))
            .header("x-request-id", "the-traced-request");
        assert_eq!(traced.send().await.unwrap().status(), 200);

        let asset = server.upload(&demo_video(), "canary-name.mp4").await;
        let job: Value =
            server.ask("clip-generation", asset["id"].as_str().unwrap(), json!({})).await.json().await.unwrap();
        let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
        server.wait(&path, |job| job["state"] == "running").await;
        server.wait(&path, |_| children(server.pid()).iter().any(|id| kill_process(*id, Signal::KILL).is_ok())).await;
        assert_eq!(server.job(job["id"].as_str().unwrap()).await["state"], "dead");

        break_database(folder.path()).await;
        fail(&server, "the-failed-request", &format!("asset_id={CANARY}")).await;

        let began = Instant::now();
        assert_eq!(tokio::task::spawn_blocking(|| server.terminate()).await.unwrap(), 0);
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());

        let spans = sink.bodies("/v1/traces").concat();
        // Fields 1 and 4 of a span (opentelemetry/proto/trace/v1): the trace, and the span that began this one.
        let continued = [&[0x0a, 16][..], &trace.to_be_bytes()].concat();
        let child = [&[0x22, 8][..], &parent.to_be_bytes()].concat();
        assert!(has(&spans, &continued) && has(&spans, &child), "the client's trace goes on");
        for text in [
            "viralforge-server",
            "GET /v1/assets",
            "http.route",
            "http.response.status_code",
            "the-traced-request",
            "the-failed-request",
            "clip-generation",
            "job.start",
            job["id"].as_str().unwrap(),
        ] {
            assert!(has(&spans, text.as_bytes()), "no span has {text}");
        }

        let events: Vec<Value> = sink
            .bodies("/api/7/envelope/")
            .iter()
            .flat_map(|body| body.split(|b| *b == b'\n'))
            .filter_map(|line| serde_json::from_slice(line).ok())
            .filter(|line: &Value| line["logger"].is_string())
            .collect();
        let of = |message: &str, tag: &str, value: &Value| {
            events.iter().find(|event| event["message"] == message && &event["tags"][tag] == value)
        };
        let failed = of("request", "request_id", &json!("the-failed-request")).unwrap_or_else(|| panic!("{events:?}"));
        assert_eq!(
            (&failed["tags"]["http.route"], &failed["tags"]["http.request.method"]),
            (&json!("/v1/jobs"), &json!("GET"))
        );
        assert_eq!(failed["tags"]["http.response.status_code"], "500");
        let message = "a job is dead: it was started as often as it may be";
        let dead = of(message, "job.id", &job["id"]).unwrap_or_else(|| panic!("{events:?}"));
        assert_eq!((&dead["tags"]["job.kind"], &dead["tags"]["code"]), (&json!("clip-generation"), &json!("backend")));

        let data = folder.path().to_string_lossy().into_owned();
        for secret in [KEY, "canary", CANARY, "limit=7", "no such table", "signature=", &data] {
            for (head, body) in sink.0.lock().unwrap().iter() {
                assert!(
                    !has(head.as_bytes(), secret.as_bytes()) && !has(body, secret.as_bytes()),
                    "{secret} in {head}"
                );
            }
        }
    }
}
