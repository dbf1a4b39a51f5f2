//! OpenTimelineIO, webvtt-py, Python and ffprobe find the scenes that were written, to the frame.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use viralforge_core::{FrameRate, Output, SceneReport, WriteScenesOptions, write_scenes};

use crate::common::ffprobe;

/// Frames at which scenes begin, over more than two hours: around minutes at which drop-frame timecode leaves out
/// numbers, and where an error of a thousandth has become many frames.
fn cuts() -> Vec<u64> {
    let around = [0, 1798, 1800, 1801, 3600, 17_981, 17_982, 35_964, 107_891, 107_892, 215_784];
    let others = (1..600_u64).map(|i| 211 * i + i * i % 97).filter(|frame| frame.abs_diff(DISSOLVE) > 20);
    let mut cuts: Vec<u64> = around.into_iter().chain(others).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Where a dissolve of 13 frames lies around the cut, 5 before and 8 after.
const DISSOLVE: u64 = 35_964;

/// When a frame is shown, in milliseconds.
fn in_milliseconds(frame: u64, rate: FrameRate) -> u64 {
    let (num, den) = (u64::from(rate.num()), u64::from(rate.den()));
    (2 * 1000 * frame * den + num) / (2 * num)
}

/// Compares two lists, and names only the first difference.
#[track_caller]
fn same(found: &Value, expected: impl serde::Serialize, at: &str) {
    let (found, expected) = (found.as_array().unwrap(), serde_json::to_value(expected).unwrap());
    let expected = expected.as_array().unwrap();
    let differs = found.iter().zip(expected).position(|(a, b)| a != b);
    if let Some(i) = differs {
        panic!("{at}: {} instead of {} at {i}", found[i], expected[i]);
    }
    assert_eq!(found.len(), expected.len(), "{at}");
}

/// A report as `detect_scenes` would make it of frames that come at this rate, times rounded as Matroska does where
/// `milliseconds` says so.
fn report(rate: FrameRate, cuts: &[u64], milliseconds: bool) -> SceneReport {
    let time = |frame: u64| {
        if milliseconds {
            json!({ "num": in_milliseconds(frame, rate), "den": 1000 })
        } else {
            json!({ "num": frame * u64::from(rate.den()), "den": rate.num() })
        }
    };
    let range = |start: u64, end: u64| json!({ "start": time(start), "end": time(end) });
    let merged = |a: Value, b: Value| {
        let mut a = a.as_object().cloned().unwrap_or_default();
        a.extend(b.as_object().cloned().unwrap_or_default());
        Value::Object(a)
    };
    let boundary = |frame: &u64| {
        let (kind, start, end) =
            if *frame == DISSOLVE { ("dissolve", frame - 5, frame + 8) } else { ("cut", *frame, *frame) };
        let fields = json!({ "kind": kind, "start_frame": start, "end_frame": end, "confidence": 1.0 });
        merged(fields, range(start, end))
    };
    let scenes: Vec<Value> = cuts.windows(2).map(|w| range(w[0], w[1])).collect();
    let boundaries: Vec<Value> = cuts[1..cuts.len() - 1].iter().map(boundary).collect();
    let rate = json!({ "num": rate.num(), "den": rate.den() });
    let report = json!({ "frame_rate": rate, "boundaries": boundaries, "scenes": scenes, "statistics": null });
    serde_json::from_value(report).unwrap()
}

/// What the readers say; `None`, and says so, where they are not installed.
fn read(folder: &Path, rate: FrameRate) -> Option<Value> {
    let Some(python) = std::env::var_os("VIRALFORGE_SCENE_READERS") else {
        eprintln!("SKIPPED: no OpenTimelineIO (make test-rust installs it and sets VIRALFORGE_SCENE_READERS)");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scene_output/read.py");
    let rate = [rate.num(), rate.den()].map(|n| n.to_string());
    let out = Command::new(python).arg(script).arg(folder).args(rate).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Some(serde_json::from_slice(&out.stdout).unwrap())
}

const FORMATS: [&str; 5] = ["otio", "edl", "fcpxml", "vtt", "csv"];

fn written(report: &SceneReport, options: &WriteScenesOptions) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for ending in FORMATS {
        let path = folder.path().join("scenes").with_extension(ending);
        write_scenes(report, &Output::to_path(path), options).unwrap();
    }
    folder
}

fn pairs(cuts: &[u64], from: u64) -> Vec<[u64; 2]> {
    cuts.windows(2).map(|w| [w[0] + from, w[1] + from]).collect()
}

#[test]
fn other_programs_find_every_cut_to_the_frame_at_every_rate() {
    for (num, den, drop_frame) in [
        (24, 1, None),
        (24_000, 1001, None),
        (25, 1, None),
        (30_000, 1001, None),
        (30_000, 1001, Some(false)),
        (30, 1, None),
        (60_000, 1001, None),
    ] {
        let rate = FrameRate::new(num, den).unwrap();
        for milliseconds in [false, true] {
            let cuts = cuts();
            let report = report(rate, &cuts, milliseconds);
            let mut options = WriteScenesOptions::default().with_media_name("a film.mp4");
            options.drop_frame = drop_frame;
            let folder = written(&report, &options);
            let Some(found) = read(folder.path(), rate) else { return };
            let scenes = pairs(&cuts, 0);
            let at = format!("{num}/{den} {drop_frame:?} {milliseconds}");
            same(&found["otio"]["scenes"], &scenes, &at);
            same(&found["csv"]["scenes"], &scenes, &at);
            same(&found["fcpxml"]["scenes"], &scenes, &at);
            same(&found["fcpxml"]["offsets"], &cuts[..cuts.len() - 1], &at);
            assert_eq!(found["fcpxml"]["asset_frames"], json!(cuts.last()), "{at}");
            let dissolve = cuts.iter().position(|cut| *cut == DISSOLVE).unwrap();
            same(&found["otio"]["transitions"], [(dissolve, "SMPTE_Dissolve", 5, 8)], &at);
            // In an EDL the scene before a dissolve ends where it begins.
            let mut events = pairs(&cuts, 0);
            events[dissolve - 1][1] -= 5;
            events[dissolve][0] -= 5;
            same(&found["edl"]["scenes"], events, &at);
            same(&found["edl"]["transitions"], [(dissolve, "SMPTE_Dissolve", 0, 13)], &at);
            let times: Vec<_> =
                cuts.windows(2).map(|w| [w[0], w[1]].map(|frame| in_milliseconds(frame, rate))).collect();
            same(&found["vtt"]["scenes"], times, &at);
        }
    }
}

#[test]
fn other_programs_read_names_and_the_start_timecode_as_they_were_given() {
    let rate = FrameRate::new(25, 1).unwrap();
    let cuts = [0, 50, 100];
    let title = "Tom & \"Jerry\" <1> 'x' = ; # \\ é 映画";
    let options = WriteScenesOptions::default()
        .with_title(title)
        .with_media_name("a & b <é>.mp4")
        .with_media_uri("file:///films/a%20%26%20b.mp4?x=1&y=\"2\"")
        .with_start_timecode_frames(90_000)
        .with_chapter_title(format!("{{number:02}} {title} --> {{begins}}"));
    let folder = written(&report(rate, &cuts, false), &options);
    if let Some(found) = read(folder.path(), rate) {
        for format in ["otio", "edl", "fcpxml"] {
            assert_eq!(found[format]["name"], title, "{format}");
            assert_eq!(found[format]["scenes"], json!(pairs(&cuts, 90_000)), "{format}");
        }
        assert_eq!(found["otio"]["start"], 90_000);
        assert_eq!(found["otio"]["url"], "file:///films/a%20%26%20b.mp4?x=1&y=\"2\"");
        assert_eq!(found["fcpxml"]["sources"], json!(["file:///films/a%20%26%20b.mp4?x=1&y=\"2\""]));
    }
    let path = folder.path().join("scenes.ffmetadata");
    write_scenes(&report(rate, &cuts, false), &Output::to_path(&path), &options).unwrap();
    let found = ffprobe(&path, &["-f", "ffmetadata", "-show_chapters", "-show_format"]).unwrap();
    assert_eq!(found["format"]["tags"]["title"], title);
    assert_eq!(found["chapters"][1]["tags"]["title"], format!("02 {title} --> cut"));
}

#[test]
fn ffprobe_finds_chapters_with_exact_times() {
    let rate = FrameRate::new(30_000, 1001).unwrap();
    let cuts = cuts();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chapters.ffmeta");
    write_scenes(&report(rate, &cuts, false), &Output::to_path(&path), &WriteScenesOptions::default()).unwrap();
    let found = ffprobe(&path, &["-f", "ffmetadata", "-show_chapters"]).unwrap();
    let chapters = found["chapters"].as_array().unwrap();
    assert_eq!(chapters.len(), cuts.len() - 1);
    for (chapter, frames) in chapters.iter().zip(cuts.windows(2)) {
        let base: Vec<u64> = chapter["time_base"].as_str().unwrap().split('/').map(|n| n.parse().unwrap()).collect();
        for (name, frame) in [("start", frames[0]), ("end", frames[1])] {
            // Equal as fractions: units * base = frame * 1001 / 30000.
            let units = chapter[name].as_u64().unwrap();
            assert_eq!(units * base[0] * 30_000, frame * 1001 * base[1]);
        }
    }
    assert_eq!(chapters[9]["tags"]["title"], "Scene 10");
}
