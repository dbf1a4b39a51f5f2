//! Tracks of a Matroska file: codec, size and sound.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::codec::{self, PictureSize};
use super::super::facts::{Context, Facts, Track};
use super::super::window::fourcc;
use super::element::{self, Element};
use super::packing::Packing;
use super::{Segment, children, search};
use crate::geometry::TrackKind;

/// Frames by which decoding runs ahead of presentation at most (H.264, A.3.1: 16 frames in the decoded picture buffer).
const MAX_REORDERED: usize = 16;

/// One track and what its blocks told so far.
pub(super) struct MatroskaTrack {
    pub(super) number: u64,
    pub(super) kind: TrackKind,
    /// FFmpeg's name of the codec.
    codec: Option<String>,
    pub(super) packing: Packing,
    /// The picture that a codec's header announces.
    pub(super) coded: Option<PictureSize>,
    pub(super) blocks: u64,
    /// Time of the first and the latest block, in units of the segment's time scale.
    pub(super) span: Option<(i64, i64)>,
    /// Times that may still get company: frames stand in the order in which they are decoded.
    pending: BinaryHeap<Reverse<(i64, u64)>>,
    /// The latest time before those.
    settled: Option<i64>,
}

impl MatroskaTrack {
    /// Takes the time of the block at `at`; tells the gap between two frames that follow each other when shown, and
    /// where the later one is, once no block can come between them.
    pub(super) fn take_time(&mut self, time: i64, at: u64) -> Option<(i64, u64)> {
        self.pending.push(Reverse((time, at)));
        if self.pending.len() > MAX_REORDERED { self.settle() } else { None }
    }

    /// The next of the gaps that are left at the end.
    pub(super) fn settle(&mut self) -> Option<(i64, u64)> {
        let Reverse((time, at)) = self.pending.pop()?;
        let before = self.settled.unwrap_or(time);
        self.settled = Some(before.max(time));
        Some((time.saturating_sub(before), at))
    }

    /// Looks at the beginning of the first packet, which tells the size of some codecs' pictures.
    pub(super) fn look_at_packet(&mut self, packet: &[u8]) {
        if let (TrackKind::Video, false, None, Some(codec)) = (self.kind, self.packing.packed, self.coded, &self.codec)
        {
            self.coded = codec::in_packet(codec, packet);
        }
    }
}

/// Walks `Tracks`.
pub(super) fn walk<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    tracks: &Element,
    limit: u64,
    segment: &mut Segment,
    facts: &mut Facts,
) -> io::Result<()> {
    let all = children(cx, tracks, limit, &mut segment.elements)?;
    let entries: Vec<_> = all.into_iter().filter(|e| e.id == 0xae).collect();
    facts.track_count = entries.len() as u64;
    for (index, entry) in entries.iter().take(cx.policy.max_streams as usize + 1).enumerate() {
        cx.findings.set_track(Some(index));
        let (number, packing, track) = walk_entry(cx, entry, limit, segment)?;
        segment.tracks.push(MatroskaTrack {
            number,
            kind: track.kind,
            codec: track.codec.clone(),
            packing,
            coded: track.coded,
            blocks: 0,
            span: None,
            pending: BinaryHeap::new(),
            settled: None,
        });
        facts.tracks.push(track);
    }
    cx.findings.set_track(None);
    Ok(())
}

fn walk_entry<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    entry: &Element,
    limit: u64,
    segment: &mut Segment,
) -> io::Result<(u64, Packing, Track)> {
    let fields = children(cx, entry, limit, &mut segment.elements)?;
    let mut track = Track::new(TrackKind::Data);
    let (mut number, mut codec, mut private, mut packing) = (0, String::new(), None, Packing::default());
    for field in &fields {
        match field.id {
            0xd7 => number = element::unsigned(&mut cx.window, field)?,
            0x83 => {
                track.kind = match element::unsigned(&mut cx.window, field)? {
                    1 => TrackKind::Video,
                    2 => TrackKind::Audio,
                    0x11 => TrackKind::Subtitle,
                    _ => TrackKind::Data,
                };
            }
            0x86 => codec = element::text(&mut cx.window, field)?,
            0x63a2 => private = Some(*field),
            // Names, and elements that no reader knows any more.
            0xe0 | 0xe1 | 0x6d80 => {}
            _ => search(cx, field)?,
        }
    }
    for field in &fields {
        match field.id {
            0xe0 => video(cx, field, limit, segment, &mut track)?,
            0xe1 => audio(cx, field, limit, segment, &mut track)?,
            0x6d80 => packing = Packing::read(cx, field, limit, segment, track.kind)?,
            _ => {}
        }
    }
    track.codec = codec_name(&codec).map(str::to_owned);
    if codec == "V_MS/VFW/FOURCC" {
        let kind = match private {
            Some(private) => cx.window.array::<4>(private.body + 16)?.unwrap_or_default(),
            None => [0; 4],
        };
        track.codec = super::super::riff::video_codec(&kind).map(str::to_owned);
        if track.codec.is_none() {
            cx.findings.add(Code::OtherCodec, Some(entry.start), format!("codec {}", fourcc(&kind)));
        }
    }
    if let Some(private) = private {
        // The codec's header may be packed as blocks are.
        packing.check_block(cx, private.body, private.end(limit), false)?;
    }
    if let (Some(private), Some(codec)) = (private, &track.codec) {
        let bytes = cx.window.look(private.body, private.len.unwrap_or(0).min(codec::HEAD_BYTES as u64) as usize)?;
        track.coded = codec::in_configuration(codec, bytes);
    }
    Ok((number, packing, track))
}

