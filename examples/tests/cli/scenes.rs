//! Scenes and what is made of them, on the first seconds of the demo video.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::program::{json, run};

/// The committed demo video; its first twenty seconds have cuts and fades.
fn demo() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/sintel-trailer-720p-52s.mp4").display().to_string()
}

/// A report of those seconds, to be read by other subcommands.
fn scenes_in(dir: &Path) -> (Value, String) {
    let report = json(["scenes", &demo(), "--end", "20"]);
    let path = dir.join("scenes-of-demo.json");
    fs::write(&path, report.to_string()).unwrap();
    (report, path.display().to_string())
}

fn list<'a>(report: &'a Value, name: &str) -> &'a Vec<Value> {
    report[name].as_array().unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What ffprobe counts in the video track: width, height and frames.
fn ffprobe(file: &str) -> (u64, u64, u64) {
    let args = ["-v", "error", "-count_frames", "-select_streams", "v:0", "-of", "json", "-show_streams", file];
    let output = Command::new("ffprobe").args(args).output().expect("ffprobe is installed");
    assert!(output.status.success() && output.stderr.is_empty(), "{file}: {output:?}");
    let facts: Value = serde_json::from_slice(&output.stdout).unwrap();
    let stream = &facts["streams"][0];
    let frames = stream["nb_read_frames"].as_str().unwrap().parse().unwrap();
    (stream["width"].as_u64().unwrap(), stream["height"].as_u64().unwrap(), frames)
}

#[test]
fn one_run_writes_every_format_and_all_tell_of_the_same_scenes() {
    let dir = tempfile::tempdir().unwrap();
    let path = |extension: &str| dir.path().join(format!("demo.{extension}"));
    let extensions = ["json", "csv", "edl", "fcpxml", "otio", "vtt", "ffmetadata"];
    let video = demo();
    let mut args: Vec<String> =
        ["scenes", &video, "--end", "20", "--title", "The \"trailer\""].map(String::from).into();
    for extension in extensions {
        args.extend(["-o".to_owned(), path(extension).display().to_string()]);
    }
    let report = json(&args);
    let scenes = list(&report, "scenes").len();
    assert!(scenes > 3, "{report}");
    assert_eq!(names(dir.path()).len(), extensions.len());
    let text = |extension: &str| fs::read_to_string(path(extension)).unwrap();
    let count = |extension: &str, what: &str| text(extension).matches(what).count();

    assert_eq!(serde_json::from_str::<Value>(&text("json")).unwrap(), report);
    assert_eq!(text("csv").lines().count(), scenes + 1);
    assert!(text("csv").starts_with("Scene Number,"));
    assert!(text("edl").starts_with("TITLE: The \"trailer\"\n"), "{}", text("edl"));
    assert_eq!(count("edl", "FROM CLIP NAME: sintel-trailer-720p-52s.mp4"), scenes, "{}", text("edl"));
    assert_eq!(count("fcpxml", "<asset-clip "), scenes);
    // What only the video can tell.
    for fact in ["width=\"1280\"", "height=\"720\"", "hasAudio=\"1\"", "src=\"file:///", "/demo/sintel-trailer"] {
        assert!(text("fcpxml").contains(fact), "{fact}: {}", text("fcpxml"));
    }
    assert!(!text("fcpxml").contains("The \"trailer\""));
    let otio: Value = serde_json::from_str(&text("otio")).unwrap();
    assert_eq!((&otio["OTIO_SCHEMA"], &otio["name"]), (&"Timeline.1".into(), &"The \"trailer\"".into()));
    assert_eq!(count("otio", "\"Clip.2\""), scenes);
    assert_eq!(count("vtt", " --> "), scenes);
    assert_eq!(count("ffmetadata", "[CHAPTER]"), scenes);
}

