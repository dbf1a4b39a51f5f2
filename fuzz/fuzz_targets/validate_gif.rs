#![no_main]
//! Bytes behind the signature of GIF: a verdict that agrees with itself, whole and in pieces.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| viralforge_fuzz::parser(b"GIF89a", UploadPolicy::image(), bytes));
