//! Starts the program, and speaks to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, Response};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sqlx::Connection as _;

use crate::{postgres, rogue, storage};

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

const RATES: [&str; 5] = [
    "VIRALFORGE_RATE_GENERAL",
    "VIRALFORGE_RATE_ANALYSES",
    "VIRALFORGE_RATE_UPLOADS",
    "VIRALFORGE_RATE_PARTS",
    "VIRALFORGE_RATE_SIGN_INS",
];

/// A running server; ends with the value.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) client: Client,
    log: Arc<Mutex<Vec<Value>>>,
    data: PathBuf,
    database: String,
    leaks: Arc<Mutex<Vec<String>>>,
    _folder: Option<tempfile::TempDir>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_path_buf();
        let mut server = Self::start_on(&data, settings);
        server._folder = Some(folder);
        server
    }

    /// On data that a server before it left.
    pub(crate) fn start_on(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_viralforge-server"));
        command.env_clear().env("VIRALFORGE_DATA", data).env("VIRALFORGE_LISTEN", "127.0.0.1:0");
        let mut database = format!("sqlite://{}", data.join("viralforge.db").display());
        if let Some(postgres) = postgres::shared() {
            database = now(postgres::database(&postgres, data));
            command.env("DATABASE_URL", &database);
        }
        command.envs(storage::shared(data));
        // Tests ask more often than anybody; those of the rates set their own.
        command.envs(RATES.map(|name| (name, "off")));
        command.env("VIRALFORGE_API_KEY", KEY).envs(settings.iter().copied());
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut seen = Vec::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("the server ended: {}", seen.join("\n"))).unwrap();
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if entry["fields"]["message"] == "listening" {
                assert!(entry["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "not in UTC: {line}");
                break entry["fields"]["address"].as_str().unwrap().to_owned();
            }
            seen.push(line);
        };
        // Whatever a test does, the log tells no secret. (And a full pipe would stop the server.)
        let (log, leaks) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (kept, found) = (Arc::clone(&log), Arc::clone(&leaks));
        seen.retain(|line| tells_a_secret(line));
        found.lock().unwrap().append(&mut seen);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| {
                kept.lock().unwrap().push(serde_json::from_str(&line).unwrap_or_default());
                if tells_a_secret(&line) {
                    found.lock().unwrap().push(line);
                }
            });
        });
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {KEY}")).unwrap());
        let client = Client::builder().default_headers(headers).build().unwrap();
        let (url, data) = (format!("http://{address}"), data.to_path_buf());
        Self { child, url, client, log, data, database, leaks, _folder: None }
    }

    /// What a statement gives, from the database behind the server.
    pub(crate) async fn rows(&self, statement: &'static str) -> Vec<sqlx::any::AnyRow> {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&self.database).await.unwrap();
        sqlx::query(statement).fetch_all(&mut connection).await.unwrap()
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The lines of the log so far, from the first request on.
    pub(crate) fn log(&self) -> Vec<Value> {
        self.log.lock().unwrap().clone()
    }

    /// Waits for a line of the log, for a minute at most.
    pub(crate) async fn tells(&self, about: &str, is_it: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        while !self.log().iter().any(&is_it) {
            assert!(began.elapsed() < Duration::from_secs(60), "no line tells of {about}: {:#?}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// [`Self::tells`] of a failure: a line that is a warning or an error, with this message.
    pub(crate) async fn tells_of_failure(&self, message: &str) {
        let is_failure = |line: &Value| line["level"] == "ERROR" || line["level"] == "WARN";
        self.tells(message, |line| is_failure(line) && line["fields"]["message"] == message).await;
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// As a power cut would end it.
    pub(crate) fn kill(mut self) -> Option<tempfile::TempDir> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self._folder.take()
    }

    /// As an operator would end it; the exit status.
    pub(crate) fn terminate(mut self) -> i32 {
        kill_process(self.pid(), Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// As an operator would end it; its folder, for the next.
    pub(crate) fn terminate_keeping(mut self) -> tempfile::TempDir {
        kill_process(self.pid(), Signal::TERM).unwrap();
        self.child.wait().unwrap();
        self._folder.take().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        self.get(path).send().await.unwrap().json().await.unwrap()
    }

    /// Begins an upload; its address.
    pub(crate) async fn begin(&self, length: usize, name: &str) -> String {
        let response = self.create(length, name).await;
        assert_eq!(response.status(), 201);
        response.headers()["location"].to_str().unwrap().to_owned()
    }

    pub(crate) async fn create(&self, length: usize, name: &str) -> Response {
        use base64::Engine as _;
        let name = base64::engine::general_purpose::STANDARD.encode(name);
        self.tus(self.client.post(format!("{}/v1/uploads", self.url)))
            .header("upload-length", length)
            .header("upload-metadata", format!("filename {name}"))
            .send()
            .await
            .unwrap()
    }

    pub(crate) fn tus(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("tus-resumable", "1.0.0")
    }

    pub(crate) async fn patch(&self, address: &str, offset: usize, bytes: &[u8]) -> Response {
        self.tus(self.client.patch(address))
            .header("upload-offset", offset)
            .header("content-type", "application/offset+octet-stream")
            .body(bytes.to_vec())
            .send()
            .await
            .unwrap()
    }

    /// How far an upload is. Who wrote to it before may take a moment to let go; then clients ask again.
    pub(crate) async fn offset(&self, address: &str) -> usize {
        let began = Instant::now();
        let response = loop {
            let response = self.tus(self.client.head(address)).send().await.unwrap();
            if response.status() != 409 {
                break response;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "nobody lets go of {address}");
        };
        assert_eq!(response.status(), 200, "{address}");
        response.headers()["upload-offset"].to_str().unwrap().parse().unwrap()
    }

    /// Uploads a file whole and waits for the verdict; the asset.
    pub(crate) async fn upload(&self, bytes: &[u8], name: &str) -> Value {
        let address = self.begin(bytes.len(), name).await;
        let sent = self.patch(&address, 0, bytes).await;
        assert_eq!(sent.status(), 204, "{}", sent.text().await.unwrap());
        let upload: Value = self.client.get(&address).send().await.unwrap().json().await.unwrap();
        self.verdict(upload["asset_id"].as_str().unwrap()).await
    }

    /// Waits until an asset was checked.
    pub(crate) async fn verdict(&self, asset: &str) -> Value {
        self.wait(&format!("/v1/assets/{asset}"), |asset| asset["state"] != "quarantined").await
    }

    /// Waits until a job is over.
    pub(crate) async fn job(&self, id: &str) -> Value {
        self.wait(&format!("/v1/jobs/{id}"), |job| job["state"] != "queued" && job["state"] != "running").await
    }

    /// Asks until the answer is as it should be, for five minutes at most: what works does so at a low priority.
    pub(crate) async fn wait(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let value = self.json(path).await;
            if done(&value) {
                return value;
            }
            assert!(began.elapsed() < Duration::from_secs(300), "{path} stays {value}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn ask(&self, kind: &str, asset: &str, options: Value) -> Response {
        let body = serde_json::json!({ "kind": kind, "asset_id": asset, "options": options });
        self.client.post(format!("{}/v1/jobs", self.url)).json(&body).send().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let leaks = self.leaks.lock().unwrap();
        assert!(leaks.is_empty() || std::thread::panicking(), "the log tells secrets: {leaks:?}");
    }
}

/// What must never be in a log: keys, tokens, passwords, signatures, addresses of people; also those of webhooks, of the
/// storage, and of providers with what they give.
const SECRETS: [&str; 13] = [
    KEY,
    crate::accounts::PASSWORD,
    "vf_",
    "whsec_",
    "v1,",
    "eyJ",
    "signature=",
    "@example.com",
    "argon2id",
    storage::SECRET,
    rogue::CLIENT_SECRET,
    rogue::GIVEN,
    "Basic ",
];

pub(crate) fn tells_a_secret(line: &str) -> bool {
    SECRETS.iter().any(|secret| line.contains(secret))
}

/// The result of something asynchronous, for code that is not.
fn now<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    std::thread::scope(|scope| scope.spawn(run).join().unwrap())
}

/// The processes that a process has started and that still run.
pub(crate) fn children(of: Pid) -> Vec<Pid> {
    let parent = of.as_raw_nonzero().get().to_string();
    let is_child = |id: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // After the name, which may have spaces: the state, and the parent.
        let mut fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        fields.next().is_some_and(|state| state != "Z") && fields.next() == Some(parent.as_str())
    };
    let names = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name());
    names.filter_map(|name| name.to_str()?.parse().ok()).filter(is_child).filter_map(Pid::from_raw).collect()
}

/// A small video that the fuzz targets know as well.
pub(crate) fn small_video() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/h264-aac.mp4")).unwrap()
}

/// The same with nothing in its media: only a decoder notices.
pub(crate) fn undecodable_video() -> Vec<u8> {
    let mut video = small_video();
    let at = video.windows(4).position(|kind| kind == b"mdat").unwrap();
    let size = u32::from_be_bytes(video[at - 4..at].try_into().unwrap()) as usize;
    video[at + 4..at - 4 + size].fill(0);
    video
}

/// The demo video.
pub(crate) fn demo_video() -> Vec<u8> {
    let path = "../examples/demo/sintel-trailer-720p-52s.mp4";
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
