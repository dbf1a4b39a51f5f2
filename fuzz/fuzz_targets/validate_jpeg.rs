#![no_main]
//! Bytes behind the signature of JPEG: a verdict that agrees with itself, whole and in pieces, and of the picture data.
use libfuzzer_sys::fuzz_target;
use viralforge_core::UploadPolicy;

fuzz_target!(|bytes: &[u8]| {
    viralforge_fuzz::parser(b"\xff\xd8\xff", UploadPolicy::image(), bytes);
    viralforge_fuzz::report(bytes, &UploadPolicy::image());
});
