//! The small programs of `src/bin` do what their first line says.

use std::process::{Command, Output};

use crate::media::dialogue;

fn run(program: &str, args: &[&std::path::Path]) -> Output {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn tracks_lists_picture_and_sound() {
    let Some(video) = dialogue() else { return };
    let output = run(env!("CARGO_BIN_EXE_tracks"), &[&video]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "0 audio aac\n1 video h264\n");
}

#[test]
fn trim_writes_three_seconds() {
    let Some(video) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("o.mp4");
    let output = run(env!("CARGO_BIN_EXE_trim"), &[&video, &out]);
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("90 frames, "));
    assert!(out.is_file());
}

#[test]
fn best_clips_writes_portrait_clips_beside_the_video() {
    let Some(video) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let short = dir.path().join("talk.mp4");
    run(env!("CARGO_BIN_EXE_trim"), &[&video, &short]);
    let output = run(env!("CARGO_BIN_EXE_best_clips"), &[&short]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("talk.1.mp4 from "), "{told}");
    let info = crate::program::json(["probe".as_ref(), dir.path().join("talk.1.mp4").as_os_str()]);
    let picture = info["streams"].as_array().unwrap().iter().find(|s| s["kind"] == "video").unwrap();
    assert_eq!((&picture["width"], &picture["height"]), (&1080.into(), &1920.into()));
}
