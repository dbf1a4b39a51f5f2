//! Plans and pictures on real media: reframe, clips, thumbnails, contact sheets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use std::path::Path;

use viralforge_core::*;

fn source(path: impl AsRef<Path>) -> Source {
    Source::from_path(path).unwrap()
}

fn everything(path: impl AsRef<Path>) -> Analysis {
    analyze(&source(path), &AnalysisOptions::all(), &Monitor::new()).unwrap()
}

fn seconds(s: f64) -> Timestamp {
    Timestamp::from_seconds_f64(s)
}

/// Width and height of a JPEG or PNG, as ffprobe sees it.
fn picture_size(bytes: &[u8]) -> (u64, u64) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let facts = common::ffprobe(file.path(), &["-show_entries", "stream=width,height"]).expect("it is a picture");
    let stream = &facts["streams"][0];
    (stream["width"].as_u64().unwrap(), stream["height"].as_u64().unwrap())
}

#[test]
fn a_walk_is_followed_by_a_crop_that_stays_inside() {
    let Some(media) = common::media() else { return };
    let analysis = everything(media.join("reframe/d03_walk_static.mp4"));
    let truth: serde_json::Value =
        serde_json::from_slice(&std::fs::read(media.join("reframe/d03_walk_static.json")).unwrap()).unwrap();
    let plan = plan_reframe(&analysis, &ReframeOptions::to(AspectRatio::PORTRAIT_9_16)).unwrap();
    plan.check().unwrap();
    assert_eq!(serde_json::from_str::<ReframePlan>(&serde_json::to_string(&plan).unwrap()).unwrap(), plan);
    let (mut held, mut seen) = (0, 0);
    for (i, bounds) in truth["boxes"].as_array().unwrap().iter().enumerate() {
        let (Some(x), Some(w)) = (bounds[0].as_f64(), bounds[2].as_f64()) else { continue };
        let crop = plan.crop_at(seconds(i as f64 / truth["fps"].as_f64().unwrap()));
        seen += 1;
        held += u32::from((crop.x..crop.x + crop.width).contains(&(x + w / 2.0)));
    }
    assert!(f64::from(held) >= 0.9 * f64::from(seen), "the walker is in {held} of {seen} crops");
}

#[test]
fn a_trailer_gives_clips_that_do_not_overlap_and_a_short_scene_gives_one() {
    let trailer = everything(common::demo());
    let clips = suggest_clips(&trailer, &ClipOptions::default()).unwrap();
    assert!((2..=3).contains(&clips.len()), "{clips:#?}");
    let end = trailer.media.duration.unwrap();
    for (i, clip) in clips.iter().enumerate() {
        assert!(clip.range.start() >= Timestamp::ZERO && clip.range.end() <= end, "{clip:?}");
        assert!(clip.range.duration() >= seconds(10.0) && clip.range.duration() <= seconds(60.0), "{clip:?}");
        assert!(clips[i + 1..].iter().all(|c| c.range.intersection(clip.range).is_none() && c.score <= clip.score));
        assert!(!clip.reasons.is_empty());
    }
    let Some(media) = common::media() else { return };
    let dialogue = everything(media.join("real/demo/tears-of-steel-bridge-dialogue-720p-12s.mp4"));
    let clips = suggest_clips(&dialogue, &ClipOptions::default()).unwrap();
    assert_eq!(clips.len(), 1, "{clips:#?}");
}

#[test]
fn thumbnails_avoid_black_titles_fades_and_blur() {
    let Some(media) = common::media() else { return };
    let truth: serde_json::Value =
        serde_json::from_slice(&std::fs::read(media.join("thumbs/truth.json")).unwrap()).unwrap();
    let options = ThumbnailOptions::default().with_max_side(160);
    for name in ["t01.mp4", "t02.mp4", "t07.mp4"] {
        let report = extract_thumbnails(&source(media.join("thumbs").join(name)), &options, &Monitor::new()).unwrap();
        assert_eq!(report.thumbnails.len(), 3);
        let fps = truth[name]["fps"].as_f64().unwrap();
        for thumbnail in &report.thumbnails {
            let frame = (thumbnail.time.as_seconds_f64() * fps).round() as u64;
            let bad = truth[name]["bad"].as_array().unwrap().iter();
            let hit = bad.into_iter().find(|b| (b[0].as_u64().unwrap()..b[1].as_u64().unwrap()).contains(&frame));
            assert!(hit.is_none(), "{name}: frame {frame} is in {hit:?}");
        }
    }
}

