//! Walks over small movies made by hand.

use proptest::prelude::*;

use super::super::code::Code;
use super::super::policy::UploadPolicy;
use super::super::testing::{assert_refused, assert_taken, walk as run};
use super::walk;

fn bx(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, &body].concat()
}

fn words(all: &[u32]) -> Vec<u8> {
    all.iter().flat_map(|w| w.to_be_bytes()).collect()
}

/// A movie of `samples.len()` frames in one chunk at `offset`.
struct Movie {
    scale: u32,
    deltas: Vec<(u32, u32)>,
    sizes: Vec<u32>,
    offset: u32,
    entry: [u8; 4],
    width: u16,
    data_flags: u32,
    extra: Vec<u8>,
}

impl Default for Movie {
    fn default() -> Self {
        Self {
            scale: 25,
            deltas: vec![(3, 1)],
            sizes: vec![10, 20, 30],
            offset: 24,
            entry: *b"avc1",
            width: 320,
            data_flags: 1,
            extra: Vec::new(),
        }
    }
}

impl Movie {
    fn moov(&self) -> Vec<u8> {
        let entry =
            bx(&self.entry, &[&[0; 6], &[0, 1], &[0; 16], &self.width.to_be_bytes(), &240u16.to_be_bytes(), &[0; 50]]);
        let deltas: Vec<u32> = self.deltas.iter().flat_map(|&(n, d)| [n, d]).collect();
        let count = self.sizes.len() as u32;
        let stbl = bx(
            b"stbl",
            &[
                &bx(b"stsd", &[&words(&[0, 1]), &entry]),
                &bx(b"stts", &[&words(&[0, self.deltas.len() as u32]), &words(&deltas)]),
                &bx(b"stsc", &[&words(&[0, 1, 1, count, 1])]),
                &bx(b"stsz", &[&words(&[0, 0, count]), &words(&self.sizes)]),
                &bx(b"stco", &[&words(&[0, 1, self.offset])]),
            ],
        );
        let dref = bx(b"dref", &[&words(&[0, 1]), &bx(b"url ", &[&words(&[self.data_flags]), b"http://x/y\0"])]);
        let minf = bx(b"minf", &[&bx(b"dinf", &[&dref]), &stbl]);
        let mdhd = bx(b"mdhd", &[&words(&[0, 0, 0, self.scale, 3, 0])]);
        let hdlr = bx(b"hdlr", &[&words(&[0, 0]), b"vide", &[0; 13]]);
        let mdia = bx(b"mdia", &[&mdhd, &hdlr, &minf]);
        let tkhd = bx(b"tkhd", &[&words(&[0, 0, 0, 1]), &[0; 68]]);
        let mvhd = bx(b"mvhd", &[&words(&[0, 0, 0, 1000, 120]), &[0; 80]]);
        bx(b"moov", &[&mvhd, &bx(b"trak", &[&tkhd, &mdia]), &self.extra])
    }

    fn file(&self) -> Vec<u8> {
        [bx(b"ftyp", &[b"isom\0\0\0\0"]), bx(b"mdat", &[&[7; 60]]), self.moov()].concat()
    }

    fn refused(&self, code: Code) {
        assert_refused(&self.file(), &UploadPolicy::video(), walk, code);
    }
}

#[test]
fn a_plain_movie_is_taken_and_measured() {
    let facts = assert_taken(&Movie::default().file(), &UploadPolicy::video(), walk);
    let track = &facts.tracks[0];
    assert_eq!((track.width, track.height, track.frames, track.seconds), (320, 240, Some(3), Some(0.12)));
    assert_eq!(track.codec.as_deref(), Some("h264"));
    assert_eq!(facts.seconds, Some(0.12));
}

#[test]
fn each_lie_of_the_tables_is_found() {
    let movie = Movie::default;
    Movie { offset: 25 + 60, ..movie() }.refused_by_len();
    Movie { scale: 0, ..movie() }.refused(Code::BadTimeScale);
    Movie { deltas: vec![(1, 25 * 61), (2, 1)], ..movie() }.refused(Code::FrameGap);
    Movie { data_flags: 0, ..movie() }.refused(Code::ExternalData);
    Movie { entry: *b"encv", ..movie() }.refused(Code::Encrypted);
    Movie { extra: bx(b"cmov", &[b"x"]), ..movie() }.refused(Code::CompressedHeader);
    Movie { extra: bx(b"mdat", &[b"x"]), ..movie() }.refused(Code::BadBox);
    Movie { extra: bx(b"rmra", &[b"x"]), ..movie() }.refused(Code::ExternalData);
}

