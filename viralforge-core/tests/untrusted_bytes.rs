//! Broken files are answered, never with a panic: the seeds of the fuzz targets, cut short and damaged in many ways.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use viralforge_core::{ErrorKind, Monitor, Source, probe};

/// Name and bytes of each seed; small files of every container, and what the fuzzer found to go wrong once.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| (file.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&file).unwrap())).collect()
}

/// Probes `bytes`; an error must be one line that blames the file.
#[track_caller]
fn probe_bytes(name: &str, bytes: &[u8]) -> Result<(), ErrorKind> {
    let source = Source::from_bytes(name, bytes);
    let Err(error) = probe(&source, &Monitor::new()) else { return Ok(()) };
    let text = error.to_string();
    assert!(text.starts_with(name) && !text.contains('\n'), "{text:?}");
    assert!(
        matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported | ErrorKind::LimitExceeded),
        "{text:?} is {:?}",
        error.kind()
    );
    Err(error.kind())
}

#[test]
fn whole_seeds_of_media_are_read_and_lists_of_other_files_are_refused() {
    let seeds = seeds();
    assert!(seeds.len() >= 10, "only {} seeds", seeds.len());
    for (name, bytes) in seeds {
        let refused = ["playlist.m3u8", "list.ffconcat", "header-cut-short.flac", "captions.srt", "captions.vtt"];
        let refused = refused.contains(&name.as_str()) || name.ends_with(".json");
        assert_eq!(probe_bytes(&name, &bytes).is_err(), refused, "{name}");
    }
}

#[test]
fn every_prefix_is_answered() {
    for (name, bytes) in seeds() {
        // Headers byte by byte, the rest in steps.
        for length in (0..bytes.len()).filter(|length| *length < 256 || length % 61 == 0) {
            let _ = probe_bytes(&name, &bytes[..length]);
        }
    }
}

#[test]
fn damaged_bytes_are_answered() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        // Xorshift (Marsaglia 2003): the same damage in every run.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for (name, bytes) in seeds() {
        for _ in 0..150 {
            let mut damaged = bytes.clone();
            for _ in 0..=random(4) {
                let at = random(damaged.len());
                damaged[at] = [0, 0xff, 0x7f, random(256) as u8][random(4)];
            }
            let _ = probe_bytes(&name, &damaged);
        }
    }
}
