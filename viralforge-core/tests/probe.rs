//! `probe` against ffprobe on real files, field by field, and on files that are none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod common;

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use serde_json::Value;
use viralforge_core::{Error, Limits, Monitor, Source, StreamInfo, TrackKind, probe};

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn fraction(value: &Value) -> Option<f64> {
    let (num, den) = value.as_str()?.split_once('/')?;
    let (num, den): (f64, f64) = (num.parse().ok()?, den.parse().ok()?);
    (den > 0.0 && num > 0.0).then(|| num / den)
}

/// ffprobe before FFmpeg 7 takes the "not known" of a fragmented MP4 (all bits set) for a number of ticks.
const KNOWN_BELOW_SECONDS: f64 = 90_000.0;

/// Every difference between our facts and ffprobe's about one track.
fn differences(ours: &StreamInfo, theirs: &Value) -> Vec<String> {
    let mut bad = Vec::new();
    let mut same = |field: &str, ours: Option<String>, theirs: Option<String>| {
        // A newer FFmpeg may know more than the ffprobe that is installed, never less.
        if theirs.is_some() && ours != theirs {
            bad.push(format!("{field}: {ours:?}, ffprobe {theirs:?}"));
        }
    };
    let text = |field: &str| theirs[field].as_str().filter(|t| *t != "unknown").map(str::to_owned);
    let int = |field: &str| number(&theirs[field]).map(|n| n.to_string());
    same("codec", Some(ours.codec.clone()), text("codec_name"));
    same("profile", ours.profile.clone(), text("profile").filter(|p| p.parse::<i32>().is_err()));
    same(
        "language",
        ours.language.clone(),
        theirs["tags"]["language"].as_str().filter(|l| *l != "und").map(str::to_owned),
    );
    same(
        "default",
        Some(u8::from(ours.default).to_string()),
        theirs["disposition"]["default"].as_i64().map(|d| d.to_string()),
    );
    if let Some(video) = &ours.video {
        same("width", Some(video.width.to_string()), int("width"));
        same("height", Some(video.height.to_string()), int("height"));
        same("pixel_format", video.pixel_format.clone(), text("pix_fmt"));
        same("level", ours.level.map(|l| l.to_string()), int("level").filter(|l| !l.starts_with('-')));
        same("color_range", video.color_range.clone(), text("color_range"));
        same("color_space", video.color_space.clone(), text("color_space"));
        same("color_transfer", video.color_transfer.clone(), text("color_transfer"));
        same("color_primaries", video.color_primaries.clone(), text("color_primaries"));
        same(
            "sample_aspect_ratio",
            Some(video.sample_aspect_ratio.to_string()),
            text("sample_aspect_ratio").filter(|s| !s.starts_with('0')),
        );
        let interlaced = text("field_order").map(|f| (f != "progressive").to_string());
        same("interlaced", Some(video.interlaced.to_string()), interlaced);
        let turned = theirs["side_data_list"].as_array().into_iter().flatten().find_map(|d| d["rotation"].as_i64());
        // ffprobe counts anticlockwise; a mirrored picture has no angle that both would agree on.
        let turned = turned.filter(|_| !video.mirrored).map(|r| (-r).rem_euclid(360).to_string());
        same("rotation", Some(video.rotation.degrees().to_string()), turned);
        let rate = video.frame_rate.map(|r| r.as_f64());
        let (real, average) = (fraction(&theirs["r_frame_rate"]), fraction(&theirs["avg_frame_rate"]));
        if let (Some(rate), Some(real), Some(average)) = (rate, real, average) {
            let agrees = (rate - real).abs() <= 0.001 || (rate - average).abs() <= 0.02;
            let wanted = if agrees { rate.to_string() } else { format!("{real} or {average}") };
            same("frame_rate", Some(rate.to_string()), Some(wanted));
        }
    }
    if let Some(audio) = &ours.audio {
        same("sample_rate_hz", Some(audio.sample_rate_hz.to_string()), int("sample_rate"));
        same("channels", Some(audio.channels.to_string()), int("channels"));
        same("channel_layout", audio.channel_layout.clone(), text("channel_layout"));
    }
    if let (Some(ours), Some(theirs)) =
        (ours.duration, number(&theirs["duration"]).filter(|d| *d < KNOWN_BELOW_SECONDS))
        && (ours.as_seconds_f64() - theirs).abs() > 0.05
    {
        bad.push(format!("duration: {}, ffprobe {theirs}", ours.as_seconds_f64()));
    }
    bad
}

