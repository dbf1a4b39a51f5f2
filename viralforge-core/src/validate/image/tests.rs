//! Walks over small images made by hand.

use proptest::prelude::*;

use super::super::code::Code;
use super::super::policy::UploadPolicy;
use super::super::testing::{Walk, assert_refused, assert_taken, walk as run};
use super::{walk_gif, walk_jpeg, walk_png};

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_be_bytes()[..], kind, body, &[0; 4]].concat()
}

fn png(more: &[u8]) -> Vec<u8> {
    let header = chunk(b"IHDR", b"\0\0\0\x10\0\0\0\x20\x08\0\0\0\0");
    [b"\x89PNG\r\n\x1a\n".as_slice(), &header, more, &chunk(b"IDAT", b"x"), &chunk(b"IEND", b"")].concat()
}

fn gif(frames: usize) -> Vec<u8> {
    let frame = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0".repeat(frames);
    [b"GIF89a\x10\0\x20\0\0\0\0".as_slice(), &frame, b"\x3b"].concat()
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xff, marker][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat()
}

fn jpeg(more: &[u8]) -> Vec<u8> {
    let frame = segment(0xc0, b"\x08\0\x20\0\x10\x01\x01\x11\0");
    let scan = [segment(0xda, b"\x01\x01\0\0\x3f\0"), b"\x12\xff\0\x34\xff\xd0\x56".to_vec()].concat();
    [b"\xff\xd8".as_slice(), more, &frame, &scan, b"\xff\xd9"].concat()
}

fn all() -> [(Vec<u8>, Walk); 3] {
    [(png(&[]), walk_png), (gif(1), walk_gif), (jpeg(&[]), walk_jpeg)]
}

#[test]
fn plain_images_are_taken_and_measured() {
    let policy = UploadPolicy::image();
    for (bytes, walk) in all() {
        let facts = assert_taken(&bytes, &policy, walk);
        assert_eq!((facts.tracks[0].width, facts.tracks[0].height), (16, 32));
    }
    assert_eq!(assert_taken(&gif(2), &policy, walk_gif).image_frames, Some(2));
    let moving = png(&chunk(b"acTL", &[0, 15, 66, 64, 0, 0, 0, 0]));
    assert_eq!(assert_taken(&moving, &policy, walk_png).image_frames, Some(1_000_000));
}

#[test]
fn an_image_that_is_cut_or_has_something_behind_it_is_refused() {
    let policy = UploadPolicy::image();
    for (bytes, walk) in all() {
        assert_refused(&bytes[..bytes.len() - 1], &policy, walk, Code::CutShort);
        assert_refused(&[bytes, b"PK\x03\x04".to_vec()].concat(), &policy, walk, Code::TrailingBytes);
    }
}

#[test]
fn code_in_comments_is_active_content() {
    let policy = UploadPolicy::image();
    assert_refused(&png(&chunk(b"tEXt", b"Comment\0<?php x")), &policy, walk_png, Code::ActiveContent);
    assert_refused(&jpeg(&segment(0xfe, b"<script>")), &policy, walk_jpeg, Code::ActiveContent);
    let comment = [&gif(1)[..13], b"\x21\xfe\x08<script>\0", &gif(1)[13..]].concat();
    assert_refused(&comment, &policy, walk_gif, Code::ActiveContent);
}

#[test]
fn a_further_picture_behind_a_photo_is_what_phones_write() {
    let both = [jpeg(&[]), jpeg(&[])].concat();
    let (_, findings) = run(&both, &UploadPolicy::image(), walk_jpeg);
    assert!(findings.has(Code::MotionPhoto) && !findings.rejected());
}

#[test]
fn many_tiny_frames_on_a_huge_canvas_are_a_bomb() {
    let mut bomb = gif(5000);
    bomb[6..10].copy_from_slice(&[0xff, 0x1f, 0xff, 0x1f]);
    assert_refused(&bomb, &UploadPolicy::image(), walk_gif, Code::TooManyFramePixels);
}

#[test]
fn a_text_that_unpacks_to_megabytes_is_a_bomb() {
    // One block of fixed codes: a literal zero, then as many copies of 258 bytes (code 285, distance 1) as it takes.
    // Copies are thirteen bits of 1100_0101 0_0000, so eight of them are thirteen bytes.
    let bits = |count: usize| {
        let mut all: Vec<u8> = vec![1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
        (0..count).for_each(|_| all.extend([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]));
        all.extend([0; 7]);
        all.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, bit| sum << 1 | bit)).collect::<Vec<u8>>()
    };
    let text = |count: usize| png(&chunk(b"zTXt", &[b"Comment\0\0\x78\xda".as_slice(), &bits(count)].concat()));
    let policy = UploadPolicy::image();
    assert_taken(&text(4000), &policy, walk_png);
    assert_refused(&text(4100), &policy, walk_png, Code::UnpacksTooLarge);
}

proptest! {
    #[test]
    fn any_change_to_an_image_is_walked_without_panic(at in 0usize..200, byte: u8, cut in 0usize..200) {
        for (mut bytes, walk) in all() {
            let len = bytes.len();
            bytes[at % len] = byte;
            run(&bytes, &UploadPolicy::image(), walk);
            bytes.truncate(cut % len);
            run(&bytes, &UploadPolicy::image(), walk);
        }
    }
}
