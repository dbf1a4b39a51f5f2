//! S3-compatible storage: the real protocol with signatures, against a server that each test starts for itself.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Server, demo_video, small_video};

pub(crate) const BUCKET: &str = "viralforge";
const KEY_ID: &str = "test-key-id";
pub(crate) const SECRET: &str = "test-secret-that-nobody-else-knows";

/// The settings of the storage that all tests share, where there is one: each server has a part of its own in it.
pub(crate) fn shared(data: &Path) -> Vec<(&'static str, String)> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(endpoint) = variable("VIRALFORGE_TEST_S3") else { return Vec::new() };
    vec![
        ("S3_ENDPOINT", endpoint),
        ("S3_BUCKET", BUCKET.to_owned()),
        ("S3_ACCESS_KEY_ID", variable("VIRALFORGE_TEST_S3_KEY_ID").unwrap()),
        ("S3_SECRET_ACCESS_KEY", variable("VIRALFORGE_TEST_S3_SECRET").unwrap()),
        ("S3_PREFIX", prefix(data)),
    ]
}

fn prefix(data: &Path) -> String {
    data.file_name().unwrap().to_str().unwrap().trim_start_matches('.').to_owned()
}

/// The folder in which what a server stores lies in the end, also where that is in a bucket of the shared storage.
pub(crate) fn media(data: &Path) -> PathBuf {
    match std::env::var_os("VIRALFORGE_TEST_S3_FOLDER") {
        Some(buckets) => Path::new(&buckets).join(BUCKET).join(prefix(data)),
        None => data.join("media"),
    }
}

/// A running S3 server; ends with the value.
pub(crate) struct S3 {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl S3 {
    /// `None`, said aloud, where there is no program for it.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("VIRALFORGE_S3_SERVER").filter(|program| !program.is_empty()) else {
            println!("skipped: VIRALFORGE_S3_SERVER names no S3 server (s3s-fs)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let port = free_port();
        Some(Self { child: Self::run(program.as_ref(), port, folder.path()), port, folder })
    }

    fn run(program: &Path, port: u16, folder: &Path) -> Child {
        let mut command = Command::new(program);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--access-key", KEY_ID, "--secret-key", SECRET]).arg(folder);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        listens(port, &mut child);
        child
    }

    pub(crate) fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// On the same port, with what it kept.
    pub(crate) fn start_again(&mut self) {
        let program = std::env::var_os("VIRALFORGE_S3_SERVER").unwrap();
        self.child = Self::run(program.as_ref(), self.port, self.folder.path());
    }

    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("S3_ENDPOINT", format!("http://127.0.0.1:{}", self.port)),
            ("S3_BUCKET", BUCKET.to_owned()),
            ("S3_ACCESS_KEY_ID", KEY_ID.to_owned()),
            ("S3_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("S3_PREFIX", String::new()),
        ]
    }

    /// A server on this storage, with more settings.
    pub(crate) fn server(&self, more: &[(&str, &str)]) -> Server {
        let settings = self.settings();
        let mut all: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.extend(more);
        Server::start_with(&all)
    }

