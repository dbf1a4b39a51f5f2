//! What happens when processes die or stop at the worst moments: nothing is lost, nothing is there twice, nothing is
//! half there. `VIRALFORGE_FAULT_ROUNDS` says how many rounds of kills there are.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures_util::stream;
use reqwest::{Body, Response};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::server::{Server, children, demo_video, small_video};
use crate::storage::media;

/// Enough for every moment of an upload and of a job.
const ROUNDS: usize = 6;

/// How many rounds there are, where nobody says it.
pub(crate) fn rounds(otherwise: usize) -> usize {
    std::env::var("VIRALFORGE_FAULT_ROUNDS").map_or(otherwise, |text| text.parse().unwrap())
}

/// A lease that runs out soon, more starts than any job here has deaths, and no jobs but those of the test.
pub(crate) const SETTINGS: [(&str, &str); 3] =
    [("VIRALFORGE_LEASE_SECONDS", "1"), ("VIRALFORGE_JOB_STARTS", "9"), ("VIRALFORGE_AUTO_THUMBNAILS", "false")];
/// How much of a body goes out at a time, in bytes.
const PIECE: usize = 97;

/// Kills a process as soon as `moment` is there.
fn kill_when(process: Pid, moment: impl Fn() -> bool + Send + 'static) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let began = Instant::now();
        while !moment() {
            assert!(began.elapsed() < Duration::from_secs(60), "the moment never came");
            std::thread::yield_now();
        }
        kill_process(process, Signal::KILL).unwrap();
    })
}

/// Sends bytes piece by piece; `sent` counts the pieces.
pub(crate) async fn trickle(
    server: &Server,
    address: &str,
    offset: usize,
    bytes: &[u8],
    sent: Arc<AtomicUsize>,
) -> reqwest::Result<Response> {
    let pieces: Vec<Vec<u8>> = bytes.chunks(PIECE).map(<[u8]>::to_vec).collect();
    let pieces = pieces.into_iter().map(move |piece| {
        sent.fetch_add(1, Ordering::SeqCst);
        Ok::<_, std::io::Error>(piece)
    });
    server
        .tus(server.client.patch(address))
        .header("upload-offset", offset)
        .header("content-type", "application/offset+octet-stream")
        .body(Body::wrap_stream(stream::iter(pieces)))
        .send()
        .await
}

/// Files in a folder and all below it.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_in(&path)) } else { files.push(path) }
    }
    files
}

/// Waits for something that follows what clients see.
pub(crate) async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not become true that {what}");
        tokio::task::yield_now().await;
    }
}

/// Uploads while the server dies in the middle; the asset, and the server after it.
async fn upload_with_a_death(data: &Path, round: usize, video: &[u8]) -> (Server, Value) {
    let server = Server::start_on(data, &SETTINGS);
    let address = server.begin(video.len(), "a.mp4").await;
    let path = address.strip_prefix(&server.url).unwrap().to_owned();
    let id = path.rsplit('/').next().unwrap().to_owned();
    // The first third is acknowledged, and may never be asked for again.
    let third = video.len() / 3;
    assert_eq!(server.patch(&address, 0, &video[..third]).await.status(), 204);
    let sent = Arc::new(AtomicUsize::new(0));
    let moment = moment_of_upload(round, data, &media(data), &id, (third, video.len()), Arc::clone(&sent));
    let killer = kill_when(server.pid(), moment);
    let answer = trickle(&server, &address, third, &video[third..], sent).await;
    killer.join().unwrap();
    server.kill();

    let server = Server::start_on(data, &SETTINGS);
    let address = format!("{}{path}", server.url);
    let offset = server.offset(&address).await;
    assert!((third..=video.len()).contains(&offset), "{offset}");
    if answer.is_ok_and(|answer| answer.status() == 204) {
        assert_eq!(offset, video.len(), "what was acknowledged is there");
    }
    if offset < video.len() {
        assert_eq!(server.patch(&address, offset, &video[offset..]).await.status(), 204);
    }
    let upload: Value = server.client.get(&address).send().await.unwrap().json().await.unwrap();
    assert_eq!(upload["state"], "complete", "{upload}");
    let asset = server.verdict(upload["asset_id"].as_str().unwrap()).await;
    assert_eq!(asset["state"], "accepted");
    let folder = media(data).join("assets").join(asset["id"].as_str().unwrap());
    assert_eq!(std::fs::read(folder.join("original")).unwrap(), video);
    assert_eq!(files_in(&folder).len(), 1, "{:?}", files_in(&folder));
    (server, asset)
}

