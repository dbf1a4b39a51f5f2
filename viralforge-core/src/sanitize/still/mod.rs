//! Pictures: the segments, chunks and blocks that decoding and right colors need.

mod exif;
pub(super) mod gif;
pub(super) mod jpeg;
pub(super) mod png;
pub(super) mod webp;
