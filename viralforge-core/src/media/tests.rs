//! The media layer on real files, against what the ffmpeg command line says of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::geometry::Size;
use crate::media_info::StreamInfo;
use crate::monitor::Monitor;
use crate::source::Source;
use crate::time::{TimeRange, Timestamp};

/// The folder of test media, if it is there.
pub(crate) fn media() -> Option<PathBuf> {
    let folder = std::env::var_os("VIRALFORGE_MEDIA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/media"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no test media at {} (set VIRALFORGE_MEDIA)", folder.display());
    None
}

fn both() -> Request {
    Request { video: true, audio: true, ..Request::default() }
}

fn decode(path: &Path, request: &Request) -> (Vec<f64>, u64, Damage) {
    let mut reader = MediaReader::open(&Source::from_path(path).unwrap(), request, &Monitor::new()).unwrap();
    let (mut times, mut samples) = (Vec::new(), 0);
    for decoded in &mut reader {
        match decoded.unwrap() {
            Decoded::Picture(picture) => times.push(picture.time().as_seconds_f64()),
            Decoded::Sound(sound) => samples += sound.len() as u64,
        }
    }
    (times, samples, reader.damage())
}

fn frames_by_ffprobe(path: &Path) -> Vec<f64> {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time"])
        .args(["-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8_lossy(&out.stdout).lines().filter_map(|l| l.trim().trim_end_matches(',').parse().ok()).collect()
}

#[test]
fn every_frame_comes_out_at_the_time_that_ffprobe_gives() {
    let Some(media) = media() else { return };
    for name in ["a.mp4", "edts.mp4", "sample_edit_list.mp4", "portrait.MOV", "uneven_frame_durations.mp4", "book.mkv"]
    {
        let path = media.join("real/video").join(name);
        let (times, ..) = decode(&path, &Request::video());
        let wanted = frames_by_ffprobe(&path);
        assert_eq!(times.len(), wanted.len(), "{name}");
        for (i, (time, wanted_time)) in times.iter().zip(&wanted).enumerate() {
            assert!((time - (wanted_time - wanted[0])).abs() < 0.002, "{name} frame {i}: {time} {wanted_time}");
        }
    }
}

#[test]
fn without_the_tables_of_sound_everything_else_is_the_same() {
    let Some(media) = media() else { return };
    let packets = |demuxer: &mut Demuxer, wanted: &[usize]| {
        let mut found = Vec::new();
        while let Some(packet) = demuxer.read().unwrap() {
            if wanted.contains(&packet.stream()) {
                found.push((packet.stream(), packet.decoded_at(), packet.shown_at(), packet.is_keyframe()));
            }
        }
        found.sort_unstable();
        found
    };
    let mut spared = 0;
    for entry in std::fs::read_dir(media.join("real/video")).unwrap() {
        let path = entry.unwrap().path();
        let source = Source::from_path(&path).unwrap();
        let Ok(mut whole) = Demuxer::open(&source, &Monitor::new()) else { continue };
        let Some(video) = whole.info().video().cloned() else { continue };
        let mut unheard = Demuxer::open_unheard(&source, &Monitor::new()).unwrap();
        let name = path.display();
        // Averages of a varying rate take the tracks' common beginning, which readers of pictures alone do not need.
        let facts = |stream: &StreamInfo| {
            let size = stream.video.as_ref().map(|video| (video.width, video.height, video.pixel_format.clone()));
            (stream.index, stream.codec.clone(), stream.frame_count, size)
        };
        assert_eq!(unheard.info().video().map(facts), Some(facts(&video)), "{name}");
        assert_eq!(unheard.stream_count(), whole.stream_count(), "{name}");
        let index = video.index as usize;
        spared += usize::from(unheard.indexed_beside(index) < whole.indexed_beside(index));
        assert_eq!(unheard.keyframes(index).unwrap(), whole.keyframes(index).unwrap(), "{name}");
        let mut again = Demuxer::open(&source, &Monitor::new()).unwrap();
        let mut unheard = Demuxer::open_unheard(&source, &Monitor::new()).unwrap();
        let seen = packets(&mut unheard, &[index]);
        assert!(!seen.is_empty() && seen == packets(&mut again, &[index]), "{name}");
    }
    assert!(spared > 5, "{spared}");
}

#[test]
fn keyframes_decoded_by_themselves_are_the_ones_that_ffprobe_counts() {
    let Some(media) = media() else { return };
    for name in ["real/video/a.mp4", "uploads/files/open_gop_bframes.mp4", "scenes/c360p25_vp9.webm"] {
        let path = media.join(name);
        let (times, _, damage) = decode(&path, &Request { keyframes_alone: true, ..Request::video() });
        let out = Command::new("ffprobe")
            .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "packet=flags", "-of", "csv=p=0"])
            .arg(&path)
            .output()
            .unwrap();
        let keyframes = String::from_utf8_lossy(&out.stdout).lines().filter(|line| line.contains('K')).count();
        assert_eq!((times.len(), damage.undecodable_packets), (keyframes, 0), "{name}");
    }
}

#[test]
fn a_range_holds_exactly_the_frames_inside_it_wherever_it_starts() {
    let Some(media) = media() else { return };
    for name in
        ["real/video/sample_edit_list.mp4", "real/video/talking-head-google-io-720p.ts", "scenes/c360p25_vp9.webm"]
    {
        let path = media.join(name);
        let (all, ..) = decode(&path, &both());
        for (start, end) in [(0.0, 1.0), (1.255, 3.0), (3.33, 4.01), (5.5, 5.6)] {
            let range = TimeRange::new(Timestamp::from_seconds_f64(start), Timestamp::from_seconds_f64(end));
            let (times, samples, _) = decode(&path, &Request { range, ..both() });
            let wanted: Vec<f64> = all.iter().copied().filter(|t| (start..end).contains(t)).collect();
            assert_eq!(times, wanted, "{name} {start}..{end}");
            let rate = Source::from_path(&path).and_then(|s| crate::probe(&s, &Monitor::new())).unwrap();
            if let Some(audio) = rate.audio().and_then(|a| a.audio.as_ref()).filter(|_| end < all[all.len() - 1]) {
                let wanted = (end - start) * f64::from(audio.sample_rate_hz);
                assert!(
                    (samples as f64 - wanted).abs() <= 1.0 + wanted * 0.02,
                    "{name} {start}..{end}: {samples} {wanted}"
                );
            }
        }
    }
}

#[test]
fn symphonia_and_ffmpeg_give_the_same_samples() {
    let Some(media) = media() else { return };
    for name in ["english.wav", "jfk.flac", "p001.ogg", "bunny.surround.audio.flac", "audacity24bit_level5.flac"] {
        let path = media.join("real/audio").join(name);
        let (_, samples, damage) = decode(&path, &Request::audio());
        let out =
            Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(&path).args(["-f", "f32le", "-"]).output().unwrap();
        let source = Source::from_path(&path).unwrap();
        let reader = MediaReader::open(&source, &Request::audio(), &Monitor::new()).unwrap();
        let channels = reader.info().audio().unwrap().audio.as_ref().unwrap().channels as usize;
        assert_eq!(samples as usize, out.stdout.len() / 4 / channels, "{name}");
        assert_eq!(damage, Damage::default(), "{name}");
        let wanted: Vec<f32> =
            out.stdout.chunks_exact(4).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect();
        let mut at = 0;
        for decoded in reader {
            let Decoded::Sound(sound) = decoded.unwrap() else { panic!("a picture in a sound file") };
            for i in 0..sound.len() {
                for channel in &sound.channels {
                    assert!((channel[i] - wanted[at]).abs() < 2e-4, "{name} at {at}");
                    at += 1;
                }
            }
        }
    }
}

#[test]
fn a_rotated_phone_video_stands_upright() {
    let Some(media) = media() else { return };
    let source = Source::from_path(media.join("real/video/portrait.MOV")).unwrap();
    let mut reader = MediaReader::open(&source, &Request::video(), &Monitor::new()).unwrap();
    let display = reader.info().video().unwrap().video.as_ref().unwrap().display_size;
    let Some(Ok(Decoded::Picture(mut picture))) = reader.next() else { panic!("no picture") };
    assert!(display.height > display.width, "{display}");
    let rgb = picture.to_rgb(Size::new(200, 200)).unwrap();
    assert_eq!(rgb.size.height, 200);
    assert_eq!(rgb.data.len(), rgb.size.pixels() as usize * 3);
    // The small picture and the RGB one are made by different code; they must show the same thing.
    let small = picture.small(rgb.size.height).unwrap();
    assert_eq!(small.size, rgb.size);
    let luma = rgb
        .data
        .chunks_exact(3)
        .map(|p| 0.2126 * f64::from(p[0]) + 0.7152 * f64::from(p[1]) + 0.0722 * f64::from(p[2]));
    let difference: f64 =
        luma.zip(&small.luma).map(|(a, b)| (a - f64::from(*b)).abs()).sum::<f64>() / small.luma.len() as f64;
    assert!(difference < 8.0, "mean difference {difference}");
}

#[test]
fn jpeg_and_png_hold_the_picture() {
    let data: Vec<u8> = (0..32 * 16).flat_map(|i| [(i % 32 * 8) as u8, (i / 32 * 16) as u8, 128]).collect();
    let picture = RgbPicture { size: Size::new(32, 16), data };
    let png = encode_png(&picture).unwrap();
    assert_eq!(decode_image("p", &png, &crate::Limits::default()).unwrap(), picture);
    let jpeg = decode_image("j", &encode_jpeg(&picture, 95).unwrap(), &crate::Limits::default()).unwrap();
    let worst = jpeg.data.iter().zip(&picture.data).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(worst < 40, "{worst}");
    let tiny = crate::Limits::default().with_max_frame_pixels(100);
    assert_eq!(decode_image("p", &png, &tiny).unwrap_err().code(), "limit_exceeded");
}
