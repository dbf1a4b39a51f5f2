//! What the server stands on goes away and comes back: it says so, loses nothing, and goes on by itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::postgres::Postgres;
use crate::server::{Server, demo_video, small_video};

/// Asks until `done` says that the answer is as it should be; how long that took.
async fn becomes(server: &Server, path: &str, done: impl Fn(u16, &Value) -> bool) -> Duration {
    let began = Instant::now();
    loop {
        let answer = server.get(path).send().await.unwrap();
        let status = answer.status().as_u16();
        let value = answer.json().await.unwrap_or_default();
        if done(status, &value) {
            return began.elapsed();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{path} stays {status} {value}");
    }
}

pub(crate) fn has_postgres() -> bool {
    let found = std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|mut versions| versions.next().is_some());
    if !found {
        println!("skipped: PostgreSQL is not installed");
    }
    found
}

#[tokio::test]
async fn the_database_dies_in_an_upload_and_in_a_job_and_nothing_is_lost() {
    if !has_postgres() {
        return;
    }
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut postgres = Postgres::start(&folder.path().join("postgres")).await;
    let url = crate::postgres::database(&postgres.url(), data.path()).await;
    let settings = [("DATABASE_URL", url.as_str()), ("VIRALFORGE_LEASE_SECONDS", "2"), ("VIRALFORGE_JOB_STARTS", "9")];
    let server = Server::start_on(data.path(), &settings);
    let video = demo_video();
    let asset = server.upload(&small_video(), "a.mp4").await;
    let address = server.begin(video.len(), "b.mp4").await;
    assert_eq!(server.patch(&address, 0, &video[..video.len() / 2]).await.status(), 204);
    let job: Value =
        server.ask("clip-generation", asset["id"].as_str().unwrap(), json!({})).await.json().await.unwrap();
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    becomes(&server, &path, |_, job| job["state"] == "running").await;

    postgres.kill();
    let noticed = becomes(&server, "/ready", |status, _| status == 503).await;
    assert_eq!(server.get("/health").send().await.unwrap().status(), 200);
    for answer in [
        server.get("/v1/jobs").send().await.unwrap(),
        server.ask("analyze", asset["id"].as_str().unwrap(), json!({})).await,
        server.patch(&address, video.len() / 2, &video[video.len() / 2..]).await,
        server.create(5, "c.mp4").await,
    ] {
        assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "2"));
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "unavailable");
    }

    server.tells_of_failure("database").await;
    server.tells_of_failure("the queue cannot be read").await;

    postgres.start_again().await;
    let back = becomes(&server, "/ready", |status, _| status == 200).await;
    println!("the database's death was told after {noticed:?}, its return after {back:?}");
    assert_eq!(server.job(job["id"].as_str().unwrap()).await["state"], "succeeded");
    let offset = server.offset(&address).await;
    if offset < video.len() {
        assert_eq!(server.patch(&address, offset, &video[offset..]).await.status(), 204);
    }
    let upload: Value = server.client.get(&address).send().await.unwrap().json().await.unwrap();
    let again = server.verdict(upload["asset_id"].as_str().unwrap()).await;
    assert_eq!((&again["state"], again["bytes"].as_u64().unwrap()), (&json!("accepted"), video.len() as u64));
}

/// A file system of its own, which is full soon.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(megabytes: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .stderr(std::process::Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_of_and_when_there_is_room_all_goes_on() {
    let Some(disk) = SmallDisk::new(16) else {
        println!("skipped: a file system can be mounted by root only");
        return;
    };
    let data = disk.0.path();
    let server = Server::start_on(data, &[]);
    let asset = server.upload(&small_video(), "a.mp4").await;
    let video = demo_video();
    let address = server.begin(video.len(), "b.mp4").await;
    assert_eq!(server.patch(&address, 0, &video[..100_000]).await.status(), 204);
    // What is left is taken by something else.
    let ballast = data.join("ballast");
    let filled = std::fs::write(&ballast, vec![1; 16 << 20]);
    assert_eq!(filled.unwrap_err().kind(), std::io::ErrorKind::StorageFull);

    let refused = server.patch(&address, 100_000, &video[100_000..]).await;
    let status = refused.status();
    let problem: Value = refused.json().await.unwrap();
    assert_eq!((status.as_u16(), &problem["code"]), (507, &json!("storage_full")));
    assert_eq!(server.json(&format!("/v1/assets/{}", asset["id"].as_str().unwrap())).await["state"], "accepted");

    std::fs::remove_file(&ballast).unwrap();
    let offset = server.offset(&address).await;
    assert!((100_000..video.len()).contains(&offset), "{offset}");
    assert_eq!(server.patch(&address, offset, &video[offset..]).await.status(), 204);
    let upload: Value = server.client.get(&address).send().await.unwrap().json().await.unwrap();
    assert_eq!(server.verdict(upload["asset_id"].as_str().unwrap()).await["state"], "accepted");
}