#[test]
fn what_is_said_of_the_video_can_be_said_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("list.txt").display().to_string();
    let video = demo();
    let options = ["--format", "fcpxml", "--media-name", "take 2.mov", "--media-uri", "https://example.com/a?b&c"];
    let more = ["--media-size", "640x360", "--media-has-audio", "false", "--frame-rate", "25", "--end", "5"];
    json(["scenes", &video, "-o", &out].iter().chain(&options).chain(&more));
    let text = fs::read_to_string(&out).unwrap();
    let facts = ["take 2.mov", "https://example.com/a?b&amp;c", "width=\"640\"", "frameDuration=\"1/25s\""];
    for fact in facts {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    assert!(!text.contains("hasAudio=\"1\""), "{text}");

    let chapters = dir.path().join("chapters.vtt").display().to_string();
    json(["scenes", &video, "-o", &chapters, "--chapter-title", "Part {number:02}", "--end", "5"]);
    assert!(fs::read_to_string(chapters).unwrap().contains("\nPart 01\n"));

    let edl = dir.path().join("a.edl").display().to_string();
    json(["scenes", &video, "-o", &edl, "--start-timecode-frames", "86400", "--end", "5", "--drop-frame=false"]);
    assert!(fs::read_to_string(edl).unwrap().contains("01:00:00:00"));
}

#[test]
fn measures_are_written_as_a_table_and_as_plots() {
    let dir = tempfile::tempdir().unwrap();
    let video = demo();
    for extension in ["csv", "svg", "png"] {
        let out = dir.path().join("measures").with_extension(extension);
        let args = ["scenes", &video, "--end", "4", "--statistics", out.to_str().unwrap(), "--statistics-width", "640"];
        let report = json(args);
        let frames = list(&report["statistics"], "frames").len();
        assert!(frames > 90, "{frames}");
        let bytes = fs::read(&out).unwrap();
        match extension {
            "csv" => assert_eq!(String::from_utf8(bytes).unwrap().lines().count(), frames + 1),
            "svg" => assert!(String::from_utf8(bytes).unwrap().contains("width=\"640\"")),
            _ => assert_eq!(ffprobe(out.to_str().unwrap()).0, 640),
        }
    }
    let without = json(["scenes", &video, "--end", "4"]);
    assert_eq!(without["statistics"], Value::Null);
}

#[test]
fn every_way_of_looking_reaches_the_library() {
    let video = demo();
    let look = |options: &[&str]| json(["scenes", &video, "--end", "20"].iter().chain(options));
    let usual = look(&[]);
    let kinds = |report: &Value| list(report, "boundaries").iter().map(|b| b["kind"].clone()).collect::<Vec<_>>();
    let cuts = look(&["--kinds", "cut"]);
    assert!(kinds(&usual).iter().any(|kind| kind != "cut"), "{usual}");
    assert!(!kinds(&cuts).is_empty() && kinds(&cuts).iter().all(|kind| kind == "cut"), "{cuts}");
    assert_eq!(look(&["--segments", "1"]), usual);
    assert_eq!(list(&look(&["--method", "content:threshold=255"]), "scenes").len(), 1);
    assert_ne!(look(&["--method", "content:threshold=10"]), usual);
    let long = look(&["--min-scene-duration-seconds", "3", "--mode", "fast"]);
    for scene in list(&long, "scenes").iter().rev().skip(1) {
        let at = |name: &str| scene[name].as_f64().unwrap();
        assert!(at("end_seconds") - at("start_seconds") >= 3.0, "{scene}");
    }
    let late = look(&["--start", "10", "--frame-step", "2"]);
    assert!(late["scenes"][0]["start_seconds"].as_f64().unwrap() >= 10.0, "{late}");
}

#[test]
fn scenes_are_told_one_by_one_while_they_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let csv = dir.path().join("scenes.csv").display().to_string();
    let report = json(["scenes", &demo(), "--end", "20"]);
    let lines = run(["--json", "scenes", &demo(), "--end", "20", "--live", "-o", &csv]);
    assert_eq!(lines.status, 0, "{}", lines.stderr);
    let told: Vec<Value> = lines.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let field = |name: &str| told.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(&field("scene"), list(&report, "scenes"));
    let (last, ends) = (Value::Null, list(&report, "boundaries"));
    assert_eq!(field("ends_with"), ends.iter().chain([&last]).cloned().collect::<Vec<_>>());
    assert_eq!(names(dir.path()), ["scenes.csv"]);
    let text = run(["scenes", &demo(), "--end", "20", "--live"]).stdout;
    assert_eq!(text.lines().count(), told.len(), "{text}");
    assert!(text.contains("until cut at frame") && text.trim_end().ends_with("until the end"), "{text}");
}

