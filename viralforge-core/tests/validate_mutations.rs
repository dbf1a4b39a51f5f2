//! `validate_upload` on every good upload with bytes changed, put in, left out and moved at random: it never panics, its
//! report agrees with itself, and it reads and decodes no more than a bounded share of the file, which bounds its time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use viralforge_core::*;

/// Bytes that a walk of the container may read, as a multiple of the file's, and beyond: headers are read in blocks of
/// 8 KiB, and one table is checked against another.
const WALK_READS: (u64, u64) = (5, 1 << 20);
/// The same with samples of the media, which FFmpeg opens once for facts and twice for each place it decodes.
const DECODE_READS: (u64, u64) = (30, 8 << 20);
/// Pictures and pieces of sound that a check decodes of files as small as these at most.
const MAX_DECODED: u64 = 20_000;
/// Larger files have nothing in them that a smaller one has not.
const MAX_FILE_BYTES: usize = 3 << 20;

/// Somewhere in a file, or in its beginning: most of what a parser looks at stands there.
#[derive(Clone, Debug)]
struct Place {
    at: Index,
    in_beginning: bool,
}

impl Place {
    fn within(&self, len: usize) -> usize {
        self.at.index(if self.in_beginning { len.min(4096) } else { len } + 1)
    }
}

/// One change to a file.
#[derive(Clone, Debug)]
enum Change {
    Set(Place, u8),
    Put(Place, Vec<u8>),
    LeaveOut(Place, usize),
    Copy { from: Place, to: Place, len: usize },
    Cut(Place),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        match self {
            Self::Set(at, byte) => {
                if let Some(slot) = bytes.get_mut(at.within(len)) {
                    *slot = *byte;
                }
            }
            Self::Put(at, new) => {
                let at = at.within(len);
                bytes.splice(at..at, new.iter().copied());
            }
            Self::LeaveOut(at, count) => {
                let at = at.within(len);
                bytes.drain(at..(at + count).min(len));
            }
            Self::Copy { from, to, len: count } => {
                let (from, to) = (from.within(len), to.within(len));
                let piece = bytes[from..(from + count).min(len)].to_vec();
                bytes.splice(to..to, piece);
            }
            Self::Cut(at) => bytes.truncate(at.within(len)),
        }
    }
}

/// Up to `most` changes.
fn changes(most: usize) -> impl Strategy<Value = Vec<Change>> {
    let place = || (any::<Index>(), any::<bool>()).prop_map(|(at, in_beginning)| Place { at, in_beginning });
    let byte = || prop_oneof![Just(0u8), Just(0xff), Just(0x7f), Just(1), any::<u8>()];
    let change = prop_oneof![
        8 => (place(), byte()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => (place(), prop::collection::vec(byte(), 1..40)).prop_map(|(at, new)| Change::Put(at, new)),
        2 => (place(), 1usize..5000).prop_map(|(at, count)| Change::LeaveOut(at, count)),
        2 => (place(), place(), 1usize..5000).prop_map(|(from, to, len)| Change::Copy { from, to, len }),
        1 => place().prop_map(Change::Cut),
    ];
    prop::collection::vec(change, 1..=most)
}

/// Bytes that count how many of them were read.
struct Counted {
    bytes: Cursor<Vec<u8>>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(into)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// All good uploads with the policy of their slot.
fn good_uploads() -> Vec<(String, Vec<u8>, UploadPolicy)> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/media");
    let folder = std::env::var_os("VIRALFORGE_MEDIA").map_or(default, Into::into).join("uploads");
    let Ok(manifest) = std::fs::read(folder.join("manifest.json")) else {
        eprintln!("skipped: no {} (set VIRALFORGE_MEDIA)", folder.display());
        return Vec::new();
    };
    let manifest: Vec<Value> = serde_json::from_slice(&manifest).unwrap();
    let text = |case: &Value, key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let good = manifest.iter().filter(|case| case["expect"] == "accept").map(|case| {
        let policy = match text(case, "slot").as_str() {
            "image" => UploadPolicy::image(),
            "audio" => UploadPolicy::audio(),
            _ => UploadPolicy::video(),
        };
        let bytes = std::fs::read(folder.join("files").join(text(case, "file"))).unwrap();
        (text(case, "file"), bytes, policy.with_file_name(text(case, "upload_name")))
    });
    good.filter(|(_, bytes, _)| bytes.len() <= MAX_FILE_BYTES).collect()
}

/// Checks each good upload with that many sets of up to `most` changes.
fn check_all(depth: ValidationDepth, cases: u32, most: usize, (times, beyond): (u64, u64)) {
    for (name, original, policy) in good_uploads() {
        let policy = policy.with_depth(depth);
        let mut runner = TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..Default::default() });
        let result = runner.run(&changes(most), |changes| {
            let mut bytes = original.clone();
            changes.iter().for_each(|change| change.apply(&mut bytes));
            let (len, read) = (bytes.len() as u64, Arc::new(AtomicU64::new(0)));
            let reader = Counted { bytes: Cursor::new(bytes), read: Arc::clone(&read) };
            let source = Source::from_reader("upload", reader).unwrap();
            let report = validate_upload(&source, &policy, &Monitor::new())
                .map_err(|error| TestCaseError::fail(format!("no report: {error}")))?;
            let refused = report.findings.iter().any(|finding| finding.severity == Severity::Error);
            prop_assert_eq!(report.verdict == Verdict::Reject, refused);
            let read = read.load(Ordering::Relaxed);
            prop_assert!(read <= len * times + beyond, "{read} bytes read of {len}: {report:?}");
            let decoded = report.decoded.unwrap_or_default();
            let decoded = decoded.frames + decoded.audio_frames;
            prop_assert!(decoded <= MAX_DECODED, "{decoded} frames decoded");
            Ok(())
        });
        assert!(result.is_ok(), "{name}: {}", result.unwrap_err());
    }
}

#[test]
fn any_change_to_a_good_upload_is_walked_within_bounds() {
    check_all(ValidationDepth::Structure, 400, 7, WALK_READS);
}

#[test]
fn any_change_to_a_good_upload_is_decoded_within_bounds() {
    check_all(ValidationDepth::Decode, 40, 2, DECODE_READS);
}

/// The size of one packet is wrong, and so is where all later ones begin: none of them is of any use.
#[test]
fn thousands_of_packets_of_no_use_are_not_all_tried_at_every_place() {
    let uploads = good_uploads();
    let Some((_, bytes, policy)) = uploads.into_iter().find(|(name, ..)| name == "two_hours_low_bitrate.mp4") else {
        return;
    };
    let at = bytes.windows(4).position(|four| four == b"stsz").unwrap();
    let mut bytes = bytes;
    // Behind the name: version, size of all, count; then a size of four bytes for each.
    bytes[at + 16 + 4 * 100 + 2] = 2;
    let report = validate_upload(&Source::from_bytes("upload", bytes), &policy, &Monitor::new()).unwrap();
    let decoded = report.decoded.unwrap();
    assert!(decoded.damaged_frames > 900 && decoded.frames < 8000, "{decoded:?}");
    assert_eq!(report.verdict, Verdict::Reject);
}