    /// Every object, by its key.
    pub(crate) fn objects(&self) -> Vec<String> {
        let root = self.folder.path().join(BUCKET);
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path: PathBuf = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    /// Parts of objects that are not put together, which the server keeps beside them.
    pub(crate) fn parts(&self) -> usize {
        let names = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_str().unwrap().contains("part")).count()
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join(key)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until a program listens.
pub(crate) fn listens(port: u16, child: &mut Child) {
    let began = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "what should listen on {port} ended");
        assert!(began.elapsed() < Duration::from_secs(60), "nothing listens on {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn on_s3_a_large_upload_becomes_files_that_are_served_in_parts() {
    let Some(s3) = S3::start() else { return };
    let server = s3.server(&[("VIRALFORGE_AUTO_THUMBNAILS", "false")]);
    let video = demo_video();
    let asset = server.upload(&video, "sintel.mp4").await;
    let id = asset["id"].as_str().unwrap();
    assert_eq!(asset["state"], "accepted");
    assert_eq!(s3.objects(), [format!("assets/{id}/original")]);
    assert_eq!(std::fs::read(s3.path(&format!("assets/{id}/original"))).unwrap(), video);
    assert_eq!(s3.parts(), 0);
    let options = json!({ "transcode": { "range": { "start_seconds": 0.0, "end_seconds": 2.0 } } });
    let job: Value = server.ask("video-processing", id, options).await.json().await.unwrap();
    let job = server.job(job["id"].as_str().unwrap()).await;
    assert_eq!(job["state"], "succeeded", "{job}");
    let url = job["outputs"][0]["url"].as_str().unwrap();
    let whole = reqwest::get(url).await.unwrap().bytes().await.unwrap();
    let part = reqwest::Client::new().get(url).header("range", "bytes=100-299").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.bytes().await.unwrap()), (206, whole.slice(100..300)));
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    for operation in ["put", "get", "list"] {
        assert!(
            metrics.contains(&format!("viralforge_storage_seconds_count{{operation=\"{operation}\"}}")),
            "{metrics}"
        );
    }
}

