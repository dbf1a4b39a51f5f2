//! Exports: archives of all that a user has, made once whatever dies, read by their user alone, and removed in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use crate::accounts::{Person, answer};
use crate::faults::files_in;
use crate::postgres;
use crate::server::{Server, small_video};
use crate::storage::{S3, media};

const PATH: &str = "/v1/account/exports";
const EMAIL: &str = "maria@example.com";
/// A lease that runs out soon, and no jobs but those of the test.
const SETTINGS: [(&str, &str); 2] = [("VIRALFORGE_LEASE_SECONDS", "1"), ("VIRALFORGE_AUTO_THUMBNAILS", "false")];

/// The length of an upload that takes a moment to be copied, in bytes: in a bucket a shorter one does.
fn long() -> u64 {
    if std::env::var_os("VIRALFORGE_TEST_S3").is_some() { 100 << 20 } else { 600 << 20 }
}

impl Person<'_> {
    /// Asks for an export; its path.
    async fn export(&self) -> String {
        let (status, export) = answer(self.ask(Method::POST, PATH)).await;
        assert_eq!(status, 202, "{export}");
        format!("{PATH}/{}", export["id"].as_str().unwrap())
    }

    async fn ready(&self, path: &str) -> Value {
        self.wait(path, |export| export["state"] == "ready").await
    }

    /// Makes an upload so long that there is time for what a test does meanwhile.
    async fn upload_long(&self, server: &Server) -> String {
        let asset = self.upload().await;
        self.wait(&format!("/v1/assets/{asset}"), |asset| asset["state"] == "accepted").await;
        let original = media(server.data()).join(format!("assets/{asset}/original"));
        std::fs::OpenOptions::new().write(true).open(original).unwrap().set_len(long()).unwrap();
        let mut database = postgres::tables(server.data()).await;
        let set = sqlx::query("UPDATE assets SET byte_len = $1").bind(long() as i64);
        assert_eq!(set.execute(&mut database).await.unwrap().rows_affected(), 1);
        asset
    }
}

/// What an archive has, as Python reads it.
struct Archive {
    /// The SHA-256 of each file by its path.
    sums: BTreeMap<String, String>,
    account: Vec<Value>,
    missing: String,
}

impl Archive {
    fn open(path: &Path) -> Self {
        let script = r#"
import hashlib, json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
def digest(name):
    with archive.open(name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
assert all(file.compress_type == zipfile.ZIP_STORED for file in archive.infolist())
names = archive.namelist()
assert len({name.lower() for name in names}) == len(names), names
text = lambda name: archive.read(name).decode() if name in names else ""
print(json.dumps([{name: digest(name) for name in names}, text("account.ndjson"), text("missing.txt")]))
"#;
        let read = Command::new("python3").arg("-c").arg(script).arg(path).output().unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        let (sums, account, missing): (BTreeMap<String, String>, String, String) =
            serde_json::from_slice(&read.stdout).unwrap();
        for name in sums.keys() {
            let is_safe = !name.starts_with('/') && !name.contains('\\') && !name.split('/').any(|part| part == "..");
            assert!(is_safe, "{name}");
        }
        let account = account.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Self { sums, account, missing }
    }

    async fn fetch(export: &Value) -> Self {
        let bytes = reqwest::get(export["url"].as_str().unwrap()).await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, export["bytes"].as_u64().unwrap());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        Self::open(file.path())
    }

