//! Bytes after the end of the media.

use std::io::{self, Read, Seek};

use super::code::Code;
use super::facts::Context;
use super::payload;

/// Judges what stands from `at` to the end of the file, where the format says that nothing does.
pub(super) fn check<R: Read + Seek>(cx: &mut Context<'_, R>, at: u64) -> io::Result<()> {
    let len = cx.window.len();
    if at >= len {
        return Ok(());
    }
    let count = len - at;
    if cx.window.all_zero(at, len)? {
        cx.findings.add(Code::Padding, Some(at), format!("{count} zero bytes"));
        return Ok(());
    }
    let bytes = cx.window.look(at, usize::try_from(count).unwrap_or(usize::MAX))?;
    let found = payload::find(bytes);
    let shown: String = bytes.iter().take(16).map(|b| format!("{b:02x}")).collect();
    if let Some((skip, what)) = found {
        let message = format!("{} after the end of the media", what.name());
        cx.findings.add(what.code(), Some(at + skip as u64), message);
    }
    let message = format!("{count} bytes after the end, beginning with {shown}");
    let treatment = cx.policy.trailing_bytes;
    cx.findings.treat(treatment, Code::TrailingBytes, Some(at), message);
    Ok(())
}

/// Looks for an archive that readers would find from the end of the file, wherever in the media it hides.
pub(super) fn check_archive<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<()> {
    /// An archive's comment has at most 64 KiB behind a record of 22 bytes.
    const TAIL: u64 = (64 << 10) + 22;
    let len = cx.window.len();
    let tail = cx.window.look(len.saturating_sub(TAIL), TAIL as usize)?;
    if let Some(at) = payload::zip_directory_end(tail, len) {
        cx.findings.add(Code::HiddenArchive, Some(at), "the directory of a ZIP archive");
    }
    Ok(())
}
