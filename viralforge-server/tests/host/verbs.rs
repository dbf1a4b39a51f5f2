//! Every verb of the library as a job: the report is what the library says in this very process, and files come with it.

use std::time::Duration;

use serde_json::{Value, json};
use viralforge_core::*;

use crate::server::{Server, small_video};

/// A kind of job, its options, what its report has to be, and its files.
type Case = (&'static str, Value, Value, &'static [&'static str]);

fn cases(source: &Source) -> Vec<Case> {
    let (monitor, analysis) = (Monitor::new(), analyze(source, &AnalysisOptions::all(), &Monitor::new()).unwrap());
    let at = [Timestamp::ZERO, Timestamp::from_seconds_f64(0.5)];
    let frames = extract_frames(source, &FrameOptions::at(at.to_vec()), &monitor).unwrap();
    let frame = |number: usize| {
        let mut frame = json!(frames[number]);
        frame["output"] = json!(format!("frame-{}.png", number + 1));
        frame
    };
    let waveform = json!(analyze_waveform(source, &WaveformOptions::default(), &monitor).unwrap());
    let scenes = json!(detect_scenes(source, &SceneOptions::default(), &monitor).unwrap());
    let sheet = |name: &str| json!({ "output": name, "pages": 1, "tiles": [{ "part": "first" }, {}, {}] });
    let quiet = SilenceOptions::default().with_threshold_dbfs(-5.0).with_min_duration(Duration::from_millis(100));
    let silences = json!(detect_silence(source, &quiet, &monitor).unwrap());
    let loudness = json!(measure_loudness(source, &LoudnessOptions::default(), &monitor).unwrap());
    let square = AspectRatio::SQUARE;
    let crop = json!(plan_reframe(&analysis, &ReframeOptions::to(square)).unwrap());
    let clips = ClipOptions::default().with_min_duration(Duration::from_secs(1));
    let clips = json!({ "suggestions": suggest_clips(&analysis, &clips).unwrap() });
    let plan = json!(plan_render(&TranscodeOptions::default().with_height(64)).unwrap());
    vec![
        ("probe", json!({}), json!(probe(source, &monitor).unwrap()), &[]),
        (
            "sanitize-upload",
            json!({ "keep_chapters": false }),
            json!({ "mime": "video/mp4", "bytes_in": source.byte_len() }),
            &["clean.mp4"],
        ),
        ("analyze", Value::Null, json!(analysis), &[]),
        ("detect-scenes", json!({}), scenes.clone(), &[]),
        ("write-scenes", json!({}), scenes.clone(), &["scenes.json"]),
        ("write-scenes", json!({ "format": "csv" }), scenes.clone(), &["scenes.csv"]),
        ("write-scenes", json!({ "format": "edl", "title": "A" }), scenes.clone(), &["scenes.edl"]),
        ("write-scenes", json!({ "format": "fcpxml" }), scenes.clone(), &["scenes.fcpxml"]),
        ("write-scenes", json!({ "format": "otio" }), scenes.clone(), &["scenes.otio"]),
        ("write-scenes", json!({ "format": "web_vtt" }), scenes.clone(), &["scenes.vtt"]),
        ("write-scenes", json!({ "format": "ffmetadata" }), scenes.clone(), &["scenes.ffmetadata"]),
        ("write-scene-statistics", json!({}), scenes.clone(), &["scene-statistics.csv"]),
        ("write-scene-statistics", json!({ "format": "svg" }), scenes.clone(), &["scene-statistics.svg"]),
        ("write-scene-statistics", json!({ "format": "png" }), scenes.clone(), &["scene-statistics.png"]),
        ("make-scene-sheet", json!({ "labels": false }), sheet("scenes.jpg"), &["scenes.jpg"]),
        ("make-scene-sheet", json!({ "format": "png" }), sheet("scenes.png"), &["scenes.png"]),
        (
            "split-scenes",
            json!({ "height": 64, "speed": "ultrafast" }),
            json!({ "videos": [{ "output": "scene-001.mp4", "height": 64 }] }),
            &["scene-001.mp4"],
        ),
        ("analyze-waveform", json!({}), waveform.clone(), &[]),
        ("write-waveform", json!({ "bits": 8 }), waveform.clone(), &["waveform.dat"]),
        ("write-waveform", json!({ "format": "json" }), waveform.clone(), &["waveform.json"]),
        ("write-waveform", json!({ "format": "svg", "width": 64 }), waveform.clone(), &["waveform.svg"]),
        ("write-waveform", json!({ "format": "png", "width": 64 }), waveform, &["waveform.png"]),
        ("measure-loudness", json!({}), loudness, &[]),
        ("detect-silence", json!({ "threshold_dbfs": -5.0, "min_duration_seconds": 0.1 }), silences, &[]),
        ("plan-reframe", json!({ "aspect": "1:1" }), crop, &[]),
        ("suggest-clips", json!({ "min_duration_seconds": 1.0 }), clips, &[]),
        ("plan-render", json!({ "height": 64 }), plan.clone(), &[]),
        (
            "extract-frames",
            json!({ "times": [0, 0.5] }),
            json!({ "frames": [frame(0), frame(1)] }),
            &["frame-1.png", "frame-2.png"],
        ),
        (
            "extract-thumbnails",
            json!({ "count": 1 }),
            json!({ "thumbnails": [{ "output": "thumbnail-1.jpg" }] }),
            &["thumbnail-1.jpg"],
        ),
        (
            "make-storyboard",
            json!({ "count": 4 }),
            json!({ "output": "storyboard.jpg", "web_vtt": "storyboard.vtt" }),
            &["storyboard.jpg", "storyboard.vtt"],
        ),
        ("render", json!({ "plan": plan }), json!({ "output": "video.mp4", "height": 64 }), &["video.mp4"]),
        ("transcode", json!({ "height": 64 }), json!({ "output": "video.mp4", "height": 64 }), &["video.mp4"]),
    ]
}

/// Whether everything that is expected is there; where files are made, the report tells more than is compared.
fn agrees(found: &Value, expected: &Value) -> bool {
    match expected {
        Value::Object(fields) => fields.iter().all(|(name, value)| agrees(&found[name], value)),
        Value::Array(items) => {
            found.as_array().is_some_and(|f| f.len() == items.len() && f.iter().zip(items).all(|(f, e)| agrees(f, e)))
        }
        _ => found == expected,
    }
}

#[tokio::test]
async fn every_verb_is_a_job_that_reports_what_the_library_says() {
    let server = Server::start();
    let asset = server.upload(&small_video(), "a.mp4").await;
    let cases = cases(&Source::from_bytes("a.mp4", small_video()));
    let tried: std::collections::BTreeSet<_> = cases.iter().map(|(kind, ..)| kind.replace('-', "_")).collect();
    let document = schema();
    for verb in document["verbs"].as_array().unwrap().iter().filter(|verb| verb["name"] != "validate_upload") {
        assert!(tried.contains(verb["name"].as_str().unwrap()), "{} is not tried", verb["name"]);
    }
    for (kind, options, expected, files) in cases {
        let asked = server.ask(kind, asset["id"].as_str().unwrap(), options).await;
        assert_eq!(asked.status(), 202, "{kind}: {}", asked.text().await.unwrap());
        let job: Value = asked.json().await.unwrap();
        let job = server.job(job["id"].as_str().unwrap()).await;
        assert_eq!(job["state"], "succeeded", "{kind}: {job}");
        let outputs = job["outputs"].as_array().unwrap();
        let names: Vec<_> = outputs.iter().map(|output| output["name"].as_str().unwrap()).collect();
        assert_eq!(names, [files, &["report.json"]].concat(), "{kind}");
        let fetch = |output: &Value| reqwest::get(output["url"].as_str().unwrap().to_owned());
        let report: Value = fetch(outputs.last().unwrap()).await.unwrap().json().await.unwrap();
        assert!(agrees(&report, &expected), "{kind}: {report:#}\nis not\n{expected:#}");
        if files.is_empty() {
            assert_eq!(report, expected, "{kind}");
        }
        for output in outputs {
            let kind_of_file = output["content_type"].as_str().unwrap();
            let is_text = kind_of_file.starts_with("text/") || kind_of_file.ends_with("xml");
            let told = if is_text { format!("{kind_of_file}; charset=utf-8") } else { kind_of_file.to_owned() };
            let whole = fetch(output).await.unwrap();
            assert_eq!(whole.headers()["content-type"], told.as_str(), "{kind}");
            let bytes = whole.bytes().await.unwrap();
            let ranges = reqwest::Client::new().get(output["url"].as_str().unwrap()).header("range", "bytes=0-1,4-5");
            let parts = ranges.send().await.unwrap().bytes().await.unwrap();
            let parts = String::from_utf8_lossy(&parts).matches(&format!("Content-Type: {told}\r\n")).count();
            assert_eq!(parts, 2, "{kind}: {output}");
            let begin: &[u8] = match kind_of_file {
                _ if output["name"] == "scenes.csv" => b"Scene Number,",
                _ if output["name"] == "scene-statistics.csv" => b"frame,time_seconds,",
                _ if output["name"] == "scenes.edl" => b"TITLE: ",
                _ if output["name"] == "scenes.ffmetadata" => b";FFMETADATA1",
                "application/xml" => b"<?xml",
                "image/png" => b"\x89PNG",
                "image/jpeg" => b"\xff\xd8",
                "text/vtt" => b"WEBVTT",
                "image/svg+xml" => b"<svg",
                "video/mp4" => &bytes[..4],
                "application/json" => b"{",
                _ => b"\x01\0\0\0",
            };
            assert!(bytes.len() > 10 && bytes.starts_with(begin), "{kind}: {output}");
        }
    }
}
