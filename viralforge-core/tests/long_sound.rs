//! Sound that lasts: it is neither held in memory nor decoded whole to be trusted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "tests")]

use std::path::Path;
use std::process::Command;

use viralforge_core::*;

/// Makes a file with the ffmpeg program; `false`, with a word on stderr, where it is not installed.
fn made(file: &Path, arguments: &[&str]) -> bool {
    let run = Command::new("ffmpeg").args(["-v", "error", "-y"]).args(arguments).arg(file).status();
    match run {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("skipped: ffmpeg: {error}");
            false
        }
    }
}

/// The most memory that this process ever had, in bytes.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
}

#[test]
fn a_hole_of_twenty_minutes_is_filled_without_holding_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hole.mkv");
    let late = "setts=ts=TS+gte(N\\,20)*1200000";
    let sine = ["-f", "lavfi", "-i", "sine=d=2:r=48000", "-ac", "2", "-c:a", "pcm_s16le", "-bsf:a", late];
    if !made(&file, &sine) {
        return;
    }
    let before = peak_bytes();
    let source = Source::from_path(&file).unwrap();
    let report = measure_loudness(&source, &LoudnessOptions::default(), &Monitor::new()).unwrap();
    assert!(report.integrated_lufs.is_some());
    // Twenty minutes of stereo are 460 MB.
    assert!(peak_bytes() - before < 100_000_000, "{} bytes more", peak_bytes() - before);
    let verdict = validate_upload(&source, &UploadPolicy::audio(), &Monitor::new()).unwrap();
    assert!(verdict.findings.iter().any(|finding| finding.code == "sound_gap"), "{verdict:?}");
}

#[test]
fn flac_longer_than_a_check_decodes_is_taken_and_refused_only_where_its_end_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.flac");
    if !made(&file, &["-f", "lavfi", "-i", "sine=d=400:r=44100", "-ac", "2"]) {
        return;
    }
    let check = |bytes: Vec<u8>| {
        let source = Source::from_bytes("long.flac", bytes);
        validate_upload(&source, &UploadPolicy::audio(), &Monitor::new()).unwrap()
    };
    let bytes = std::fs::read(&file).unwrap();
    let whole = check(bytes.clone());
    assert_eq!(whole.verdict, Verdict::Accept, "{:?}", whole.findings);
    assert!(whole.decoded.is_some_and(|decoded| !decoded.whole && decoded.audio_frames > 0));
    let half = check(bytes[..bytes.len() / 2].to_vec());
    assert!(half.findings.iter().any(|f| f.class == ReasonClass::Truncated), "{:?}", half.findings);
}
