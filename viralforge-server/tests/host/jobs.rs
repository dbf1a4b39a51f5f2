//! Jobs: done once, whatever dies; followed, cancelled, started over.

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::server::{Server, demo_video, small_video};

#[tokio::test]
async fn the_main_job_makes_clips_that_can_be_fetched() {
    let server = Server::start();
    let asset = server.upload(&demo_video(), "sintel.mp4").await;
    let options = json!({ "to": ["tiktok"], "clips": { "count": 1, "max_duration_seconds": 15.0 } });
    let asked = server.ask("clip-generation", asset["id"].as_str().unwrap(), options).await;
    assert_eq!(asked.status(), 202);
    let job: Value = asked.json().await.unwrap();
    let events = follow(&server, job["id"].as_str().unwrap(), None).await;
    let fractions: Vec<f64> =
        events.iter().filter(|e| e.1 == "progress").map(|e| e.2["fraction"].as_f64().unwrap()).collect();
    assert!(fractions.len() > 2 && fractions.windows(2).all(|f| f[0] <= f[1]), "{fractions:?}");
    assert_eq!(events.last().unwrap().2["state"], "succeeded");
    // Who comes back with an id gets what came after it, and nothing twice.
    let half = events[events.len() / 2].0;
    let rest = follow(&server, job["id"].as_str().unwrap(), Some(half)).await;
    assert_eq!(
        rest.iter().map(|e| e.0).collect::<Vec<_>>(),
        events.iter().map(|e| e.0).filter(|id| *id > half).collect::<Vec<_>>()
    );

    let job = server.json(&format!("/v1/jobs/{}", job["id"].as_str().unwrap())).await;
    let outputs = job["outputs"].as_array().unwrap();
    let clip = outputs.iter().find(|o| o["name"] == "clip-1-tiktok.mp4").unwrap();
    let bytes = reqwest::get(clip["url"].as_str().unwrap()).await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes.len() as u64, clip["bytes"].as_u64().unwrap());
    let report = outputs.iter().find(|o| o["name"] == "report.json").unwrap();
    let report: Value = reqwest::get(report["url"].as_str().unwrap()).await.unwrap().json().await.unwrap();
    assert_eq!((&report["clips"][0]["width"], &report["clips"][0]["height"]), (&1080.into(), &1920.into()));
}

/// The events of a job until it is over: id, name, data.
async fn follow(server: &Server, job: &str, after: Option<i64>) -> Vec<(i64, String, Value)> {
    let mut request = server.get(&format!("/v1/jobs/{job}/events"));
    if let Some(after) = after {
        request = request.header("last-event-id", after);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
    let mut stream = answer.bytes_stream();
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        text.push_str(&String::from_utf8_lossy(&chunk.unwrap()));
    }
    let mut events = Vec::new();
    for block in text.split("\n\n").filter(|block| block.contains("data:")) {
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned()).unwrap_or_default()
        };
        events.push((field("id:").parse().unwrap(), field("event:"), serde_json::from_str(&field("data:")).unwrap()));
    }
    events
}

