#![no_main]
//! Bytes behind the signature of PNG: a verdict that agrees with itself, whole and in pieces.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| viralforge_fuzz::parser(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", UploadPolicy::image(), bytes));