    /// The lines of a type.
    fn of(&self, kind: &str) -> Vec<&Value> {
        self.account.iter().filter(|line| line["type"] == kind).collect()
    }
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is left of exports in the storage.
fn left(data: &Path) -> Vec<PathBuf> {
    files_in(&media(data).join("exports"))
}

async fn status(url: &str) -> u16 {
    Client::new().get(url).send().await.unwrap().status().as_u16()
}

/// Starts servers, each of which begins with a round of tidying, until so many files of exports are left.
async fn tidy_until(data: &Path, files: usize) {
    for _ in 0..20 {
        let server = Server::start_on(data, &SETTINGS);
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let ended = server.rows("SELECT id FROM exports WHERE state = 'ended'").await;
        if left(data).len() == files && ended.is_empty() {
            return;
        }
    }
    panic!("left are {:?}", left(data));
}

#[tokio::test]
async fn an_archive_has_all_that_was_uploaded_and_made_under_names_that_are_safe() {
    let server = Server::start();
    let maria = Person::new(&server, EMAIL).await;
    let eve = Person::new(&server, "eve@example.com").await;
    let others = eve.upload().await;
    let (first, second) = (maria.upload().await, maria.upload().await);
    for asset in [&first, &second] {
        maria.wait(&format!("/v1/assets/{asset}"), |asset| asset["files"][2]["url"].is_string()).await;
    }
    server.rows("UPDATE assets SET file_name = '../../etc/passwd'").await;
    // Two files of one job, whose names some file systems do not tell apart.
    server.rows("UPDATE files SET name = 'thumbnail-1-SMALL.jpg' WHERE name = 'thumbnail-1-medium.jpg'").await;

    let path = maria.export().await;
    let export = maria.ready(&path).await;
    assert_eq!((&export["files_done"], &export["files_total"]), (&json!(10), &json!(10)));
    let week_ms = 7 * 24 * 3600 * 1000;
    let lasts_ms = export["expires_at_ms"].as_i64().unwrap() - export["created_at_ms"].as_i64().unwrap();
    assert!((week_ms..week_ms + 60_000).contains(&lasts_ms), "{lasts_ms}");
    let archive = Archive::fetch(&export).await;

    // Every file of the stream is in it, byte for byte, and nothing else.
    let stream = maria.ask(Method::GET, "/v1/account/export").send().await.unwrap().text().await.unwrap();
    let stream: Vec<Value> = stream.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut expected = Vec::new();
    let made = |line: &&Value| line["type"] == "file" && line["content_type"] != "application/octet-stream";
    for file in stream.iter().filter(made) {
        expected.push(sum(&reqwest::get(file["url"].as_str().unwrap()).await.unwrap().bytes().await.unwrap()));
    }
    expected.extend([sum(&small_video()), sum(&small_video())]);
    let told = archive.of("file");
    let mut found: Vec<_> = told.iter().map(|file| archive.sums[file["path"].as_str().unwrap()].clone()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(archive.sums.len(), 10 + 1, "{:?}", archive.sums.keys());
    for asset in [&first, &second] {
        assert!(archive.sums.contains_key(&format!("files/{asset}/original-etc-passwd")), "{:?}", archive.sums.keys());
    }
    assert!(told.iter().all(|file| file.get("url").is_none() && file.get("storage_key").is_none()));
    // And every other line; that it was asked for may be noted a moment after it was begun.
    let kept = |lines: &[Value]| -> BTreeSet<(String, String)> {
        let kept = lines.iter().filter(|line| line["type"] != "file" && line["event"] != "export_asked");
        kept.map(|line| (line["type"].to_string(), line["id"].to_string())).collect()
    };
    assert_eq!(kept(&archive.account), kept(&stream));
    let all = format!("{:?}{:?}", archive.account, archive.sums.keys());
    assert!(!all.contains(&others) && !all.contains("argon2"), "nothing of another's, and no password");

    // Read as files are: in parts, and to be saved.
    let url = export["url"].as_str().unwrap();
    let part = Client::new().get(url).header("range", "bytes=0-3").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-type"], "application/zip");
    assert_eq!(part.headers()["content-disposition"], "attachment; filename=\"viralforge-account.zip\"");
    assert_eq!(part.bytes().await.unwrap().as_ref(), b"PK\x03\x04");
    assert_eq!(maria.events().await[0], "export_asked");
    // Another's is not there.
    assert_eq!(eve.get(&path).await.0, 404);
    assert_eq!(answer(eve.ask(Method::DELETE, &path)).await.0, 404);
    assert_eq!(eve.get(PATH).await.1["items"], json!([]));
    assert_eq!(status(url).await, 200);
}

#[tokio::test]
async fn archives_are_listed_few_and_asked_for_by_who_has_proved_who_they_are() {
    let server = Server::start();
    let maria = Person::new(&server, EMAIL).await;
    let mut paths = Vec::new();
    for _ in 0..3 {
        paths.push(maria.export().await);
        let export = maria.ready(&paths[paths.len() - 1]).await;
        assert_eq!(Archive::fetch(&export).await.sums.len(), 1, "nothing was uploaded so far");
    }
    let (status_of_fourth, problem) = answer(maria.ask(Method::POST, PATH)).await;
    assert_eq!((status_of_fourth.as_u16(), problem["code"].as_str()), (409, Some("conflict")));
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let (_, page) = maria.get(&format!("{PATH}{query}")).await;
        for export in page["items"].as_array().unwrap() {
            assert!(export["url"].is_string(), "{export}");
            seen.push(format!("{PATH}/{}", export["id"].as_str().unwrap()));
        }
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }
    seen.reverse();
    assert_eq!(seen, paths);
    assert_eq!(maria.events().await.iter().filter(|event| *event == "export_asked").count(), 3);

    let url = maria.get(&paths[0]).await.1["url"].as_str().unwrap().to_owned();
    assert_eq!(answer(maria.ask(Method::DELETE, &paths[0])).await.0, 204);
    assert_eq!((status(&url).await, maria.get(&paths[0]).await.0.as_u16()), (404, 404));
    assert_eq!(answer(maria.ask(Method::DELETE, &paths[0])).await.0, 404);
    assert_eq!(left(server.data()).len(), 2, "nobody was at it, so that it is gone from the storage as well");
    server.rows("UPDATE sessions SET proved_at = proved_at - 600001").await;
    let (refused, problem) = answer(maria.ask(Method::POST, PATH)).await;
    assert_eq!((refused.as_u16(), problem["code"].as_str()), (403, Some("confirm_first")));
    let key = json!({ "name": "x", "scopes": ["read", "write"] });
    let (_, made) = answer(maria.ask(Method::POST, "/v1/account/keys").json(&key)).await;
    let key = made["api_key"].as_str().unwrap();
    for method in [Method::GET, Method::POST] {
        let request = Client::new().request(method, format!("{}{PATH}", server.url)).bearer_auth(key);
        assert_eq!(answer(request).await.0, 403);
    }
}

#[tokio::test]
async fn an_export_survives_the_death_of_its_server_and_is_published_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &SETTINGS);
    let maria = Person::new(&server, EMAIL).await;
    let asset = maria.upload_long(&server).await;
    let path = maria.export().await;
    // Whoever asks again gets the one under way.
    assert_eq!(maria.export().await, path);
    maria.wait(&path, |export| export["state"] == "running").await;
    server.kill();

    let server = Server::start_on(folder.path(), &SETTINGS);
    let maria = Person::back(&server, EMAIL).await;
    let export = maria.ready(&path).await;
    assert_eq!(starts(&server).await, 2);
    // However long the archive is, its maker holds a few pieces of it.
    let memory = std::fs::read_to_string(format!("/proc/{}/status", server.pid().as_raw_nonzero())).unwrap();
    let most = memory.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let most_kb: u64 = most.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(most_kb < 300 << 10, "{most_kb} kB");
    assert_eq!(maria.get(PATH).await.1["items"].as_array().unwrap().len(), 1);
    // What the dead one left is swept, and the archive stays.
    drop(server);
    tidy_until(folder.path(), 1).await;
    let files = left(folder.path());
    assert_eq!(std::fs::metadata(&files[0]).unwrap().len(), export["bytes"].as_u64().unwrap());
    let archive = Archive::open(&files[0]);
    let mut original = small_video();
    original.resize(long() as usize, 0);
    assert_eq!(archive.sums[&format!("files/{asset}/original-clip.mp4")], sum(&original));
    assert_eq!(archive.sums.len(), 2);
}

