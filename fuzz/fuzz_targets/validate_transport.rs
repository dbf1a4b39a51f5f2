#![no_main]
//! Bytes behind the signature of a transport stream: a verdict that agrees with itself, whole and in pieces.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| viralforge_fuzz::parser(b"\x47\x40\0\x10", UploadPolicy::video(), bytes));
