//! Thumbnails that nobody asks for.

use serde_json::Value;

use crate::server::{Server, small_video, undecodable_video};

/// The names of the pictures of an asset, as soon as there are any.
async fn pictures(server: &Server, asset: &str) -> (Vec<String>, Value) {
    let asset = server.wait(&format!("/v1/assets/{asset}"), |asset| asset["files"] != serde_json::json!([])).await;
    let files = asset["files"].as_array().unwrap();
    let is_picture = |file: &&Value| file["content_type"] == "image/jpeg";
    let names = files.iter().filter(is_picture).map(|file| file["name"].as_str().unwrap().to_owned()).collect();
    (names, asset)
}

const NAMES: [&str; 3] = ["thumbnail-1-small.jpg", "thumbnail-1-medium.jpg", "thumbnail-1-large.jpg"];

#[tokio::test]
async fn an_accepted_video_or_picture_has_three_and_a_rejected_one_has_none() {
    let server = Server::start();
    let video = server.upload(&small_video(), "a.mp4").await;
    let (names, video) = pictures(&server, video["id"].as_str().unwrap()).await;
    assert_eq!(names, NAMES);
    let url = video["files"].as_array().unwrap().iter().find(|file| file["name"] == NAMES[2]).unwrap()["url"].clone();
    let still = reqwest::get(url.as_str().unwrap()).await.unwrap().bytes().await.unwrap();
    let gif = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/animation.gif")).unwrap();
    for (name, bytes) in [("still.jpg", still.to_vec()), ("moving.gif", gif)] {
        let address = format!("{}/v1/assets/{name}?slot=image", server.url);
        let made: Value = server.client.put(address).body(bytes).send().await.unwrap().json().await.unwrap();
        let id = made["id"].as_str().unwrap();
        let asset = server.verdict(id).await;
        assert_eq!(asset["state"], "accepted", "{asset}");
        assert_eq!(pictures(&server, id).await.0, NAMES, "{name}");
    }
    let broken = undecodable_video();
    assert_eq!(server.upload(&broken, "broken.mp4").await["state"], "rejected");
    let jobs = server.json("/v1/jobs").await;
    let kinds = jobs["items"].as_array().unwrap().iter().filter(|job| job["kind"] == "thumbnail-generation").count();
    assert_eq!(kinds, 3);
}

#[tokio::test]
async fn sound_has_none_and_they_can_be_turned_off() {
    let tone = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/tone.mp3")).unwrap();
    let off = Server::start_with(&[("VIRALFORGE_AUTO_THUMBNAILS", "false")]);
    let on = Server::start();
    let asset = off.upload(&small_video(), "a.mp4").await;
    assert_eq!(asset["state"], "accepted");
    let address = format!("{}/v1/assets/tone.mp3?slot=audio", on.url);
    let made: Value = on.client.put(address).body(tone).send().await.unwrap().json().await.unwrap();
    assert_eq!(on.verdict(made["id"].as_str().unwrap()).await["state"], "accepted");
    for server in [on, off] {
        assert_eq!(server.json("/v1/jobs").await["items"].as_array().unwrap().len(), 1);
    }
}
