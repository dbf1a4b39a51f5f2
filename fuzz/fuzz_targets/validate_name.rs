#![no_main]
//! Any name: a verdict, and a safe name that is safe.
use libfuzzer_sys::fuzz_target;
use viralforge_core::{UploadPolicy, ValidationDepth};

fuzz_target!(|name: &str| {
    let check = |name: &str| {
        let policy = UploadPolicy::image().with_depth(ValidationDepth::Signature).with_file_name(name);
        viralforge_fuzz::report(b"GIF89a", &policy)
    };
    let safe = check(name).safe_name;
    let again = check(&safe);
    assert!(again.safe_name == safe && again.findings.iter().all(|f| f.code != "bad_file_name"), "{safe:?}");
});
