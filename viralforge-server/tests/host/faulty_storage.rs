//! A storage that fails, dawdles, breaks off and lies: a real S3 server, behind a proxy that does all that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use crate::server::demo_video;
use crate::storage::S3;

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// 500, and nothing was done.
    Refused,
    /// 500, although it was done.
    Unsaid,
    /// It comes late.
    Late,
    /// The connection ends in the middle of the body.
    Cut,
    /// The entity tag is another object's.
    Lie,
}

/// Whether a request has the fault: one in three, in an order that no client's own order keeps step with, and always the
/// same (Knuth's multiplicative hash of its number).
fn is_faulty(number: usize) -> bool {
    (number as u32).wrapping_mul(2_654_435_761) < u32::MAX / 3
}

/// Stands before `storage`; its address, and how many faults there were.
async fn proxy(storage: String, fault: Fault) -> (String, Arc<AtomicUsize>) {
    let injected = Arc::new(AtomicUsize::new(0));
    let (seen, count, client) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&injected), reqwest::Client::new());
    let pass = move |request: Request| async move {
        let is_faulty = is_faulty(seen.fetch_add(1, Ordering::SeqCst) + 1);
        if is_faulty && fault == Fault::Refused {
            count.fetch_add(1, Ordering::SeqCst);
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        let (head, body) = request.into_parts();
        // What was broken off on the way here is not passed on.
        let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
        let url = format!("{storage}{}", head.uri);
        // With the host that the client signed.
        let sent = client.request(head.method.clone(), url).headers(head.headers).body(body).send();
        let Ok(answer) = sent.await else { return StatusCode::BAD_GATEWAY.into_response() };
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        // The body comes as a whole.
        headers.remove("transfer-encoding");
        let bytes = answer.bytes().await.unwrap();
        let mut body = Body::from(bytes.clone());
        if is_faulty {
            match fault {
                Fault::Unsaid => {
                    count.fetch_add(1, Ordering::SeqCst);
                    return StatusCode::INTERNAL_SERVER_ERROR.into_response();
                }
                Fault::Late => {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    count.fetch_add(1, Ordering::SeqCst);
                }
                Fault::Cut if bytes.len() > 1 && head.method == Method::GET => {
                    let half = Ok(bytes.slice(..bytes.len() / 2));
                    body = Body::from_stream(stream::iter([half, Err(std::io::Error::other("cut"))]));
                    count.fetch_add(1, Ordering::SeqCst);
                }
                Fault::Lie if headers.contains_key("etag") => {
                    headers.insert("etag", "\"00000000000000000000000000000000\"".parse().unwrap());
                    count.fetch_add(1, Ordering::SeqCst);
                }
                _ => {}
            }
        }
        let mut response = Response::new(body);
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        response
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(pass)).await });
    (url, injected)
}

/// Uploads, works, and reads with one answer in three wrong; how many faults there were.
async fn main_job(fault: Fault) -> usize {
    let Some(s3) = S3::start() else { return 1 };
    let (endpoint, injected) = proxy(s3.settings()[0].1.clone(), fault).await;
    let server = s3.server(&[("S3_ENDPOINT", &endpoint), ("VIRALFORGE_AUTO_THUMBNAILS", "false")]);
    let video = demo_video();
    for round in 0..2 {
        let address = server.begin(video.len(), "sintel.mp4").await;
        let path = address[server.url.len()..].to_owned();
        let sent = server.patch(&address, 0, &video).await.status();
        assert!(sent == 204 || sent == 503, "{fault:?} {round}: {sent}");
        // After 503 whoever asks where it stands has it finished, in the end.
        server.wait(&path, |upload| upload["offset"] == video.len()).await;
        while server.json(&path).await["state"] != "complete" {
            server.tus(server.client.head(&address)).send().await.unwrap();
        }
        let upload = server.json(&path).await;
        let asset = server.verdict(upload["asset_id"].as_str().unwrap()).await;
        let id = asset["id"].as_str().unwrap();
        assert_eq!(asset["state"], "accepted", "{fault:?} {round}");
        assert_eq!(std::fs::read(s3.path(&format!("assets/{id}/original"))).unwrap(), video, "{fault:?} {round}");

        let options = json!({ "transcode": { "range": { "start_seconds": 0.0, "end_seconds": 1.0 } } });
        let job: Value = server.ask("video-processing", id, options).await.json().await.unwrap();
        let job = server.job(job["id"].as_str().unwrap()).await;
        assert_eq!(job["state"], "succeeded", "{fault:?} {round}: {job}");
        let output =
            job["outputs"].as_array().unwrap().iter().find(|file| file["content_type"] == "video/mp4").unwrap();
        let key = s3.objects().into_iter().find(|key| key.contains(id) && key.ends_with(".mp4")).unwrap();
        let stored = std::fs::read(s3.path(&key)).unwrap();
        let mut whole = 0;
        for _ in 0..6 {
            let read = async { reqwest::get(output["url"].as_str().unwrap()).await?.error_for_status()?.bytes().await };
            // What is no whole answer must not look like one.
            if let Ok(read) = read.await {
                assert_eq!(read, stored, "{fault:?} {round}");
                whole += 1;
            }
        }
        assert!(whole > 0, "{fault:?} {round}: it can never be read");
    }
    println!("{fault:?}: {} of the storage's answers were wrong", injected.load(Ordering::SeqCst));
    injected.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_storage_that_answers_500_loses_nothing() {
    assert!(main_job(Fault::Refused).await > 0);
    assert!(main_job(Fault::Unsaid).await > 0);
}

#[tokio::test]
async fn a_storage_that_is_slow_or_breaks_off_never_gives_half_a_file() {
    assert!(main_job(Fault::Late).await > 0);
    assert!(main_job(Fault::Cut).await > 0);
}

#[tokio::test]
async fn a_storage_that_lies_about_entity_tags_changes_no_byte() {
    assert!(main_job(Fault::Lie).await > 0);
}