#[tokio::test]
async fn an_object_that_is_gone_is_no_page_and_one_that_is_cut_breaks_the_answer_off() {
    let Some(s3) = S3::start() else { return };
    let server = s3.server(&[("VIRALFORGE_AUTO_THUMBNAILS", "false")]);
    let asset = server.upload(&small_video(), "a.mp4").await;
    let job: Value = server.ask("analyze", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let job = server.job(job["id"].as_str().unwrap()).await;
    let url = job["outputs"][0]["url"].as_str().unwrap();
    let key = s3.objects().into_iter().find(|key| key.ends_with("report.json")).unwrap();
    std::fs::write(s3.path(&key), b"{").unwrap();
    let cut = async { reqwest::get(url).await?.error_for_status()?.bytes().await };
    assert!(cut.await.is_err());
    std::fs::remove_file(s3.path(&key)).unwrap();
    let gone = reqwest::get(url).await.unwrap();
    assert_eq!(
        (gone.status().as_u16(), &gone.headers()["content-type"]),
        (404, &"application/problem+json".parse().unwrap())
    );
}

#[tokio::test]
async fn what_starts_that_do_not_count_left_is_swept_on_s3_as_in_a_folder() {
    let Some(s3) = S3::start() else { return };
    let server = s3.server(&[("VIRALFORGE_WORKERS", "1"), ("VIRALFORGE_AUTO_THUMBNAILS", "false")]);
    let asset = server.upload(&demo_video(), "sintel.mp4").await;
    let asset = asset["id"].as_str().unwrap();
    let job: Value = server.ask("analyze", asset, Value::Null).await.json().await.unwrap();
    let job = job["id"].as_str().unwrap();
    // As a start would leave it that died before it could publish.
    for name in ["0/old.mp4", "77/other.mp4"] {
        let path = s3.path(&format!("assets/{asset}/jobs/{job}/{name}"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"left").unwrap();
    }
    assert_eq!(server.job(job).await["state"], "succeeded");
    let prefix = format!("assets/{asset}/jobs/{job}/");
    let began = Instant::now();
    loop {
        let mut left = s3.objects();
        left.retain(|key| key.starts_with(&prefix) && !key.starts_with(&format!("{prefix}1/")));
        if left.is_empty() {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{left:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(s3.objects().len(), 2, "{:?}", s3.objects());
}

#[tokio::test]
async fn while_the_storage_is_away_it_is_told_and_nothing_is_lost() {
    let Some(mut s3) = S3::start() else { return };
    let server = s3.server(&[]);
    let ready = server.json("/ready").await;
    assert_eq!(ready["dependencies"]["storage"]["status"], "ok");
    let video = small_video();
    let address = server.begin(video.len(), "a.mp4").await;
    s3.stop();
    let ready = server.get("/ready").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(ready.json::<Value>().await.unwrap()["dependencies"]["storage"]["status"], "failed");
    server.tells("the storage", |line| line["level"] == "WARN" && line["fields"]["dependency"] == "storage").await;
    // The bytes are kept here; the answer comes when the retries are used up, or the storage is back.
    let (sent, ()) = tokio::join!(server.patch(&address, 0, &video), async {
        server.wait(&address[server.url.len()..], |upload| upload["offset"] == video.len()).await;
        s3.start_again();
    });
    assert!(sent.status() == 204 || sent.status() == 503, "{}", sent.status());
    let path = &address[server.url.len()..];
    // Whoever asks where it stands has it finished.
    assert_eq!(server.offset(&address).await, video.len());
    let upload = server.wait(path, |upload| upload["state"] == "complete").await;
    assert_eq!(server.verdict(upload["asset_id"].as_str().unwrap()).await["state"], "accepted");
}

#[tokio::test]
async fn a_job_waits_for_a_storage_that_is_away_and_that_is_no_start() {
    let Some(mut s3) = S3::start() else { return };
    let server = s3.server(&[("VIRALFORGE_JOB_STARTS", "1"), ("VIRALFORGE_AUTO_THUMBNAILS", "false")]);
    let asset = server.upload(&small_video(), "a.mp4").await;
    s3.stop();
    let job: Value = server.ask("analyze", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    server.wait(&path, |job| job["state"] == "queued" && job["error"]["code"] == "unavailable").await;
    server.tells_of_failure("storage").await;
    s3.start_again();
    let job = server.job(job["id"].as_str().unwrap()).await;
    assert_eq!((&job["state"], &job["starts"]), (&"succeeded".into(), &1.into()));
}

#[tokio::test]
async fn half_of_the_settings_is_told_with_what_is_missing_and_no_secret_is_shown() {
    let output = Command::new(env!("CARGO_BIN_EXE_viralforge-server"))
        .env_clear()
        .envs([("S3_ENDPOINT", "ftp://storage"), ("S3_SECRET_ACCESS_KEY", SECRET), ("CLAMD_ADDRESS", "clamd")])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    for told in ["S3_BUCKET and S3_ACCESS_KEY_ID are missing", "S3_ENDPOINT is no address", "CLAMD_ADDRESS"] {
        assert!(text.contains(told), "{text}");
    }
    assert!(!text.contains(SECRET), "{text}");
}

#[tokio::test]
async fn keys_that_end_are_read_again_from_their_file() {
    let Some(s3) = S3::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let write = |secret: &str| {
        let keys = json!({ "Version": 1, "AccessKeyId": KEY_ID, "SecretAccessKey": secret, "SessionToken": "session-of-a-test" });
        std::fs::write(&file, keys.to_string()).unwrap();
    };
    write(SECRET);
    let path = file.to_str().unwrap();
    let settings = s3.settings();
    let mut settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.retain(|(name, _)| !name.contains("KEY"));
    settings.extend([("S3_CREDENTIALS_FILE", path), ("S3_ACCESS_KEY_ID", ""), ("S3_SECRET_ACCESS_KEY", "")]);
    let server = Server::start_with(&settings);
    assert_eq!(server.upload(&small_video(), "a.mp4").await["state"], "accepted");
    let begun = json!({ "file_name": "a.mp4", "length": 10_000_000, "part_bytes": 5 << 20 });
    let begun = server.client.post(format!("{}/v1/uploads/direct", server.url)).json(&begun).send().await.unwrap();
    let begun = begun.text().await.unwrap();
    assert!(begun.contains("X-Amz-Security-Token=session-of-a-test"), "{begun}");
    let is = |state: &'static str| move |ready: &Value| ready["dependencies"]["storage"]["status"] == state;
    write("one that is not good any more");
    server.wait("/ready", is("failed")).await;
    write(SECRET);
    server.wait("/ready", is("ok")).await;
    assert_eq!(server.upload(&small_video(), "b.mp4").await["state"], "accepted");
    assert!(!Value::from(server.log()).to_string().contains("session-of-a-test"));
}
