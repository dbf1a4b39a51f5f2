//! Walks over small transport streams.

use proptest::prelude::*;

use super::super::code::Code;
use super::super::facts::{Context, Facts};
use super::super::policy::UploadPolicy;
use super::super::testing::{assert_refused, assert_taken, walk as run};
use crate::geometry::TrackKind;
use std::io::{self, Cursor};

/// A second of H.264 as FFmpeg multiplexes it.
const FILE: &[u8] = include_bytes!("../../../../fuzz/seeds/h264.ts");

fn walk(cx: &mut Context<'_, Cursor<Vec<u8>>>) -> io::Result<Facts> {
    Ok(super::walk(cx)?.unwrap_or_default())
}

#[test]
fn the_tables_tell_the_tracks_and_the_codec_the_size() {
    let facts = assert_taken(FILE, &UploadPolicy::video(), walk);
    let video = facts.tracks.iter().find(|t| t.kind == TrackKind::Video).unwrap();
    assert_eq!(video.codec.as_deref(), Some("h264"));
    assert!(video.coded.is_some_and(|(width, height)| width > 0 && height > 0), "{video:?}");
    assert_eq!(facts.track_count, facts.tracks.len() as u64);
}

#[test]
fn a_packet_that_is_cut_and_packets_that_are_scrambled_are_refused() {
    let policy = UploadPolicy::video();
    assert_refused(&FILE[..FILE.len() - 100], &policy, walk, Code::CutShort);
    let mut scrambled = FILE.to_vec();
    for packet in scrambled.chunks_exact_mut(188).skip(4) {
        packet[3] |= 0x80;
    }
    assert_refused(&scrambled, &policy, walk, Code::Encrypted);
}

#[test]
fn hours_without_a_picture_are_refused_wherever_they_are() {
    let is_late = |packet: &&mut [u8]| {
        packet[1] & 0x40 != 0 && packet.get(4..).is_some_and(|p| p.windows(4).any(|w| w == [0, 0, 1, 0xe0]))
    };
    let starts = FILE.chunks_exact(188).filter(|p| p.windows(4).any(|w| w == [0, 0, 1, 0xe0])).count();
    for from in [1, starts / 2, starts - 1] {
        let mut bytes = FILE.to_vec();
        for packet in bytes.chunks_exact_mut(188).filter(is_late).skip(from) {
            let at = packet.windows(4).position(|w| w == [0, 0, 1, 0xe0]).unwrap() + 9;
            // Bit 30 of the time: three hours and twenty minutes.
            packet[at] |= 0x02;
        }
        assert_refused(&bytes, &UploadPolicy::video(), walk, Code::FrameGap);
    }
}

#[test]
fn a_stream_without_tables_tells_nothing_and_is_left_to_the_decoder() {
    let mut bare = FILE.to_vec();
    for packet in bare.chunks_exact_mut(188).filter(|p| p[1] & 0x1f == 0 && p[2] == 0) {
        packet[2] = 0xee;
    }
    assert_eq!(assert_taken(&bare, &UploadPolicy::video(), walk), Facts::default());
}

#[test]
fn what_hides_in_packets_that_nobody_plays_is_found_in_the_beginning_and_in_the_end() {
    let null = |body: &[u8]| [&[0x47, 0x1f, 0xff, 0x10], body, &vec![0xff; 184 - body.len()]].concat();
    let assert_found = |bytes: &[u8], at: usize| {
        let (_, findings) = run(bytes, &UploadPolicy::video(), walk);
        let found = findings.into_sorted().into_iter().find(|f| f.code == Code::HiddenPayload.name());
        assert_eq!(found.and_then(|f| f.offset), Some(at as u64));
    };
    assert_taken(&[FILE, &null(b"")].concat(), &UploadPolicy::video(), walk);
    assert_found(&[&FILE[..188 * 3], &null(b"...<script>x</script>"), &FILE[188 * 3..]].concat(), 188 * 3 + 4 + 3);
    // Half in one packet, half in the next.
    let halves = [null(&[&[0xff; 180], b"%PDF".as_slice()].concat()), null(b"-1.7")].concat();
    assert_found(&[FILE, &halves].concat(), FILE.len() + 4 + 180);
    let long = FILE.repeat((3 << 20) / FILE.len());
    assert_found(&[&long, &null(b"<html>"), &FILE[..188 * 9]].concat(), long.len() + 4);
}

proptest! {
    #[test]
    fn any_change_to_the_tables_is_walked_without_panic(changes in prop::collection::vec((0usize..1200, any::<u8>()), 1..8)) {
        let mut bytes = FILE[..FILE.len().min(188 * 40)].to_vec();
        for (at, byte) in changes {
            let len = bytes.len();
            bytes[at % len] = byte;
        }
        run(&bytes, &UploadPolicy::video(), walk);
    }
}
