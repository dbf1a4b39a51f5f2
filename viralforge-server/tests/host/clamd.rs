//! The virus scanner: a real clamd with a signature of its own.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::server::{Server, demo_video, small_video};
use crate::storage::{free_port, listens};

const PROGRAM: &str = "/usr/sbin/clamd";

/// What the signature looks for: no virus, and in no other file.
const PATTERN: &[u8] = b"VIRALFORGE-TEST-PATTERN";

/// A good video with the pattern in a box that players pass over.
fn marked() -> Vec<u8> {
    let length = u32::try_from(PATTERN.len() + 8).unwrap().to_be_bytes();
    [&small_video()[..], &length, b"free", PATTERN].concat()
}

struct Clamd {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Clamd {
    fn start() -> Option<Self> {
        if !std::path::Path::new(PROGRAM).exists() {
            println!("skipped: there is no {PROGRAM} (Debian's clamav-daemon)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let database = folder.path().join("database");
        std::fs::create_dir(&database).unwrap();
        let hex: String = PATTERN.iter().map(|b| format!("{b:02x}")).collect();
        std::fs::write(database.join("test.ndb"), format!("Test.Pattern:0:*:{hex}\n")).unwrap();
        let settings = format!(
            "Foreground yes\nTCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {}\nStreamMaxLength 5M\n\
             MaxFileSize 100M\nMaxScanSize 100M\nUser root\nConcurrentDatabaseReload no\n",
            database.display()
        );
        std::fs::write(folder.path().join("clamd.conf"), settings).unwrap();
        let mut clamd = Self { child: Self::run(folder.path()), port, folder };
        listens(port, &mut clamd.child);
        Some(clamd)
    }

    fn run(folder: &std::path::Path) -> Child {
        let mut command = Command::new(PROGRAM);
        command.arg("--config-file").arg(folder.join("clamd.conf"));
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.child = Self::run(self.folder.path());
        listens(self.port, &mut self.child);
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn codes(asset: &Value) -> Vec<&str> {
    asset["report"]["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_clamd_finds_is_rejected_also_where_it_came_in_two_pieces() {
    let Some(clamd) = Clamd::start() else { return };
    let server = Server::start_with(&[("CLAMD_ADDRESS", &clamd.address())]);
    let ready = server.json("/ready").await;
    assert_eq!((&ready["status"], &ready["dependencies"]["clamd"]["status"]), (&"ok".into(), &"ok".into()));
    assert_eq!(server.upload(&small_video(), "clean.mp4").await["state"], "accepted");
    let whole = marked();
    let asset = server.upload(&whole, "a.mp4").await;
    assert_eq!(asset["state"], "rejected");
    let finding = &asset["report"]["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["class"], &finding["severity"]),
        (&"virus".into(), &"malware".into(), &"error".into())
    );
    assert!(!asset.to_string().contains("Test.Pattern"), "{asset}");
    server.tells_of_failure("the virus scanner refuses an upload").await;
    let address = server.begin(whole.len(), "b.mp4").await;
    let cut = whole.len() - 10;
    assert_eq!(server.patch(&address, 0, &whole[..cut]).await.status(), 204);
    assert_eq!(server.patch(&address, cut, &whole[cut..]).await.status(), 204);
    let upload = server.json(&address[server.url.len()..]).await;
    assert_eq!(codes(&server.verdict(upload["asset_id"].as_str().unwrap()).await)[0], "virus");
}

#[tokio::test]
async fn what_is_too_long_for_clamd_is_never_clean() {
    let Some(clamd) = Clamd::start() else { return };
    let server = Server::start_with(&[("CLAMD_ADDRESS", &clamd.address())]);
    let video = demo_video();
    assert!(video.len() > 5 << 20);
    let asset = server.upload(&video, "long.mp4").await;
    assert_eq!((&asset["state"], codes(&asset)[0]), (&"rejected".into(), "scan_too_long"));
}

#[tokio::test]
async fn without_clamd_uploads_wait_and_when_it_is_back_they_go_on() {
    let Some(mut clamd) = Clamd::start() else { return };
    let settings = [("CLAMD_ADDRESS", clamd.address()), ("VIRALFORGE_JOB_STARTS", "1".to_owned())];
    let server = Server::start_with(&settings.each_ref().map(|(name, value)| (*name, value.as_str())));
    clamd.stop();
    let ready = server.json("/ready").await;
    assert_eq!((&ready["status"], &ready["dependencies"]["clamd"]["status"]), (&"degraded".into(), &"failed".into()));
    let video = small_video();
    let address = server.begin(video.len(), "a.mp4").await;
    assert_eq!(server.patch(&address, 0, &video).await.status(), 204);
    let upload = server.json(&address[server.url.len()..]).await;
    let asset = upload["asset_id"].as_str().unwrap();
    let job = server.json("/v1/jobs").await["items"][0]["id"].as_str().unwrap().to_owned();
    // Put back, and not counted.
    let job = format!("/v1/jobs/{job}");
    server
        .wait(&job, |job| job["state"] == "queued" && job["error"]["code"] == "unavailable" && job["starts"] == 0)
        .await;
    assert_eq!(server.json(&format!("/v1/assets/{asset}")).await["state"], "quarantined");
    server.tells("clamd", |line| line["level"] == "WARN" && line["fields"]["dependency"] == "clamd").await;
    server.tells_of_failure("a job waits for something that it needs").await;
    clamd.start_again();
    assert_eq!(server.verdict(asset).await["state"], "accepted");
    assert_eq!(server.json(&job).await["starts"], 1);
}
