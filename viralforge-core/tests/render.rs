//! `render` and `transcode` on real files, through the public API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod common;

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use viralforge_core::*;

fn demo() -> Source {
    Source::from_path(common::demo()).unwrap()
}

fn seconds(from: f64, to: f64) -> TimeRange {
    TimeRange::new(Timestamp::from_seconds_f64(from), Timestamp::from_seconds_f64(to)).unwrap()
}

fn quick(range: TimeRange) -> RenderPlan {
    RenderPlan::clip(range).with_speed(Speed::Ultrafast).with_height(180)
}

/// Everything that stands in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The offsets of the top-level boxes of an MP4.
fn boxes(path: &Path) -> Vec<String> {
    let data = std::fs::read(path).unwrap();
    let (mut at, mut all) = (0, Vec::new());
    while at + 8 <= data.len() {
        let len = u32::from_be_bytes(data[at..at + 4].try_into().unwrap()) as usize;
        all.push(String::from_utf8_lossy(&data[at + 4..at + 8]).into_owned());
        at += len.max(8);
    }
    all
}

#[test]
fn a_clip_has_exactly_the_frames_of_its_range_and_its_index_in_front() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clip.mp4");
    let report = render(&demo(), &Output::to_path(&path), &quick(seconds(10.0, 12.5)), &Monitor::new()).unwrap();
    assert_eq!(report.frames_written, 60);
    assert_eq!(report.duration, Some(Timestamp::new(5, 2)));
    assert_eq!((report.width, report.height), (320, 180));
    assert_eq!(report.bytes_written, std::fs::metadata(&path).unwrap().len());
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    let order = boxes(&path);
    let place = |name: &str| order.iter().position(|b| b == name);
    assert!(place("moov") < place("mdat"), "{order:?}");

    let info = probe(&Source::from_path(&path).unwrap(), &Monitor::new()).unwrap();
    assert_eq!(info.duration, Some(Timestamp::new(5, 2)));
    assert_eq!(info.video().and_then(|v| v.frame_count), Some(60));
    assert_eq!(info.audio().map(|a| a.codec.as_str()), Some("aac"));
    assert_eq!(names(dir.path()), ["clip.mp4"]);
}

#[test]
fn a_preset_gives_the_platforms_shape_and_size() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clip.mp4");
    let plan = RenderPlan::clip(seconds(20.0, 20.5)).with_preset(Preset::TikTok).with_speed(Speed::Ultrafast);
    render(&demo(), &Output::to_path(&path), &plan, &Monitor::new()).unwrap();
    let info = probe(&Source::from_path(&path).unwrap(), &Monitor::new()).unwrap();
    let video = info.video().and_then(|v| v.video.clone()).unwrap();
    assert_eq!((video.width, video.height), (1080, 1920));
    assert_eq!(video.sample_aspect_ratio, AspectRatio::SQUARE);
    assert_eq!(video.pixel_format.as_deref(), Some("yuv420p"));
    let audio = info.audio().and_then(|a| a.audio.clone()).unwrap();
    assert_eq!((audio.sample_rate_hz, audio.channels), (48_000, 2));
}

#[test]
fn sound_of_a_low_rate_becomes_the_presets_whole() {
    // One block of the source (16 kHz) is three of the encoder (48 kHz): more than it takes at once.
    let source = Source::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/h264-aac.mp4")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("clip.mp4");
    let plan = RenderPlan::clip(seconds(0.0, 0.5)).with_preset(Preset::TikTok);
    render(&source, &Output::to_path(&out), &plan, &Monitor::new()).unwrap();
    let wave =
        analyze_waveform(&Source::from_path(&out).unwrap(), &WaveformOptions::default(), &Monitor::new()).unwrap();
    assert_eq!(wave.sample_rate_hz, 48_000);
    let length = wave.length as f64 * f64::from(wave.samples_per_pixel) / 48_000.0;
    assert!((0.45..0.60).contains(&length), "{length} s of sound");
}

