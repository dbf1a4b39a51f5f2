//! MPEG program streams (ISO/IEC 13818-1, 2.5): packs of packets, as DVDs and old cameras write them.

use std::io::{self, Read, Seek};

use super::code::Code;
use super::facts::{Context, Facts, Track};
use super::trailing;
use super::{audio_frame, codec};
use crate::geometry::TrackKind;

/// Packets that a walk visits: a DVD has four million.
const MAX_PACKETS: u64 = 20_000_000;
/// Bytes in which the next start code is looked for where packets are out of step.
const RESYNC_BYTES: usize = 64 << 10;
/// How often a stream may be out of step: discs are read with errors.
const MAX_RESYNCS: u64 = 100;

/// Walks the packets; `None` where they tell of no track.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Option<Facts>> {
    let len = cx.window.len();
    let mut tracks: Vec<(u8, Track)> = Vec::new();
    let (mut at, mut resyncs) = (0, 0);
    for _ in 0..MAX_PACKETS {
        if at >= len {
            break;
        }
        let head = cx.window.look(at, 14)?;
        match head {
            // The end code; another stream may follow it.
            [0, 0, 1, 0xb9, ..] => {
                at += 4;
                if at < len && cx.window.look(at, 4)? != [0, 0, 1, 0xba] {
                    trailing::check(cx, at)?;
                    break;
                }
            }
            [0, 0, 1, 0xba, rest @ ..] => at += pack_bytes(rest),
            [0, 0, 1, id @ 0xbb..=0xff, high, low, ..] => {
                let (id, size) = (*id, u64::from(u16::from_be_bytes([*high, *low])));
                let next = at + 6 + size;
                if next > len {
                    cx.findings.add(Code::CutShort, Some(at), format!("the last packet ends at byte {next}"));
                    break;
                }
                let bytes = cx.window.look(at + 6, (size as usize).min(codec::HEAD_BYTES))?;
                add(&mut tracks, id, elementary(bytes));
                at = next;
            }
            _ => {
                if cx.window.all_zero(at, len)? {
                    trailing::check(cx, at)?;
                    break;
                }
                resyncs += 1;
                let skip =
                    cx.window.look(at + 1, RESYNC_BYTES)?.windows(4).position(|w| w[..3] == [0, 0, 1] && w[3] >= 0xb9);
                match skip {
                    Some(skip) if resyncs <= MAX_RESYNCS => at += 1 + skip as u64,
                    None if at > 0 => {
                        trailing::check(cx, at)?;
                        break;
                    }
                    _ => {
                        cx.findings.add(Code::CorruptMedia, Some(at), "packets are out of step");
                        break;
                    }
                }
            }
        }
    }
    let tracks: Vec<_> = tracks.into_iter().map(|(_, track)| track).collect();
    let facts = Facts { track_count: tracks.len() as u64, tracks, ..Facts::default() };
    Ok(Some(facts).filter(|facts| !facts.tracks.is_empty()))
}

/// Bytes of a pack header behind its start code: 14 with stuffing in MPEG-2, 12 in MPEG-1.
fn pack_bytes(rest: &[u8]) -> u64 {
    let is_second = rest.first().is_some_and(|b| b >> 6 == 1);
    if is_second { 14 + rest.get(9).map_or(0, |b| u64::from(b & 7)) } else { 12 }
}

/// What a packet carries behind its header (2.4.3.6), for MPEG-2; nothing where that cannot be told.
fn elementary(packet: &[u8]) -> &[u8] {
    match packet {
        [flags, _, len, rest @ ..] if flags >> 6 == 2 => rest.get(usize::from(*len)..).unwrap_or_default(),
        _ => packet,
    }
}

/// Notes the track that a packet belongs to, and what its beginning tells.
fn add(tracks: &mut Vec<(u8, Track)>, id: u8, bytes: &[u8]) {
    let kind = match id {
        0xe0..=0xef => TrackKind::Video,
        0xc0..=0xdf => TrackKind::Audio,
        _ => return,
    };
    let known = tracks.iter().position(|(of, _)| *of == id);
    let index = known.unwrap_or_else(|| {
        tracks.push((id, Track::new(kind)));
        tracks.len() - 1
    });
    let Some((_, track)) = tracks.get_mut(index).filter(|(_, track)| track.codec.is_none()) else { return };
    if kind == TrackKind::Audio {
        let frame = (0..bytes.len()).find_map(|at| audio_frame::mpeg(bytes.get(at..)?));
        if let Some(frame) = frame {
            *track = frame.track();
        }
    } else if let Some((width, height)) = codec::in_packet("mpeg2video", bytes) {
        // An extension tells MPEG-2 from MPEG-1, whose header is the same.
        let is_second = bytes.windows(4).any(|w| w == [0, 0, 1, 0xb5]);
        track.codec = Some(if is_second { "mpeg2video" } else { "mpeg1video" }.to_owned());
        (track.coded, track.width, track.height) = (Some((width, height)), width, height);
    } else if let Some((width, height)) = codec::in_packet("h264", bytes) {
        track.codec = Some("h264".to_owned());
        (track.coded, track.width, track.height) = (Some((width, height)), width, height);
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::UploadPolicy;
    use super::super::testing::{assert_refused, assert_taken, walk as run};
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn file() -> Vec<u8> {
        let packet = |id: u8, bytes: &[u8]| {
            let body = [b"\x80\0\0".as_slice(), bytes].concat();
            [&[0, 0, 1, id][..], &(body.len() as u16).to_be_bytes(), &body].concat()
        };
        let pack = b"\0\0\x01\xba\x44\0\x04\0\x04\x01\0\0\x03\xf8".to_vec();
        let video = packet(0xe0, b"\0\0\x01\xb3\x2d\x02\x40\x33\0\0\x01\xb5\x14");
        let audio = packet(0xc0, &[0xff, 0xfd, 0xa4, 0, 0, 0]);
        [pack, video, audio, b"\0\0\x01\xb9".to_vec()].concat()
    }

    fn checked(cx: &mut Context<'_, Cursor<Vec<u8>>>) -> io::Result<Facts> {
        Ok(walk(cx)?.unwrap_or_default())
    }

    #[test]
    fn packets_tell_their_tracks() {
        let mut policy = UploadPolicy::video();
        policy.allowed_containers.push("mpeg".to_owned());
        let facts = assert_taken(&file(), &policy, checked);
        assert_eq!(facts.tracks[0].codec.as_deref(), Some("mpeg2video"));
        assert_eq!((facts.tracks[0].width, facts.tracks[0].height), (720, 576));
        assert_eq!(facts.tracks[1].codec.as_deref(), Some("mp2"));
    }

    #[test]
    fn a_stream_that_is_cut_or_has_something_behind_it_is_refused() {
        let (policy, whole) = (UploadPolicy::video(), file());
        assert_refused(&whole[..whole.len() - 6], &policy, checked, Code::CutShort);
        assert_refused(&[whole, b"<html><p>".to_vec()].concat(), &policy, checked, Code::TrailingBytes);
    }

    proptest! {
        #[test]
        fn any_change_is_walked_without_panic(at in 0usize..60, byte: u8, cut in 0usize..60) {
            let mut bytes = file();
            let len = bytes.len();
            bytes[at % len] = byte;
            bytes.truncate(len - cut % len);
            run(&bytes, &UploadPolicy::video(), checked);
        }
    }
}
