//! Media that kills or stops its worker costs that one job, and says so.

use std::path::Path;

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};

use crate::server::{Server, children, demo_video, small_video};

#[tokio::test]
async fn a_job_that_needs_more_memory_than_it_may_says_so_and_others_go_on() {
    let server = Server::start_with(&[
        ("VIRALFORGE_JOB_MEMORY_BYTES", "268435456"),
        ("VIRALFORGE_JOB_STARTS", "2"),
        ("VIRALFORGE_WORKERS", "1"),
    ]);
    let asset = server.upload(&small_video(), "a.mp4").await;
    let asset = asset["id"].as_str().unwrap();
    let greedy = json!({ "transcode": { "size": [7680, 4320] } });
    let greedy: Value = server.ask("video-processing", asset, greedy).await.json().await.unwrap();
    let modest: Value = server.ask("analyze", asset, Value::Null).await.json().await.unwrap();
    assert_eq!(server.job(modest["id"].as_str().unwrap()).await["state"], "succeeded");
    let greedy = server.job(greedy["id"].as_str().unwrap()).await;
    // Which allocation fails depends on threads: FFmpeg reports its own, an encoder or the allocator gives up.
    let end = (greedy["state"].as_str().unwrap(), greedy["error"]["code"].as_str().unwrap());
    assert!([("dead", "backend"), ("failed", "limit_exceeded")].contains(&end), "{greedy}");
    assert!(end.0 == "failed" || greedy["starts"] == 2, "{greedy}");
    assert_eq!(greedy["outputs"], json!([]));
}

#[tokio::test]
async fn a_job_whose_workers_are_killed_is_dead_after_its_starts_and_others_go_on() {
    let server = Server::start_with(&[("VIRALFORGE_JOB_STARTS", "2"), ("VIRALFORGE_WORKERS", "1")]);
    let asset = server.upload(&demo_video(), "sintel.mp4").await;
    let asset = asset["id"].as_str().unwrap();
    let poison: Value = server.ask("clip-generation", asset, Value::Null).await.json().await.unwrap();
    let path = format!("/v1/jobs/{}", poison["id"].as_str().unwrap());
    for start in 1..=2 {
        server.wait(&path, |job| job["starts"] == start && job["state"] == "running").await;
        // As the kernel does where memory is short.
        server.wait(&path, |_| children(server.pid()).iter().any(|id| kill_process(*id, Signal::KILL).is_ok())).await;
    }
    let poison = server.job(poison["id"].as_str().unwrap()).await;
    assert_eq!((&poison["state"], &poison["starts"]), (&"dead".into(), &2.into()));
    assert!(poison["error"]["message"].as_str().unwrap().contains("its memory"), "{poison}");
    server.tells_of_failure("a media worker died").await;
    server.tells_of_failure("a job is dead: it was started as often as it may be").await;
    let dead = server.json("/v1/jobs?state=dead").await;
    assert_eq!(dead["items"][0]["id"], poison["id"]);
    let other: Value = server.ask("thumbnail-generation", asset, Value::Null).await.json().await.unwrap();
    assert_eq!(server.job(other["id"].as_str().unwrap()).await["state"], "succeeded");
}

#[tokio::test]
async fn a_job_that_hangs_is_ended_and_others_go_on() {
    let server = Server::start_with(&[
        ("VIRALFORGE_JOB_TIMEOUT_SECONDS", "8"),
        ("VIRALFORGE_JOB_STARTS", "1"),
        ("VIRALFORGE_WORKERS", "1"),
    ]);
    let asset = server.upload(&small_video(), "a.mp4").await;
    let asset = asset["id"].as_str().unwrap();
    let other = server.upload(&demo_video(), "sintel.mp4").await;
    let hanging: Value =
        server.ask("clip-generation", other["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let path = format!("/v1/jobs/{}", hanging["id"].as_str().unwrap());
    server.wait(&path, |job| job["state"] == "running" && !job["progress"].is_null()).await;
    for worker in children(server.pid()) {
        kill_process(worker, Signal::STOP).unwrap();
    }
    let modest: Value = server.ask("analyze", asset, Value::Null).await.json().await.unwrap();
    let hanging = server.job(hanging["id"].as_str().unwrap()).await;
    assert_eq!((&hanging["state"], &hanging["error"]["code"]), (&"dead".into(), &"limit_exceeded".into()));
    assert_eq!(server.job(modest["id"].as_str().unwrap()).await["state"], "succeeded");
}

/// What the sandbox refuses is tried in a test beside it; here, that real workers are inside.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn every_thread_of_a_worker_is_in_the_sandbox() {
    let server = Server::start_with(&[("VIRALFORGE_WORKERS", "1")]);
    let asset = server.upload(&demo_video(), "sintel.mp4").await;
    let job: Value =
        server.ask("clip-generation", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    server.wait(&path, |job| !job["progress"].is_null()).await;
    let [worker] = children(server.pid())[..] else { panic!("not one worker") };
    kill_process(worker, Signal::STOP).unwrap();
    let process = format!("/proc/{}", worker.as_raw_nonzero());
    let mut threads = 0;
    for thread in std::fs::read_dir(format!("{process}/task")).unwrap() {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        // 2: a filter decides about every call.
        assert_eq!((field("Seccomp:"), field("NoNewPrivs:")), (Some("2"), Some("1")), "{status}");
        threads += 1;
    }
    assert!(threads > 1, "it decodes with several threads");
    let open = std::fs::read_dir(format!("{process}/fd")).unwrap();
    for entry in open.map(|entry| entry.unwrap().path()) {
        let target = std::fs::read_link(&entry).unwrap();
        let is_ours = target.starts_with(server.data().canonicalize().unwrap().join("scratch"));
        // Whoever started the tests may have left something open for everybody.
        let is_inherited = std::fs::read_link(Path::new("/proc/self/fd").join(entry.file_name().unwrap())).ok()
            == Some(target.clone());
        assert!(is_ours || is_inherited || target.to_string_lossy().starts_with("pipe:"), "{entry:?}: {target:?}");
    }
    // The secrets of the host are out of its reach.
    assert_eq!(std::fs::read(format!("{process}/environ")).unwrap(), b"");
    let limits = std::fs::read_to_string(format!("{process}/limits")).unwrap();
    for limit in ["Max address space", "Max cpu time", "Max file size"] {
        let line = limits.lines().find(|line| line.starts_with(limit)).unwrap();
        assert!(!line.contains("unlimited"), "{line}");
    }
}
