#![no_main]
//! Bytes behind the signature of Flash video: a verdict that agrees with itself, whole and in pieces.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| viralforge_fuzz::parser(b"FLV\x01\x05\0\0\0\x09\0\0\0\0", UploadPolicy::video(), bytes));
