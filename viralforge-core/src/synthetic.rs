//! Analyses made by hand, for the tests of what plans from them.

use crate::analysis::Analysis;
use crate::geometry::{AspectRatio, Rotation, Size, TrackKind};
use crate::media_info::{MediaInfo, StreamInfo, VideoInfo};
use crate::quality::FrameQuality;
use crate::scene::{Boundary, BoundaryKind, Scene, SceneReport};
use crate::subject::SubjectSample;
use crate::time::{FrameRate, TimeRange, Timestamp};
use crate::waveform::Waveform;

pub(crate) fn seconds(s: f64) -> Timestamp {
    Timestamp::from_seconds_f64(s)
}

pub(crate) fn range(start: f64, end: f64) -> TimeRange {
    TimeRange::new(seconds(start), seconds(end)).unwrap()
}

/// A video of that length and size of which nothing is known yet.
pub(crate) fn analysis(length: f64, size: Size) -> Analysis {
    let square = AspectRatio::SQUARE;
    let video = VideoInfo {
        width: size.width,
        height: size.height,
        display_size: size,
        sample_aspect_ratio: square,
        display_aspect_ratio: AspectRatio::new(size.width, size.height).unwrap_or(square),
        rotation: Rotation::None,
        mirrored: false,
        frame_rate: FrameRate::new(25, 1),
        variable_frame_rate: false,
        pixel_format: None,
        bit_depth: None,
        interlaced: false,
        color_range: None,
        color_space: None,
        color_transfer: None,
        color_primaries: None,
        hdr: None,
        max_keyframe_interval_seconds: None,
    };
    let stream = StreamInfo {
        index: 0,
        kind: TrackKind::Video,
        codec: "h264".into(),
        profile: None,
        level: None,
        default: true,
        attached_picture: false,
        language: None,
        duration: Some(seconds(length)),
        bit_rate_bps: None,
        frame_count: None,
        tags: Vec::new(),
        video: Some(video),
        audio: None,
    };
    let media = MediaInfo {
        container: "mp4".into(),
        byte_len: 1,
        duration: Some(seconds(length)),
        bit_rate_bps: None,
        streams: vec![stream],
        chapters: Vec::new(),
        tags: Vec::new(),
    };
    Analysis {
        media,
        scenes: None,
        waveform: None,
        loudness: None,
        silence: None,
        quality: None,
        subject: None,
        undecodable_packets: 0,
    }
}

/// Shots from 0 to `length`, changing at these moments by cuts.
pub(crate) fn cuts(at: &[f64], length: f64) -> SceneReport {
    let changes: Vec<_> = at.iter().map(|t| (*t, *t, BoundaryKind::Cut)).collect();
    changes_of_shots(&changes, length)
}

/// Shots from 0 to `length`; each change begins and ends at these moments, the new scene counts from its middle.
pub(crate) fn changes_of_shots(changes: &[(f64, f64, BoundaryKind)], length: f64) -> SceneReport {
    let boundary = |&(start, end, kind): &(f64, f64, BoundaryKind)| Boundary {
        kind,
        start_frame: (start * 25.0) as u64,
        end_frame: (end * 25.0) as u64,
        range: range(start, end),
        confidence: 1.0,
    };
    let mut edges = vec![0.0];
    edges.extend(changes.iter().map(|(start, end, _)| (start + end) / 2.0));
    edges.push(length);
    SceneReport {
        statistics: None,
        frame_rate: FrameRate::new(25, 1),
        boundaries: changes.iter().map(boundary).collect(),
        scenes: edges.windows(2).map(|e| Scene { range: range(e[0], e[1]) }).collect(),
    }
}

/// A subject at `center(t)`, looked for ten times a second.
pub(crate) fn subject(length: f64, center: impl Fn(f64) -> (f32, f32, f32)) -> Vec<SubjectSample> {
    let sample = |i: u32| {
        let t = f64::from(i) / 10.0;
        let (center_x, center_y, weight) = center(t);
        SubjectSample { time: seconds(t), center_x, center_y, weight }
    };
    (0..(length * 10.0) as u32).map(sample).collect()
}

/// A frame that looks well: sharp, bright enough, colorful, calm.
pub(crate) fn good_frame(t: f64) -> FrameQuality {
    FrameQuality {
        time: seconds(t),
        brightness: 0.45,
        contrast: 0.2,
        sharpness: 0.06,
        saturation: 0.2,
        dark_share: 0.05,
        bright_share: 0.02,
        motion: 0.01,
    }
}

/// Frames at 25 a second, each changed by `edit(t, frame)`.
pub(crate) fn frames(length: f64, edit: impl Fn(f64, &mut FrameQuality)) -> Vec<FrameQuality> {
    let frame = |i: u32| {
        let t = f64::from(i) / 25.0;
        let mut frame = good_frame(t);
        edit(t, &mut frame);
        frame
    };
    (0..(length * 25.0).round() as u32).map(frame).collect()
}

/// Sound of that amplitude, 0 to 1, in 100 buckets a second.
pub(crate) fn waveform(length: f64, amplitude: impl Fn(f64) -> f64) -> Waveform {
    let extremes = |i: u32| {
        let a = (amplitude(f64::from(i) / 100.0) * 32767.0) as i16;
        [-a, a]
    };
    let count = (length * 100.0) as u32;
    Waveform {
        sample_rate_hz: 48_000,
        samples_per_pixel: 480,
        channels: 1,
        length: u64::from(count),
        data: (0..count).flat_map(extremes).collect(),
    }
}