#[test]
fn wrong_ways_of_looking_are_told_with_the_right_ones() {
    let video = demo();
    let error = |options: &[&str]| {
        let run = run(["scenes", &video].iter().chain(options));
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{options:?}: {run:?}");
        run.error().to_owned()
    };
    let method = error(&["--method", "contents"]);
    assert!(
        method.contains("contents") && method.contains("fade_threshold") && method.contains("adaptive"),
        "{method}"
    );
    assert!(error(&["--method", "content:treshold=3"]).contains("luma_only"));
    assert!(error(&["--method", "content:threshold=300"]).contains("method.threshold"));
    assert!(error(&["--kinds", "cut,swipe"]).contains("dissolve"));
    assert!(error(&["--segments", "99"]).contains("1..=16"));
    assert!(error(&["--frame-step", "0"]).contains("1..=100"));
}

#[test]
fn a_list_that_cannot_be_written_leaves_no_other_either() {
    let dir = tempfile::tempdir().unwrap();
    let video = demo();
    let out = |name: &str| dir.path().join(name).display().to_string();
    let wrong: [&[&str]; 7] = [
        &["-o", &out("a.csv"), "-o", &out("a.doc")],
        &["-o", &out("a.csv"), "-o", &out("a.edl"), "--frame-rate", "25", "--drop-frame"],
        &["-o", &out("a.csv"), "-o", &out("a.vtt"), "--chapter-title", "{nonsense}"],
        &["-o", &out("a.csv"), "-o", &out("a.vtt"), "--format", "csv"],
        &["-o", &out("a.csv"), "--statistics", &out("a.xls")],
        &["-o", &out("a.csv"), "--statistics", &out("a.png"), "--statistics-panel-height", "5"],
        &["--title", "of nothing"],
    ];
    for options in wrong {
        let run = run(["scenes", &video, "--end", "2"].iter().chain(options));
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{options:?}: {run:?}");
        assert!(!run.error().is_empty());
        assert_eq!(names(dir.path()), [""; 0], "{options:?}");
    }
}

#[test]
fn the_video_is_never_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("demo.mp4");
    fs::copy(demo(), &copy).unwrap();
    let (video, folder) = (copy.display().to_string(), dir.path().display().to_string());
    let wrong: [&[&str]; 3] = [
        &["scenes", &video, "--end", "1", "-o", &video, "--format", "csv"],
        &["scenes", &video, "--end", "1", "--statistics", &video, "--statistics-format", "csv"],
        &["split", &video, "-o", &folder, "--template", "{name}.mp4", "--only", "1", "--speed", "ultrafast"],
    ];
    for args in wrong {
        let run = run(args);
        assert_eq!(run.status, 2, "{args:?}: {run:?}");
        assert!(run.error().contains("is the video itself"), "{run:?}");
    }
    assert_eq!(fs::read(&copy).unwrap(), fs::read(demo()).unwrap());
    assert_eq!(names(dir.path()), ["demo.mp4"]);
}

