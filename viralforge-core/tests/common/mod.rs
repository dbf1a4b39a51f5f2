//! What the integration tests share: where the media are, and what other programs say of them.
#![allow(dead_code, clippy::expect_used, clippy::print_stderr, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of test media; says so and gives `None` where it is missing.
pub(crate) fn media() -> Option<PathBuf> {
    let folder = std::env::var_os("VIRALFORGE_MEDIA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/media"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no test media at {} (set VIRALFORGE_MEDIA)", folder.display());
    None
}

/// The small video that the project carries.
pub(crate) fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/demo/sintel-trailer-720p-52s.mp4")
}

/// ffprobe's JSON about a file; `None` where it cannot read it.
pub(crate) fn ffprobe(path: &Path, what: &[&str]) -> Option<serde_json::Value> {
    let out = Command::new("ffprobe").args(["-v", "error", "-of", "json"]).args(what).arg(path).output();
    let out = out.expect("ffprobe is installed (apt-get install ffmpeg)");
    out.status.success().then(|| serde_json::from_slice(&out.stdout).expect("ffprobe prints JSON"))
}

/// Runs ffmpeg and gives what it printed on standard output.
pub(crate) fn ffmpeg(args: &[&str]) -> Vec<u8> {
    let out = Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-y"]).args(args).output();
    let out = out.expect("ffmpeg is installed (apt-get install ffmpeg)");
    assert!(out.status.success(), "ffmpeg {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}
