#![no_main]
//! Any bytes: a verdict with reasons, never an error; a refusal says why.
use libfuzzer_sys::fuzz_target;
use viralforge_core::{Limits, Monitor, Source, UploadPolicy, Verdict, validate_upload};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default().with_max_frames(20).with_max_frame_pixels(1 << 18);
    let source = Source::from_bytes("fuzz", bytes);
    match validate_upload(&source.with_limits(limits), &UploadPolicy::video(), &Monitor::new()) {
        Ok(report) => assert!(report.verdict == Verdict::Accept || !report.findings.is_empty()),
        Err(error) => panic!("{error}"),
    }
});