/// The moment of a round at which something dies in an upload that [`trickle`] sends from the byte `from` on; `files` is
/// where the storage keeps its own.
pub(crate) fn moment_of_upload(
    round: usize,
    data: &Path,
    files: &Path,
    id: &str,
    (from, length): (usize, usize),
    sent: Arc<AtomicUsize>,
) -> impl Fn() -> bool + Send + 'static {
    let (spooled, stored) = (data.join("uploads").join(id), files.join("assets").join(id).join("original"));
    let is_stored = move || stored.exists();
    let is_spooled = move || std::fs::metadata(&spooled).is_ok_and(|file| file.len() == length as u64);
    // Rounded down, so that it is reached.
    let last = length / PIECE - 1 - from / PIECE;
    move || match round % 4 {
        0 => is_stored(),
        1 => is_spooled() || is_stored(),
        2 => sent.load(Ordering::SeqCst) > round % 20,
        _ => sent.load(Ordering::SeqCst) >= last,
    }
}

/// The moment of a round at which something dies in a job that makes a video; `results` is where its files are published.
pub(crate) fn moment_of_job(round: usize, data: &Path, results: &Path) -> impl Fn() -> bool + Send + 'static {
    let (scratch, results) = (data.join("scratch"), results.to_path_buf());
    move || {
        let in_scratch = |part: &str| files_in(&scratch).iter().any(|file| file.to_string_lossy().contains(part));
        let is_stored = |name: &str| files_in(&results).iter().any(|file| file.ends_with(name));
        match round % 6 {
            0 => is_stored("video.mp4"),
            1 => is_stored("report.json"),
            2 => in_scratch("/output/") || is_stored("report.json"),
            3 => in_scratch("/input") || is_stored("report.json"),
            4 => true,
            _ => in_scratch("/output/report.json") || is_stored("report.json"),
        }
    }
}

/// Asks for a job that makes a video and a report.
pub(crate) async fn ask_for_video(server: &Server, asset: &str) -> String {
    let options = json!({ "transcode": { "height": 64 } });
    let job: Value = server.ask("video-processing", asset, options).await.json().await.unwrap();
    job["id"].as_str().unwrap().to_owned()
}

/// Waits until that job is done; what it made can be read, and nothing else is kept.
pub(crate) async fn has_its_video(server: &Server, id: &str, results: &Path) -> Value {
    let job = server.job(id).await;
    assert_eq!(job["state"], "succeeded", "{job}");
    let outputs = job["outputs"].as_array().unwrap();
    assert_eq!(outputs.iter().map(|o| o["name"].as_str().unwrap()).collect::<Vec<_>>(), ["video.mp4", "report.json"]);
    for output in outputs {
        let bytes = reqwest::get(output["url"].as_str().unwrap()).await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, output["bytes"].as_u64().unwrap());
    }
    eventually("only what is published is kept", || files_in(results).len() == 2).await;
    job
}

/// Has a job done while the server dies in the middle; how often it was started.
async fn job_with_a_death(server: Server, data: &Path, round: usize, asset: &str) -> (Server, u64) {
    let id = ask_for_video(&server, asset).await;
    let results = media(data).join("assets").join(asset).join("jobs").join(&id);
    kill_when(server.pid(), moment_of_job(round, data, &results)).join().unwrap();
    server.kill();

    let server = Server::start_on(data, &SETTINGS);
    let job = has_its_video(&server, &id, &results).await;
    (server, job["starts"].as_u64().unwrap())
}

