//! Still and animated images: JPEG, PNG, GIF, and what they share.

pub(crate) mod exif;
mod gif;
mod huffman;
mod jpeg;
mod png;
mod scan;

use std::io::{self, Read, Seek};

use super::code::Code;
use super::facts::Context;
use super::payload::{self, Payload};

pub(super) use self::gif::walk as walk_gif;
pub(super) use self::jpeg::walk as walk_jpeg;
pub(super) use self::png::{unpacks_too_far, walk as walk_png};
pub(super) use self::scan::shortfall as jpeg_shortfall;

/// Bytes of one piece of metadata that are searched.
const MAX_SEARCHED_BYTES: u64 = 1 << 20;

/// Looks for code anywhere in an image, picture data included: with some care it survives there even where a server
/// re-encodes images.
pub(super) fn search_code<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<()> {
    const STEP: u64 = 512 << 10;
    /// A tag may lie across two steps.
    const OVERLAP: u64 = 600;
    let mut at = 0;
    while at < cx.window.len() {
        let bytes = cx.window.look(at, (STEP + OVERLAP) as usize)?;
        if let Some((skip, what)) = payload::find_code(bytes) {
            cx.findings.add(Code::ActiveContent, Some(at + skip as u64), format!("{} in the image", what.name()));
            break;
        }
        at += STEP;
    }
    Ok(())
}

/// Looks for scripts and programs in a comment or other metadata: the image itself would be served as it is.
fn search<R: Read + Seek>(cx: &mut Context<'_, R>, at: u64, len: u64, what: &str) -> io::Result<()> {
    let bytes = cx.window.look(at, len.min(MAX_SEARCHED_BYTES) as usize)?;
    if let Some((skip, found)) = payload::find(bytes) {
        let code = match found {
            Payload::Html | Payload::Php | Payload::ServerPage => Code::ActiveContent,
            other => other.code(),
        };
        cx.findings.add(code, Some(at + skip as u64), format!("{} in {what}", found.name()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
