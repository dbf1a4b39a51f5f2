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
fn validate_tells_the_verdict_and_the_reasons_of_each_file() {
    let Some(video) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("page.mp4");
    std::fs::write(&bad, "<!doctype html><title>no video</title>".repeat(20)).unwrap();
    let run = run(["validate".as_ref(), video.as_os_str(), bad.as_os_str(), "--json".as_ref()]);
    assert_eq!(run.status, 3);
    assert!(run.error().contains("page.mp4"));
    let checked: Value = serde_json::from_str(&run.stdout).unwrap();
    let (good, bad) = (&checked[0], &checked[1]);
    assert_eq!((&good["verdict"], &good["mime"]), (&"accept".into(), &"video/mp4".into()));
    assert_eq!((&bad["verdict"], &bad["safe_name"]), (&"reject".into(), &"page.bin".into()));
    let finding = &bad["findings"][0];
    for name in ["code", "class", "severity", "message", "operator_message"] {
        assert!(finding[name].is_string(), "{name} in {finding}");
    }
    assert_eq!(finding["class"], "not_media");
    assert!(finding.as_object().unwrap().contains_key("offset"));
}

#[test]
fn sanitize_tells_what_it_removed() {
    let Some(photo) = media("real/image/DSCN0010.jpg") else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("clean.jpg");
    let args = ["sanitize".as_ref(), photo.as_os_str(), "-o".as_ref(), out.as_os_str()];
    let report = json(args);
    assert_eq!((&report["output"], &report["mime"]), (&out.display().to_string().into(), &"image/jpeg".into()));
    assert_eq!(report["bytes_out"], out.metadata().unwrap().len());
    assert_eq!(report["bytes_in"], photo.metadata().unwrap().len());
    assert_eq!(report["header_was_last"], false);
    let removed = report["removed"].as_array().unwrap();
    assert_eq!(removed[0]["what"], "location");
    removed.iter().for_each(|one| has_numbers(one, &["count", "bytes"]));
    let again = json(["sanitize".as_ref(), out.as_os_str(), "-o".as_ref(), dir.path().join("again.jpg").as_os_str()]);
    assert_eq!(again["removed"], serde_json::json!([]));
    let table = run(args);
    assert!(table.stdout.contains("location") && table.stdout.contains("XMP"), "{}", table.stdout);
}

#[test]
fn the_name_of_an_upload_may_hold_a_nul_byte() {
    let Some(video) = dialogue() else { return };
    let run =
        run(["validate".as_ref(), video.as_os_str(), "--name".as_ref(), "a.mp4\\0.php".as_ref(), "--json".as_ref()]);
    assert_eq!(run.status, 3);
    let checked: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(checked[0]["findings"][0]["class"], "bad_filename");
}

#[test]
fn scenes_tells_boundaries_and_shots() {
    let Some(video) = dialogue() else { return };
    let report = json(["scenes".as_ref(), video.as_os_str()]);
    has_numbers(&report["frame_rate"], &["num", "den"]);
    let cut = &report["boundaries"][0];
    assert_eq!((&cut["kind"], &cut["start_frame"], &cut["end_frame"]), (&"cut".into(), &59.into(), &59.into()));
    has_numbers(cut, &["start_seconds", "end_seconds", "confidence"]);
    let scenes = report["scenes"].as_array().unwrap();
    assert_eq!(scenes.len(), 2);
    assert_eq!(scenes[0]["end_seconds"], scenes[1]["start_seconds"]);
}

#[test]
fn loudness_and_silence_tell_their_figures() {
    let Some(video) = dialogue() else { return };
    let loudness = json(["loudness".as_ref(), video.as_os_str()]);
    let names = ["integrated_lufs", "loudness_range_lu", "max_short_term_lufs", "max_momentary_lufs"];
    has_numbers(&loudness, &names);
    has_numbers(&loudness, &["true_peak_dbtp", "sample_peak_dbfs"]);
    let options = ["--threshold-db", "-12", "--min-seconds", "0.2"];
    let video = video.display().to_string();
    let silence = json(["silence", &video].iter().chain(&options));
    let first = &silence["silences"][0];
    has_numbers(first, &["start_seconds", "end_seconds"]);
}