async fn starts(server: &Server) -> i64 {
    server.rows("SELECT starts FROM exports").await[0].get(0)
}

#[tokio::test]
async fn an_export_is_given_back_by_a_server_that_ends_and_that_is_no_start() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &SETTINGS);
    let maria = Person::new(&server, EMAIL).await;
    maria.upload_long(&server).await;
    let path = maria.export().await;
    maria.wait(&path, |export| export["state"] == "running").await;
    assert_eq!(server.terminate(), 0);
    let server = Server::start_on(folder.path(), &SETTINGS);
    let maria = Person::back(&server, EMAIL).await;
    maria.ready(&path).await;
    assert_eq!(starts(&server).await, 1);
    assert_eq!(left(folder.path()).len(), 1, "what it had written went with it");
}

#[tokio::test]
async fn an_export_whose_makers_die_every_time_fails_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &SETTINGS);
    let maria = Person::new(&server, EMAIL).await;
    maria.upload_long(&server).await;
    let path = maria.export().await;
    maria.wait(&path, |export| export["state"] == "running").await;
    server.kill();
    // As if it had been the third.
    let mut database = postgres::tables(folder.path()).await;
    let set = sqlx::query("UPDATE exports SET starts = 3").execute(&mut database).await.unwrap();
    assert_eq!(set.rows_affected(), 1);
    drop(database);
    let server = Server::start_on(folder.path(), &SETTINGS);
    let maria = Person::back(&server, EMAIL).await;
    let failed = maria.wait(&path, |export| export["state"] == "failed").await;
    assert_eq!((&failed["error"]["code"], &failed["url"]), (&json!("backend"), &Value::Null));
    assert!(failed["expires_at_ms"].is_i64());
    drop(server);
    tidy_until(folder.path(), 0).await;
    let server = Server::start_on(folder.path(), &SETTINGS);
    let maria = Person::back(&server, EMAIL).await;
    assert_ne!(maria.export().await, path, "the next one is another");
}

