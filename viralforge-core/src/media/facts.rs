//! What a container says about itself, as plain values.

use std::ffi::{c_char, c_int};
use std::io::Read;

use super::demux::{Demuxer, codec_name};
use super::ffi;
use crate::error::Result;
use crate::geometry::{AspectRatio, Rotation, Size, TrackKind};
use crate::media_info::{AudioInfo, Chapter, HdrKind, MediaInfo, StreamInfo, Tag, VideoInfo};
use crate::source::Source;
use crate::time::{FrameRate, TimeRange, Timestamp};

/// Tags longer than this are cut: a report is no place for a megabyte of lyrics.
const TAG_CHARS: usize = 4096;

/// Before anything is known.
pub(super) fn nothing() -> MediaInfo {
    MediaInfo {
        container: String::new(),
        byte_len: 0,
        duration: None,
        bit_rate_bps: None,
        streams: Vec::new(),
        chapters: Vec::new(),
        tags: Vec::new(),
    }
}

pub(super) fn media_info(demuxer: &Demuxer, source: &Source) -> Result<MediaInfo> {
    let raw = demuxer.raw();
    let streams = (0..demuxer.stream_count()).map(|index| stream_info(demuxer, index)).collect();
    let duration = whole_duration(demuxer);
    let info = MediaInfo {
        container: container(demuxer, source)?,
        byte_len: source.byte_len(),
        duration,
        bit_rate_bps: duration
            .map(|d| (source.byte_len() as f64 * 8.0 / d.as_seconds_f64()) as u64)
            .or_else(|| u64::try_from(raw.bit_rate).ok())
            .filter(|rate| *rate > 0),
        streams,
        chapters: chapters(raw),
        // SAFETY: the dictionary is valid while the context is open.
        tags: unsafe { tags(raw.metadata) },
    };
    check_limits(demuxer, &info)?;
    Ok(info)
}

/// Until the last track ends. FFmpeg's own figure leaves out subtitles that outlast the picture; the file's header
/// does not.
fn whole_duration(demuxer: &Demuxer) -> Option<Timestamp> {
    let raw = demuxer.raw();
    let first = if raw.start_time == ffi::AV_NOPTS_VALUE { 0 } else { raw.start_time };
    let first = Timestamp::from_units(first, 1, ffi::AV_TIME_BASE);
    let ends = (0..demuxer.stream_count()).filter_map(|index| Some(track_end(demuxer, index)? - first));
    known(raw.duration).map(|d| ends.fold(Timestamp::from_units(d, 1, ffi::AV_TIME_BASE), Timestamp::max))
}

/// When a track ends, by the file's own clock, as far as the container says.
pub(super) fn track_end(demuxer: &Demuxer, index: usize) -> Option<Timestamp> {
    let (stream, (num, den)) = (demuxer.stream(index), demuxer.time_base(index));
    let start = if stream.start_time == ffi::AV_NOPTS_VALUE { 0 } else { stream.start_time };
    Some(Timestamp::from_units(start.saturating_add(known(stream.duration)?), num, den))
}

fn check_limits(demuxer: &Demuxer, info: &MediaInfo) -> Result<()> {
    let (guard, limits) = (demuxer.guard(), &demuxer.guard().limits);
    if let Some(duration) = info.duration {
        guard.limit_duration(duration.to_duration())?;
    }
    for stream in &info.streams {
        if let Some(video) = &stream.video {
            let pixels = Size::new(video.width, video.height).pixels();
            guard.limit("max_frame_pixels", pixels, limits.max_frame_pixels)?;
        }
        if let Some(audio) = &stream.audio {
            guard.limit("max_audio_channels", audio.channels.into(), limits.max_audio_channels.into())?;
            guard.limit("max_sample_rate_hz", audio.sample_rate_hz.into(), limits.max_sample_rate_hz.into())?;
        }
    }
    Ok(())
}

fn known(value: i64) -> Option<i64> {
    (value != ffi::AV_NOPTS_VALUE && value > 0).then_some(value)
}

/// FFmpeg has one name for a family of containers; the file's own brand says which member it is.
fn container(demuxer: &Demuxer, source: &Source) -> Result<String> {
    // SAFETY: an open context has a format, whose name is static.
    let names = unsafe { demuxer.raw().iformat.as_ref().and_then(|f| ffi::text(f.name)) }.unwrap_or_default();
    let first = names.split(',').next().unwrap_or_default();
    let mut head = [0; 64];
    let read = source.open()?.read(&mut head).unwrap_or_default();
    let head = &head[..read];
    Ok(match first {
        "mov" => match head.get(4..12) {
            Some(b"ftypqt  ") => "mov",
            Some([b'f', b't', b'y', b'p', b'3', b'g', ..]) => "3gp",
            Some([b'f', b't', b'y', b'p', b'M', b'4', b'A', _]) => "m4a",
            Some([b'f', b't', b'y', b'p', ..]) => "mp4",
            // Files older than the ftyp box are QuickTime.
            _ => "mov",
        },
        "matroska" if head.windows(4).any(|w| w == b"webm") => "webm",
        "mpeg" => "mpegps",
        other => other,
    }
    .to_owned())
}

