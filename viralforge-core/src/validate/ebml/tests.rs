//! Walks over small Matroska files made by hand.

use proptest::prelude::*;

use super::super::code::Code;
use super::super::policy::UploadPolicy;
use super::super::testing::{assert_refused, assert_taken, walk as run};
use super::walk;

/// An element with an eight-byte size.
fn el(id: u32, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let id: Vec<u8> = id.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
    [&id[..], &(1u64 << 56 | body.len() as u64).to_be_bytes(), &body].concat()
}

fn track(more: &[u8]) -> Vec<u8> {
    let video = el(0xe0, &[&el(0xb0, &[&[1, 64]]), &el(0xba, &[&[240]])]);
    el(0xae, &[&el(0xd7, &[&[1]]), &el(0x83, &[&[1]]), &el(0x86, &[b"V_VP8"]), &video, more])
}

fn cluster(seconds: u32, times: &[i16]) -> Vec<u8> {
    let time = el(0xe7, &[&(seconds * 1000).to_be_bytes()]);
    let blocks: Vec<u8> = times.iter().flat_map(|t| el(0xa3, &[&[0x81], &t.to_be_bytes(), &[0x80, 1, 2, 3]])).collect();
    el(0x1f43_b675, &[&time, &blocks])
}

fn file(parts: &[&[u8]]) -> Vec<u8> {
    [el(0x1a45_dfa3, &[&el(0x4282, &[b"webm"])]), el(0x1853_8067, parts)].concat()
}

fn plain() -> Vec<u8> {
    file(&[&el(0x1654_ae6b, &[&track(&[])]), &cluster(0, &[0, 40, 80]), &cluster(1, &[0, 40])])
}

fn refused(bytes: &[u8], code: Code) {
    assert_refused(bytes, &UploadPolicy::video(), walk, code);
}

#[test]
fn a_plain_file_is_taken_and_measured() {
    let facts = assert_taken(&plain(), &UploadPolicy::video(), walk);
    let track = &facts.tracks[0];
    assert_eq!((track.width, track.height, track.frames), (320, 240, Some(5)));
    assert_eq!(track.codec.as_deref(), Some("vp8"));
    assert!(track.seconds.is_some_and(|s| (s - 1.3).abs() < 1e-9), "{:?}", track.seconds);
}

#[test]
fn a_live_recording_without_sizes_is_taken() {
    let mut live = plain();
    let at = live.windows(4).position(|w| w == [0x18, 0x53, 0x80, 0x67]).unwrap() + 4;
    live[at..at + 8].copy_from_slice(&[1, 255, 255, 255, 255, 255, 255, 255]);
    let at = live.windows(4).position(|w| w == [0x1f, 0x43, 0xb6, 0x75]).unwrap() + 4;
    live[at..at + 8].copy_from_slice(&[1, 255, 255, 255, 255, 255, 255, 255]);
    let facts = assert_taken(&live, &UploadPolicy::video(), walk);
    assert_eq!(facts.tracks[0].frames, Some(5));
}

#[test]
fn what_is_wrong_with_a_segment_is_found() {
    let tracks = el(0x1654_ae6b, &[&track(&[])]);
    refused(&plain()[..plain().len() - 1], Code::CutShort);
    refused(&[plain(), b"<html>".to_vec()].concat(), Code::TrailingBytes);
    refused(&file(&[&tracks, &cluster(0, &[0]), &cluster(61, &[0])]), Code::FrameGap);
    refused(&file(&[&tracks, &el(0x1f43_b675, &[])]), Code::BadElement);
    refused(&file(&[&tracks, &tracks, &cluster(0, &[0])]), Code::DuplicateHeader);
    refused(&file(&[&tracks, &el(0xec, &[b"..<script>"]), &cluster(0, &[0])]), Code::HiddenPayload);
}

#[test]
fn packed_and_protected_tracks_are_refused_but_stripped_headers_are_fine() {
    let encoded = |settings: &[u8]| {
        let list = el(0x6d80, &[&el(0x6240, &[settings])]);
        file(&[&el(0x1654_ae6b, &[&track(&list)]), &cluster(0, &[0, 40])])
    };
    refused(&encoded(&el(0x5034, &[&el(0x4254, &[&[0]])])), Code::CompressedTrack);
    refused(&encoded(&el(0x5033, &[&[1]])), Code::Encrypted);
    assert_taken(&encoded(&el(0x5034, &[&el(0x4254, &[&[3]])])), &UploadPolicy::video(), walk);
}

