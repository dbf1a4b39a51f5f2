//! Scene detection on real media: the same report however it is come by, at any rate, size and damage.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use viralforge_core::*;

fn detect(source: &Source, options: &SceneOptions) -> SceneReport {
    detect_scenes(source, options, &Monitor::new()).unwrap()
}

fn open(path: &Path) -> Source {
    Source::from_path(path).unwrap()
}

fn kinds(report: &SceneReport) -> Vec<(BoundaryKind, u64, u64)> {
    report.boundaries.iter().map(|b| (b.kind, b.start_frame, b.end_frame)).collect()
}

/// Clips of several codecs and containers, with cuts and gradual changes.
fn clips(media: &Path) -> Vec<PathBuf> {
    let names = ["c360p25_vp9.webm", "cdark_480p25.mp4", "megamind.avi"];
    names.iter().map(|name| media.join("scenes").join(name)).collect()
}

/// The demo video, encoded again by ffmpeg with these options.
fn encoded(folder: &Path, name: &str, seconds: u32, options: &[&str]) -> PathBuf {
    let (out, demo) = (folder.join(name), common::demo());
    let seconds = seconds.to_string();
    let mut args = vec!["-ss", "8", "-t", &seconds, "-i", demo.to_str().unwrap(), "-an"];
    args.extend(options);
    args.push(out.to_str().unwrap());
    common::ffmpeg(&args);
    out
}

#[test]
fn the_report_is_the_same_for_any_number_of_segments() {
    let demo = open(&common::demo());
    let range = TimeRange::new(Timestamp::ZERO, Timestamp::new(20, 1)).unwrap();
    for mode in [SceneMode::Accurate, SceneMode::Balanced, SceneMode::Fast] {
        let options = SceneOptions::default().with_mode(mode).with_statistics(true).with_range(range);
        let one = detect(&demo, &options.clone().with_segments(1));
        for segments in [2, 7] {
            assert_eq!(one, detect(&demo, &options.clone().with_segments(segments)), "{mode:?}, {segments} segments");
        }
    }
    let Some(media) = common::media() else { return };
    for clip in clips(&media) {
        let source = open(&clip);
        let options = SceneOptions::default().with_statistics(true);
        let one = detect(&source, &options.clone().with_segments(1));
        assert_eq!(one, detect(&source, &options.with_segments(3)), "{}", clip.display());
    }
}

#[test]
fn open_gops_and_intra_refresh_make_no_difference_to_segments() {
    let folder = tempfile::tempdir().unwrap();
    let size = "scale=320:-2";
    let open_gop =
        ["-vf", size, "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-x264-params", "open-gop=1:keyint=50"];
    let refresh = ["-vf", size, "-c:v", "libx264", "-preset", "veryfast", "-x264-params", "intra-refresh=1:keyint=50"];
    let hevc = [
        "-vf",
        size,
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        "log-level=none:open-gop=1:keyint=50:bframes=3",
    ];
    for (name, options) in [("a.mp4", &open_gop[..]), ("b.mkv", &open_gop), ("c.mp4", &refresh), ("d.mp4", &hevc)] {
        let source = open(&encoded(folder.path(), name, 16, options));
        for mode in [SceneMode::Accurate, SceneMode::Balanced] {
            let options = SceneOptions::default().with_mode(mode).with_statistics(true);
            let one = detect(&source, &options.clone().with_segments(1));
            assert!(!one.boundaries.is_empty());
            assert_eq!(one, detect(&source, &options.with_segments(4)), "{name} {mode:?}");
        }
    }
}

#[test]
fn each_scene_but_the_last_is_handed_out_once_and_in_order() {
    let source = open(&common::demo());
    let mut seen = Vec::new();
    let options = SceneOptions::default();
    let mut on_scene = |scene: &Scene, boundary: &Boundary| seen.push((scene.clone(), boundary.clone()));
    let report = detect_scenes_with(&source, &options, &Monitor::new(), &mut on_scene).unwrap();
    assert_eq!(report, detect(&source, &options));
    let all: Vec<_> = report.scenes.iter().cloned().zip(report.boundaries.iter().cloned()).collect();
    assert_eq!(seen, all);
}