impl Movie {
    fn refused_by_len(&self) {
        let mut movie = Self { offset: self.offset, ..Self::default() };
        // The last sample ends exactly at the end of the file, then one byte behind it.
        movie.offset = movie.file().len() as u32 - 60;
        assert_taken(&movie.file(), &UploadPolicy::video(), walk);
        movie.offset += 1;
        movie.refused(Code::SampleOutsideFile);
    }
}

#[test]
fn a_count_without_the_bytes_for_it_is_refused_at_once() {
    let file = Movie::default().file();
    let at = file.windows(4).position(|w| w == b"stsz").unwrap() + 12;
    let mut lie = file.clone();
    lie[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_refused(&lie, &UploadPolicy::video(), walk, Code::BadTable);
}

#[test]
fn what_stands_around_the_movie_is_judged() {
    let policy = UploadPolicy::video();
    let movie = Movie::default();
    let refused = |file: Vec<u8>, code| assert_refused(&file, &policy, walk, code);
    refused([movie.file(), movie.moov()].concat(), Code::DuplicateHeader);
    refused([movie.file(), b"<html>".to_vec()].concat(), Code::TrailingBytes);
    refused([movie.file(), bx(b"free", &[b"..<script>alert(1)</script>"])].concat(), Code::HiddenPayload);
    refused([movie.file(), bx(b"uuid", &[b"%PDF-1.4"])].concat(), Code::HiddenPayload);
    refused(movie.file()[..84].to_vec(), Code::NoHeader);
    refused(movie.file()[..movie.file().len() - 1].to_vec(), Code::CutShort);
    let padded = [movie.file(), vec![0; 99]].concat();
    assert_taken(&padded, &policy, walk);
}

#[test]
fn depth_and_number_of_boxes_cost_no_stack_and_no_time() {
    let mut nested = Vec::new();
    for _ in 0..5000 {
        nested = bx(b"udta", &[&nested]);
    }
    Movie { extra: nested, ..Movie::default() }.refused(Code::TooDeep);
    let many = vec![bx(b"trak", &[]); 5000].concat();
    let (facts, _) = run(&Movie { extra: many, ..Movie::default() }.file(), &UploadPolicy::video(), walk);
    assert_eq!(facts.track_count, 5001);
    assert!(facts.tracks.len() <= 33);
}

#[test]
fn fragments_are_followed_into_the_media() {
    let mvex = bx(b"mvex", &[&bx(b"trex", &[&words(&[0, 1, 1, 5, 10, 0])])]);
    let movie = Movie { sizes: vec![], deltas: vec![], extra: mvex, ..Movie::default() };
    let fragment = |offset: u32| {
        let traf = bx(
            b"traf",
            &[
                &bx(b"tfhd", &[&words(&[0x2_0000, 1])]),
                &bx(b"tfdt", &[&words(&[0, 0])]),
                &bx(b"trun", &[&words(&[1, 4, offset])]),
            ],
        );
        [bx(b"moof", &[&traf]), bx(b"mdat", &[&[7; 40]])].concat()
    };
    let whole = [movie.file(), fragment(76)].concat();
    let facts = assert_taken(&whole, &UploadPolicy::video(), walk);
    assert_eq!((facts.tracks[0].frames, facts.tracks[0].seconds), (Some(4), Some(0.8)));
    assert_refused(&[movie.file(), fragment(77)].concat(), &UploadPolicy::video(), walk, Code::SampleOutsideFile);
}

proptest! {
    #[test]
    fn any_change_to_a_movie_is_walked_without_panic(at in 0usize..900, byte: u8, cut in 0usize..900) {
        let mut file = Movie::default().file();
        let len = file.len();
        file[at % len] = byte;
        run(&file, &UploadPolicy::video(), walk);
        file.truncate(cut % len);
        run(&file, &UploadPolicy::video(), walk);
    }
}
