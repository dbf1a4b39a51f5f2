//! The JSON that scripts rely on.

use serde_json::Value;

use crate::media::{dialogue, media};
use crate::program::{json, run};

fn has_numbers(value: &Value, names: &[&str]) {
    for name in names {
        assert!(value[*name].is_number(), "{name} in {value}");
    }
}

#[test]
fn probe_tells_container_and_tracks() {
    let Some(video) = dialogue() else { return };
    let info = json(["probe".as_ref(), video.as_os_str()]);
    assert_eq!(info["container"], "mp4");
    has_numbers(&info, &["duration_seconds", "bit_rate_bps"]);
    assert!(info["chapters"].is_array() && info["tags"].is_array());
    let streams = info["streams"].as_array().unwrap();
    let picture = streams.iter().find(|s| s["kind"] == "video").unwrap();
    assert_eq!((&picture["codec"], &picture["width"], &picture["height"]), (&"h264".into(), &1280.into(), &720.into()));
    has_numbers(picture, &["index", "rotation_degrees"]);
    has_numbers(&picture["frame_rate"], &["num", "den"]);
    assert_eq!((&picture["variable_frame_rate"], &picture["pixel_format"]), (&false.into(), &"yuv420p".into()));
    assert!(picture.as_object().unwrap().contains_key("hdr"));
    let sound = streams.iter().find(|s| s["kind"] == "audio").unwrap();
    has_numbers(sound, &["sample_rate_hz", "channels"]);
    assert!(sound.as_object().unwrap().contains_key("language"));
}

#[test]
fn transcode_tells_what_it_wrote() {
    let Some(video) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("o.mp4");
    let (video, out_text) = (video.display().to_string(), out.display().to_string());
    let args = ["transcode", &video, "-o", &out_text, "--start", "1", "--end", "0:02.5", "--speed", "ultrafast"];
    let report = json(args.iter().chain(&["--height", "240", "--cut", "exact"]));
    assert_eq!(report["output"], out_text);
    // 30 frames a second for 1.5 s.
    assert_eq!((&report["frames_written"], &report["cut"]), (&45.into(), &"exact".into()));
    assert!((report["duration_seconds"].as_f64().unwrap() - 1.5).abs() < 0.001);
    assert_eq!(report["bytes_written"], out.metadata().unwrap().len());
    assert!(report["warnings"].is_array());
    assert_eq!(report["height"], 240);
    assert_eq!(json(["probe", &out_text])["streams"][0]["height"], 240);
}

#[test]
fn without_json_the_report_is_a_table() {
    let Some(video) = media("real/demo/tears-of-steel-bridge-dialogue-720p-12s.mp4") else { return };
    let run = run(["probe".as_ref(), video.as_os_str()]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("  duration   0:11.958\n"), "{}", run.stdout);
    assert!(run.stdout.contains("h264 (High)"));
}
