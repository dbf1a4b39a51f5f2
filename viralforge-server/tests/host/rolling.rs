//! One of two servers ends as an operator ends it, in the middle of everything: clients that try again notice nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::outages::has_postgres;
use crate::postgres::Postgres;
use crate::server::{KEY, Server, demo_video};

/// What a server may take to end, beside what the work that goes on is given.
const DRAIN_SECONDS: &str = "5";

/// Uploads by tus to whichever of two servers answers; the asset, and how often it had to try again.
async fn upload(client: &reqwest::Client, servers: &[String; 2], video: &[u8], retries: &AtomicUsize) -> String {
    let began = Instant::now();
    let (mut path, mut turn) = (None::<String>, 0);
    loop {
        assert!(began.elapsed() < Duration::from_secs(120), "it is never finished");
        let server = &servers[turn % 2];
        let step = async {
            let tus = |request: reqwest::RequestBuilder| request.bearer_auth(KEY).header("tus-resumable", "1.0.0");
            let Some(path) = &path else {
                let create = client.post(format!("{server}/v1/uploads")).header("upload-length", video.len());
                let made =
                    tus(create).header("upload-metadata", "filename YS5tcDQ=").send().await?.error_for_status()?;
                let location = made.headers()["location"].to_str().unwrap().to_owned();
                return Ok(Some(location[location.find("/v1/").unwrap()..].to_owned()));
            };
            let url = format!("{server}{path}");
            let at = tus(client.head(&url)).send().await?.error_for_status()?;
            let offset: usize = at.headers()["upload-offset"].to_str().unwrap().parse().unwrap();
            let piece = &video[offset..video.len().min(offset + (256 << 10))];
            if !piece.is_empty() {
                let patch = tus(client.patch(&url)).header("upload-offset", offset).body(piece.to_vec());
                patch.header("content-type", "application/offset+octet-stream").send().await?.error_for_status()?;
            }
            Ok::<_, reqwest::Error>(None)
        };
        match step.await {
            Ok(Some(made)) => path = Some(made),
            Ok(None) => {}
            Err(error) => {
                // A refusal that no retry changes is a failed request.
                assert!(error.status().is_none_or(|status| matches!(status.as_u16(), 409 | 423 | 503)), "{error}");
                retries.fetch_add(1, Ordering::SeqCst);
                turn += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        }
        // Both servers have their part in each upload.
        turn += 1;
        if let Some(path) = &path {
            let Ok(answer) = client.get(format!("{server}{path}")).bearer_auth(KEY).send().await else { continue };
            let upload: Value = answer.json().await.unwrap_or_default();
            if let Some(asset) = upload["asset_id"].as_str() {
                return asset.to_owned();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_end_hands_over_its_uploads_and_jobs() {
    if !has_postgres() {
        return;
    }
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let postgres = Postgres::start(&folder.path().join("postgres")).await;
    let url = crate::postgres::database(&postgres.url(), data.path()).await;
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("VIRALFORGE_WORKERS", "1"),
        ("VIRALFORGE_AUTO_THUMBNAILS", "false"),
        ("VIRALFORGE_DRAIN_SECONDS", DRAIN_SECONDS),
    ];
    let (ending, staying) = (Server::start_on(data.path(), &settings), Server::start_on(data.path(), &settings));
    let video = demo_video();
    let asset = staying.upload(&video, "a.mp4").await;
    let asset = asset["id"].as_str().unwrap();
    let mut jobs = Vec::new();
    for _ in 0..2 {
        let job: Value = staying.ask("analyze", asset, json!({})).await.json().await.unwrap();
        jobs.push(job["id"].as_str().unwrap_or_else(|| panic!("{job}")).to_owned());
    }
    // A worker each: one of the two is the ending server's.
    staying.wait("/v1/jobs?state=running", |page| page["items"].as_array().unwrap().len() == 2).await;

    let (servers, retries) = ([ending.url.clone(), staying.url.clone()], AtomicUsize::new(0));
    let client = reqwest::Client::new();
    let uploads = join_all((0..4).map(|_| upload(&client, &servers, &video, &retries)));
    let end = async {
        // In the middle: some bytes are there.
        staying
            .wait("/v1/uploads?state=open", |page| {
                page["items"].as_array().unwrap().iter().any(|upload| upload["offset"].as_u64() > Some(500_000))
            })
            .await;
        tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            (ending.terminate(), began.elapsed())
        })
        .await
        .unwrap()
    };
    let (assets, (status, took)) = tokio::join!(uploads, end);
    assert_eq!(status, 0);
    assert!(took < Duration::from_secs(10), "{took:?}");
    for id in &assets {
        let asset = staying.verdict(id).await;
        assert_eq!((&asset["state"], asset["bytes"].as_u64()), (&json!("accepted"), Some(video.len() as u64)));
    }
    for id in &jobs {
        let job = staying.job(id).await;
        // What was given back is no start, and nobody waited for a lease to run out.
        assert_eq!((&job["state"], &job["starts"]), (&json!("succeeded"), &json!(1)), "{job}");
    }
    println!("it ended after {took:?}; clients tried again {} times", retries.load(Ordering::SeqCst));
}