#[test]
fn a_crop_shows_its_part_of_the_picture() {
    let Some(media) = common::media() else { return };
    // The reference crops with another program; both must show the same pixels, up to the encoder's loss.
    let path = media.join("real/demo/tears-of-steel-bridge-dialogue-720p-12s.mp4");
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("crop.mp4");
    let plan = RenderPlan::clip(seconds(4.0, 4.5)).with_aspect(AspectRatio::SQUARE).with_crf(10).muted();
    render(&Source::from_path(&path).unwrap(), &Output::to_path(&out), &plan, &Monitor::new()).unwrap();
    let (path, out) = (path.to_str().unwrap(), out.to_str().unwrap());
    let compare =
        "[0:v]trim=4:4.5,setpts=PTS-STARTPTS,crop=720:720:280:0[a];[1:v]setpts=PTS-STARTPTS[b];[a][b]ssim=stats_file=-"
            .to_string();
    let stats = common::ffmpeg(&["-i", path, "-i", out, "-filter_complex", &compare, "-f", "null", "-"]);
    let stats = String::from_utf8_lossy(&stats);
    let all: Vec<f64> = stats.lines().filter_map(|l| l.split("All:").nth(1)?.split(' ').next()?.parse().ok()).collect();
    assert!(all.len() >= 12, "{stats}");
    assert!(all.iter().all(|s| *s > 0.97), "{all:?}");
}

#[test]
fn a_turned_phone_video_comes_out_upright() {
    let Some(media) = common::media() else { return };
    let source = Source::from_path(media.join("real/video/portrait.MOV")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("up.mp4");
    let plan = RenderPlan::whole().with_speed(Speed::Ultrafast);
    let report = render(&source, &Output::to_path(&path), &plan, &Monitor::new()).unwrap();
    assert!(report.height > report.width);
    let info = probe(&Source::from_path(&path).unwrap(), &Monitor::new()).unwrap();
    assert_eq!(info.video().and_then(|v| v.video.as_ref()).map(|v| v.rotation), Some(Rotation::None));
}

#[test]
fn high_dynamic_range_becomes_sdr_and_the_report_says_so() {
    let Some(media) = common::media() else { return };
    let source = Source::from_path(media.join("real/video/hdr10-av1.mp4")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sdr.mp4");
    let plan = RenderPlan::clip(seconds(0.0, 0.3)).with_speed(Speed::Ultrafast).with_height(180);
    let report = render(&source, &Output::to_path(&path), &plan, &Monitor::new()).unwrap();
    assert!(report.warnings.iter().any(|w| w.contains("tone-mapped")), "{:?}", report.warnings);
    let info = probe(&Source::from_path(&path).unwrap(), &Monitor::new()).unwrap();
    let video = info.video().and_then(|v| v.video.clone()).unwrap();
    assert_eq!(video.color_transfer.as_deref(), Some("bt709"));
    assert_eq!(video.hdr, None);
}

#[test]
fn progress_never_falls_and_ends_at_one() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let monitor = Monitor::new().with_progress(move |p| sink.lock().unwrap().push(p.fraction));
    let dir = tempfile::tempdir().unwrap();
    let output = Output::to_path(dir.path().join("c.mp4"));
    render(&demo(), &output, &quick(seconds(0.0, 20.0)), &monitor).unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.len() > 2, "{seen:?}");
    assert!(seen.windows(2).all(|w| w[0] <= w[1]), "{seen:?}");
    assert_eq!(seen.last(), Some(&1.0));
}

