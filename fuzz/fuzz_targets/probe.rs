#![no_main]
//! Any bytes: an answer or one line of error, within the limits.
use libfuzzer_sys::fuzz_target;
use viralforge_core::Source;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = Source::from_bytes("fuzz", bytes) {
        assert!(!error.to_string().contains('\n'));
    }
});
