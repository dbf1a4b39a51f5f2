//! AVI files (Microsoft AVI RIFF file reference, OpenDML extensions).

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::codec;
use super::super::facts::{Context, Facts, Track};
use super::super::payload::{self, Payload};
use super::super::window::{u16_le, u32_le};
use super::{Chunk, each, outer, read, search};
use crate::geometry::TrackKind;

/// Numbers of frames from here on are placeholders of programs that did not come to fill them in.
const UNKNOWN_FRAMES: u32 = 0x3fff_0000;

/// Walks the whole file.
pub(in super::super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let mut facts = Facts::default();
    let mut has_media = false;
    let mut end = outer(cx)?;
    each(cx, 12, end, |cx, chunk| top(cx, chunk, &mut facts, &mut has_media))?;
    // Files over a gibibyte go on in further RIFF chunks.
    while let Some(next) = read(&mut cx.window, end)?.filter(|c| &c.kind == b"RIFF") {
        if next.end() > cx.window.len() {
            cx.findings.add(Code::CutShort, Some(end), format!("a part ends at byte {}", next.end()));
        }
        let part_end = next.end().min(cx.window.len());
        each(cx, next.body + 4, part_end, |cx, chunk| top(cx, chunk, &mut facts, &mut has_media))?;
        end = part_end.max(end + 8);
    }
    super::after(cx, end)?;
    if !has_media && !facts.tracks.is_empty() {
        cx.findings.add(Code::CutShort, None, "no media data (movi)");
    }
    Ok(facts)
}

fn top<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    chunk: &Chunk,
    facts: &mut Facts,
    has_media: &mut bool,
) -> io::Result<()> {
    let list = cx.window.array::<4>(chunk.body)?.unwrap_or_default();
    match (&chunk.kind, &list) {
        (b"LIST", b"hdrl") => {
            facts.metadata_bytes += chunk.len;
            each(cx, chunk.body + 4, chunk.end(), |cx, inner| header(cx, inner, facts))
        }
        (b"LIST", b"movi") => {
            *has_media = true;
            each(cx, chunk.body + 4, chunk.end(), |cx, inner| media(cx, inner, &mut facts.tracks))
        }
        (b"idx1", _) => Ok(()),
        (b"JUNK" | b"LIST", _) => {
            facts.metadata_bytes += if &chunk.kind == b"JUNK" { 0 } else { chunk.len };
            search(cx, chunk)
        }
        _ => search(cx, chunk),
    }
}

fn header<R: Read + Seek>(cx: &mut Context<'_, R>, chunk: &Chunk, facts: &mut Facts) -> io::Result<()> {
    let list = cx.window.array::<4>(chunk.body)?.unwrap_or_default();
    match (&chunk.kind, &list) {
        (b"LIST", b"strl") => {
            facts.track_count += 1;
            if facts.track_count <= u64::from(cx.policy.max_streams) {
                let mut track = Track::new(TrackKind::Data);
                cx.findings.set_track(Some(facts.tracks.len()));
                each(cx, chunk.body + 4, chunk.end(), |cx, inner| stream(cx, inner, &mut track))?;
                cx.findings.set_track(None);
                facts.tracks.push(track);
            }
            Ok(())
        }
        _ if chunk.kind == *b"JUNK" => search(cx, chunk),
        _ => Ok(()),
    }
}

fn stream<R: Read + Seek>(cx: &mut Context<'_, R>, chunk: &Chunk, track: &mut Track) -> io::Result<()> {
    let bytes = cx.window.look(chunk.body, chunk.len.min(64) as usize)?;
    match &chunk.kind {
        b"strh" => {
            track.kind = match bytes.get(..4) {
                Some(b"vids") => TrackKind::Video,
                Some(b"auds") => TrackKind::Audio,
                Some(b"txts") => TrackKind::Subtitle,
                _ => TrackKind::Data,
            };
            let (scale, rate, length) = (u32_le(bytes, 20), u32_le(bytes, 24), u32_le(bytes, 32));
            let (scale, rate, length) = (scale.unwrap_or(0), rate.unwrap_or(0), length.unwrap_or(0));
            if scale == 0 || rate == 0 {
                let message = format!("a stream of {rate}/{scale} units a second");
                cx.findings.add(Code::BadTimeScale, Some(chunk.start), message);
            } else if (1..UNKNOWN_FRAMES).contains(&length) {
                // Interrupted recordings leave 0; then the probe counts.
                track.seconds = Some(f64::from(length) * f64::from(scale) / f64::from(rate));
                let gap = f64::from(scale) / f64::from(rate);
                if track.kind == TrackKind::Video && length > 1 && gap > cx.policy.max_frame_gap.as_secs_f64() {
                    cx.findings.add(
                        Code::FrameGap,
                        Some(chunk.start),
                        format!("{gap:.1} s from one frame to the next"),
                    );
                }
            }
        }
        b"strf" if track.kind == TrackKind::Video => {
            track.width = u32_le(bytes, 4).unwrap_or(0);
            // A negative height means top row first.
            track.height = u32_le(bytes, 8).map_or(0, |h| (h as i32).unsigned_abs());
            let codec = bytes.get(16..20).and_then(|b| b.first_chunk()).copied().unwrap_or_default();
            track.codec = video_codec(&codec).map(str::to_owned);
        }
        b"strf" if track.kind == TrackKind::Audio => {
            track.codec = audio_codec(u16_le(bytes, 0).unwrap_or(0)).map(str::to_owned);
            track.channels = u16_le(bytes, 2).unwrap_or(0).into();
            track.sample_rate_hz = u32_le(bytes, 4).unwrap_or(0);
            if track.channels == 0 {
                cx.findings.add(Code::BadChunk, Some(chunk.start), "a sound track without channels");
            }
        }
        _ => {}
    }
    Ok(())
}

