//! Whole files in one request: as the body, and in a form.

use futures_util::stream;
use serde_json::Value;

use crate::server::{KEY, Server, demo_video, small_video};

async fn put(server: &Server, path: &str, body: impl Into<reqwest::Body>, key: Option<&str>) -> reqwest::Response {
    let mut request = server.client.put(format!("{}/v1/assets/{path}", server.url)).body(body);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    request.send().await.unwrap()
}

/// A body whose length nobody knows.
fn chunked(bytes: Vec<u8>) -> reqwest::Body {
    let pieces: Vec<_> = bytes.chunks(10_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    reqwest::Body::wrap_stream(stream::iter(pieces))
}

fn spooled(server: &Server) -> usize {
    std::fs::read_dir(server.data().join("uploads")).unwrap().count()
}

#[tokio::test]
async fn the_body_of_a_put_becomes_an_asset_with_its_length_known_or_not() {
    let server = Server::start();
    let video = demo_video();
    for body in [reqwest::Body::from(video.clone()), chunked(video.clone()), chunked(small_video())] {
        let made = put(&server, "Sommer%20am%20See.mp4", body, None).await;
        assert_eq!(made.status(), 201);
        let location = made.headers()["location"].to_str().unwrap().to_owned();
        let asset: Value = made.json().await.unwrap();
        assert_eq!(location, format!("/v1/assets/{}", asset["id"].as_str().unwrap()));
        assert_eq!(asset["file_name"], "Sommer am See.mp4");
        assert_eq!(server.verdict(asset["id"].as_str().unwrap()).await["state"], "accepted");
    }
    // Decoded once: what looks encoded then is the name.
    let twice: Value = put(&server, "a%2520b.mp4", small_video(), None).await.json().await.unwrap();
    assert_eq!(twice["file_name"], "a%20b.mp4");
    assert_eq!(spooled(&server), 0);
}

#[tokio::test]
async fn curl_sends_a_file_and_a_form() {
    let server = Server::start();
    let video = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/h264-aac.mp4");
    let form = format!("file=@{video};filename=\"a;b.mp4\"");
    let (to, into) = (format!("{}/v1/assets/", server.url), format!("{}/v1/assets", server.url));
    for arguments in [vec!["-T", video, &to], vec!["-F", "slot=video", "-F", &form, &into]] {
        let key = format!("Authorization: Bearer {KEY}");
        let mut curl = std::process::Command::new("curl");
        let output = curl.args(["-sS", "--fail-with-body", "-H", &key]).args(arguments).output();
        let Ok(output) = output else { return println!("skipped: there is no curl") };
        let asset: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(output.status.success(), "{asset}");
        let name = asset["file_name"].as_str().unwrap();
        assert!(["h264-aac.mp4", "a;b.mp4"].contains(&name), "{name}");
        assert_eq!(server.verdict(asset["id"].as_str().unwrap()).await["state"], "accepted");
    }
}

#[tokio::test]
async fn a_form_is_read_with_its_slot_and_a_wrong_one_is_refused() {
    let server = Server::start();
    let send = |body: Vec<u8>| {
        let request = server.client.post(format!("{}/v1/assets", server.url));
        request.header("content-type", "multipart/form-data; boundary=b").body(body).send()
    };
    let picture = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/animation.gif")).unwrap();
    let field = |name: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").into_bytes()
    };
    let file = |bytes: &[u8]| {
        let head = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.gif\"\r\n\r\n";
        [&head[..], bytes, b"\r\n--b--\r\n"].concat()
    };
    let made = send([field("slot", "image"), file(&picture)].concat()).await.unwrap();
    assert_eq!(made.status(), 201);
    let asset: Value = made.json().await.unwrap();
    assert_eq!((&asset["file_name"], &asset["bytes"]), (&"a.gif".into(), &picture.len().into()));
    for (body, status) in [
        (file(&picture), 422),
        ([field("slot", "document"), file(&picture)].concat(), 422),
        ([field("slot", "image"), b"--b--\r\n".to_vec()].concat(), 400),
        ([field("color", "red"), file(&picture)].concat(), 400),
        (b"no form".to_vec(), 400),
    ] {
        let text = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(send(body).await.unwrap().status(), status, "{text}");
    }
    let no_form = server.client.post(format!("{}/v1/assets", server.url)).body("x").send().await.unwrap();
    assert_eq!(no_form.status(), 415);
    assert_eq!(spooled(&server), 0);
}

#[tokio::test]
async fn what_is_too_large_or_hopeless_is_refused_early_and_leaves_nothing() {
    let server = Server::start_with(&[("VIRALFORGE_MAX_VIDEO_BYTES", "1000000")]);
    let declared = put(&server, "a.mp4", vec![0; 1_000_001], None).await;
    assert_eq!(declared.status(), 413);
    let counted = put(&server, "a.mp4", chunked(demo_video()), None).await;
    assert_eq!(counted.status(), 413);
    let page = "<!doctype html><script>alert(1)</script>".repeat(20_000).into_bytes();
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    for body in [chunked(page.clone()), reqwest::Body::from(page), chunked(b"<html>".to_vec()), chunked(svg)] {
        let refused = put(&server, "a.mp4", body, None).await;
        assert_eq!(refused.status(), 422);
        assert_eq!(refused.json::<Value>().await.unwrap()["code"], "malformed");
    }
    assert_eq!(put(&server, "a.mp4?slot=document", "x", None).await.status(), 422);
    assert_eq!(spooled(&server), 0);
    assert_eq!(server.json("/v1/assets").await["items"], serde_json::json!([]));
}

#[tokio::test]
async fn under_one_key_a_file_is_one_asset_however_often_it_is_sent_and_broken_off() {
    let server = Server::start();
    let video = demo_video();
    let part = video[..300_000].to_vec();
    let broken = stream::iter([Ok(part), Err(std::io::Error::other("the train enters a tunnel"))]);
    let request = server.client.put(format!("{}/v1/assets/a.mp4", server.url)).header("idempotency-key", "k");
    assert!(request.body(reqwest::Body::wrap_stream(broken)).send().await.is_err());
    let (first, second) =
        tokio::join!(put(&server, "a.mp4", video.clone(), Some("k")), put(&server, "a.mp4", video.clone(), Some("k")));
    // Of two at the same time one may hear of the other.
    let third: Value = put(&server, "a.mp4", video.clone(), Some("k")).await.json().await.unwrap();
    let id = third["id"].as_str().unwrap();
    let mut made = 0;
    for answer in [first, second] {
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        assert!(status == 201 && body["id"] == id || status == 409, "{status} {body}");
        made += u32::from(status == 201);
    }
    assert!(made > 0);
    assert_eq!(put(&server, "other.mp4", video.clone(), Some("k")).await.status(), 409);
    assert_eq!(server.json("/v1/assets").await["items"].as_array().unwrap().len(), 1);
    // What broke off is removed when the server notices.
    server.wait("/health", |_| spooled(&server) == 0).await;
    assert_eq!(server.verdict(id).await["state"], "accepted");
}
