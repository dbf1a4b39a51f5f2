//! The test material, which lies outside the repository.

use std::path::{Path, PathBuf};

/// A file of the material; `None`, with a word about it, where it is not there.
pub(crate) fn media(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("VIRALFORGE_MEDIA").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/media"));
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("skipped: {} is not there (VIRALFORGE_MEDIA names the folder of the test material)", path.display());
    None
}

/// 12 s of H.264 and AAC, moov first.
pub(crate) fn dialogue() -> Option<PathBuf> {
    media("real/demo/tears-of-steel-bridge-dialogue-720p-12s.mp4")
}

/// 52 s of H.264 and AAC.
pub(crate) fn trailer() -> Option<PathBuf> {
    media("real/demo/sintel-trailer-720p-52s.mp4")
}
