//! Input that cannot be used: one line with the file's name, the right exit status, nothing left behind.

use std::fs;
use std::path::Path;

use crate::media::dialogue;
use crate::program::run;

const TEXT: &[u8] = b"This is a letter to a friend, and no video at all.\n";

/// Every subcommand as it would write into `out`.
fn verbs(file: &str, out: &Path) -> Vec<Vec<String>> {
    let to = |name: &str| out.join(name).display().to_string();
    let all: [&[&str]; 15] = [
        &["probe", file],
        &["validate", file],
        &["sanitize", file, "-o", &to("clean.mp4")],
        &["scenes", file, "-o", &to("scenes.csv"), "--statistics", &to("scenes.svg")],
        &["scene-sheet", file, "-o", &to("scenes.jpg")],
        &["split", file, "-o", &to("split")],
        &["waveform", file, "-o", &to("wave.dat")],
        &["loudness", file],
        &["silence", file],
        &["thumbnails", file, "-o", &to("thumbs")],
        &["storyboard", file, "-o", &to("board")],
        &["reframe", file, "--aspect", "9:16", "-o", &to("tall.mp4")],
        &["suggest", file],
        &["transcode", file, "-o", &to("out.mp4")],
        &["clips", file, "-o", &to("clips")],
    ];
    all.map(|args| args.iter().map(|a| (*a).to_owned()).collect()).to_vec()
}

/// Runs every subcommand, plain and with `--json`, on `dir/name`.
fn every_verb_refuses(dir: &Path, name: &str, status: i32) {
    let out = dir.join("out");
    fs::create_dir_all(&out).unwrap();
    let file = dir.join(name).display().to_string();
    for mut args in verbs(&file, &out) {
        for json in [false, true] {
            if json {
                args.push("--json".to_owned());
            }
            let run = run(&args);
            assert_eq!(run.status, status, "{args:?}: {run:?}");
            assert!(run.error().contains(name), "{args:?}: {run:?}");
            assert!(!run.error().contains("panicked"), "{args:?}: {run:?}");
            if args[0] != "validate" {
                assert_eq!(run.stdout, "", "{args:?}");
            }
            assert_eq!(fs::read_dir(&out).unwrap().count(), 0, "{args:?} left a file");
        }
    }
}

#[test]
fn a_missing_file_is_an_io_error() {
    let dir = tempfile::tempdir().unwrap();
    every_verb_refuses(dir.path(), "nowhere.mp4", 4);
}

#[test]
fn a_directory_is_an_io_error() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("folder.mp4")).unwrap();
    every_verb_refuses(dir.path(), "folder.mp4", 4);
}

#[test]
fn an_empty_file_is_rejected() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("empty.mp4"), "").unwrap();
    every_verb_refuses(dir.path(), "empty.mp4", 3);
}

#[test]
fn text_named_as_a_video_is_rejected() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("letter.mp4"), TEXT.repeat(40)).unwrap();
    every_verb_refuses(dir.path(), "letter.mp4", 3);
}

#[test]
fn a_file_cut_off_in_its_header_is_rejected() {
    let Some(whole) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cut.mp4"), &fs::read(whole).unwrap()[..1500]).unwrap();
    every_verb_refuses(dir.path(), "cut.mp4", 3);
}

#[test]
fn half_an_upload_does_not_pass_validation() {
    let Some(whole) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let bytes = fs::read(whole).unwrap();
    let half = dir.path().join("half.mp4");
    fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    let run = run(["validate".as_ref(), half.as_os_str()]);
    assert_eq!(run.status, 3, "{run:?}");
    assert!(run.error().contains("half.mp4"));
}

#[test]
fn a_playlist_that_names_another_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    // The other file is a good one: if it were opened, the verbs would succeed.
    let Some(whole) = dialogue() else { return };
    fs::copy(whole, dir.path().join("other.mp4")).unwrap();
    let lists = [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:12\n#EXTINF:12,\nother.mp4\n#EXT-X-ENDLIST\n"),
        ("list.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:12\n#EXTINF:12,\nother.mp4\n#EXT-X-ENDLIST\n"),
        ("concat.mp4", "ffconcat version 1.0\nfile other.mp4\nduration 12\n"),
    ];
    for (name, text) in lists {
        fs::write(dir.path().join(name), text).unwrap();
        every_verb_refuses(dir.path(), name, 3);
    }
}

#[test]
fn a_video_without_sound_has_no_loudness() {
    let Some(video) = crate::media::media("reframe/d01_talk_left.mp4") else { return };
    let run = run(["loudness".as_ref(), video.as_os_str()]);
    assert_eq!(run.status, 3, "{run:?}");
    assert!(run.error().ends_with("d01_talk_left.mp4: has no audio track"), "{run:?}");
}

#[test]
fn a_name_cannot_drive_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a\u{1b}[2J\nviralforge: b.mp4");
    fs::write(&path, TEXT).unwrap();
    let run = run(["probe".as_ref(), path.as_os_str()]);
    assert_eq!(run.status, 3);
    assert!(!run.error().contains('\u{1b}'));
}
