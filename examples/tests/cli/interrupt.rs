//! Ctrl-C: exit status 130, one line, no file.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::media::trailer;
use crate::program::command;

/// How often to look whether a run has begun to write.
const POLL: Duration = Duration::from_millis(5);

/// Interrupts a run once it has begun to write into `out`, and expects nothing there afterwards.
fn interrupted_leaves_nothing(args: &[&str], out: &Path) {
    let mut child = command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let give_up = Instant::now() + Duration::from_secs(120);
    while fs::read_dir(out).unwrap().next().is_none() {
        assert!(child.try_wait().unwrap().is_none(), "{args:?} ended before it wrote anything");
        assert!(Instant::now() < give_up, "{args:?} wrote nothing");
        std::thread::sleep(POLL);
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let asked = Instant::now();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{args:?}: {stderr}");
    assert_eq!(stderr, "viralforge: cancelled\n");
    assert!(asked.elapsed() < Duration::from_secs(10), "{args:?} took {:?} to stop", asked.elapsed());
    let left: Vec<_> = fs::read_dir(out).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{args:?} left {left:?}");
}

#[test]
fn an_interrupted_transcode_leaves_no_file() {
    let Some(video) = trailer() else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("o.mp4");
    let args = ["transcode", video.to_str().unwrap(), "-o", out.to_str().unwrap(), "--speed", "slow"];
    interrupted_leaves_nothing(&args, dir.path());
}

#[test]
fn interrupted_clips_leave_no_file_and_no_folder() {
    let Some(video) = trailer() else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("deep/clips");
    interrupted_leaves_nothing(&["clips", video.to_str().unwrap(), "-o", out.to_str().unwrap()], dir.path());
}

#[test]
fn an_interrupted_split_leaves_no_file_and_no_folder() {
    let Some(video) = trailer() else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("parts");
    interrupted_leaves_nothing(&["split", video.to_str().unwrap(), "-o", out.to_str().unwrap()], dir.path());
}
