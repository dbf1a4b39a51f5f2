#![no_main]
//! Bytes behind the signature of AVI: a verdict that agrees with itself, whole and in pieces.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| viralforge_fuzz::parser(b"RIFF\0\0\x01\0AVI ", UploadPolicy::video(), bytes));
