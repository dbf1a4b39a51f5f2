//! Descriptive boxes: titles, places, chapters, covers. Many programs write them wrongly, so nothing here is strict.

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::Context;
use super::super::payload::{self, Payload};
use super::boxes::{BoxHeader, Strictness::Lenient, children};

/// Containers of such boxes are nested about four deep; no file needs more.
const MAX_DEPTH: u32 = 8;
/// Bytes of one box that are searched; covers are larger and are pictures.
const MAX_SEARCHED_BYTES: u64 = 256 << 10;

/// Walks `udta` or `meta`.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>, parent: &BoxHeader) -> io::Result<()> {
    walk_at(cx, parent, 0)
}

fn walk_at<R: Read + Seek>(cx: &mut Context<'_, R>, parent: &BoxHeader, depth: u32) -> io::Result<()> {
    if depth > MAX_DEPTH {
        cx.findings.add(Code::TooDeep, Some(parent.start), format!("{depth} boxes inside each other"));
        return Ok(());
    }
    // In MP4 `meta` has a version in front, in QuickTime it has none.
    let is_full = &parent.kind == b"meta" && cx.window.array::<4>(parent.body + 4)?.is_some_and(|k| &k != b"hdlr");
    let from = parent.body + if is_full { 4 } else { 0 };
    for header in children(cx, from.min(parent.end), parent.end, Lenient)? {
        match &header.kind {
            b"meta" | b"ilst" | b"udta" => walk_at(cx, &header, depth + 1)?,
            b"\xa9xyz" | b"loci" => cx.findings.treat(cx.policy.location, Code::Gps, Some(header.start), header.name()),
            b"chpl" => cx.findings.add(Code::Chapters, Some(header.start), "a list of chapters"),
            b"covr" => cx.findings.add(Code::AttachedPicture, Some(header.start), "a cover"),
            _ => search(cx, &header)?,
        }
    }
    Ok(())
}

/// Space that has no content.
fn is_free(kind: &[u8; 4]) -> bool {
    matches!(kind, b"free" | b"skip" | b"wide" | b"junk")
}

/// Looks into boxes that no player reads, which may stand anywhere.
pub(super) fn search_free<R: Read + Seek>(cx: &mut Context<'_, R>, boxes: &[BoxHeader]) -> io::Result<()> {
    for free in boxes.iter().filter(|b| is_free(&b.kind) || &b.kind == b"uuid") {
        search(cx, free)?;
    }
    Ok(())
}

/// Looks at the bytes of one descriptive box.
pub(super) fn search<R: Read + Seek>(cx: &mut Context<'_, R>, header: &BoxHeader) -> io::Result<()> {
    let bytes = cx.window.look(header.body, header.body_len().min(MAX_SEARCHED_BYTES) as usize)?;
    let found = payload::find(bytes);
    let location = bytes.windows(16).any(|w| w == b"location.ISO6709");
    // A value is a `data` box of type 1, UTF-8; QuickTime's own text has other encodings.
    let text = Some(bytes).filter(|b| b.get(4..12) == Some(b"data\0\0\0\x01")).and_then(|b| b.get(16..));
    let is_utf8 = text.is_none_or(|t| std::str::from_utf8(t).is_ok()) || bytes.len() as u64 >= MAX_SEARCHED_BYTES;
    if location {
        cx.findings.treat(cx.policy.location, Code::Gps, Some(header.start), "location.ISO6709");
    }
    if !is_utf8 {
        cx.findings.add(Code::MetadataNotUtf8, Some(header.start), header.name());
    }
    if let Some((skip, what)) = found {
        let at = Some(header.body + skip as u64);
        let message = format!("{} in {}", what.name(), header.name());
        match what {
            Payload::Html | Payload::Playlist if !is_free(&header.kind) => {
                cx.findings.add(Code::MetadataMarkup, at, message);
            }
            Payload::Php | Payload::ServerPage if !is_free(&header.kind) => {
                cx.findings.add(Code::ActiveContent, at, message)
            }
            _ => cx.findings.add(what.code(), at, message),
        }
    }
    Ok(())
}