#[test]
fn a_range_finds_what_the_whole_finds_there() {
    let source = open(&common::demo());
    let whole = detect(&source, &SceneOptions::default());
    let range = TimeRange::new(Timestamp::new(20, 1), Timestamp::new(40, 1)).unwrap();
    let part = detect(&source, &SceneOptions::default().with_range(range));
    let inside = |b: &&Boundary| {
        let (from, to) = (Timestamp::new(22, 1), Timestamp::new(38, 1));
        b.range.start() > from && b.range.end() < to
    };
    let times = |report: &SceneReport| -> Vec<_> {
        report.boundaries.iter().filter(inside).map(|b| (b.kind, b.range.start())).collect()
    };
    assert_eq!(times(&part), times(&whole));
    assert!(times(&part).len() > 2);
    assert!(
        part.scenes[0].range.start() >= range.start()
            && part.scenes.last().unwrap().range.end() <= Timestamp::new(401, 10)
    );
}

#[test]
fn a_frame_step_finds_the_same_cuts_a_little_off() {
    let source = open(&common::demo());
    let options = SceneOptions::default().with_mode(SceneMode::Accurate).with_kinds([BoundaryKind::Cut]);
    let all = kinds(&detect(&source, &options));
    let stepped = kinds(&detect(&source, &options.clone().with_frame_step(2)));
    let near = all.iter().filter(|a| stepped.iter().any(|b| a.1.abs_diff(b.1) <= 2)).count();
    assert!(near * 10 >= all.len() * 8, "{all:?} {stepped:?}");
    assert!(stepped.iter().all(|b| b.1 % 2 == 0));
}

#[test]
fn statistics_tell_of_every_frame() {
    let source = open(&common::demo());
    let report = detect(&source, &SceneOptions::default().with_statistics(true));
    let statistics = report.statistics.unwrap();
    let frames = statistics.frames.len();
    assert_eq!(statistics.frames, (0..frames as u64).collect::<Vec<_>>());
    assert!(statistics.times_seconds.windows(2).all(|w| w[0] < w[1]));
    assert!(statistics.columns.iter().all(|column| column.values.len() == frames));
    let cut = statistics.columns.iter().find(|column| column.name == "cut_probability").unwrap();
    for boundary in report.boundaries.iter().filter(|b| b.kind == BoundaryKind::Cut) {
        assert!(cut.values[boundary.start_frame as usize] >= cut.threshold.unwrap());
    }
}

#[test]
fn any_rate_size_and_format_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, &[&str]); 8] = [
        ("rate10.mp4", &["-r", "10", "-vf", "scale=320:-2"]),
        ("rate240.mp4", &["-r", "240", "-vf", "scale=160:-2", "-preset", "ultrafast"]),
        ("interlaced.ts", &["-vf", "scale=320:240,fps=50,interlace", "-c:v", "mpeg2video", "-flags", "+ildct+ilme"]),
        (
            "ten_bit.mkv",
            &["-vf", "scale=320:-2,format=yuv420p10le", "-c:v", "libx265", "-x265-params", "log-level=none"],
        ),
        ("portrait.mp4", &["-vf", "scale=640:-2,crop=180:320"]),
        ("tiny.mp4", &["-vf", "scale=16:16"]),
        ("boxed.mp4", &["-vf", "scale=320:180,pad=320:320:0:70"]),
        ("frames.avi", &["-vf", "scale=320:-2", "-c:v", "mjpeg"]),
    ];
    let wanted = detect(&open(&common::demo()), &SceneOptions::default());
    let cuts: Vec<f64> = wanted.boundaries.iter().map(|b| b.range.start().as_seconds_f64() - 8.0).collect();
    let cuts: Vec<f64> = cuts.into_iter().filter(|t| (1.0..11.0).contains(t)).collect();
    for (name, options) in cases {
        let source = open(&encoded(folder.path(), name, 12, options));
        let report = detect(&source, &SceneOptions::default());
        assert!(report.scenes.windows(2).all(|w| w[0].range.end() == w[1].range.start()), "{name}");
        let found = report.boundaries.iter();
        let found: Vec<f64> = found.map(|b| b.range.start().as_seconds_f64()).collect();
        let right = cuts.iter().filter(|t| found.iter().any(|f| (**t - f).abs() < 0.5)).count();
        let least = if name == "tiny.mp4" { cuts.len() / 2 } else { cuts.len() * 3 / 4 };
        assert!(right >= least, "{name}: {right} of {cuts:?} in {found:?}");
    }
}

