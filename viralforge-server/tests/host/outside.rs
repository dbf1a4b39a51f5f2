//! Workers that are other programs, as they speak over HTTP.

use std::path::Path;

use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::server::{Server, small_video};
use crate::storage::media;

/// Nobody here makes thumbnails; leases run out soon.
const SETTINGS: [(&str, &str); 3] =
    [("VIRALFORGE_THUMBNAIL_WORKERS", "0"), ("VIRALFORGE_LEASE_SECONDS", "1"), ("VIRALFORGE_WORKERS", "2")];

/// A job that waits for somebody outside.
async fn waiting(server: &Server) -> String {
    let asset = server.upload(&small_video(), "a.mp4").await;
    let asked = server.ask("thumbnail-generation", asset["id"].as_str().unwrap(), Value::Null).await;
    let job: Value = asked.json().await.unwrap();
    job["id"].as_str().unwrap().to_owned()
}

async fn say(server: &Server, job: &str, what: &str, body: Value) -> Response {
    server.client.post(format!("{}/v1/jobs/{job}/{what}", server.url)).json(&body).send().await.unwrap()
}

async fn claim(server: &Server, job: &str) -> Value {
    let answer = say(server, job, "claim", json!({ "worker": "test" })).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn store(server: &Server, job: &str, name: &str, fence: &Value, bytes: &'static [u8]) -> Response {
    let address = format!("{}/v1/jobs/{job}/outputs/{name}?fence={fence}", server.url);
    server.client.put(address).header("content-type", "image/jpeg").body(bytes).send().await.unwrap()
}

/// The code of a problem, after its status.
async fn problem(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    (status, problem["code"].as_str().unwrap_or_default().to_owned())
}

fn lost() -> (u16, String) {
    (409, "lease_lost".to_owned())
}

#[tokio::test]
async fn what_an_outside_worker_stores_is_seen_when_it_says_that_it_is_complete() {
    let server = Server::start_with(&[SETTINGS[0]]);
    let job = waiting(&server).await;
    let claimed = claim(&server, &job).await;
    assert_eq!((&claimed["kind"], &claimed["fence"]), (&"thumbnail-generation".into(), &1.into()));
    assert_eq!(
        problem(say(&server, &job, "claim", json!({ "worker": "other" })).await).await,
        (409, "conflict".into())
    );
    // By its address alone, without the key.
    let input = Client::new().get(claimed["input"]["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(input.bytes().await.unwrap(), small_video());

    let fence = &claimed["fence"];
    for fraction in [0.5, 0.2] {
        let progress = json!({ "stage": "render", "fraction": fraction });
        let held = say(&server, &job, "heartbeat", json!({ "fence": fence, "progress": progress })).await;
        assert_eq!(held.json::<Value>().await.unwrap()["continue"], true);
    }
    let path = format!("/v1/jobs/{job}");
    assert_eq!(server.json(&path).await["progress"]["fraction"], 0.5, "it never falls");
    let beyond = say(&server, &job, "heartbeat", json!({ "fence": fence, "progress": { "fraction": 2 } })).await;
    assert_eq!(beyond.status(), 422);

    assert_eq!(store(&server, &job, "one.jpg", fence, b"one").await.status(), 204);
    assert_eq!(store(&server, &job, "one.jpg", fence, b"one").await.status(), 204, "an answer that got lost");
    assert_eq!(problem(store(&server, &job, "one.jpg", fence, b"another").await).await.0, 409);
    for name in ["report.json", ".hidden", "a%2Fb", "%2e%2e%2fb", "a b", "-x", "%00"] {
        assert_eq!(store(&server, &job, name, fence, b"x").await.status(), 422, "{name}");
    }
    assert_eq!(server.json(&path).await["outputs"], json!([]));
    let done = say(&server, &job, "complete", json!({ "fence": fence, "report": { "thumbnails": 1 } })).await;
    let done: Value = done.json().await.unwrap();
    assert_eq!(done["state"], "succeeded");
    let outputs = done["outputs"].as_array().unwrap();
    let names: Vec<_> =
        outputs.iter().map(|o| (o["name"].as_str().unwrap(), o["content_type"].as_str().unwrap())).collect();
    assert_eq!(names, [("one.jpg", "image/jpeg"), ("report.json", "application/json")]);
    let one = reqwest::get(outputs[0]["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(
        (one.headers()["content-type"].clone(), one.bytes().await.unwrap()),
        ("image/jpeg".parse().unwrap(), "one".into())
    );
    let report: Value = reqwest::get(outputs[1]["url"].as_str().unwrap()).await.unwrap().json().await.unwrap();
    assert_eq!(report, json!({ "thumbnails": 1 }));
    assert_eq!(problem(say(&server, &job, "complete", json!({ "fence": fence })).await).await, lost());
}

#[tokio::test]
async fn a_worker_whose_lease_is_lost_hears_so_whatever_it_does_and_changes_nothing() {
    let server = Server::start_with(&SETTINGS);
    let job = waiting(&server).await;
    let old = claim(&server, &job).await["fence"].clone();
    assert_eq!(store(&server, &job, "one.jpg", &old, b"old").await.status(), 204);
    // Nobody beats; sooner or later another one may have it.
    let new = loop {
        let answer = say(&server, &job, "claim", json!({ "worker": "other" })).await;
        if answer.status() == 200 {
            break answer.json::<Value>().await.unwrap()["fence"].clone();
        }
    };
    assert_eq!(problem(say(&server, &job, "heartbeat", json!({ "fence": old })).await).await, lost());
    assert_eq!(problem(store(&server, &job, "two.jpg", &old, b"old").await).await, lost());
    assert_eq!(problem(say(&server, &job, "complete", json!({ "fence": old })).await).await, lost());
    let failed = json!({ "fence": old, "code": "malformed", "message": "no" });
    assert_eq!(problem(say(&server, &job, "fail", failed).await).await, lost());
    assert_eq!(store(&server, &job, "one.jpg", &new, b"new").await.status(), 204);
    let done: Value = say(&server, &job, "complete", json!({ "fence": new })).await.json().await.unwrap();
    assert_eq!((&done["starts"], done["outputs"].as_array().unwrap().len()), (&2.into(), 2));
    let one = reqwest::get(done["outputs"][0]["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(one.bytes().await.unwrap(), "new");
    let kept = files_below(&media(server.data()), &job);
    assert_eq!(kept, 2, "what the first one stored is gone");
}

/// Files in folders of a job.
fn files_below(folder: &Path, job: &str) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(
            |path| {
                if path.is_dir() { files_below(&path, job) } else { usize::from(path.to_string_lossy().contains(job)) }
            },
        )
        .sum()
}

#[tokio::test]
async fn a_failure_ends_the_job_or_has_it_tried_again_and_what_was_stored_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &SETTINGS);
    let job = waiting(&server).await;
    let fence = claim(&server, &job).await["fence"].clone();
    let unknown = json!({ "fence": fence, "code": "tired", "message": "no" });
    assert_eq!(say(&server, &job, "fail", unknown).await.status(), 422);
    let passing = json!({ "fence": fence, "code": "io", "message": "no room" });
    let again: Value = say(&server, &job, "fail", passing).await.json().await.unwrap();
    assert_eq!((&again["state"], &again["error"]["code"]), (&"queued".into(), &"io".into()));
    assert_eq!(say(&server, &job, "claim", json!({ "worker": "test" })).await.status(), 409, "it is not due yet");
    let fence = loop {
        let answer = say(&server, &job, "claim", json!({ "worker": "test" })).await;
        if answer.status() == 200 {
            break answer.json::<Value>().await.unwrap()["fence"].clone();
        }
    };
    assert_eq!(store(&server, &job, "one.jpg", &fence, b"one").await.status(), 204);
    let lasting = json!({ "fence": fence, "code": "malformed", "message": "it is broken" });
    let failed: Value = say(&server, &job, "fail", lasting).await.json().await.unwrap();
    assert_eq!((&failed["state"], &failed["error"]["message"]), (&"failed".into(), &"it is broken".into()));
    let stored = media(folder.path());
    assert_eq!(files_below(&stored, &job), 1);
    // The tidier looks at each start, and leaves alone what has ended just now.
    let mut server = Some(server);
    while files_below(&stored, &job) > 0 {
        server.take().unwrap().terminate();
        server = Some(Server::start_on(folder.path(), &SETTINGS));
        server.as_ref().unwrap().json("/ready").await;
    }
}

#[tokio::test]
async fn a_worker_hears_that_its_job_is_to_be_cancelled() {
    let server = Server::start_with(&[SETTINGS[0]]);
    let job = waiting(&server).await;
    let fence = claim(&server, &job).await["fence"].clone();
    server.client.delete(format!("{}/v1/jobs/{job}", server.url)).send().await.unwrap();
    let held: Value = say(&server, &job, "heartbeat", json!({ "fence": fence })).await.json().await.unwrap();
    assert_eq!(held["continue"], false);
    let stopped = json!({ "fence": fence, "code": "cancelled", "message": "stopped" });
    let ended: Value = say(&server, &job, "fail", stopped).await.json().await.unwrap();
    assert_eq!(ended["state"], "cancelled");
    // One that says nothing more is not waited for.
    let silent = Server::start_with(&SETTINGS);
    let job = waiting(&silent).await;
    claim(&silent, &job).await;
    silent.client.delete(format!("{}/v1/jobs/{job}", silent.url)).send().await.unwrap();
    assert_eq!(silent.job(&job).await["state"], "cancelled");
}