fn video<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    settings: &Element,
    limit: u64,
    segment: &mut Segment,
    track: &mut Track,
) -> io::Result<()> {
    let (mut display, mut unit) = ((0u32, 0u32), 0);
    for field in children(cx, settings, limit, &mut segment.elements)? {
        let value = element::unsigned(&mut cx.window, &field)?;
        let pixels = u32::try_from(value).unwrap_or(u32::MAX);
        match field.id {
            0xb0 => track.width = pixels,
            0xba => track.height = pixels,
            0x54b0 => display.0 = pixels,
            0x54ba => display.1 = pixels,
            0x54b2 => unit = value,
            0x53c0 if value == 1 => cx.findings.add(Code::Alpha, Some(field.start), "an alpha channel"),
            _ => {}
        }
    }
    // In pixels, centimetres, inches or as a ratio: of all but "unknown" (4) the shape of the picture follows.
    if unit < 4 && display.0 > 0 && display.1 > 0 && track.width > 0 && track.height > 0 {
        let across = u64::from(display.0) * u64::from(track.height);
        let down = u64::from(display.1) * u64::from(track.width);
        let shrink = across.max(down).div_ceil(u64::from(u32::MAX)).max(1);
        let reduced = |v: u64| u32::try_from(v / shrink).unwrap_or(u32::MAX).max(1);
        // Display sizes are rounded to whole pixels: that is no shape.
        if across.abs_diff(down) * 100 > across.max(down) {
            track.pixel_aspect = (reduced(across), reduced(down));
        }
    }
    Ok(())
}

fn audio<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    settings: &Element,
    limit: u64,
    segment: &mut Segment,
    track: &mut Track,
) -> io::Result<()> {
    track.channels = 1;
    track.sample_rate_hz = 8000;
    for field in children(cx, settings, limit, &mut segment.elements)? {
        match field.id {
            0x9f => track.channels = element::unsigned(&mut cx.window, &field)?.try_into().unwrap_or(u32::MAX),
            // A cast from a float saturates.
            0xb5 => {
                let rate = element::float(&mut cx.window, &field)?;
                track.sample_rate_hz = rate as u32;
                if !rate.is_finite() || rate < 1.0 {
                    cx.findings.add(Code::BadElement, Some(field.start), format!("a sample rate of {rate} Hz"));
                }
            }
            _ => {}
        }
    }
    if track.channels == 0 {
        cx.findings.add(Code::BadElement, Some(settings.start), "a sound track without channels");
    }
    Ok(())
}

/// FFmpeg's name of a Matroska codec (RFC 9559's codec registry).
fn codec_name(id: &str) -> Option<&'static str> {
    Some(match id {
        "V_MPEG4/ISO/AVC" => "h264",
        "V_MPEGH/ISO/HEVC" => "hevc",
        "V_VP8" => "vp8",
        "V_VP9" => "vp9",
        "V_AV1" => "av1",
        "V_MPEG4/ISO/SP" | "V_MPEG4/ISO/ASP" | "V_MPEG4/ISO/AP" => "mpeg4",
        "V_MPEG2" => "mpeg2video",
        "V_MPEG1" => "mpeg1video",
        "V_MJPEG" => "mjpeg",
        "V_PRORES" => "prores",
        "A_MPEG/L3" => "mp3",
        "A_MPEG/L2" => "mp2",
        "A_OPUS" => "opus",
        "A_VORBIS" => "vorbis",
        "A_FLAC" => "flac",
        "A_ALAC" => "alac",
        "A_EAC3" => "eac3",
        _ if id.starts_with("A_AAC") => "aac",
        _ if id.starts_with("A_AC3") => "ac3",
        _ if id.starts_with("A_DTS") => "dts",
        _ if id.starts_with("A_PCM/") => "pcm_s16le",
        _ => return None,
    })
}