#[test]
fn every_field_agrees_with_ffprobe_on_real_videos_and_sounds() {
    let Some(media) = common::media() else { return };
    let mut bad = Vec::new();
    let mut compared = 0;
    for folder in ["real/video", "real/audio", "real/demo"] {
        let mut files: Vec<_> = std::fs::read_dir(media.join(folder)).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        for path in files.iter().filter(|p| p.extension().is_none_or(|e| e != "txt" && e != "tsv")) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let Some(theirs) = common::ffprobe(path, &["-show_streams", "-show_format", "-show_chapters"]) else {
                continue;
            };
            let ours = match probe(&Source::from_path(path).unwrap(), &Monitor::new()) {
                Ok(ours) => ours,
                Err(error) => {
                    bad.push(format!("{name}: {error}"));
                    continue;
                }
            };
            compared += 1;
            let streams = theirs["streams"].as_array().unwrap();
            if ours.streams.len() != streams.len() {
                bad.push(format!("{name}: {} streams, ffprobe {}", ours.streams.len(), streams.len()));
            }
            for (ours, theirs) in ours.streams.iter().zip(streams) {
                // The installed ffprobe is older and does not know every codec.
                if theirs["codec_name"].as_str().is_some_and(|c| c != "unknown") {
                    bad.extend(differences(ours, theirs).into_iter().map(|d| format!("{name} #{}: {d}", ours.index)));
                }
            }
            let format = &theirs["format"];
            if let (Some(a), Some(b)) =
                (ours.duration, number(&format["duration"]).filter(|d| *d < KNOWN_BELOW_SECONDS))
                && (a.as_seconds_f64() - b).abs() > 0.05
            {
                bad.push(format!("{name}: duration {}, ffprobe {b}", a.as_seconds_f64()));
            }
            if let (Some(a), Some(b)) = (ours.bit_rate_bps, number(&format["bit_rate"]).filter(|b| *b > 100.0)) {
                // It is the size over the duration, so it differs as far as the duration may.
                if (a as f64 - b).abs() > 0.05 * b {
                    bad.push(format!("{name}: bit rate {a}, ffprobe {b}"));
                }
            }
            let chapters = theirs["chapters"].as_array().unwrap();
            if ours.chapters.len() != chapters.len() {
                bad.push(format!("{name}: {} chapters, ffprobe {}", ours.chapters.len(), chapters.len()));
            }
            for (ours, theirs) in ours.chapters.iter().zip(chapters) {
                if ours.title.as_deref() != theirs["tags"]["title"].as_str()
                    || number(&theirs["start_time"])
                        .is_some_and(|t| (t - ours.range.start().as_seconds_f64()).abs() > 0.001)
                {
                    bad.push(format!("{name}: chapter {ours:?}, ffprobe {theirs}"));
                }
            }
            for (key, value) in format["tags"].as_object().into_iter().flatten() {
                let wanted = value.as_str().unwrap_or_default();
                if !ours.tags.iter().any(|t| t.key.eq_ignore_ascii_case(key) && t.value == wanted) {
                    bad.push(format!("{name}: tag {key} = {wanted:?} is missing"));
                }
            }
        }
    }
    assert!(compared > 40, "only {compared} files compared");
    assert!(bad.is_empty(), "{} differences in {compared} files:\n{}", bad.len(), bad.join("\n"));
}

#[test]
fn variable_frame_rate_and_hdr_are_told() {
    let Some(media) = common::media() else { return };
    let video = |name: &str| {
        let info = probe(&Source::from_path(media.join(name)).unwrap(), &Monitor::new()).unwrap();
        info.video().and_then(|s| s.video.clone()).unwrap()
    };
    for name in ["real/video/uneven_frame_durations.mp4", "scenes/goldeneye_vfr.mp4", "scenes/cvfr_h264.mp4"] {
        assert!(video(name).variable_frame_rate, "{name}");
    }
    for name in
        ["real/video/a.mp4", "real/demo/sintel-trailer-720p-52s.mp4", "scenes/c360p24_h264.mp4", "real/video/book.mkv"]
    {
        assert!(!video(name).variable_frame_rate, "{name}");
    }
    assert!(video("real/video/hdr10-av1.mp4").hdr.is_some());
    assert!(video("real/video/a.mp4").hdr.is_none());
    assert!(
        video("real/demo/sintel-trailer-720p-52s.mp4")
            .max_keyframe_interval_seconds
            .is_some_and(|s| s > 0.5 && s < 20.0)
    );
}

fn bytes(data: &[u8]) -> Source {
    Source::from_bytes("b.mp4", data)
}

fn code(result: Result<viralforge_core::MediaInfo, Error>) -> &'static str {
    result.map_or_else(|e| e.code(), |_| "ok")
}

#[test]
fn text_and_playlists_are_refused() {
    let lists: [&[u8]; 5] = [
        b"just some text, not a video at all\n",
        b"ffconcat version 1.0\nfile 'secret.mp4'\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
        b"<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>",
    ];
    for list in lists {
        let error = probe(&bytes(list), &Monitor::new()).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. } | Error::Unsupported { .. }), "{error}");
        assert!(error.to_string().starts_with("b.mp4: "), "{error}");
        assert!(!error.to_string().contains('\n'));
    }
}