#[test]
fn a_page_in_an_element_that_no_reader_knows_is_refused_and_in_a_name_only_told() {
    let named = |id| file(&[&el(0x1654_ae6b, &[&track(&el(id, &[b"<html><body>"]))]), &cluster(0, &[0, 40])]);
    refused(&named(0x63ca), Code::HiddenPayload);
    assert_taken(&named(0x536e), &UploadPolicy::video(), walk);
}

/// A track of subtitles whose blocks are packed in some way, with these blocks.
fn subtitled(algorithm: u8, flags: u8, blocks: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let encodings = el(0x6d80, &[&el(0x6240, &[&el(0x5034, &[&el(0x4254, &[&[algorithm]])])])]);
    let entry = el(0xae, &[&el(0xd7, &[&[2]]), &el(0x83, &[&[0x11]]), &el(0x86, &[b"S_HDMV/PGS"]), &encodings]);
    let blocks: Vec<u8> = blocks.iter().flat_map(|block| el(0xa3, &[&[0x82, 0, 0, flags], block.as_ref()])).collect();
    let subtitles = el(0x1f43_b675, &[&el(0xe7, &[&[0]]), &blocks]);
    file(&[&el(0x1654_ae6b, &[&track(&[]), &entry]), &cluster(0, &[0, 40]), &subtitles])
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn packed_subtitles_are_taken_unless_they_unpack_to_far_more_than_they_are() {
    let policy = UploadPolicy::video();
    let text = deflated(&b"Good evening. ".repeat(20));
    assert_taken(&subtitled(0, 0, &[&text; 50]), &policy, walk);
    // One block, or many that each are small enough.
    refused(&subtitled(0, 0, &[&text, &deflated(&vec![0; 2 << 20])]), Code::TrackUnpacksTooLarge);
    let large = deflated(&vec![0; 30 << 20]);
    assert!(large.len() > 20_000);
    refused(&subtitled(0, 0, &[&large]), Code::TrackUnpacksTooLarge);
    let half = deflated(&vec![0; 512 << 10]);
    assert_taken(&subtitled(0, 0, &[&half; 10]), &policy, walk);
    refused(&subtitled(0, 0, &[&half; 60]), Code::TrackUnpacksTooLarge);
    refused(&subtitled(0, 0x04, &[&text]), Code::CompressedTrack);
    refused(&subtitled(2, 0, &[&text]), Code::CompressedTrack);
    assert_taken(&subtitled(3, 0, &[&deflated(&vec![0; 2 << 20])]), &policy, walk);
}

#[test]
fn sound_that_pauses_for_very_long_is_told_apart_from_pictures_that_do() {
    let sound = el(0xe1, &[&el(0x9f, &[&[2]]), &el(0xb5, &[&48000f32.to_be_bytes()])]);
    let entry = el(0xae, &[&el(0xd7, &[&[1]]), &el(0x83, &[&[2]]), &el(0x86, &[b"A_OPUS"]), &sound]);
    let bytes = file(&[&el(0x1654_ae6b, &[&entry]), &cluster(0, &[0, 20]), &cluster(700, &[0])]);
    let (_, findings) = run(&bytes, &UploadPolicy::audio(), walk);
    assert!(findings.has(Code::SoundGap) && !findings.has(Code::FrameGap));
}

#[test]
fn programs_are_no_attachments_and_covers_and_fonts_are() {
    let attached = |name: &[u8], data: &[u8]| {
        let one = el(0x61a7, &[&el(0x466e, &[name]), &el(0x465c, &[data])]);
        file(&[&el(0x1654_ae6b, &[&track(&[])]), &el(0x1941_a469, &[&one]), &cluster(0, &[0, 40])])
    };
    refused(&attached(b"a.ttf", b"\x7fELF\x02\x01\x01\0"), Code::AttachedProgram);
    refused(&attached(b"a.exe", b"whatever it holds, it runs"), Code::AttachedProgram);
    for (name, data) in [(b"a.ttf", b"\0\x01\0\0\0\x0f".as_slice()), (b"c.png", b"\x89PNG\r\n\x1a\n")] {
        assert_taken(&attached(name, data), &UploadPolicy::video(), walk);
    }
}

proptest! {
    #[test]
    fn any_change_to_a_file_is_walked_without_panic(at in 0usize..500, byte: u8, cut in 0usize..500) {
        let mut bytes = plain();
        let len = bytes.len();
        bytes[at % len] = byte;
        run(&bytes, &UploadPolicy::video(), walk);
        bytes.truncate(cut % len);
        run(&bytes, &UploadPolicy::video(), walk);
    }
}
