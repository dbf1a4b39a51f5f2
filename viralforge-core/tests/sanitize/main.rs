//! `sanitize_upload` on real, odd and hand-made files, through the public API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;
mod damage;
mod places;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use viralforge_core::*;

/// Endings of files that the verb rewrites.
const ENDINGS: [&str; 15] =
    ["mp4", "m4v", "m4a", "mov", "3gp", "webm", "mkv", "jpg", "jpeg", "mpo", "png", "apng", "webp", "gif", "qt"];

/// Every file of the media folder that is of such a kind.
fn candidates() -> Vec<PathBuf> {
    let Some(media) = common::media() else { return Vec::new() };
    let mut all = Vec::new();
    let mut folders = vec![media.join("uploads/files"), media.join("real")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if ENDINGS.contains(&ending.as_str()) {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}

fn sanitize(from: &Path, to: &Path) -> Result<SanitizeReport> {
    let source = Source::from_path(from)?;
    sanitize_upload(&source, &Output::to_path(to), &SanitizeOptions::default(), &Monitor::new())
}

/// The file without what it does not need, beside the report.
fn clean(from: &Path, folder: &Path) -> Option<(PathBuf, SanitizeReport)> {
    let to = folder.join(format!("clean.{}", from.extension().unwrap().to_string_lossy()));
    match sanitize(from, &to) {
        Ok(report) => Some((to, report)),
        Err(error) => {
            // What the gate takes must not be refused by the rewriting.
            let by_the_gate = error.code() == "malformed" && !error.to_string().ends_with("; please export it again");
            let unknown =
                error.code() == "unsupported" && error.to_string().ends_with("transcode it to MP4 or export it again");
            assert!(by_the_gate || unknown, "{}: {error}", from.display());
            None
        }
    }
}

/// A hash of each packet of each stream that is picture, sound or text, with its times. Of pictures, a hash of what they
/// decode to, turned as they say. What the program cannot read gives nothing.
fn media(path: &Path, is_image: bool) -> String {
    let codec = if is_image { "rawvideo" } else { "copy" };
    let input = path.to_str().unwrap();
    let maps = ["-map", "0:V?", "-map", "0:a?", "-map", "0:s?"];
    let out = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-copyts", "-i", input])
        .args(maps)
        .args(["-c", codec, "-f", "framemd5", "-"])
        .output();
    let text = String::from_utf8(out.expect("ffmpeg is installed (apt-get install ffmpeg)").stdout).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
}

/// The facts that must not change, and the duration in seconds. Measures that FFmpeg takes from the index as it finds it
/// are left out.
fn facts(path: &Path) -> Option<(Value, f64)> {
    let info = probe(&Source::from_path(path).unwrap(), &Monitor::new()).ok()?;
    let kept = |stream: &&StreamInfo| stream.kind != TrackKind::Data && !stream.attached_picture;
    let streams = info.streams.iter().filter(kept).map(|stream| {
        let mut stream = serde_json::to_value(stream).unwrap();
        for name in ["index", "tags", "bit_rate_bps", "duration", "duration_seconds", "max_keyframe_interval_seconds"] {
            stream.as_object_mut().unwrap().remove(name);
        }
        stream
    });
    let chapters: Vec<_> = info.chapters.iter().map(|c| (c.range.start().as_seconds_f64(), c.title.clone())).collect();
    let facts = json!({ "container": info.container, "streams": streams.collect::<Vec<_>>(), "chapters": chapters });
    Some((facts, info.duration.map_or(0.0, |duration| duration.as_seconds_f64())))
}

/// Findings of what the verb removes.
const REMOVED_FINDINGS: [&str; 5] = ["gps", "attached_file", "trailing_bytes", "attached_pic", "motion_photo"];

/// What is wrong with the clean file.
fn faults(path: &Path, clean: &Path, report: &SanitizeReport, folder: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    let is_image = report.mime.starts_with("image/");
    if let Ok(info) = probe(&Source::from_path(clean).unwrap(), &Monitor::new())
        // Titles of chapters are a track that FFmpeg calls data.
        && info.chapters.is_empty()
        && info.streams.iter().any(|stream| stream.kind == TrackKind::Data || stream.attached_picture)
    {
        faults.push("has a track of data or a cover".to_owned());
    }
    if media(path, is_image) != media(clean, is_image) {
        faults.push("other packets or frames".to_owned());
    }
    match (facts(path), facts(clean)) {
        (Some((before, seconds)), Some((after, new_seconds))) => {
            if before != after {
                faults.push(format!("other facts:\n  {before}\n  {after}"));
            }
            // Without the index of fragments FFmpeg goes by what the header says, which is exact.
            let had_index = report.removed.iter().any(|removed| removed.what == RemovedKind::Index);
            if (seconds - new_seconds).abs() > if had_index { 0.1 } else { 0.001 } {
                faults.push(format!("{new_seconds} s, not {seconds}"));
            }
        }
        (None, None) => {}
        (before, after) => faults.push(format!("probed before: {}, after: {}", before.is_some(), after.is_some())),
    }
    let policy = match &report.mime {
        mime if mime.starts_with("image/") => UploadPolicy::image(),
        mime if mime.starts_with("audio/") => UploadPolicy::audio(),
        _ => UploadPolicy::video(),
    };
    let policy = policy.with_depth(ValidationDepth::Structure);
    let verdict = validate_upload(&Source::from_path(clean).unwrap(), &policy, &Monitor::new()).unwrap();
    for finding in verdict.findings {
        if finding.severity == Severity::Error || REMOVED_FINDINGS.contains(&finding.code.as_str()) {
            faults.push(format!("validates with {}: {}", finding.code, finding.operator_message));
        }
        if finding.code == "moov_last" {
            faults.push("its header is last".to_owned());
        }
    }
    let again = folder.join("again");
    match sanitize(clean, &again) {
        Err(error) => faults.push(format!("cannot be cleaned again: {error}")),
        Ok(second) => {
            if std::fs::read(clean).unwrap() != std::fs::read(&again).unwrap() {
                faults.push("changes when it is cleaned again".to_owned());
            }
            if !second.removed.is_empty() {
                faults.push(format!("had more to remove: {:?}", second.removed));
            }
        }
    }
    faults
}

#[test]
fn every_good_file_plays_as_before_and_is_clean_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (mut done, mut refused, mut wrong) = (0, 0, Vec::new());
    for path in candidates() {
        let Some((to, report)) = clean(&path, folder.path()) else {
            refused += 1;
            continue;
        };
        done += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if std::env::var_os("VERBOSE").is_some() {
            let removed: Vec<_> = report.removed.iter().map(|r| (r.what, r.count, r.bytes)).collect();
            eprintln!("{name}: {} -> {} bytes, {removed:?}", report.bytes_in, report.bytes_out);
        }
        wrong.extend(faults(&path, &to, &report, folder.path()).iter().map(|fault| format!("{name}: {fault}")));
    }
    eprintln!("{done} files rewritten, {refused} refused");
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}
