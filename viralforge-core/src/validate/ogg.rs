//! Ogg files (RFC 3533): pages of logical streams, each beginning with its codec's header.

use std::io::{self, Read, Seek};

use super::code::Code;
use super::facts::{Context, Facts, Track};
use super::trailing;
use super::window::{u16_le, u32_be, u32_le, u64_le};
use crate::geometry::TrackKind;

/// The most pages that a walk visits: a day of sound has some hundred thousand.
const MAX_PAGES: u64 = 5_000_000;

/// Walks the pages.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let len = cx.window.len();
    let mut at = 0;
    let mut facts = Facts::default();
    let mut serials: Vec<Option<u32>> = Vec::new();
    for _ in 0..MAX_PAGES {
        if at >= len {
            break;
        }
        let head = cx.window.look(at, 27 + 255)?;
        if !head.starts_with(b"OggS\0") {
            trailing::check(cx, at)?;
            return Ok(facts);
        }
        let (Some(flags), Some(segments)) = (head.get(5).copied(), head.get(26).copied()) else {
            cx.findings.add(Code::CutShort, Some(at), "the header of the last page is cut off");
            return Ok(facts);
        };
        let (position, serial) = (u64_le(head, 6), u32_le(head, 14));
        let table = head.get(27..27 + usize::from(segments)).unwrap_or_default();
        let body = 27 + u64::from(segments);
        let size = body + table.iter().map(|&b| u64::from(b)).sum::<u64>();
        if at + size > len || table.len() < usize::from(segments) {
            cx.findings.add(Code::CutShort, Some(at), format!("the last page has {} of {size} bytes", len - at));
            return Ok(facts);
        }
        if flags & BEGINS != 0 {
            facts.track_count += 1;
            if facts.tracks.len() <= cx.policy.max_streams as usize {
                facts.tracks.push(first_packet(cx.window.look(at + body, 80)?));
                serials.push(serial);
            }
        }
        if let Some(index) = serials.iter().position(|&s| s == serial) {
            set_length(&mut facts.tracks[index], position);
        }
        at += size;
    }
    if at < len {
        cx.findings.add(Code::TooManyParts, Some(at), format!("more than {MAX_PAGES} pages"));
    }
    Ok(facts)
}

/// Flag of the first page of a stream.
const BEGINS: u8 = 2;

/// The position of a page is the number of samples up to its end; all ones where no packet ends on it.
fn set_length(track: &mut Track, position: Option<u64>) {
    let position = position.filter(|&p| p < i64::MAX as u64);
    if let (TrackKind::Audio, Some(samples), 1..) = (track.kind, position, track.sample_rate_hz) {
        track.seconds = Some(samples as f64 / f64::from(track.sample_rate_hz));
    }
}

/// What the first packet of a stream says of it: Opus (RFC 7845, 5.1), Vorbis I (4.2.2), FLAC in Ogg, Theora (6.2),
/// Speex, Skeleton.
fn first_packet(packet: &[u8]) -> Track {
    let mut track = Track::new(TrackKind::Data);
    let byte = |at: usize| packet.get(at).copied().map_or(0, u32::from);
    if packet.starts_with(b"OpusHead") {
        track.kind = TrackKind::Audio;
        track.codec = Some("opus".to_owned());
        (track.channels, track.sample_rate_hz) = (byte(9), 48_000);
    } else if packet.starts_with(b"\x01vorbis") {
        track.kind = TrackKind::Audio;
        track.codec = Some("vorbis".to_owned());
        (track.channels, track.sample_rate_hz) = (byte(11), u32_le(packet, 12).unwrap_or(0));
    } else if packet.starts_with(b"\x7fFLAC") {
        track.kind = TrackKind::Audio;
        track.codec = Some("flac".to_owned());
        // Behind the versions and `fLaC` stands STREAMINFO: 20 bits of rate, 3 of channels less one.
        let fields = u32_be(packet, 27).unwrap_or(0);
        (track.channels, track.sample_rate_hz) = ((fields >> 9 & 7) + 1, fields >> 12);
    } else if packet.starts_with(b"Speex   ") {
        track.kind = TrackKind::Audio;
        track.codec = Some("speex".to_owned());
    } else if packet.starts_with(b"\x80theora") {
        track.kind = TrackKind::Video;
        track.codec = Some("theora".to_owned());
        let blocks = |at: usize| packet.get(at..at + 2).map_or(0, |b| (u32::from(b[0]) << 8 | u32::from(b[1])) * 16);
        (track.width, track.height) = (blocks(10), blocks(12));
    } else if packet.starts_with(b"OVP80") {
        track.kind = TrackKind::Video;
        track.codec = Some("vp8".to_owned());
        let side = |at: usize| u16_le(packet, at).map_or(0, |v| u32::from(v.swap_bytes()));
        (track.width, track.height) = (side(8), side(10));
    }
    track
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_packet_names_the_codec() {
        let opus = first_packet(b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0");
        assert_eq!((opus.codec.as_deref(), opus.channels), (Some("opus"), 2));
        let vorbis = first_packet(b"\x01vorbis\0\0\0\0\x01\x44\xac\0\0");
        assert_eq!((vorbis.channels, vorbis.sample_rate_hz), (1, 44_100));
        let theora = first_packet(b"\x80theora\x03\x02\x01\0\x14\0\x0f");
        assert_eq!((theora.kind, theora.width, theora.height), (TrackKind::Video, 320, 240));
        assert_eq!(first_packet(b"fishead\0").kind, TrackKind::Data);
    }
}