#[tokio::test]
async fn an_export_that_is_deleted_while_it_is_made_is_gone_at_once_and_made_no_further() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &SETTINGS);
    let maria = Person::new(&server, EMAIL).await;
    let asset = maria.upload_long(&server).await;
    let path = maria.export().await;
    maria.wait(&path, |export| export["state"] == "running").await;
    assert_eq!(answer(maria.ask(Method::DELETE, &path)).await.0, 204);
    assert_eq!(maria.get(&path).await.0, 404);
    assert_eq!(maria.get(PATH).await.1["items"], json!([]));
    // There is room for another, which does not wait for long.
    assert_eq!(answer(maria.ask(Method::DELETE, &format!("/v1/assets/{asset}"))).await.0, 204);
    let next = maria.export().await;
    assert_ne!(next, path);
    assert_eq!(Archive::fetch(&maria.ready(&next).await).await.sums.len(), 1);
    drop(server);
    tidy_until(folder.path(), 1).await;
}

#[tokio::test]
async fn an_archive_is_gone_when_its_time_is_over_or_its_user_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::start_on(folder.path(), &[SETTINGS[0], SETTINGS[1], ("VIRALFORGE_EXPORT_LIFETIME_SECONDS", "2")]);
    let maria = Person::new(&server, EMAIL).await;
    Person::new(&server, "eve@example.com").await;
    maria.upload().await;
    let path = maria.export().await;
    let url = maria.ready(&path).await["url"].as_str().unwrap().to_owned();
    maria.wait(&path, |export| export["state"] != "ready" || export["url"].is_null()).await;
    assert_eq!(status(&url).await, 404, "though its address is good for an hour");
    drop(server);
    let server = Server::start_on(folder.path(), &SETTINGS);
    let back = Person::back(&server, EMAIL).await;
    back.wait(PATH, |page| page["items"] == json!([])).await;
    drop(server);
    tidy_until(folder.path(), 0).await;

    let server = Server::start_on(folder.path(), &SETTINGS);
    let (maria, eve) = (Person::back(&server, EMAIL).await, Person::back(&server, "eve@example.com").await);
    let (hers, path) = (eve.export().await, maria.export().await);
    let url = maria.ready(&path).await["url"].as_str().unwrap().to_owned();
    eve.ready(&hers).await;
    let leave = json!({ "password": crate::accounts::PASSWORD });
    assert_eq!(answer(maria.ask(Method::DELETE, "/v1/account").json(&leave)).await.0, 202);
    assert_eq!(status(&url).await, 404, "at once");
    assert_eq!(eve.get(&hers).await.1["state"], "ready");
    drop(server);
    tidy_until(folder.path(), 1).await;
}

#[tokio::test]
async fn files_that_are_not_there_any_more_are_named_and_the_others_are_in_the_archive() {
    let server = Server::start_with(&SETTINGS);
    let maria = Person::new(&server, EMAIL).await;
    let assets = [maria.upload().await, maria.upload().await, maria.upload().await];
    for asset in &assets {
        maria.wait(&format!("/v1/assets/{asset}"), |asset| asset["state"] == "accepted").await;
    }
    let original = |asset: &str| media(server.data()).join(format!("assets/{asset}/original"));
    std::fs::remove_file(original(&assets[0])).unwrap();
    // One that became shorter is not the file any more.
    std::fs::OpenOptions::new().write(true).open(original(&assets[1])).unwrap().set_len(100).unwrap();
    let export = maria.ready(&maria.export().await).await;
    assert_eq!((&export["files_done"], &export["files_total"]), (&json!(3), &json!(3)));
    let archive = Archive::fetch(&export).await;
    let path = |asset: &str| format!("files/{asset}/original-clip.mp4");
    let missing: BTreeSet<_> = archive.missing.lines().map(str::to_owned).collect();
    assert_eq!(missing, BTreeSet::from([path(&assets[0]), path(&assets[1])]));
    assert_eq!(archive.sums[&path(&assets[2])], sum(&small_video()));
    assert_eq!(archive.sums.len(), 3, "{:?}", archive.sums.keys());
}

#[tokio::test]
async fn an_export_waits_for_a_storage_that_is_away_and_that_is_no_start() {
    let Some(mut s3) = S3::start() else { return };
    let server = s3.server(&SETTINGS);
    let maria = Person::new(&server, EMAIL).await;
    let asset = maria.upload().await;
    maria.wait(&format!("/v1/assets/{asset}"), |asset| asset["state"] == "accepted").await;
    s3.stop();
    let path = maria.export().await;
    maria.wait(&path, |export| export["state"] == "queued" && export["error"]["code"] == "unavailable").await;
    s3.start_again();
    let export = maria.ready(&path).await;
    assert_eq!(export["error"], Value::Null);
    assert_eq!(Archive::fetch(&export).await.sums.len(), 2);
    assert_eq!(starts(&server).await, 1);
}
