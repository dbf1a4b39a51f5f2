//! The main job: ready clips, covers and the page, all there or nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::media::dialogue;
use crate::program::{json, run};

/// What a stranger may call a video.
const HOSTILE_NAME: &str = "<img src=x onerror=alert(1)>&\"'.mp4";

/// Five seconds of the dialogue with the cut between its scenes: enough for a clip, and quick to encode.
fn short(folder: &Path) -> Option<PathBuf> {
    let video = dialogue()?;
    let out = folder.join("short.mp4");
    let cut = run([
        "transcode".as_ref(),
        video.as_os_str(),
        "-o".as_ref(),
        out.as_os_str(),
        "--end=5".as_ref(),
        "--height=360".as_ref(),
        "--speed=veryfast".as_ref(),
    ]);
    assert_eq!(cut.status, 0, "{cut:?}");
    Some(out)
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn a_video_becomes_clips_covers_and_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let Some(video) = short(dir.path()) else { return };
    let source = dir.path().join(HOSTILE_NAME);
    fs::rename(video, &source).unwrap();
    let out = dir.path().join("new/clips");
    let (source, out_text) = (source.display().to_string(), out.display().to_string());
    let report = json(["clips", &source, "-o", &out_text, "--to", "tiktok,youtube", "--count", "1"]);

    let suggestion = &report["suggestions"][0];
    assert!(suggestion["score"].is_number());
    for name in ["signal", "text"] {
        assert!(suggestion["reasons"][0][name].is_string(), "{suggestion}");
    }
    let clips = report["clips"].as_array().unwrap();
    let platforms: Vec<_> = clips.iter().map(|clip| text(&clip["platform"])).collect();
    assert_eq!(platforms, ["tiktok", "youtube"]);
    for (clip, size) in clips.iter().zip([[1080, 1920], [1920, 1080]]) {
        assert_eq!((&clip["width"], &clip["height"]), (&size[0].into(), &size[1].into()));
        let length = clip["end_seconds"].as_f64().unwrap() - clip["start_seconds"].as_f64().unwrap();
        assert!((clip["duration_seconds"].as_f64().unwrap() - length).abs() < 0.1, "{clip}");
        let written = json(["probe", text(&clip["output"])]);
        let picture = written["streams"].as_array().unwrap().iter().find(|s| s["kind"] == "video").unwrap();
        assert_eq!((&picture["width"], &picture["height"]), (&size[0].into(), &size[1].into()));
        let cover = fs::read(text(&clip["thumbnail"])).unwrap();
        assert_eq!(cover[..3], [0xff, 0xd8, 0xff], "a JPEG");
    }

    let files = names(&out);
    for name in ["clip-1-tiktok.mp4", "clip-1-tiktok.jpg", "clip-1-youtube.mp4", "clip-1-youtube.jpg", "index.html"] {
        assert!(files.contains(name), "{name} of {files:?}");
    }
    assert!(files.iter().all(|name| !name.starts_with('.')), "{files:?}");

    let page = fs::read_to_string(text(&report["index_html"])).unwrap();
    assert!(page.len() < 3_000_000);
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;.mp4") && !page.contains("<img src=x"));
    let linked: BTreeSet<String> = page
        .split("src=\"")
        .skip(1)
        .chain(page.split("poster=\"").skip(1))
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(linked.iter().filter(|name| name.starts_with("scene-")).count(), 2, "both scenes: {linked:?}");
    assert!(linked.is_subset(&files), "{linked:?} of {files:?}");
}

#[test]
fn a_second_run_replaces_its_own_files_and_keeps_others() {
    let dir = tempfile::tempdir().unwrap();
    let Some(video) = short(dir.path()) else { return };
    fs::write(dir.path().join("index.html"), "old").unwrap();
    fs::write(dir.path().join("notes.txt"), "mine").unwrap();
    let transcript = dir.path().join("talk.srt");
    fs::write(&transcript, "1\n00:00:02,000 --> 00:00:04,500\nYou broke my heart.\n").unwrap();
    let run = run([
        "clips".as_ref(),
        video.as_os_str(),
        "-o".as_ref(),
        dir.path().as_os_str(),
        "--count=1".as_ref(),
        "--to=shorts,shorts".as_ref(),
        "--transcript".as_ref(),
        transcript.as_os_str(),
    ]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let page = dir.path().join("index.html");
    assert!(run.stdout.ends_with(&format!("Look at {}\n", page.display())), "{}", run.stdout);
    assert_eq!(run.stdout.matches("clip-1-shorts.mp4").count(), 1, "{}", run.stdout);
    assert!(fs::read_to_string(page).unwrap().starts_with("<!doctype html>"));
    assert_eq!(fs::read_to_string(dir.path().join("notes.txt")).unwrap(), "mine");
}

#[test]
fn a_broken_transcript_is_named_and_nothing_is_made() {
    let Some(video) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let transcript = dir.path().join("talk.srt");
    fs::write(&transcript, "no cue at all").unwrap();
    let out = dir.path().join("clips");
    let args = ["clips".as_ref(), video.as_os_str(), "-o".as_ref(), out.as_os_str(), "--transcript".as_ref()];
    let run = run(args.into_iter().chain([transcript.as_os_str()]));
    assert_eq!((run.status, run.stdout.as_str()), (3, ""));
    assert!(run.error().contains("talk.srt"));
    assert!(!out.exists());
}

#[test]
fn sound_alone_makes_no_clips() {
    let Some(sound) = crate::media::media("audio/in/speech.opus") else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("clips");
    let run = run(["clips".as_ref(), sound.as_os_str(), "-o".as_ref(), out.as_os_str()]);
    assert_eq!(run.status, 3, "{run:?}");
    assert!(run.error().ends_with("has no video track"));
    assert!(!out.exists());
}

#[test]
fn a_file_in_the_folders_place_is_an_io_error() {
    let Some(video) = dialogue() else { return };
    let file = tempfile::NamedTempFile::new().unwrap();
    let run = run(["clips".as_ref(), video.as_os_str(), "-o".as_ref(), file.path().as_os_str()]);
    assert_eq!(run.status, 4, "{run:?}");
    assert!(run.error().contains("is a file, not a folder"));
}
