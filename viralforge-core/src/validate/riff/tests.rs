//! Walks over small RIFF files made by hand.

use proptest::prelude::*;

use super::super::code::Code;
use super::super::policy::UploadPolicy;
use super::super::testing::{Walk, assert_refused, assert_taken, walk as run};
use super::{walk_avi, walk_wav, walk_webp};

fn chunk(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let mut body = parts.concat();
    let size = (body.len() as u32).to_le_bytes();
    body.resize(body.len().next_multiple_of(2), 0);
    [&kind[..], &size, &body].concat()
}

fn avi(stream: &[u8; 4], packet: &[u8]) -> Vec<u8> {
    let words = |all: &[u32]| all.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
    let header = chunk(b"strh", &[stream, &words(&[0, 0, 0, 0, 1, 25, 0, 50, 0, 0, 0])]);
    let format = chunk(b"strf", &[&words(&[40, 320, 240, 0]), b"FMP4", &[0; 20]]);
    let list = chunk(b"LIST", &[b"hdrl", &chunk(b"LIST", &[b"strl", &header, &format])]);
    chunk(b"RIFF", &[b"AVI ", &list, &chunk(b"LIST", &[b"movi", &chunk(b"00dc", &[packet])])])
}

fn wav(data_bytes: usize) -> Vec<u8> {
    let format = chunk(b"fmt ", &[b"\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"]);
    chunk(b"RIFF", &[b"WAVE", &format, &chunk(b"data", &[&vec![1; data_bytes]])])
}

fn webp() -> Vec<u8> {
    chunk(b"RIFF", &[b"WEBP", &chunk(b"VP8 ", &[b"\0\0\0\x9d\x01\x2a\x10\0\x20\0"])])
}

fn all() -> [(Vec<u8>, Walk); 3] {
    [(avi(b"vids", b"xx"), walk_avi), (wav(100), walk_wav), (webp(), walk_webp)]
}

#[test]
fn plain_files_are_taken_and_measured() {
    let policy = UploadPolicy::video();
    let track = assert_taken(&avi(b"vids", b"xx"), &policy, walk_avi).tracks.remove(0);
    assert_eq!((track.width, track.height, track.seconds), (320, 240, Some(2.0)));
    assert_eq!(track.codec.as_deref(), Some("mpeg4"));
    let track = assert_taken(&wav(16_000), &policy, walk_wav).tracks.remove(0);
    assert_eq!((track.sample_rate_hz, track.channels, track.seconds), (8000, 1, Some(1.0)));
    let facts = assert_taken(&webp(), &UploadPolicy::image(), walk_webp);
    assert_eq!((facts.tracks[0].width, facts.tracks[0].height, facts.image_frames), (16, 32, Some(1)));
}

#[test]
fn a_file_that_is_cut_or_has_something_behind_it_is_refused() {
    let policy = UploadPolicy::video();
    for (bytes, walk) in all() {
        assert_refused(&bytes[..bytes.len() - 2], &policy, walk, Code::CutShort);
        assert_refused(&[bytes, b"<html><p>".to_vec()].concat(), &policy, walk, Code::TrailingBytes);
    }
}

#[test]
fn a_playlist_counts_in_a_text_track_only() {
    let policy = UploadPolicy::video();
    let gab2 = b"GAB2\0\x02\0\0\0\0\x04\0\x4f\0\0\0#EXTM3U\nfile:///etc/passwd";
    assert_refused(&avi(b"txts", gab2), &policy, walk_avi, Code::SubtitlePlaylist);
    assert_taken(&avi(b"vids", gab2), &policy, walk_avi);
}

#[test]
fn sound_of_unknown_size_is_taken() {
    let mut live = wav(100);
    let at = live.windows(4).position(|w| w == b"data").unwrap() + 4;
    live[at..at + 4].copy_from_slice(&[0xff; 4]);
    assert_taken(&live, &UploadPolicy::audio(), walk_wav);
}

proptest! {
    #[test]
    fn any_change_to_a_file_is_walked_without_panic(at in 0usize..300, byte: u8, cut in 0usize..300) {
        for (mut bytes, walk) in all() {
            let len = bytes.len();
            bytes[at % len] = byte;
            run(&bytes, &UploadPolicy::video(), walk);
            bytes.truncate(cut % len);
            run(&bytes, &UploadPolicy::video(), walk);
        }
    }
}