#[test]
fn a_sheet_shows_three_frames_of_each_scene() {
    let dir = tempfile::tempdir().unwrap();
    let (report, scenes) = scenes_in(dir.path());
    let count = list(&report, "scenes").len();
    for name in ["sheet.jpg", "sheet.png"] {
        let out = dir.path().join(name).display().to_string();
        let made = json(["scene-sheet", &demo(), "-o", &out, "--scenes", &scenes, "--tile", "64", "--columns", "1"]);
        let sheet = &made["sheets"][0];
        assert_eq!((&sheet["output"], list(sheet, "tiles").len()), (&out.clone().into(), 3 * count));
        assert_eq!(sheet["bytes_written"], fs::metadata(&out).unwrap().len());
        let (width, height, _) = ffprobe(&out);
        assert_eq!((&sheet["width"], &sheet["height"]), (&width.into(), &height.into()));
    }
    assert!(fs::read(dir.path().join("sheet.jpg")).unwrap().starts_with(&[0xff, 0xd8, 0xff]));
    assert!(fs::read(dir.path().join("sheet.png")).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn many_scenes_take_a_folder_of_sheets() {
    let dir = tempfile::tempdir().unwrap();
    let (report, scenes) = scenes_in(dir.path());
    let count = list(&report, "scenes").len();
    let folder = dir.path().join("sheets");
    let out = folder.display().to_string();
    let args = ["scene-sheet", &demo(), "--scenes", &scenes, "--tile", "32", "--max-scenes", "2", "-o"];
    let made = json(args.iter().chain(&[out.as_str(), "--format", "png"]));
    let sheets = list(&made, "sheets");
    assert_eq!(sheets.len(), count.div_ceil(2));
    assert_eq!(names(&folder).len(), sheets.len());
    let tiles: usize = sheets.iter().map(|sheet| list(sheet, "tiles").len()).sum();
    assert_eq!(tiles, 3 * count);
    assert_eq!(names(&folder)[0], "sintel-trailer-720p-52s-scenes-1.png");

    let second = dir.path().join("second.jpg").display().to_string();
    let made = json(args.iter().chain(&[second.as_str(), "--page", "2", "--no-labels"]));
    assert_eq!((list(&made, "sheets").len(), &made["sheets"][0]["page"]), (1, &2.into()));
    assert_eq!(list(&made["sheets"][0], "tiles")[0]["scene"], 3);

    let nowhere = dir.path().join("nowhere");
    let wrong = run(args.iter().chain(&[nowhere.to_str().unwrap(), "--page", "99"]));
    assert_eq!(wrong.status, 2, "{wrong:?}");
    assert!(wrong.error().contains("page") && !nowhere.exists(), "{wrong:?}");
}

#[test]
fn each_scene_becomes_a_file_that_plays() {
    let dir = tempfile::tempdir().unwrap();
    let (report, scenes) = scenes_in(dir.path());
    let folder = dir.path().join("parts");
    let out = folder.display().to_string();
    let args = ["split", &demo(), "--scenes", &scenes, "--height", "90", "--speed", "ultrafast", "-o", &out];
    let made = json(args.iter().chain(&["--only", "2,3", "--template", "{number}-{name}.mp4"]));
    let files = list(&made, "files");
    assert_eq!(names(&folder), ["2-sintel-trailer-720p-52s.mp4", "3-sintel-trailer-720p-52s.mp4"]);
    for (file, scene) in files.iter().zip(&list(&report, "scenes")[1..]) {
        let path = PathBuf::from(file["output"].as_str().unwrap());
        assert_eq!(path.parent(), Some(folder.as_path()));
        let (_, height, frames) = ffprobe(path.to_str().unwrap());
        assert_eq!((height, &file["frames_written"]), (90, &frames.into()));
        let seconds = scene["end_seconds"].as_f64().unwrap() - scene["start_seconds"].as_f64().unwrap();
        // 24 frames a second.
        assert!((frames as f64 - seconds * 24.0).abs() < 1.0, "{frames} frames of {scene}");
    }
}

#[test]
fn what_cannot_be_split_leaves_no_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (_, scenes) = scenes_in(dir.path());
    let folder = dir.path().join("parts");
    let out = folder.display().to_string();
    let not_scenes = dir.path().join("not.json").display().to_string();
    fs::write(&not_scenes, "{\"scenes\": 3}").unwrap();
    let wrong: [(&[&str], &str); 5] = [
        (&["--scenes", &scenes, "--template", "all.mp4"], "template"),
        (&["--scenes", &scenes, "--template", "../{number}.mp4"], "template"),
        (&["--scenes", &scenes, "--only", "999"], "only"),
        (&["--scenes", &scenes, "--only", "1", "--crf", "99"], "crf"),
        (&["--scenes", &not_scenes], "not.json"),
    ];
    for (options, told) in wrong {
        let run = run(["split", &demo(), "-o", &out].iter().chain(options));
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{options:?}: {run:?}");
        assert!(run.error().contains(told), "{options:?}: {run:?}");
        assert!(!folder.exists(), "{options:?}");
    }
}

#[test]
fn without_json_there_are_tables_with_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let (_, scenes) = scenes_in(dir.path());
    let out = |name: &str| dir.path().join(name).display().to_string();
    let video = demo();
    let table = |args: &[&str]| {
        let run = run(args);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{args:?}: {run:?}");
        run.stdout
    };
    let found = table(&["scenes", &video, "--end", "20", "-o", &out("a.csv"), "-o", &out("a.edl")]);
    assert!(found.contains("begins with") && found.contains("a.csv") && found.contains("a.edl"), "{found}");
    let sheet = table(&["scene-sheet", &video, "--scenes", &scenes, "-o", &out("a.jpg"), "--tile", "32"]);
    assert!(sheet.contains("a.jpg (1 of 1)"), "{sheet}");
    let args = ["split", &video, "--scenes", &scenes, "-o", &out("parts"), "--only", "2", "--speed", "ultrafast"];
    let parts = table(&args);
    assert!(parts.starts_with("1 scene\n") && parts.contains("-scene-002.mp4"), "{parts}");
}
