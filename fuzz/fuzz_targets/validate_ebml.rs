#![no_main]
//! Bytes behind the signature of WebM: a verdict that agrees with itself, whole and in pieces.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| viralforge_fuzz::parser(
    b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm",
    UploadPolicy::video(),
    bytes
));
