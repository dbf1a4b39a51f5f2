//! Uploads that go straight to the storage: plain PUTs, by a client that knows nothing of S3.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Server, demo_video, small_video};
use crate::storage::S3;

async fn begin(server: &Server, length: usize) -> Value {
    let body = json!({ "file_name": "sintel.mp4", "slot": "video", "length": length, "part_bytes": 5 << 20 });
    let begun = server.client.post(format!("{}/v1/uploads/direct", server.url)).json(&body).send().await.unwrap();
    assert_eq!(begun.status(), 201);
    begun.json().await.unwrap()
}

/// Sends the parts, without the key of the server; what the storage answered to each.
async fn send(begun: &Value, bytes: &[u8]) -> Vec<Value> {
    let client = reqwest::Client::new();
    let mut sent = Vec::new();
    for (part, piece) in begun["parts"].as_array().unwrap().iter().zip(bytes.chunks(5 << 20)) {
        let put = client.put(part["url"].as_str().unwrap()).body(piece.to_vec()).send().await.unwrap();
        assert_eq!(put.status(), 200);
        sent.push(json!({ "number": part["number"], "etag": put.headers()["etag"].to_str().unwrap() }));
    }
    sent
}

async fn complete(server: &Server, begun: &Value, parts: &[Value]) -> reqwest::Response {
    let address = format!("{}/v1/uploads/{}/complete", server.url, begun["id"].as_str().unwrap());
    server.client.post(address).json(&json!({ "parts": parts })).send().await.unwrap()
}

#[tokio::test]
async fn parts_that_went_past_the_server_become_an_asset() {
    let Some(s3) = S3::start() else { return };
    let server = s3.server(&[]);
    let video = demo_video();
    let begun = begin(&server, video.len()).await;
    assert_eq!(begun["parts"].as_array().unwrap().len(), video.len().div_ceil(5 << 20));
    let mut sent = send(&begun, &video).await;
    let missing = complete(&server, &begun, &sent[1..]).await;
    assert_eq!(missing.status(), 422);
    sent.reverse();
    let made = complete(&server, &begun, &sent).await;
    assert_eq!(made.status(), 201);
    let asset: Value = made.json().await.unwrap();
    let again: Value = complete(&server, &begun, &sent).await.json().await.unwrap();
    assert_eq!(again["id"], asset["id"]);
    let asset = server.verdict(asset["id"].as_str().unwrap()).await;
    assert_eq!((&asset["state"], &asset["bytes"], s3.parts()), (&"accepted".into(), &video.len().into(), 0));
}

#[tokio::test]
async fn the_storage_refuses_addresses_that_were_changed_or_are_over() {
    let Some(s3) = S3::start() else { return };
    let server = s3.server(&[("VIRALFORGE_UPLOAD_LIFETIME_SECONDS", "2")]);
    let begun = begin(&server, 6 << 20).await;
    let url = begun["parts"][0]["url"].as_str().unwrap();
    let client = reqwest::Client::new();
    let put = |url: String| client.put(url).body("x").send();
    for changed in [
        url.replace("partNumber=1", "partNumber=2"),
        url.replace("/original", "/other"),
        url.replace("X-Amz-Expires=2", "X-Amz-Expires=2000"),
    ] {
        assert_ne!(changed, url);
        assert_eq!(put(changed).await.unwrap().status(), 403);
    }
    assert_eq!(put(url.to_owned()).await.unwrap().status(), 200);
    let began = Instant::now();
    while put(url.to_owned()).await.unwrap().status() != 403 {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The clocks of the two agree to the second.
    while complete(&server, &begun, &[]).await.status() != 410 {
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}

#[tokio::test]
async fn a_lie_about_the_length_or_the_kind_is_refused_and_the_bytes_are_removed() {
    let Some(s3) = S3::start() else { return };
    let server = s3.server(&[]);
    let long = begin(&server, 1000).await;
    let sent = send(&long, &small_video()).await;
    let refused = complete(&server, &long, &sent).await;
    assert_eq!(refused.status(), 422);
    assert_eq!(complete(&server, &long, &sent).await.status(), 422);
    let page = "<!doctype html><script>alert(1)</script>".repeat(40);
    let html = begin(&server, page.len()).await;
    let refused = complete(&server, &html, &send(&html, page.as_bytes()).await).await;
    assert_eq!((refused.status().as_u16(), s3.objects().len(), s3.parts()), (422, 0, 0));
    let body = json!({ "file_name": "a.mp4", "length": 200_000_000 });
    let over = server.client.post(format!("{}/v1/uploads/direct", server.url)).json(&body).send().await.unwrap();
    assert_eq!(over.status(), 413);
}

#[tokio::test]
async fn an_upload_that_is_ended_leaves_nothing_and_takes_nothing() {
    let Some(s3) = S3::start() else { return };
    let server = s3.server(&[]);
    let begun = begin(&server, 6 << 20).await;
    send(&begun, &vec![1; 6 << 20]).await;
    let address = format!("{}/v1/uploads/{}", server.url, begun["id"].as_str().unwrap());
    assert_eq!(server.patch(&address, 0, b"x").await.status(), 409);
    assert_eq!(server.client.delete(&address).send().await.unwrap().status(), 204);
    assert_eq!((s3.parts(), server.client.get(&address).send().await.unwrap().status().as_u16()), (0, 404));
    assert_eq!(complete(&server, &begun, &[]).await.status(), 404);
}

#[tokio::test]
async fn a_crash_between_the_storage_and_the_database_is_healed() {
    let Some(s3) = S3::start() else { return };
    let server = s3.server(&[]);
    let video = demo_video();
    let begun = begin(&server, video.len()).await;
    let sent = send(&begun, &video).await;
    let id = begun["id"].as_str().unwrap().to_owned();
    let data = server.data().to_path_buf();
    let key = s3.path(&format!("assets/{id}/original"));
    tokio::join!(
        async {
            let address = format!("{}/v1/uploads/{id}/complete", server.url);
            let client = server.client.clone();
            // It may be answered or break off.
            let _ = client.post(address).json(&json!({ "parts": sent })).send().await;
        },
        async {
            while !key.exists() {
                tokio::task::yield_now().await;
            }
            rustix::process::kill_process(server.pid(), rustix::process::Signal::KILL).unwrap();
        }
    );
    let _folder = server.kill();
    let settings = s3.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Server::start_on(&data, &settings);
    server.wait(&format!("/v1/uploads/{id}"), |upload| upload["state"] == "complete").await;
    assert_eq!(server.verdict(&id).await["state"], "accepted");
    assert_eq!(server.json("/v1/assets").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_folder_says_that_it_cannot() {
    let server = Server::start_with(&[
        ("S3_ENDPOINT", ""),
        ("S3_BUCKET", ""),
        ("S3_ACCESS_KEY_ID", ""),
        ("S3_SECRET_ACCESS_KEY", ""),
    ]);
    let body = json!({ "file_name": "a.mp4", "length": 10 });
    let refused = server.client.post(format!("{}/v1/uploads/direct", server.url)).json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 501);
    let problem: Value = refused.json().await.unwrap();
    assert!(problem["code"] == "unsupported" && problem["detail"].as_str().unwrap().contains("folder"), "{problem}");
}
