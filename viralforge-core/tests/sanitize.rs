//! `sanitize_upload` on real, odd and hand-made files, through the public API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
            assert!(matches!(error.code(), "malformed" | "unsupported"), "{}: {error}", from.display());
            None
        }
    }
}

/// Hash, time and duration of each packet of each stream that is picture, sound or text, by kind; covers left out.
fn packets(path: &Path) -> BTreeMap<String, Vec<String>> {
    let facts =
        common::ffprobe(path, &["-show_entries", "stream=index,codec_type,codec_name:stream_disposition=attached_pic"]);
    let mut all = BTreeMap::new();
    for stream in facts.unwrap()["streams"].as_array().unwrap() {
        let kind = stream["codec_type"].as_str().unwrap_or("data");
        if kind == "data" || kind == "attachment" || stream["disposition"]["attached_pic"] == 1 {
            continue;
        }
        let map = format!("0:{}", stream["index"]);
        let text = common::ffmpeg(&[
            "-copyts",
            "-i",
            path.to_str().unwrap(),
            "-map",
            &map,
            "-c",
            "copy",
            "-f",
            "framehash",
            "-hash",
            "md5",
            "-",
        ]);
        let lines = String::from_utf8(text).unwrap();
        let lines: Vec<String> = lines.lines().filter(|l| !l.starts_with('#')).map(str::to_owned).collect();
        all.insert(format!("{kind} {}", all.len()), lines);
    }
    all
}

/// The facts that must not change.
fn facts(path: &Path) -> serde_json::Value {
    let info = probe(&Source::from_path(path).unwrap(), &Monitor::new()).unwrap();
    let kept = |s: &&StreamInfo| {
        matches!(s.kind, TrackKind::Video | TrackKind::Audio | TrackKind::Subtitle) && !s.attached_picture
    };
    let streams: Vec<_> = info
        .streams
        .iter()
        .filter(kept)
        .map(|s| {
            let mut s = serde_json::to_value(s).unwrap();
            for gone in ["index", "tags", "bit_rate_bps", "time_base"] {
                s.as_object_mut().unwrap().remove(gone);
            }
            s
        })
        .collect();
    serde_json::json!({ "container": info.container, "duration": info.duration, "streams": streams, "chapters": info.chapters.len() })
}

#[test]
fn every_good_file_plays_as_before_and_is_clean_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (mut done, mut refused) = (0, 0);
    let mut wrong = Vec::new();
    for path in candidates() {
        let Some((to, report)) = clean(&path, folder.path()) else {
            refused += 1;
            continue;
        };
        done += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let before = common::ffprobe(&path, &["-show_entries", "format=duration"]);
        if before.is_some() {
            let (a, b) = (packets(&path), packets(&to));
            if a != b {
                wrong.push(format!(
                    "{name}: packets {:?} {:?}",
                    a.iter().map(|(k, v)| (k, v.len(), v.first())).collect::<Vec<_>>(),
                    b.iter().map(|(k, v)| (k, v.len(), v.first())).collect::<Vec<_>>()
                ));
            }
            let (a, b) = (facts(&path), facts(&to));
            if a != b {
                wrong.push(format!("{name}: facts\n  {a}\n  {b}"));
            }
        }
        eprintln!(
            "{name}: {} -> {} {:?}",
            report.bytes_in,
            report.bytes_out,
            report.removed.iter().map(|r| (r.what, r.count, r.bytes)).collect::<Vec<_>>()
        );
        let again = folder.path().join("again.bin");
        let second = sanitize(&to, &again);
        match second {
            Err(error) => wrong.push(format!("{name}: again {error}")),
            Ok(second) => {
                if std::fs::read(&to).unwrap() != std::fs::read(&again).unwrap() {
                    wrong.push(format!("{name}: not idempotent {:?}", second.removed));
                } else if !second.removed.is_empty() && second.removed.iter().any(|r| r.what != RemovedKind::Index) {
                    wrong.push(format!("{name}: again removed {:?}", second.removed));
                }
            }
        }
    }
    eprintln!("{done} files rewritten, {refused} refused");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