#[test]
fn waveform_prints_what_it_writes() {
    let Some(video) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let video = video.display().to_string();
    for extension in ["dat", "json", "png", "svg"] {
        let out = dir.path().join("w").with_extension(extension).display().to_string();
        let report = json(["waveform", &video, "-o", &out, "--pixels-per-second", "20", "--end", "0:02"]);
        assert_eq!((&report["channels"], &report["sample_rate_hz"]), (&1.into(), &44100.into()));
        assert_eq!(report["data"].as_array().unwrap().len() as u64, 2 * report["length"].as_u64().unwrap());
        assert!(std::fs::metadata(&out).unwrap().len() > 100, "{out}");
    }
    let wrong = run(["waveform", &video, "-o", &dir.path().join("w.mp3").display().to_string()]);
    assert_eq!(wrong.status, 2, "{wrong:?}");
}

#[test]
fn reframe_lists_a_crop_of_the_shape_for_every_frame() {
    let Some(video) = dialogue() else { return };
    let plan =
        json(["reframe".as_ref(), video.as_os_str(), "--aspect".as_ref(), "9:16".as_ref(), "--per-frame".as_ref()]);
    assert_eq!((&plan["aspect"], &plan["source_size"]["width"]), (&"9:16".into(), &1280.into()));
    has_numbers(&plan["shots"][0], &["start_seconds", "end_seconds"]);
    let crops = plan["crops"].as_array().unwrap();
    assert_eq!(crops.len(), 357);
    for crop in crops {
        let side = |i: usize| crop[i].as_f64().unwrap();
        assert!(side(0) >= 0.0 && side(0) + side(2) <= 1280.0 && (side(2) - 405.0).abs() < 0.01, "{crop}");
    }
}

#[test]
fn suggest_tells_score_and_reasons() {
    let Some(video) = dialogue() else { return };
    let report = json(["suggest".as_ref(), video.as_os_str(), "--count".as_ref(), "1".as_ref()]);
    let suggestion = &report["suggestions"][0];
    has_numbers(suggestion, &["start_seconds", "end_seconds", "score"]);
    let reason = &suggestion["reasons"][0];
    assert!(reason["signal"].is_string() && reason["value"].is_number() && reason["text"].is_string(), "{reason}");
}

#[test]
fn thumbnails_are_told_and_written_where_a_folder_is_given() {
    let Some(video) = dialogue() else { return };
    let video = video.display().to_string();
    let told = json(["thumbnails", &video, "--count", "2"]);
    assert_eq!(told["thumbnails"][0]["output"], Value::Null);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("covers");
    let report = json(["thumbnails", &video, "--count", "2", "-o", &out.display().to_string()]);
    let thumbnails = report["thumbnails"].as_array().unwrap();
    assert_eq!(thumbnails.len(), 2);
    for (thumbnail, told) in thumbnails.iter().zip(told["thumbnails"].as_array().unwrap()) {
        has_numbers(thumbnail, &["time_seconds", "score"]);
        assert_eq!(thumbnail["time_seconds"], told["time_seconds"]);
        assert!(thumbnail["reasons"].is_array());
        let jpeg = std::fs::read(thumbnail["output"].as_str().unwrap()).unwrap();
        assert_eq!(jpeg[..3], [0xff, 0xd8, 0xff]);
    }
    assert_eq!(std::fs::read_dir(out).unwrap().count(), 2);
}

