//! What kinds of boxes are left out, for the report.

use super::super::Job;
use super::super::report::RemovedKind;
use crate::error::Result;
use crate::validate::bmff::boxes::BoxHeader;

/// Nesting of descriptive boxes that is looked into.
const MAX_DEPTH: u32 = 4;
/// The type of a `uuid` box with XMP (XMP specification, part 3, 2.1).
const XMP: [u8; 16] = *b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";

/// Counts a box that is left out, and the places and covers inside it by themselves.
pub(super) fn note(job: &mut Job<'_>, header: &BoxHeader) -> Result<()> {
    note_at(job, header, 0)
}

/// Counts a box among tags that is left out.
pub(super) fn note_tag(job: &mut Job<'_>, header: &BoxHeader) -> Result<()> {
    note_at(job, header, 1)
}

fn note_at(job: &mut Job<'_>, header: &BoxHeader, depth: u32) -> Result<()> {
    let bytes = header.end - header.start;
    let what = match &header.kind {
        b"udta" | b"meta" | b"ilst" if depth < MAX_DEPTH => return note_children(job, header, depth),
        b"free" | b"skip" | b"wide" | b"junk" => RemovedKind::FreeSpace,
        b"sidx" | b"ssix" | b"mfra" | b"iods" => RemovedKind::Index,
        b"\xa9xyz" | b"loci" => RemovedKind::Location,
        b"covr" | b"thmb" => RemovedKind::Cover,
        b"pnot" | b"PICT" => RemovedKind::Preview,
        b"XMP_" => RemovedKind::Xmp,
        b"\xa9cmt" => RemovedKind::Comment,
        b"uuid" if job.source.look(header.body, 16)? == XMP => RemovedKind::Xmp,
        _ if depth > 0 => RemovedKind::Tags,
        _ => RemovedKind::UnknownBox,
    };
    job.removed.add(what, bytes);
    Ok(())
}

/// `udta`, `meta` or `ilst`: a list of tags, some of which matter more than others.
fn note_children(job: &mut Job<'_>, parent: &BoxHeader, depth: u32) -> Result<()> {
    // In MP4 `meta` has a version in front, in QuickTime it has none.
    let first = job.source.look(parent.body, 8)?.get(4..8) == Some(b"hdlr");
    let from = parent.body + if &parent.kind == b"meta" && !first { 4 } else { 0 };
    let children = job.source.boxes(from.min(parent.end), parent.end)?;
    // QuickTime lists the names of its values apart from them (QuickTime File Format, "Metadata").
    let mut has_place = false;
    for keys in children.iter().filter(|child| &child.kind == b"keys") {
        has_place |= job.source.bytes(keys.body, keys.end)?.windows(16).any(|w| w == b"location.ISO6709");
    }
    if has_place {
        job.removed.add(RemovedKind::Location, parent.end - parent.start);
        return Ok(());
    }
    for child in &children {
        note_at(job, child, depth + 1)?;
    }
    if children.is_empty() {
        job.removed.add(RemovedKind::Tags, parent.end - parent.start);
    }
    Ok(())
}