#[test]
fn an_upload_that_was_cut_short_is_told_in_words_for_its_maker() {
    let whole = std::fs::read(common::demo()).unwrap();
    // This file's index stands in front, so it is taken away: what is left is an MP4 that was never finished.
    let len = |at: usize| u32::from_be_bytes(whole[at..at + 4].try_into().unwrap()) as usize;
    let mut kept = Vec::new();
    let mut at = 0;
    while at + 8 <= whole.len() {
        if &whole[at + 4..at + 8] != b"moov" {
            kept.extend_from_slice(&whole[at..(at + len(at)).min(whole.len())]);
        }
        at += len(at).max(8);
    }
    let error = probe(&bytes(&kept), &Monitor::new()).unwrap_err();
    assert_eq!(error.code(), "malformed");
    assert!(error.to_string().contains("cut short"), "{error}");
}

/// A whole MP4 with a movie header and no track: rsmpeg's `streams()` aborts on it.
#[test]
fn a_file_without_tracks_has_none() {
    let mut file = Vec::new();
    let boxed = |kind: &[u8], body: &[u8]| {
        let mut out = (body.len() as u32 + 8).to_be_bytes().to_vec();
        out.extend_from_slice(kind);
        out.extend_from_slice(body);
        out
    };
    file.extend(boxed(b"ftyp", b"isom\0\0\x02\0isomiso2mp41"));
    let mut header = vec![0; 100];
    header[12..16].copy_from_slice(&1000u32.to_be_bytes());
    let header = boxed(b"mvhd", &header);
    file.extend(boxed(b"moov", &header));
    let info = probe(&bytes(&file), &Monitor::new());
    match info {
        Ok(info) => assert!(info.streams.is_empty()),
        Err(error) => assert_eq!(error.code(), "malformed", "{error}"),
    }
}

#[test]
fn every_prefix_of_a_real_file_gives_an_answer() {
    let Some(media) = common::media() else { return };
    for name in ["a.mp4", "book.mkv", "sample.avi", "sample.flv", "video_90.mov", "resolution-change.webm"] {
        let whole = std::fs::read(media.join("real/video").join(name)).unwrap();
        for len in (1..whole.len()).step_by((whole.len() / 60).max(1)) {
            if let Err(error) = probe(&bytes(&whole[..len]), &Monitor::new()) {
                assert!(["malformed", "unsupported"].contains(&error.code()), "{name} cut at {len}: {error}");
            }
        }
    }
}

struct Failing {
    inner: Cursor<Vec<u8>>,
    after: u64,
    panics: bool,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.inner.position() >= self.after {
            assert!(!self.panics, "the reader panics, as asked");
            return Err(io::Error::other("the disk is on fire"));
        }
        let room = buffer.len().min((self.after - self.inner.position()) as usize);
        self.inner.read(&mut buffer[..room])
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// A panic that unwinds out of an I/O callback would abort the process.
#[test]
fn a_reader_that_fails_or_panics_is_an_io_error_with_its_own_words() {
    let whole = std::fs::read(common::demo()).unwrap();
    for (panics, words) in [(false, "the disk is on fire"), (true, "panicked")] {
        for after in [0, 100, 40_000] {
            let reader = Failing { inner: Cursor::new(whole.clone()), after, panics };
            let source = Source::from_reader("burning", reader).unwrap();
            let error = probe(&source, &Monitor::new()).unwrap_err();
            assert_eq!(error.code(), "io", "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}

#[test]
fn each_limit_holds_when_off_roomy_exact_and_too_small() {
    let path = common::demo();
    let facts = probe(&Source::from_path(&path).unwrap(), &Monitor::new()).unwrap();
    let pixels = 1280 * 720;
    let len = facts.byte_len;
    let streams = facts.streams.len() as u32;
    let duration = facts.duration.unwrap().to_duration();
    let with = |limits: Limits| code(probe(&Source::from_path(&path).unwrap().with_limits(limits), &Monitor::new()));
    let roomy = Limits::default;
    for (limits, wanted) in [
        (roomy(), "ok"),
        (roomy().with_max_input_bytes(len), "ok"),
        (roomy().with_max_input_bytes(len - 1), "limit_exceeded"),
        (roomy().with_max_streams(streams), "ok"),
        (roomy().with_max_streams(streams - 1), "limit_exceeded"),
        (roomy().with_max_frame_pixels(pixels), "ok"),
        (roomy().with_max_frame_pixels(pixels - 1), "limit_exceeded"),
        (roomy().with_max_duration(duration), "ok"),
        (roomy().with_max_duration(duration - std::time::Duration::from_millis(1)), "limit_exceeded"),
        (roomy().with_max_audio_channels(2), "ok"),
        (roomy().with_max_audio_channels(1), "limit_exceeded"),
        (roomy().with_max_sample_rate_hz(48_000), "ok"),
        (roomy().with_max_sample_rate_hz(47_999), "limit_exceeded"),
    ] {
        assert_eq!(with(limits.clone()), wanted, "{limits:?}");
    }
}

#[test]
fn the_default_tracks_are_those_that_a_player_takes() {
    let info = probe(&Source::from_path(common::demo()).unwrap(), &Monitor::new()).unwrap();
    assert_eq!(info.container, "mp4");
    assert_eq!(info.video().map(|s| s.kind), Some(TrackKind::Video));
    assert_eq!(info.audio().map(|s| s.codec.as_str()), Some("aac"));
}
