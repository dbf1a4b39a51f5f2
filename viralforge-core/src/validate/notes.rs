//! Facts that are no reason to refuse but that whoever works on the media wants to know.

use super::code::Code;
use super::findings::Findings;
use crate::geometry::{Rotation, TrackKind};
use crate::media_info::{MediaInfo, StreamInfo, VideoInfo};

/// Frames a second from which a rate is called high: phones' slow motion begins at 120.
const HIGH_FRAME_RATE: f64 = 100.0;
/// Seconds between keyframes from which seeking is slow.
const LONG_GOP_SECONDS: f64 = 10.0;

/// Where the first picture or sound may stand on the file's own clock: MPEG transport streams begin at 1.4 s.
const LATE_START_SECONDS: f64 = 2.0;
/// How far apart tracks may begin.
const APART_SECONDS: f64 = 0.25;

/// Adds a finding where the media does not begin at the beginning, or not all of it together.
pub(super) fn add_starts(info: &MediaInfo, starts: &[Option<f64>], findings: &mut Findings) {
    let media =
        |stream: &&StreamInfo| matches!(stream.kind, TrackKind::Video | TrackKind::Audio) && !stream.attached_picture;
    let streams = info.streams.iter().zip(starts).filter(|(stream, _)| media(stream));
    let starts: Vec<(usize, f64)> = streams.filter_map(|(s, start)| Some((s.index as usize, (*start)?))).collect();
    let Some(first) = starts.iter().map(|(_, start)| *start).reduce(f64::min) else { return };
    if first >= LATE_START_SECONDS {
        findings.add(Code::StartTime, None, format!("the media begins at {first:.3} s"));
    }
    for (index, start) in starts.into_iter().filter(|(_, start)| start - first >= APART_SECONDS) {
        findings.set_track(Some(index));
        findings.add(Code::StartTime, None, format!("begins {:.3} s after another track", start - first));
    }
    findings.set_track(None);
}

/// Adds a finding for each such fact.
pub(super) fn add(info: &MediaInfo, findings: &mut Findings) {
    if let Some(video) = info.video().and_then(|stream| stream.video.as_ref()) {
        add_video(video, findings);
    }
    if !info.chapters.is_empty() {
        findings.add(Code::Chapters, None, format!("{} chapters", info.chapters.len()));
    }
    let streams = info.streams.iter().flat_map(|stream: &StreamInfo| &stream.tags);
    for tag in info.tags.iter().chain(streams) {
        if tag.value.contains('\u{fffd}') {
            findings.add(Code::MetadataNotUtf8, None, format!("tag {}", tag.key));
        }
        if tag.key.to_ascii_lowercase().contains("location") {
            findings.add(Code::Gps, None, format!("tag {}", tag.key));
        }
    }
}

fn add_video(video: &VideoInfo, findings: &mut Findings) {
    let mut note = |applies: bool, code: Code, message: String| {
        if applies {
            findings.add(code, None, message);
        }
    };
    let format = video.pixel_format.as_deref().unwrap_or_default();
    note(video.rotation != Rotation::None, Code::Rotation, format!("{} degrees", video.rotation.degrees()));
    note(video.hdr.is_some(), Code::Hdr, format!("{:?}", video.hdr));
    note(video.bit_depth.is_some_and(|bits| bits > 8), Code::BitDepth, format!("{:?} bits", video.bit_depth));
    note(video.color_range.as_deref() == Some("pc"), Code::FullRange, "full range".to_owned());
    note(format.starts_with("yuv444"), Code::Chroma444, format.to_owned());
    note(format.starts_with("yuva") || format.starts_with("rgba"), Code::Alpha, format.to_owned());
    let size = format!("{}x{}", video.width, video.height);
    note(video.width % 2 == 1 || video.height % 2 == 1, Code::OddDimensions, size);
    note(video.interlaced, Code::Interlaced, "fields".to_owned());
    note(video.variable_frame_rate, Code::VariableFrameRate, "frames last differently long".to_owned());
    let rate = video.frame_rate.map_or(0.0, |rate| rate.as_f64());
    note(rate >= HIGH_FRAME_RATE, Code::HighFrameRate, format!("{rate:.2} a second"));
    let interval = video.max_keyframe_interval_seconds.unwrap_or(0.0);
    note(interval >= LONG_GOP_SECONDS, Code::LongGop, format!("{interval:.1} s between keyframes"));
}