/// All jobs have succeeded, so many as there should be, and nothing is left of them but what they made.
pub(crate) async fn all_succeeded(server: &Server, count: usize) {
    let (mut states, mut path) = (Vec::new(), "/v1/jobs?limit=100".to_owned());
    loop {
        let page = server.json(&path).await;
        states.extend(page["items"].as_array().unwrap().iter().map(|job| job["state"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/jobs?limit=100&cursor={next}");
    }
    assert_eq!(states, vec![Value::from("succeeded"); count], "a check and a job for each upload");
    let data = server.data();
    eventually("no bytes of finished uploads are left", || files_in(&data.join("uploads")).is_empty()).await;
    eventually("only the lock of the process that lives is left", || files_in(&data.join("scratch")).len() == 1).await;
}

#[tokio::test]
async fn no_kill_loses_an_upload_or_publishes_a_job_twice() {
    let rounds = rounds(ROUNDS);
    let folder = tempfile::tempdir().unwrap();
    let (data, video) = (folder.path(), small_video());
    let mut started_again = 0;
    for round in 0..rounds {
        let (server, asset) = upload_with_a_death(data, round, &video).await;
        let (server, starts) = job_with_a_death(server, data, round, asset["id"].as_str().unwrap()).await;
        started_again += usize::from(starts > 1);
        server.kill();
    }
    let server = Server::start_on(data, &SETTINGS);
    all_succeeded(&server, 2 * rounds).await;
    assert_eq!(children(server.pid()), []);
    println!("{} kills in {rounds} rounds; {started_again} jobs were started again", 3 * rounds);
}

#[tokio::test]
async fn of_two_writers_the_later_one_goes_on_and_the_bytes_are_right() {
    let server = Server::start();
    let video = demo_video();
    let address = server.begin(video.len(), "sintel.mp4").await;
    let (feed, body) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    let first = tokio::spawn(
        server
            .tus(server.client.patch(&address))
            .header("upload-offset", 0)
            .header("content-type", "application/offset+octet-stream")
            .body(Body::wrap_stream(stream::unfold(body, async |mut body| Some((body.recv().await?, body)))))
            .send(),
    );
    // More than the server gathers before it writes.
    feed.send(Ok(video[..700_000].to_vec())).await.unwrap();
    let spooled = server.data().join("uploads").join(address.rsplit('/').next().unwrap());
    eventually("the first bytes arrive", || std::fs::metadata(&spooled).is_ok_and(|file| file.len() > 0)).await;
    // The connection of the first one is as good as dead: it neither ends nor goes on.
    let offset = server.offset(&address).await;
    assert!((1..=700_000).contains(&offset), "{offset}");
    assert_eq!(server.patch(&address, offset, &video[offset..]).await.status(), 204);
    drop(feed);
    assert!(first.await.unwrap().is_ok_and(|answer| answer.status() == 409));
    assert!(is_right(&server, &address, &video).await);
}

#[tokio::test]
async fn of_many_writers_at_one_offset_each_byte_is_written_once() {
    let server = Server::start();
    let video = demo_video();
    let address = server.begin(video.len(), "sintel.mp4").await;
    let write = async || {
        loop {
            // As clients do: ask, go on from there, and after a conflict ask again.
            let offset = server.offset(&address).await;
            if offset == video.len() {
                return;
            }
            let end = video.len().min(offset + 1_000_000);
            server.patch(&address, offset, &video[offset..end]).await;
        }
    };
    tokio::join!(write(), write(), write());
    assert!(is_right(&server, &address, &video).await);
}

async fn is_right(server: &Server, address: &str, bytes: &[u8]) -> bool {
    let upload: Value = server.client.get(address).send().await.unwrap().json().await.unwrap();
    let id = upload["asset_id"].as_str().unwrap();
    let asset = server.verdict(id).await;
    let stored = media(server.data()).join("assets").join(id).join("original");
    let assets = server.json("/v1/assets").await["items"].as_array().unwrap().len();
    asset["state"] == "accepted" && assets == 1 && std::fs::read(stored).unwrap() == bytes
}

#[tokio::test]
async fn a_server_that_slept_past_its_lease_publishes_nothing() {
    let settings = [SETTINGS[0], SETTINGS[1], SETTINGS[2], ("VIRALFORGE_WORKERS", "1")];
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let sleeper = Server::start_on(data, &settings);
    let asset = sleeper.upload(&demo_video(), "sintel.mp4").await;
    let asset = asset["id"].as_str().unwrap();
    let job: Value = sleeper.ask("thumbnail-generation", asset, Value::Null).await.json().await.unwrap();
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    sleeper.wait(&path, |job| job["state"] == "running" && !job["progress"].is_null()).await;
    kill_process(sleeper.pid(), Signal::STOP).unwrap();

    let other = Server::start_on(data, &settings);
    let published = other.job(job["id"].as_str().unwrap()).await;
    assert_eq!((&published["state"], &published["starts"]), (&"succeeded".into(), &2.into()));
    kill_process(sleeper.pid(), Signal::CONT).unwrap();
    eventually("the sleeper lets go", || children(sleeper.pid()).is_empty()).await;
    assert_eq!(sleeper.terminate(), 0);

    let job = other.json(&path).await;
    let without_signature = |job: &Value| {
        let urls = job["outputs"].as_array().unwrap().iter().map(|o| o["url"].as_str().unwrap().split('?').next());
        urls.map(|url| url.unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(without_signature(&job), without_signature(&published));
    let stored = files_in(&media(data).join("assets").join(asset).join("jobs"));
    assert_eq!(stored.len(), job["outputs"].as_array().unwrap().len(), "{stored:?}");
}

#[tokio::test]
async fn children_end_with_their_server() {
    let server = Server::start();
    let asset = server.upload(&demo_video(), "sintel.mp4").await;
    server.ask("clip-generation", asset["id"].as_str().unwrap(), Value::Null).await;
    eventually("a worker runs", || !children(server.pid()).is_empty()).await;
    let workers = children(server.pid());
    let _folder = server.kill();
    eventually("the workers are gone", || workers.iter().all(|id| rustix::process::test_kill_process(*id).is_err()))
        .await;
}
