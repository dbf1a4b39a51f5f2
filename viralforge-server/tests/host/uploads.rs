//! Uploads: resumed, refused, put together, ended.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::server::{Server, demo_video, small_video, undecodable_video};

#[tokio::test]
async fn an_interrupted_upload_goes_on_where_it_stopped_also_after_a_kill() {
    let video = demo_video();
    let server = Server::start();
    let address = server.begin(video.len(), "sintel.mp4").await;
    let half = video.len() / 2;
    assert_eq!(server.patch(&address, 0, &video[..half]).await.status(), 204);
    let data = server.data().to_path_buf();
    let path = address.strip_prefix(&server.url).unwrap().to_owned();
    let _folder = server.kill();

    let server = Server::start_on(&data, &[]);
    let address = format!("{}{path}", server.url);
    assert_eq!(server.offset(&address).await, half);
    assert_eq!(server.patch(&address, half + 1, &video[half + 1..]).await.status(), 409);
    assert_eq!(server.patch(&address, half, &video[half..]).await.status(), 204);
    let upload: Value = server.client.get(&address).send().await.unwrap().json().await.unwrap();
    assert_eq!((&upload["state"], &upload["offset"]), (&"complete".into(), &video.len().into()));
    let asset = server.verdict(upload["asset_id"].as_str().unwrap()).await;
    assert_eq!((&asset["state"], &asset["media"]["container"]), (&"accepted".into(), &"mp4".into()));
    assert_eq!(asset["report"]["safe_name"], "sintel.mp4");
}

#[tokio::test]
async fn hopeless_files_are_refused_before_the_rest_arrives() {
    let server = Server::start();
    let address = server.begin(50_000_000, "movie.mp4").await;
    let page = "<!doctype html><script>alert(1)</script>".repeat(4000);
    let refused = server.patch(&address, 0, page.as_bytes()).await;
    assert_eq!(refused.status(), 422);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "malformed");
    let upload: Value = server.client.get(&address).send().await.unwrap().json().await.unwrap();
    assert_eq!(upload["state"], "refused");
    assert_eq!(server.patch(&address, 0, b"more").await.status(), 422);
    assert_eq!(std::fs::read_dir(server.data().join("uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_that_only_looks_like_a_video_is_rejected_and_cannot_be_worked_with() {
    let server = Server::start();
    let broken = undecodable_video();
    let asset = server.upload(&broken, "broken.mp4").await;
    assert_eq!(asset["state"], "rejected");
    assert!(asset["report"]["findings"].as_array().unwrap().iter().any(|f| f["severity"] == "error"));
    let answer = server.ask("analyze", asset["id"].as_str().unwrap(), Value::Null).await;
    assert_eq!(answer.status(), 409);
}

#[tokio::test]
async fn an_upload_whose_header_says_that_it_is_too_short_is_refused_while_it_comes() {
    let server = Server::start();
    let mut cut = small_video();
    cut.truncate(cut.len() / 2);
    let address = server.begin(cut.len(), "cut.mp4").await;
    let answer = server.patch(&address, 0, &cut).await;
    assert_eq!(answer.status(), 422);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "malformed");
    assert_eq!(server.json("/v1/assets").await["items"], serde_json::json!([]));
}

#[tokio::test]
async fn the_protocol_is_held_to() {
    let server = Server::start();
    let video = small_video();
    let offer =
        server.client.request(reqwest::Method::OPTIONS, format!("{}/v1/uploads", server.url)).send().await.unwrap();
    assert_eq!(offer.status(), 204);
    assert!(offer.headers()["tus-extension"].to_str().unwrap().contains("concatenation"));
    let address = server.begin(video.len(), "a.mp4").await;
    let no_version = server.client.head(&address).send().await.unwrap();
    assert_eq!(no_version.status(), 412);
    let wrong_type =
        server.tus(server.client.patch(&address)).header("upload-offset", 0).body("x").send().await.unwrap();
    assert_eq!(wrong_type.status(), 415);
    let too_much = server.patch(&address, 0, &[video.clone(), video.clone()].concat()).await;
    assert_eq!(too_much.status(), 413);
    assert_eq!(server.create(200_000_000, "large.mp4").await.status(), 413);
    let ended = server.tus(server.client.delete(&address)).send().await.unwrap();
    assert_eq!(ended.status(), 204);
    assert_eq!(server.tus(server.client.head(&address)).send().await.unwrap().status(), 404);
    assert_eq!(
        server.tus(server.client.head(format!("{}/v1/uploads/../../etc", server.url))).send().await.unwrap().status(),
        404
    );
}

#[tokio::test]
async fn a_checksum_that_is_wrong_changes_nothing() {
    let server = Server::start();
    let video = small_video();
    let address = server.begin(video.len(), "a.mp4").await;
    let send = |sum: String| {
        server
            .tus(server.client.patch(&address))
            .header("upload-offset", 0)
            .header("content-type", "application/offset+octet-stream")
            .header("upload-checksum", sum)
            .body(video.clone())
            .send()
    };
    let wrong = send(format!("sha256 {}", STANDARD.encode([0; 32]))).await.unwrap();
    assert_eq!(wrong.status().as_u16(), 460);
    assert_eq!(server.offset(&address).await, 0);
    let right = send(format!("sha256 {}", STANDARD.encode(Sha256::digest(&video)))).await.unwrap();
    assert_eq!(right.status(), 204);
}

#[tokio::test]
async fn partial_uploads_become_one() {
    let server = Server::start();
    let video = demo_video();
    let mut parts = Vec::new();
    for piece in [&video[..3_000_000], &video[3_000_000..]] {
        let created = server
            .tus(server.client.post(format!("{}/v1/uploads", server.url)))
            .header("upload-length", piece.len())
            .header("upload-concat", "partial")
            .send()
            .await
            .unwrap();
        let address = created.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(server.patch(&address, 0, piece).await.status(), 204);
        parts.push(address.strip_prefix(&server.url).unwrap().to_owned());
    }
    let whole = server
        .tus(server.client.post(format!("{}/v1/uploads", server.url)))
        .header("upload-concat", format!("final;{}", parts.join(" ")))
        .header("upload-metadata", format!("filename {}", STANDARD.encode("sintel.mp4")))
        .send()
        .await
        .unwrap();
    assert_eq!(whole.status(), 201);
    let address = whole.headers()["location"].to_str().unwrap();
    let upload: Value = server.client.get(address).send().await.unwrap().json().await.unwrap();
    let asset = server.verdict(upload["asset_id"].as_str().unwrap()).await;
    assert_eq!((&asset["state"], &asset["bytes"]), (&"accepted".into(), &video.len().into()));
}