#[tokio::test]
async fn scenes_are_told_while_they_are_found() {
    let server = Server::start();
    let asset = server.upload(&demo_video(), "sintel.mp4").await;
    let job: Value =
        server.ask("detect-scenes", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let events = follow(&server, job["id"].as_str().unwrap(), None).await;
    let job = server.job(job["id"].as_str().unwrap()).await;
    let report = reqwest::get(job["outputs"][0]["url"].as_str().unwrap()).await.unwrap();
    let report: Value = report.json().await.unwrap();
    let told: Vec<_> = events.iter().filter(|e| e.1 == "scene").map(|e| &e.2).collect();
    let (scenes, ends) = (report["scenes"].as_array().unwrap(), report["boundaries"].as_array().unwrap());
    assert!(ends.len() > 5);
    assert_eq!(told.iter().map(|t| &t["ends_with"]).collect::<Vec<_>>(), ends.iter().collect::<Vec<_>>());
    assert_eq!(told.iter().map(|t| &t["scene"]).collect::<Vec<_>>(), scenes[..ends.len()].iter().collect::<Vec<_>>());
    // They come before the end, each once, whoever comes back.
    assert_eq!((events.last().unwrap().1.as_str(), &events.last().unwrap().2["state"]), ("state", &"succeeded".into()));
    let half = events.iter().filter(|e| e.1 == "scene").nth(ends.len() / 2).unwrap().0;
    let rest = follow(&server, job["id"].as_str().unwrap(), Some(half)).await;
    assert_eq!(rest.iter().filter(|e| e.1 == "scene").count(), ends.len() - 1 - ends.len() / 2);
}

#[tokio::test]
async fn a_job_survives_the_death_of_its_server_and_is_published_once() {
    let server = Server::start_with(&[("VIRALFORGE_LEASE_SECONDS", "1")]);
    let asset = server.upload(&demo_video(), "sintel.mp4").await;
    let job: Value = server.ask("analyze", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    server.wait(&path, |job| job["state"] == "running" && !job["progress"].is_null()).await;
    let data = server.data().to_path_buf();
    let _folder = server.kill();

    let server = Server::start_on(&data, &[("VIRALFORGE_LEASE_SECONDS", "1")]);
    let job = server.job(job["id"].as_str().unwrap()).await;
    assert_eq!((&job["state"], &job["starts"]), (&"succeeded".into(), &2.into()));
    let names: Vec<_> = job["outputs"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["report.json"]);
    // Whoever follows it sees two starts and one end, and progress that never falls.
    let events = follow(&server, job["id"].as_str().unwrap(), None).await;
    let states: Vec<_> = events.iter().filter(|e| e.1 == "state").map(|e| e.2["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["queued", "running", "running", "succeeded"]);
    let fractions: Vec<_> =
        events.iter().filter(|e| e.1 == "progress").map(|e| e.2["fraction"].as_f64().unwrap()).collect();
    assert!(fractions.windows(2).all(|f| f[0] <= f[1]), "{fractions:?}");
}

#[tokio::test]
async fn a_running_job_is_cancelled_and_can_be_started_over() {
    let server = Server::start_with(&[("VIRALFORGE_LEASE_SECONDS", "1")]);
    let asset = server.upload(&demo_video(), "sintel.mp4").await;
    let job: Value =
        server.ask("clip-generation", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let id = job["id"].as_str().unwrap();
    server.wait(&format!("/v1/jobs/{id}"), |job| job["state"] == "running").await;
    let cancelled = server.client.delete(format!("{}/v1/jobs/{id}", server.url)).send().await.unwrap();
    assert_eq!(cancelled.status(), 202);
    let job = server.job(id).await;
    assert_eq!((&job["state"], job["outputs"].as_array().unwrap().len()), (&"cancelled".into(), 0));
    let replayed = server.client.post(format!("{}/v1/jobs/{id}/replay", server.url)).send().await.unwrap();
    assert_eq!(replayed.status(), 202);
    server.client.delete(format!("{}/v1/jobs/{id}", server.url)).send().await.unwrap();
    assert_eq!(server.job(id).await["state"], "cancelled");
}

#[tokio::test]
async fn the_same_key_is_the_same_job_and_wrong_options_are_refused_at_once() {
    let server = Server::start();
    let asset = server.upload(&small_video(), "a.mp4").await;
    let asset = asset["id"].as_str().unwrap();
    let ask = |kind: &str| {
        let body = json!({ "kind": kind, "asset_id": asset });
        server.client.post(format!("{}/v1/jobs", server.url)).header("idempotency-key", "k1").json(&body).send()
    };
    // At the same time, and later.
    let (first, second) = tokio::join!(ask("analyze"), ask("analyze"));
    let (first, second): (Value, Value) = (first.unwrap().json().await.unwrap(), second.unwrap().json().await.unwrap());
    let third: Value = ask("analyze").await.unwrap().json().await.unwrap();
    assert_eq!((&second["id"], &third["id"]), (&first["id"], &first["id"]));
    assert_eq!(ask("thumbnail-generation").await.unwrap().status(), 409);
    for (kind, options, status) in [
        ("mining", Value::Null, 422),
        ("validation", Value::Null, 422),
        ("video-processing", json!({ "transcode": { "crf": 300 } }), 422),
        ("clip-generation", json!({ "too": [] }), 422),
    ] {
        assert_eq!(server.ask(kind, asset, options).await.status().as_u16(), status, "{kind}");
    }
    assert_eq!(server.ask("analyze", &"0".repeat(32), Value::Null).await.status(), 404);
    assert_eq!(server.job(first["id"].as_str().unwrap()).await["state"], "succeeded");
}

#[tokio::test]
async fn what_the_file_is_to_blame_for_fails_once_and_with_the_librarys_code() {
    let server = Server::start();
    let asset = server.upload(&small_video(), "a.mp4").await;
    let options = json!({ "transcode": { "range": { "start_seconds": 500.0, "end_seconds": 501.0 } } });
    let job: Value = server.ask("video-processing", asset["id"].as_str().unwrap(), options).await.json().await.unwrap();
    let job = server.job(job["id"].as_str().unwrap()).await;
    assert_eq!((&job["state"], &job["starts"]), (&"failed".into(), &1.into()));
    assert!(["malformed", "invalid_option"].contains(&job["error"]["code"].as_str().unwrap()), "{job}");
}