fn chapters(raw: &ffi::AVFormatContext) -> Vec<Chapter> {
    (0..raw.nb_chapters as usize)
        .filter_map(|index| {
            // SAFETY: the index is below the count, so the pointer and what it points to are valid.
            let chapter = unsafe { &**raw.chapters.add(index) };
            let (num, den) = (chapter.time_base.num.max(1) as u32, chapter.time_base.den.max(1) as u32);
            let at = |units| Timestamp::from_units(units, num, den);
            let range = TimeRange::new(at(chapter.start), at(chapter.end.max(chapter.start)))?;
            // SAFETY: the dictionary is valid while the context is open.
            let title = unsafe { tags(chapter.metadata) }.into_iter().find(|t| t.key == "title").map(|t| t.value);
            Some(Chapter { range, title })
        })
        .collect()
}

/// # Safety
/// `dictionary` is null or valid for the call.
unsafe fn tags(dictionary: *const ffi::AVDictionary) -> Vec<Tag> {
    // SAFETY: as the caller promises.
    unsafe { ffi::entries(dictionary) }
        .into_iter()
        .map(|(key, value)| Tag { key: cut(key), value: cut(value) })
        .collect()
}

fn cut(text: String) -> String {
    match text.char_indices().nth(TAG_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn stream_info(demuxer: &Demuxer, index: usize) -> StreamInfo {
    let stream = demuxer.stream(index);
    // SAFETY: every stream has codec parameters.
    let codec = unsafe { &*stream.codecpar };
    // SAFETY: the dictionary is valid while the context is open.
    let tags = unsafe { tags(stream.metadata) };
    let kind = match codec.codec_type {
        ffi::AVMEDIA_TYPE_VIDEO => TrackKind::Video,
        ffi::AVMEDIA_TYPE_AUDIO => TrackKind::Audio,
        ffi::AVMEDIA_TYPE_SUBTITLE => TrackKind::Subtitle,
        ffi::AVMEDIA_TYPE_ATTACHMENT => TrackKind::Attachment,
        _ => TrackKind::Data,
    };
    let (num, den) = demuxer.time_base(index);
    // SAFETY: profile names are static; null where there is none.
    let profile = unsafe { ffi::text(ffi::avcodec_profile_name(codec.codec_id, codec.profile)) };
    StreamInfo {
        index: index as u32,
        kind,
        codec: codec_name(codec.codec_id),
        profile,
        level: (codec.level >= 0).then_some(codec.level).filter(|_| kind == TrackKind::Video),
        default: stream.disposition & ffi::AV_DISPOSITION_DEFAULT as c_int != 0,
        attached_picture: stream.disposition & ffi::AV_DISPOSITION_ATTACHED_PIC as c_int != 0,
        language: tags.iter().find(|t| t.key == "language").map(|t| t.value.clone()).filter(|l| l != "und"),
        duration: known(stream.duration).map(|d| Timestamp::from_units(d, num, den)),
        bit_rate_bps: u64::try_from(codec.bit_rate).ok().filter(|rate| *rate > 0),
        frame_count: u64::try_from(stream.nb_frames).ok().filter(|count| *count > 0),
        tags,
        video: (kind == TrackKind::Video).then(|| video_info(demuxer, index, codec)),
        audio: (kind == TrackKind::Audio).then(|| audio_info(codec)),
    }
}

fn audio_info(codec: &ffi::AVCodecParameters) -> AudioInfo {
    let mut layout = [0 as c_char; 128];
    // SAFETY: the layout is valid, the buffer has the length given and is ended with NUL.
    let described = unsafe { ffi::av_channel_layout_describe(&codec.ch_layout, layout.as_mut_ptr(), layout.len()) };
    AudioInfo {
        sample_rate_hz: codec.sample_rate.max(0) as u32,
        channels: codec.ch_layout.nb_channels.max(0) as u32,
        // SAFETY: the call above ended the text with NUL.
        channel_layout: (described > 0).then(|| unsafe { ffi::text(layout.as_ptr()) }).flatten(),
        bits_per_sample: [codec.bits_per_raw_sample, codec.bits_per_coded_sample]
            .into_iter()
            .find(|bits| *bits > 0)
            .map(|bits| bits as u32),
    }
}

fn video_info(demuxer: &Demuxer, index: usize, codec: &ffi::AVCodecParameters) -> VideoInfo {
    let stream = demuxer.stream(index);
    let (width, height) = (codec.width.max(0) as u32, codec.height.max(0) as u32);
    let (rotation, mirrored) = orientation(codec);
    // SAFETY: guesses from the stream's and the codec's own fields.
    let sar = unsafe {
        ffi::av_guess_sample_aspect_ratio(
            demuxer.raw() as *const _ as *mut _,
            demuxer.stream_ptr(index),
            std::ptr::null_mut(),
        )
    };
    let sample_aspect_ratio = ratio(sar).unwrap_or(AspectRatio::SQUARE);
    let display_size = display_size(Size::new(width, height), sample_aspect_ratio, rotation);
    let timing = Timing::of(demuxer, index);
    // SAFETY: pixel format descriptors are static; null for an unknown format.
    let pixel = unsafe { ffi::av_pix_fmt_desc_get(codec.format).as_ref() };
    VideoInfo {
        width,
        height,
        display_size,
        sample_aspect_ratio,
        display_aspect_ratio: AspectRatio::new(display_size.width, display_size.height).unwrap_or(AspectRatio::SQUARE),
        rotation,
        mirrored,
        frame_rate: timing.rate,
        variable_frame_rate: timing.variable,
        // SAFETY: names are static.
        pixel_format: unsafe { ffi::text(ffi::av_get_pix_fmt_name(codec.format)) },
        bit_depth: pixel.map(|p| p.comp[0].depth.clamp(0, 64) as u8),
        interlaced: codec.field_order > ffi::AV_FIELD_PROGRESSIVE,
        // SAFETY: the names are static strings or null.
        color_range: named(unsafe { ffi::text(ffi::av_color_range_name(codec.color_range)) }),
        // SAFETY: as above.
        color_space: named(unsafe { ffi::text(ffi::av_color_space_name(codec.color_space)) }),
        // SAFETY: as above.
        color_transfer: named(unsafe { ffi::text(ffi::av_color_transfer_name(codec.color_trc)) }),
        // SAFETY: as above.
        color_primaries: named(unsafe { ffi::text(ffi::av_color_primaries_name(codec.color_primaries)) }),
        hdr: hdr(codec),
        max_keyframe_interval_seconds: keyframe_interval(demuxer, index, stream),
    }
}

fn named(name: Option<String>) -> Option<String> {
    name.filter(|n| n != "unknown")
}

fn ratio(r: ffi::AVRational) -> Option<AspectRatio> {
    AspectRatio::new(u32::try_from(r.num).ok()?, u32::try_from(r.den).ok()?)
}

/// The size with square pixels, upright. A shape of pixels beyond 1:16 or 16:1 is nonsense and is not followed.
pub(super) fn display_size(stored: Size, sar: AspectRatio, rotation: Rotation) -> Size {
    let shape = sar.as_f64();
    let square = if (1.0 / 16.0..=16.0).contains(&shape) && sar != AspectRatio::SQUARE {
        Size::new((f64::from(stored.width) * shape).round().max(1.0) as u32, stored.height)
    } else {
        stored
    };
    square.rotated(rotation)
}

fn side_data(codec: &ffi::AVCodecParameters, kind: ffi::AVPacketSideDataType) -> Option<&[u8]> {
    if codec.coded_side_data.is_null() {
        return None;
    }
    // SAFETY: the array has the length given; an entry's data has the size given.
    unsafe {
        let entry = ffi::av_packet_side_data_get(codec.coded_side_data, codec.nb_coded_side_data, kind).as_ref()?;
        (!entry.data.is_null()).then(|| std::slice::from_raw_parts(entry.data, entry.size))
    }
}

/// Reads the display matrix (ISO/IEC 14496-12, 8.3.2.2): first a mirror left to right, then a turn.
fn orientation(codec: &ffi::AVCodecParameters) -> (Rotation, bool) {
    let Some(bytes) = side_data(codec, ffi::AV_PKT_DATA_DISPLAYMATRIX).filter(|b| b.len() >= 36) else {
        return (Rotation::None, false);
    };
    let at = |i: usize| i32::from_ne_bytes([bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2], bytes[4 * i + 3]]);
    let (mut a, mut b, c, d) = (f64::from(at(0)), f64::from(at(1)), f64::from(at(3)), f64::from(at(4)));
    let mirrored = a * d - b * c < 0.0;
    if mirrored {
        (a, b) = (-a, -b);
    }
    // With a, b, c, d = cos, sin, -sin, cos the picture is turned clockwise by the angle.
    (Rotation::from_degrees(b.atan2(a).to_degrees()), mirrored)
}

fn hdr(codec: &ffi::AVCodecParameters) -> Option<HdrKind> {
    let has = |kind| side_data(codec, kind).is_some();
    if has(ffi::AV_PKT_DATA_DOVI_CONF) {
        return Some(HdrKind::DolbyVision);
    }
    match codec.color_trc {
        ffi::AVCOL_TRC_ARIB_STD_B67 => Some(HdrKind::Hlg),
        ffi::AVCOL_TRC_SMPTE2084 if has(ffi::AV_PKT_DATA_DYNAMIC_HDR10_PLUS) => Some(HdrKind::Hdr10Plus),
        ffi::AVCOL_TRC_SMPTE2084
            if has(ffi::AV_PKT_DATA_MASTERING_DISPLAY_METADATA) || has(ffi::AV_PKT_DATA_CONTENT_LIGHT_LEVEL) =>
        {
            Some(HdrKind::Hdr10)
        }
        ffi::AVCOL_TRC_SMPTE2084 => Some(HdrKind::Pq),
        _ => None,
    }
}

/// Entries of an index that are looked at; enough for the first hours of any video.
const INDEX_ENTRIES: usize = 200_000;

fn index_entries(demuxer: &Demuxer, index: usize) -> impl Iterator<Item = &ffi::AVIndexEntry> {
    let stream = demuxer.stream_ptr(index);
    // SAFETY: the stream is valid.
    let count = unsafe { ffi::avformat_index_get_entries_count(stream) }.max(0) as usize;
    (0..count.min(INDEX_ENTRIES)).filter_map(move |i| {
        // SAFETY: the entry is asked for within the count, and the index does not change while the demuxer is borrowed.
        unsafe { ffi::avformat_index_get_entry(stream, i as c_int).as_ref() }
    })
}

/// How frames follow each other.
struct Timing {
    rate: Option<FrameRate>,
    variable: bool,
}

impl Timing {
    fn of(demuxer: &Demuxer, index: usize) -> Self {
        let stream = demuxer.stream(index);
        let (real, average) = (rate(stream.r_frame_rate), rate(stream.avg_frame_rate));
        let variable = Self::varies_by_index(demuxer, index).unwrap_or_else(|| match (real, average) {
            // The real rate is a guess from the smallest step; an average well below it means that steps differ.
            (Some(real), Some(average)) => (real.as_f64() / average.as_f64() - 1.0).abs() > 0.02,
            _ => false,
        });
        Self { rate: if variable { average.or(real) } else { real.or(average) }, variable }
    }

    /// From the times of an index that lists every frame: `None` where it does not.
    fn varies_by_index(demuxer: &Demuxer, index: usize) -> Option<bool> {
        let stream = demuxer.stream(index);
        let times: Vec<i64> = index_entries(demuxer, index).map(|e| e.timestamp).collect();
        if times.len() < 3
            || (stream.nb_frames > 0 && (times.len() as i64) < stream.nb_frames.min(INDEX_ENTRIES as i64) / 2)
        {
            return None;
        }
        // An index of keyframes only says nothing about the frames between.
        let average = rate(stream.avg_frame_rate)?;
        let (num, den) = demuxer.time_base(index);
        let usual = average.frame_duration().as_seconds_f64() * f64::from(den) / f64::from(num);
        let mut steps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).filter(|s| *s > 0).collect();
        steps.sort_unstable();
        let median = *steps.get(steps.len() / 2)? as f64;
        if median > usual * 3.0 {
            return None;
        }
        // Rounding to the time base makes steps differ by one unit; a hundredth of the frames may be odd (an edit).
        let (low, high) = (steps[steps.len() / 100], steps[steps.len() - 1 - steps.len() / 100]);
        Some(high - low > 2 && (high - low) as f64 > 0.05 * median)
    }
}

fn rate(r: ffi::AVRational) -> Option<FrameRate> {
    FrameRate::new(u32::try_from(r.num).ok()?, u32::try_from(r.den).ok()?)
}

fn keyframe_interval(demuxer: &Demuxer, index: usize, stream: &ffi::AVStream) -> Option<f64> {
    let (num, den) = demuxer.time_base(index);
    let keys: Vec<i64> = index_entries(demuxer, index)
        .filter(|e| e.flags() & ffi::AVINDEX_KEYFRAME as c_int != 0)
        .map(|e| e.timestamp)
        .collect();
    let first = *keys.first()?;
    let end = known(stream.duration).map(|d| first + d);
    let longest = keys.iter().copied().chain(end).collect::<Vec<_>>().windows(2).map(|w| w[1] - w[0]).max()?;
    Some(Timestamp::from_units(longest.max(0), num, den).as_seconds_f64())
}
