#![no_main]
//! Any bytes: an answer within the limits, or one line of error.
use libfuzzer_sys::fuzz_target;
use viralforge_core::{Limits, Monitor, Source, probe};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default().with_max_streams(8).with_max_frame_pixels(1 << 20);
    let source = Source::from_bytes("fuzz", bytes);
    match probe(&source.with_limits(limits), &Monitor::new()) {
        Ok(info) => assert!(info.streams.len() <= 8 && info.byte_len == bytes.len() as u64),
        Err(error) => assert!(!error.to_string().contains('\n') && error.code() != "backend", "{error}"),
    }
});
