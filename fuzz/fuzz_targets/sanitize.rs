#![no_main]
//! Any bytes: refused, or a file that is taken again and stays as it is.
use libfuzzer_sys::fuzz_target;
use viralforge_core::{Monitor, Output, SanitizeOptions, Source, sanitize_upload};

fuzz_target!(|bytes: &[u8]| {
    let (folder, options, monitor) = (tempfile::tempdir().unwrap(), SanitizeOptions::default(), Monitor::new());
    let [clean, again] = ["clean", "again"].map(|name| folder.path().join(name));
    if sanitize_upload(&Source::from_bytes("fuzz", bytes), &Output::to_path(&clean), &options, &monitor).is_ok() {
        sanitize_upload(&Source::from_path(&clean).unwrap(), &Output::to_path(&again), &options, &monitor).unwrap();
        assert_eq!(std::fs::read(clean).unwrap(), std::fs::read(again).unwrap());
    }
});
