//! Walks a container from end to end, without FFmpeg.

use std::io::{self, Read, Seek};

use super::bmff;
use super::facts::{Context, Facts};
use super::signature::FileKind;

/// Walks a file of that kind; `None` where there is no walk for it.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>, kind: FileKind) -> io::Result<Option<Facts>> {
    use FileKind::*;
    Ok(match kind {
        Mp4 | Mov | ThreeGp | M4a | M4v | Avif | Heif => Some(bmff::walk(cx)?),
        _ => None,
    })
}