#[test]
fn the_last_scene_of_a_varying_rate_ends_with_the_track() {
    let folder = tempfile::tempdir().unwrap();
    // Eight in ten of the frames are left out of the first seconds: the last frame is far shorter than the average.
    let sparse = "scale=320:-2,select='gt(t,8)+not(mod(n,10))'";
    let source = open(&encoded(folder.path(), "vfr.mp4", 10, &["-vf", sparse, "-fps_mode", "vfr", "-bf", "2"]));
    let info = probe(&source, &Monitor::new()).unwrap();
    let end = info.streams[0].duration.unwrap();
    let report = detect(&source, &SceneOptions::default());
    let off = report.scenes.last().unwrap().range.end() - end;
    assert!(off.as_seconds_f64().abs() < 0.001, "{off} after the track");
}

#[test]
fn a_change_of_size_and_broken_packets_in_the_middle_are_survived() {
    let folder = tempfile::tempdir().unwrap();
    let wide = encoded(folder.path(), "wide.ts", 5, &["-vf", "scale=320:180"]);
    let tall = encoded(folder.path(), "tall.ts", 7, &["-vf", "scale=180:320"]);
    let joined = [std::fs::read(wide).unwrap(), std::fs::read(tall).unwrap()].concat();
    let report = detect(&Source::from_bytes("joined.ts", joined), &SceneOptions::default());
    assert!(report.scenes.len() > 2);

    let path = encoded(folder.path(), "whole.mp4", 12, &["-vf", "scale=320:-2", "-g", "50"]);
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4000].fill(0x5a);
    let broken = Source::from_bytes("broken.mp4", bytes);
    let one = detect(&broken, &SceneOptions::default().with_segments(1));
    assert!(one.scenes.len() > 2);
    assert!(detect(&broken, &SceneOptions::default().with_segments(3)).scenes.len() > 2);
}

#[test]
fn a_call_can_be_cancelled_while_segments_are_decoded() {
    let source = open(&common::demo());
    let token = CancelToken::new();
    let stop = token.clone();
    let monitor = Monitor::new().with_cancel(token).with_progress(move |progress| {
        if progress.fraction > 0.1 {
            stop.cancel()
        }
    });
    let result = detect_scenes(&source, &SceneOptions::default().with_segments(3), &monitor);
    assert_eq!(result.unwrap_err().code(), "cancelled");
}

#[test]
fn options_out_of_range_are_told() {
    let source = open(&common::demo());
    let options = SceneOptions::default;
    let bad = [
        (options().with_threshold(1.5), "threshold"),
        (options().with_frame_step(0), "frame_step"),
        (options().with_segments(0), "segments"),
        (options().with_segments(17), "segments"),
        (options().with_kinds(Vec::new()), "kinds"),
    ];
    for (options, name) in bad {
        let error = detect_scenes(&source, &options, &Monitor::new()).unwrap_err();
        assert!(error.code() == "invalid_option" && error.to_string().starts_with(name), "{error}");
    }
}

#[test]
fn limits_hold_with_segments_too() {
    let source = open(&common::demo()).with_limits(Limits::default().with_max_frames(100));
    let error = detect_scenes(&source, &SceneOptions::default().with_segments(4), &Monitor::new()).unwrap_err();
    assert!(error.to_string().contains("max_frames"), "{error}");
    let short = Limits::default().with_max_duration(Duration::from_secs(10));
    let error = detect_scenes(&open(&common::demo()).with_limits(short), &SceneOptions::default(), &Monitor::new());
    assert_eq!(error.unwrap_err().code(), "limit_exceeded");
}
