#![no_main]
//! Bytes behind the signature of MP3 with a tag: a verdict that agrees with itself, whole and in pieces.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| viralforge_fuzz::parser(b"ID3\x04\0\0\0\0\0\0", UploadPolicy::audio(), bytes));