#[test]
fn storyboard_writes_a_sheet_and_its_text_track() {
    let Some(video) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().display().to_string();
    let args = ["--count", "6", "--columns", "3", "--tile", "100"];
    let report = json(["storyboard", &video.display().to_string(), "-o", &out].iter().chain(&args));
    assert_eq!(report["tiles"].as_array().unwrap().len(), 6);
    has_numbers(&report["tiles"][5], &["start_seconds", "time_seconds", "x", "y", "width", "height"]);
    assert_eq!(std::fs::read(report["output"].as_str().unwrap()).unwrap()[..3], [0xff, 0xd8, 0xff]);
    let track = std::fs::read_to_string(report["web_vtt"].as_str().unwrap()).unwrap();
    assert!(track.starts_with("WEBVTT\n"));
    assert_eq!(track.matches("-storyboard.jpg#xywh=").count(), 6);
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

#[test]
fn a_plan_that_was_printed_renders_to_what_it_says() {
    let Some(video) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (plan, out) = (dir.path().join("plan.json"), dir.path().join("out.mp4"));
    let printed = json(["plan", "--start", "1", "--end", "1.5", "--height", "90", "--speed", "ultrafast", "--mute"]);
    assert_eq!((&printed["height"], &printed["mute"], &printed["crf"]), (&90.into(), &true.into(), &23.into()));
    std::fs::write(&plan, printed.to_string()).unwrap();
    let args = ["render".as_ref(), video.as_os_str(), "--plan".as_ref(), plan.as_os_str(), "-o".as_ref()];
    let report = json(args.into_iter().chain([out.as_os_str()]));
    assert_eq!((&report["height"], report["output"].as_str()), (&90.into(), out.to_str()));
    let info = json(["probe".as_ref(), out.as_os_str()]);
    assert!((0.4..0.6).contains(&info["duration_seconds"].as_f64().unwrap()));
    assert_eq!(info["streams"].as_array().unwrap().len(), 1);
    std::fs::write(&plan, "{\"crf\": \"low\"}").unwrap();
    let wrong = run(args);
    assert_eq!(wrong.status, 2);
}

#[test]
fn frames_are_written_as_pictures_and_listed() {
    let Some(video) = dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let args = ["frames".as_ref(), video.as_os_str(), "--times".as_ref(), "0.5,0:02".as_ref(), "--max-side".as_ref()];
    let report = json(args.into_iter().chain(["64".as_ref(), "-o".as_ref(), dir.path().as_os_str()]));
    let frames = report["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 2);
    for frame in frames {
        has_numbers(frame, &["time_seconds", "width", "height"]);
        assert_eq!(frame["width"], 64);
        let bytes = std::fs::read(frame["output"].as_str().unwrap()).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
    }
}

#[test]
fn analyze_leaves_out_what_it_is_told_to() {
    let Some(video) = dialogue() else { return };
    let args = ["analyze".as_ref(), video.as_os_str(), "--no-quality".as_ref(), "--no-waveform".as_ref()];
    let analysis = json(args);
    assert!(analysis["quality"].is_null() && analysis["waveform"].is_null());
    assert!(analysis["scenes"]["scenes"].is_array() && analysis["loudness"]["integrated_lufs"].is_number());
    assert!(!analysis["subject"].as_array().unwrap().is_empty());
}

#[test]
fn a_limit_from_the_command_line_holds() {
    let Some(video) = dialogue() else { return };
    let run = run(["probe".as_ref(), video.as_os_str(), "--limit".as_ref(), "max_input_bytes=1000".as_ref()]);
    assert_eq!(run.status, 3);
    assert!(run.error().contains("max_input_bytes") && run.error().contains("1000"), "{run:?}");
}

#[test]
fn the_schema_is_printed_with_and_without_json() {
    let printed = run(["schema"]);
    assert_eq!(serde_json::from_str::<Value>(&printed.stdout).unwrap(), json(["schema"]));
}

#[test]
fn validate_reports_every_file_it_can_read_whatever_the_others_are() {
    let Some(video) = dialogue() else { return };
    let run = run(["validate".as_ref(), "nowhere.mp4".as_ref(), video.as_os_str(), "--json".as_ref()]);
    assert_eq!(run.status, 4, "{run:?}");
    assert!(run.error().contains("nowhere.mp4"), "{run:?}");
    let reports: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(reports.as_array().map(Vec::len), Some(1), "{run:?}");
    assert_eq!(reports[0]["verdict"], "accept", "{run:?}");
}