#[test]
fn covers_have_the_shape_of_their_clip_and_are_written_all_or_none() {
    let analysis = everything(common::demo());
    let plan = plan_reframe(&analysis, &ReframeOptions::to(AspectRatio::PORTRAIT_9_16)).unwrap();
    let range = TimeRange::new(seconds(22.0), seconds(38.0)).unwrap();
    let options = ThumbnailOptions::default().with_count(2).with_range(range).with_reframe(plan).with_max_side(320);
    let mut report = extract_thumbnails_from(&source(common::demo()), &analysis, &options, &Monitor::new()).unwrap();
    assert_eq!(report.thumbnails.len(), 2);
    for thumbnail in &report.thumbnails {
        assert!(range.contains(thumbnail.time));
        assert_eq!((thumbnail.size.width, thumbnail.size.height), (180, 320));
        assert_eq!(picture_size(&thumbnail.jpeg), (180, 320));
    }
    let dir = tempfile::tempdir().unwrap();
    let error = write_thumbnails(&mut report, dir.path().join("missing"), "cover").unwrap_err();
    assert_eq!(error.code(), "io");
    assert_eq!(write_thumbnails(&mut report, dir.path(), "../cover").unwrap_err().code(), "invalid_option");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);

    write_thumbnails(&mut report, dir.path(), "cover").unwrap();
    assert_eq!(std::fs::read(dir.path().join("cover-1.jpg")).unwrap(), report.thumbnails[0].jpeg);
    let json = serde_json::to_value(&report).unwrap();
    let first = &json["thumbnails"][0];
    assert!(first["output"].as_str().unwrap().ends_with("cover-1.jpg"));
    assert!(first["time_seconds"].is_f64() && first["score"].is_f64() && first["reasons"].is_array());
    assert!(first.get("jpeg").is_none());
}

#[test]
fn frames_are_those_on_screen_in_the_order_asked_for() {
    let demo = source(common::demo());
    let rate = probe(&demo, &Monitor::new()).unwrap().video().unwrap().video.clone().unwrap().frame_rate.unwrap();
    let frame = rate.frame_duration();
    let ninth = Timestamp::from_units(9 * frame.num(), 1, frame.den());
    let times = [seconds(30.0), ninth, ninth + Timestamp::from_millis(5), seconds(-1.0), seconds(900.0), ninth];
    let frames = extract_frames(&demo, &FrameOptions::at(times).with_max_side(64), &Monitor::new()).unwrap();
    let at: Vec<_> = frames.iter().map(|f| f.time).collect();
    assert!(at[0] <= seconds(30.0) && seconds(30.0) - at[0] < frame, "{at:?}");
    assert_eq!([at[1], at[2], at[3], at[5]], [ninth, ninth, Timestamp::ZERO, ninth]);
    assert!(at[4] > seconds(51.0) && at[4] < seconds(53.0), "after the end, the last frame: {at:?}");
    assert!(frames.iter().all(|f| f.rgb.len() as u64 == 3 * f.size.pixels() && f.size.width == 64));
    assert_eq!(picture_size(&frames[0].to_jpeg(85).unwrap()), (64, u64::from(frames[0].size.height)));
    assert_eq!(frames[0].to_jpeg(0).unwrap_err().code(), "invalid_option");
    assert!(frames[0].to_png().unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn frames_are_held_against_the_memory_limit_and_want_a_moment() {
    let none = extract_frames(&source(common::demo()), &FrameOptions::default(), &Monitor::new()).unwrap_err();
    assert_eq!(none.to_string(), "times 0 moments are not in 1..=10000");
    let small = source(common::demo()).with_limits(Limits::default().with_max_memory_bytes(64 << 20));
    let times: Vec<_> = (0..40).map(|i| seconds(f64::from(i))).collect();
    let over = extract_frames(&small, &FrameOptions::at(times), &Monitor::new()).unwrap_err();
    assert_eq!(over.code(), "limit_exceeded", "{over}");
}

#[test]
fn a_contact_sheet_shows_the_whole_video_and_its_track_names_every_tile() {
    let options = StoryboardOptions::default().with_count(8).with_columns(4).with_tile(Size::new(96, 96));
    let board = make_storyboard(&source(common::demo()), &options, &Monitor::new()).unwrap();
    assert_eq!(board.tiles.len(), 8);
    assert_eq!(board.size.width, 4 * 96);
    assert_eq!(picture_size(&board.jpeg), (u64::from(board.size.width), u64::from(board.size.height)));
    assert!(board.tiles.iter().all(|t| t.place.x + t.place.width <= board.size.width));
    let track = Transcript::parse(&board.to_web_vtt("sheet.jpg")).unwrap();
    assert_eq!(track.cues.len(), 8);
    assert!(track.cues.windows(2).all(|c| c[0].range.end() == c[1].range.start()));
    assert!(track.cues[7].text.starts_with("sheet.jpg#xywh=288,"), "{}", track.cues[7].text);
}

#[test]
fn sound_alone_has_no_pictures_and_a_cancelled_call_says_so() {
    let token = CancelToken::new();
    token.cancel();
    let cancelled = Monitor::new().with_cancel(token);
    let error = extract_thumbnails(&source(common::demo()), &ThumbnailOptions::default(), &cancelled).unwrap_err();
    assert_eq!(error.code(), "cancelled");
    let Some(media) = common::media() else { return };
    let sound = source(media.join("real/audio/en.mp3"));
    let thumbnails = extract_thumbnails(&sound, &ThumbnailOptions::default(), &Monitor::new()).unwrap_err();
    assert_eq!(thumbnails.code(), "missing_track");
    let frames = extract_frames(&sound, &FrameOptions::at([Timestamp::ZERO]), &Monitor::new());
    assert_eq!(frames.unwrap_err().code(), "missing_track");
    let board = make_storyboard(&sound, &StoryboardOptions::default(), &Monitor::new());
    assert_eq!(board.unwrap_err().code(), "missing_track");
}
