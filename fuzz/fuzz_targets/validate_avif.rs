#![no_main]
//! Bytes behind the signature of AVIF: a verdict that agrees with itself, whole and in pieces.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| viralforge_fuzz::parser(
    b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
    UploadPolicy::image(),
    bytes
));