/// Looks into the media data: at the packets of text tracks, and at the first one of each video.
fn media<R: Read + Seek>(cx: &mut Context<'_, R>, chunk: &Chunk, tracks: &mut [Track]) -> io::Result<()> {
    if &chunk.kind == b"LIST" {
        return each(cx, chunk.body + 4, chunk.end(), |cx, inner| media_chunk(cx, inner, tracks));
    }
    media_chunk(cx, chunk, tracks)
}

fn media_chunk<R: Read + Seek>(cx: &mut Context<'_, R>, chunk: &Chunk, tracks: &mut [Track]) -> io::Result<()> {
    if &chunk.kind == b"JUNK" {
        return search(cx, chunk);
    }
    let digit = |b: u8| char::from(b).to_digit(10).map(|d| d as usize);
    let index = digit(chunk.kind[0]).zip(digit(chunk.kind[1])).map(|(tens, ones)| tens * 10 + ones);
    let Some(track) = index.and_then(|index| tracks.get_mut(index)) else { return Ok(()) };
    match track.kind {
        TrackKind::Subtitle | TrackKind::Data => search_text(cx, chunk)?,
        // Only a packet with its headers tells, and the first one has them.
        TrackKind::Video if !track.looked_at => {
            track.looked_at = true;
            let packet = cx.window.look(chunk.body, chunk.len.min(codec::HEAD_BYTES as u64) as usize)?;
            track.coded = track.codec.as_deref().and_then(|codec| codec::in_packet(codec, packet));
        }
        _ => {}
    }
    Ok(())
}

/// GAB2 subtitles are a file of their own, which some players open as whatever it is (CVE-2017-9993).
fn search_text<R: Read + Seek>(cx: &mut Context<'_, R>, chunk: &Chunk) -> io::Result<()> {
    let bytes = cx.window.look(chunk.body, chunk.len.min(256 << 10) as usize)?;
    if let Some((skip, what)) = payload::find(bytes) {
        let code = if what == Payload::Playlist { Code::SubtitlePlaylist } else { what.code() };
        let message = format!("{} in a {} chunk", what.name(), chunk.name());
        cx.findings.add(code, Some(chunk.body + skip as u64), message);
    }
    Ok(())
}

/// FFmpeg's name of the codec of a FOURCC in a bitmap header.
pub(in super::super) fn video_codec(kind: &[u8; 4]) -> Option<&'static str> {
    Some(match &kind.map(|b| b.to_ascii_uppercase()) {
        b"H264" | b"X264" | b"AVC1" | b"DAVC" | b"VSSH" => "h264",
        b"HEVC" | b"H265" | b"HVC1" | b"HEV1" => "hevc",
        b"VP80" => "vp8",
        b"VP90" => "vp9",
        b"AV01" => "av1",
        b"XVID" | b"DIVX" | b"DX50" | b"FMP4" | b"MP4V" | b"MP4S" | b"M4S2" | b"3IV2" | b"RMP4" | b"SEDG" => "mpeg4",
        b"MPG2" | b"MPEG" | b"M2V1" | b"\x02\0\0\x10" => "mpeg2video",
        b"MJPG" | b"JPEG" | b"AVRN" | b"IJPG" | b"DMB1" => "mjpeg",
        b"H263" | b"S263" | b"X263" | b"U263" => "h263",
        b"APCN" | b"APCH" | b"APCS" | b"APCO" | b"AP4H" => "prores",
        _ => return None,
    })
}

/// FFmpeg's name of the codec of a WAVE format tag.
pub(super) fn audio_codec(tag: u16) -> Option<&'static str> {
    Some(match tag {
        1 | 0xfffe => "pcm_s16le",
        3 => "pcm_f32le",
        6 => "pcm_alaw",
        7 => "pcm_mulaw",
        0x50 => "mp2",
        0x55 => "mp3",
        0xff | 0x1600 | 0x1602 | 0x706d => "aac",
        0x2000 => "ac3",
        0xf1ac => "flac",
        0x566f | 0x674f..=0x6771 => "vorbis",
        0x704f => "opus",
        _ => return None,
    })
}
