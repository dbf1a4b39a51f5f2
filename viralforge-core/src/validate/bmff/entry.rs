//! Sample descriptions: which codec, how large, how loud, and whether encrypted.

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::codec;
use super::super::facts::{Context, Track};
use super::super::window::u16_be;
use super::boxes::{BoxHeader, Strictness, children, find};
use super::table::Table;
use crate::geometry::TrackKind;

/// Sample entries of protected tracks (ISO/IEC 14496-12, 8.12; the last two are of Apple's FairPlay).
const ENCRYPTED: [&[u8; 4]; 8] = [b"encv", b"enca", b"enct", b"encs", b"encf", b"encm", b"drms", b"drmi"];

/// Reads all descriptions of a track; the first one names its codec.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>, stsd: &BoxHeader, track: &mut Track) -> io::Result<()> {
    if Table::read(cx, stsd, 4, 8)?.is_none() {
        return Ok(());
    }
    let entries = children(cx, stsd.body + 8, stsd.end, Strictness::Strict)?;
    if entries.is_empty() {
        cx.findings.add(Code::BadTable, Some(stsd.start), "stsd has no entry");
    }
    for (index, entry) in entries.iter().enumerate() {
        let mut described = Track::new(track.kind);
        let inner = match track.kind {
            TrackKind::Video => video(cx, entry, &mut described)?,
            TrackKind::Audio => audio(cx, entry, &mut described)?,
            _ => Vec::new(),
        };
        if ENCRYPTED.contains(&&entry.kind) || find(&inner, b"sinf").is_some() {
            cx.findings.add(Code::Encrypted, Some(entry.start), format!("sample entry {}", entry.name()));
        }
        // A later entry may ask for a larger picture than the first.
        if index == 0 || described.width.max(described.height) > track.width.max(track.height) {
            let (kind, frames, seconds) = (track.kind, track.frames, track.seconds);
            *track = Track { kind, frames, seconds, ..described };
        }
    }
    Ok(())
}

fn video<R: Read + Seek>(cx: &mut Context<'_, R>, entry: &BoxHeader, track: &mut Track) -> io::Result<Vec<BoxHeader>> {
    let fields = cx.window.look(entry.body, 78)?;
    let (Some(width), Some(height)) = (u16_be(fields, 24), u16_be(fields, 26)) else { return Ok(Vec::new()) };
    (track.width, track.height) = (width.into(), height.into());
    let inner = children(cx, (entry.body + 78).min(entry.end), entry.end, Strictness::Lenient)?;
    track.codec = video_codec(&entry.kind).map(str::to_owned);
    if &entry.kind == b"mp4v" {
        let object = object_type(cx, &inner)?;
        track.codec = match object {
            Some(0x60..=0x65) => Some("mpeg2video"),
            Some(0x6a) => Some("mpeg1video"),
            Some(0x6c) => Some("mjpeg"),
            Some(0x6d) => Some("png"),
            _ => Some("mpeg4"),
        }
        .map(str::to_owned);
    }
    for (record, codec) in [(b"avcC", "h264"), (b"hvcC", "hevc"), (b"av1C", "av1")] {
        if let Some(record) = find(&inner, record) {
            let bytes = cx.window.look(record.body, record.body_len().min(codec::HEAD_BYTES as u64) as usize)?;
            track.coded = codec::in_configuration(codec, bytes);
        }
    }
    if let Some(pasp) = find(&inner, b"pasp") {
        let across = cx.window.u32_be(pasp.body)?.unwrap_or(0);
        let down = cx.window.u32_be(pasp.body + 4)?.unwrap_or(0);
        if across > 0 && down > 0 {
            track.pixel_aspect = (across, down);
        }
    }
    Ok(inner)
}

fn audio<R: Read + Seek>(cx: &mut Context<'_, R>, entry: &BoxHeader, track: &mut Track) -> io::Result<Vec<BoxHeader>> {
    let fields = cx.window.look(entry.body, 64)?.to_vec();
    let version = u16_be(&fields, 8).unwrap_or(0);
    // Versions 1 and 2 are of QuickTime only; elsewhere the number means that 64-bit durations follow.
    let head = match version {
        1 => 44,
        2 => 64,
        _ => 28,
    };
    let mut inner = children(cx, (entry.body + head).min(entry.end), entry.end, Strictness::Lenient)?;
    if let Some(wave) = find(&inner, b"wave") {
        inner.extend(children(cx, wave.body, wave.end, Strictness::Lenient)?);
    }
    if version == 2 {
        let rate = fields.get(32..40).and_then(|b| b.try_into().ok()).map_or(0.0, f64::from_be_bytes);
        track.sample_rate_hz = rate as u32;
        track.channels = u32::from(u16_be(&fields, 42).unwrap_or(0));
    } else {
        track.channels = u32::from(u16_be(&fields, 16).unwrap_or(0));
        track.sample_rate_hz = u32::from(u16_be(&fields, 24).unwrap_or(0));
    }
    track.codec = match audio_codec(&entry.kind) {
        "mp4a" => match object_type(cx, &inner)? {
            Some(0x69 | 0x6b) => "mp3",
            Some(0xa5) => "ac3",
            Some(0xa6) => "eac3",
            Some(0xa9) => "dts",
            Some(0xdd) => "vorbis",
            Some(0xad) => "opus",
            _ => "aac",
        },
        codec => codec,
    }
    .to_owned()
    .into();
    track.codec = track.codec.take().filter(|codec| !codec.is_empty());
    Ok(inner)
}

