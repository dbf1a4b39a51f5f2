#![no_main]
//! Any text: cues in order of time, or one line of error.
use libfuzzer_sys::fuzz_target;
use viralforge_core::Transcript;

fuzz_target!(|text: &str| {
    if let Err(error) = Transcript::parse(text) {
        assert!(!error.to_string().contains('\n'));
    }
});
