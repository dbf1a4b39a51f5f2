#![no_main]
//! Bytes behind the signature of AAC in ADTS: a verdict that agrees with itself, whole and in pieces.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| viralforge_fuzz::parser(b"\xff\xf1\x50\x80\x02\x1f\xfc", UploadPolicy::audio(), bytes));