#[test]
fn a_cancelled_render_leaves_nothing() {
    let token = CancelToken::new();
    let cancel = token.clone();
    let monitor = Monitor::new().with_cancel(token).with_progress(move |p| {
        if p.fraction > 0.05 {
            cancel.cancel();
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let output = Output::to_path(dir.path().join("c.mp4"));
    let error = render(&demo(), &output, &quick(seconds(0.0, 52.0)), &monitor).unwrap_err();
    assert_eq!(error.code(), "cancelled");
    assert!(names(dir.path()).is_empty());
}

#[test]
fn options_that_cannot_be_are_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let output = Output::to_path(dir.path().join("c.mp4"));
    for plan in [RenderPlan::whole().with_crf(99), RenderPlan::whole().with_height(7)] {
        let error = render(&demo(), &output, &plan, &Monitor::new()).unwrap_err();
        assert_eq!(error.code(), "invalid_option");
    }
    let late = render(&demo(), &output, &quick(seconds(500.0, 501.0)), &Monitor::new()).unwrap_err();
    assert_eq!(late.code(), "malformed");
    assert!(late.to_string().contains("before the range begins"), "{late}");
    assert!(names(dir.path()).is_empty());
}

#[test]
fn writing_over_the_source_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mp4");
    std::fs::copy(common::demo(), &path).unwrap();
    let source = Source::from_path(&path).unwrap();
    let error = render(&source, &Output::to_path(&path), &RenderPlan::whole(), &Monitor::new()).unwrap_err();
    assert_eq!(error.code(), "invalid_option");
    assert_eq!(std::fs::metadata(&path).unwrap().len(), source.byte_len());
}

#[test]
fn a_truncated_source_gives_what_is_there_or_an_error_but_never_half_a_file() {
    let whole = std::fs::read(common::demo()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    for share in [10, 50, 90] {
        let path = dir.path().join(format!("{share}.mp4"));
        let source = Source::from_bytes("cut.mp4", &whole[..whole.len() * share / 100]);
        match render(&source, &Output::to_path(&path), &quick(seconds(0.0, 3.0)), &Monitor::new()) {
            Ok(report) => assert!(report.frames_written > 0 && path.exists()),
            Err(error) => {
                assert_eq!(error.code(), "malformed", "{error}");
                assert!(!path.exists());
            }
        }
    }
    assert!(names(dir.path()).iter().all(|n| !n.starts_with('.')), "{:?}", names(dir.path()));
}

struct Writer {
    bytes: Arc<Mutex<Vec<u8>>>,
    room: usize,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = self.bytes.lock().unwrap();
        if all.len() + bytes.len() > self.room {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_gets_a_whole_file_and_its_failure_is_an_io_error() {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let output = Output::to_writer("memory", Writer { bytes: Arc::clone(&bytes), room: usize::MAX });
    let report = render(&demo(), &output, &quick(seconds(5.0, 6.0)), &Monitor::new()).unwrap();
    let written = bytes.lock().unwrap().clone();
    assert_eq!(written.len() as u64, report.bytes_written);
    let info = probe(&Source::from_bytes("memory", written), &Monitor::new()).unwrap();
    assert_eq!(info.duration, Some(Timestamp::new(1, 1)));

    let full = Output::to_writer("full", Writer { bytes: Arc::default(), room: 1000 });
    let error = render(&demo(), &full, &quick(seconds(5.0, 6.0)), &Monitor::new()).unwrap_err();
    assert_eq!(error.code(), "io");
    assert!(error.to_string().starts_with("full: "), "{error}");
}

#[test]
fn sound_without_pictures_is_a_missing_track() {
    let Some(media) = common::media() else { return };
    let source = Source::from_path(media.join("real/audio/jfk.flac")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let output = Output::to_path(dir.path().join("c.mp4"));
    let error = render(&source, &output, &RenderPlan::whole(), &Monitor::new()).unwrap_err();
    assert_eq!(error.code(), "missing_track");
}

#[test]
fn wall_time_and_decoded_bytes_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let output = Output::to_path(dir.path().join("c.mp4"));
    for limits in [
        Limits::default().with_max_wall_time(std::time::Duration::ZERO),
        Limits::default().with_max_decoded_bytes(10_000_000),
        Limits::default().with_max_frames(20),
        Limits::default().with_max_memory_bytes(1_000_000),
    ] {
        let source = demo().with_limits(limits.clone());
        let error = render(&source, &output, &quick(seconds(0.0, 5.0)), &Monitor::new()).unwrap_err();
        assert_eq!(error.code(), "limit_exceeded", "{limits:?}: {error}");
    }
    assert!(names(dir.path()).is_empty());
}

/// The distances between the frames of a file, in seconds, as ffprobe sees them.
fn distances(path: &Path) -> Vec<f64> {
    let facts = common::ffprobe(path, &["-select_streams", "v", "-show_entries", "frame=best_effort_timestamp_time"]);
    let times: Vec<f64> = facts.unwrap()["frames"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["best_effort_timestamp_time"].as_str().unwrap().parse().unwrap())
        .collect();
    times.windows(2).map(|w| w[1] - w[0]).collect()
}

#[test]
fn a_preset_puts_frames_at_even_distances_and_a_plain_plan_keeps_their_own() {
    let Some(media) = common::media() else { return };
    let source = Source::from_path(media.join("scenes/cvfr_h264.mp4")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let range = seconds(1.0, 3.0);
    for (name, plan, even) in [("even", quick(range).with_constant_frame_rate(), true), ("own", quick(range), false)] {
        let path = dir.path().join(name).with_extension("mp4");
        let report = render(&source, &Output::to_path(&path), &plan, &Monitor::new()).unwrap();
        let steps = distances(&path);
        assert_eq!(steps.len() as u64 + 1, report.frames_written);
        let (least, most) = steps.iter().fold((f64::MAX, 0f64), |(l, m), s| (l.min(*s), m.max(*s)));
        assert_eq!(most - least < 0.002, even, "{name}: {least} to {most}");
        assert!((report.duration.unwrap().as_seconds_f64() - 2.0).abs() < 0.1, "{name}: {report:?}");
    }
}
