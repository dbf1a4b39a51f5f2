#![no_main]
//! Bytes behind the signature of MP4: a verdict that agrees with itself, whole and in pieces.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| viralforge_fuzz::parser(
    b"\0\0\0\x18ftypisom\0\0\0\0isommp41",
    UploadPolicy::video(),
    bytes
));