/// objectTypeIndication of the decoder configuration in an `esds` box (ISO/IEC 14496-1, 7.2.6.6): it follows the tag 4
/// and a length of up to four bytes.
fn object_type<R: Read + Seek>(cx: &mut Context<'_, R>, inner: &[BoxHeader]) -> io::Result<Option<u8>> {
    let Some(esds) = find(inner, b"esds") else { return Ok(None) };
    let bytes = cx.window.look(esds.body + 4, esds.body_len().saturating_sub(4).min(64) as usize)?;
    let skip_length =
        |at: usize| (at..at + 4).find(|&i| bytes.get(i).is_some_and(|b| b & 0x80 == 0)).map(|last| last + 1);
    let descriptor = (bytes.first() == Some(&3)).then(|| skip_length(1)).flatten();
    let Some(descriptor) = descriptor else { return Ok(None) };
    let flags = bytes.get(descriptor + 2).copied().unwrap_or(0);
    let mut at = descriptor + 3 + if flags & 0x80 != 0 { 2 } else { 0 } + if flags & 0x20 != 0 { 2 } else { 0 };
    if flags & 0x40 != 0 {
        at += 1 + usize::from(bytes.get(at).copied().unwrap_or(0));
    }
    let found = (bytes.get(at) == Some(&4)).then(|| skip_length(at + 1)).flatten();
    Ok(found.and_then(|at| bytes.get(at).copied()))
}

/// FFmpeg's name of the codec of a visual sample entry (MP4 registration authority; Apple QuickTime File Format).
fn video_codec(kind: &[u8; 4]) -> Option<&'static str> {
    Some(match kind {
        b"avc1" | b"avc2" | b"avc3" | b"avc4" | b"dvav" | b"dva1" | b"ai12" | b"ai15" | b"ai5q" => "h264",
        b"hvc1" | b"hev1" | b"hvc2" | b"hev2" | b"dvh1" | b"dvhe" => "hevc",
        b"vp08" => "vp8",
        b"vp09" => "vp9",
        b"av01" | b"dav1" => "av1",
        b"DIVX" | b"XVID" | b"3IV2" => "mpeg4",
        b"m2v1" | b"mpg2" | b"hdv1" | b"hdv2" | b"hdv3" | b"xdv1" | b"xdv2" | b"xdv3" | b"mx5p" | b"mx5n" => {
            "mpeg2video"
        }
        b"jpeg" | b"mjpa" | b"mjpb" | b"MJPG" | b"AVDJ" => "mjpeg",
        b"apcn" | b"apch" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "prores",
        b"s263" | b"h263" | b"H263" => "h263",
        _ => return None,
    })
}

/// FFmpeg's name of the codec of an audio sample entry; empty where unknown, `mp4a` where an `esds` box decides.
fn audio_codec(kind: &[u8; 4]) -> &'static str {
    match kind {
        b"mp4a" => "mp4a",
        b".mp3" | b"ms\0\x55" => "mp3",
        b"Opus" => "opus",
        b"fLaC" => "flac",
        b"alac" => "alac",
        b"ac-3" | b"sac3" => "ac3",
        b"ec-3" => "eac3",
        b"sowt" | b"twos" | b"raw " | b"NONE" | b"in24" | b"in32" | b"fl32" | b"fl64" | b"lpcm" | b"ipcm" | b"fpcm" => {
            "pcm_s16le"
        }
        b"ulaw" => "pcm_mulaw",
        b"alaw" => "pcm_alaw",
        b"samr" => "amr_nb",
        b"sawb" => "amr_wb",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prores_and_avc_variant_has_its_decoder() {
        assert_eq!(video_codec(b"ap4h"), Some("prores"));
        assert_eq!(video_codec(b"avc3"), Some("h264"));
        assert_eq!(video_codec(b"zz01"), None);
    }
}
