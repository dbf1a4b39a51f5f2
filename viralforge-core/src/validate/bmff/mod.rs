//! ISO base media files (MP4, MOV, 3GP, AVIF): the boxes of the file itself.

pub(crate) mod boxes;
mod entry;
mod fragment;
mod item;
mod metadata;
mod movie;
mod table;

use std::io::{self, Read, Seek};

use self::boxes::{BoxHeader, MAX_CHILDREN, Next};
use super::code::Code;
use super::facts::{Context, Facts};
use super::payload;
use super::rules;
use super::trailing;
use super::window::fourcc;

/// Boxes that stand at the top of real files; one of them with a size beyond the end means that the end is missing.
const FILE_BOXES: [&[u8; 4]; 22] = [
    b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"uuid", b"sidx", b"ssix", b"mfra",
    b"meta", b"meco", b"pdin", b"prft", b"emsg", b"pnot", b"PICT", b"udta", b"imda", b"junk",
];
/// No file has a box of a tebibyte: such a size is nonsense, not truncation.
const ABSURD_BYTES: u64 = 1 << 40;
/// Bytes of free space that are searched for hidden things, in all.
const MAX_SEARCHED_BYTES: u64 = 16 << 20;

/// What the boxes of the file have told so far.
#[derive(Default)]
struct File {
    moov: Option<BoxHeader>,
    /// Where the first media data begins.
    media: Option<u64>,
    /// Boxes of media data.
    media_boxes: Vec<BoxHeader>,
    has_fragments: bool,
    searched: u64,
}

/// Walks the whole file.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let mut facts = Facts::default();
    let mut file = File::default();
    let mut fragments = fragment::Fragments::default();
    let len = cx.window.len();
    let mut at = 0;
    for count in 0.. {
        if count == MAX_CHILDREN {
            cx.findings.add(Code::TooManyParts, Some(at), format!("more than {count} boxes"));
            break;
        }
        match boxes::next(&mut cx.window, at, len)? {
            Next::End => break,
            Next::Box(header) if is_known(header.kind) || count > 0 && is_printable(header.kind) => {
                visit(cx, &header, &mut file, &mut fragments, &mut facts)?;
                at = header.end;
            }
            Next::Over(header) if is_known(header.kind) => {
                over(cx, &header, &mut file);
                break;
            }
            Next::BadSize(kind) if is_known(kind) => {
                cx.findings.add(
                    Code::BadBox,
                    Some(at),
                    format!("size of {} is smaller than its header", fourcc(&kind)),
                );
                break;
            }
            Next::Short if at + 8 <= len => {
                cx.findings.add(Code::CutShort, Some(at), "the header of the last box is cut off");
                break;
            }
            _ => {
                trailing::check(cx, at)?;
                break;
            }
        }
    }
    if file.moov.is_none() && facts.image_frames.is_none() {
        let message =
            if file.has_fragments { "fragments without the header that describes them" } else { "no moov box" };
        cx.findings.add(Code::NoHeader, None, message);
    }
    if let Some(moov) = file.moov.filter(|moov| file.media.is_some_and(|media| media < moov.start)) {
        cx.findings.add(Code::MoovLast, Some(moov.start), "moov after mdat");
    }
    if !fragments.expected() {
        search_unused(cx, &file, &facts)?;
    }
    fragments.finish(cx, &mut facts);
    if facts.image_frames.is_some() {
        // A moving picture has its frames in a movie.
        facts.image_frames = facts.tracks.iter().filter_map(|track| track.frames).max().or(facts.image_frames);
    }
    Ok(facts)
}

fn visit<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    header: &BoxHeader,
    file: &mut File,
    fragments: &mut fragment::Fragments,
    facts: &mut Facts,
) -> io::Result<()> {
    match &header.kind {
        b"moov" if file.moov.is_some() => {
            cx.findings.add(Code::DuplicateHeader, Some(header.start), "a second moov box");
        }
        b"moov" => {
            file.moov = Some(*header);
            facts.metadata_bytes += header.body_len();
            movie::walk(cx, header, fragments, facts)?;
            rules::judge_header(facts, cx.policy, cx.findings);
            if !fragments.expected() {
                rules::judge_length(facts, cx.policy, cx.findings);
            }
        }
        b"mdat" | b"imda" => {
            file.media.get_or_insert(header.start);
            file.media_boxes.push(*header);
            media_start(cx, header)?;
        }
        b"moof" => {
            file.has_fragments = true;
            facts.metadata_bytes += header.body_len();
            fragments.add(cx, header)?;
        }
        b"sidx" => fragment::check_index(cx, header)?,
        b"meta" => {
            facts.metadata_bytes += header.body_len();
            item::walk(cx, header, facts)?;
        }
        b"ftyp" | b"styp" => {
            if header.body_len() < 8 {
                cx.findings.add(Code::BadBox, Some(header.start), "ftyp has no brand");
            }
        }
        b"udta" => {
            facts.metadata_bytes += header.body_len();
            metadata::walk(cx, header)?;
        }
        b"free" | b"skip" | b"wide" | b"junk" => search(cx, header, file)?,
        _ => {
            facts.metadata_bytes += header.body_len();
            search(cx, header, file)?;
        }
    }
    Ok(())
}

/// A box whose size reaches beyond the end of the file.
fn over<R: Read + Seek>(cx: &mut Context<'_, R>, header: &BoxHeader, file: &mut File) {
    let bytes = header.end - header.start;
    if bytes >= ABSURD_BYTES {
        cx.findings.add(Code::BadBox, Some(header.start), format!("{} claims {bytes} bytes", header.name()));
    } else {
        let percent = cx.percent_of(header.end);
        let message = format!("{} ends at byte {}, the file has {percent} % of that", header.name(), header.end);
        cx.findings.add(Code::CutShort, Some(header.start), message);
    }
    if header.kind == *b"mdat" {
        file.media.get_or_insert(header.start);
    }
}

/// Looks for things hidden in media data before the first sample and behind the last one.
fn search_unused<R: Read + Seek>(cx: &mut Context<'_, R>, file: &File, facts: &Facts) -> io::Result<()> {
    let Some((first, last)) = facts.samples else { return Ok(()) };
    for media in &file.media_boxes {
        for (from, to) in [(media.body, first.min(media.end)), (last.max(media.body), media.end)] {
            if from < to
                && let Some((skip, what)) = payload::find(cx.window.look(from, (to - from) as usize)?)
            {
                let message = format!("{} in media data that no track uses", what.name());
                cx.findings.add(what.code(), Some(from + skip as u64), message);
            }
        }
    }
    Ok(())
}

/// Media data that begins with a document or a program is no media: the boxes around are a disguise.
fn media_start<R: Read + Seek>(cx: &mut Context<'_, R>, header: &BoxHeader) -> io::Result<()> {
    let bytes = cx.window.look(header.body, header.body_len().min(4096) as usize)?;
    if let Some(what) = payload::at_start(bytes) {
        cx.findings.add(what.code(), Some(header.body), format!("{} in the media data", what.name()));
    }
    Ok(())
}

/// Looks for things hidden in a box that no player reads.
fn search<R: Read + Seek>(cx: &mut Context<'_, R>, header: &BoxHeader, file: &mut File) -> io::Result<()> {
    const STEP: u64 = 512 << 10;
    /// A pattern may lie across two steps.
    const OVERLAP: u64 = 1024;
    let mut at = header.body;
    while at < header.end && file.searched < MAX_SEARCHED_BYTES {
        let count = (header.end - at).min(STEP + OVERLAP);
        if let Some((found, what)) = payload::find(cx.window.look(at, count as usize)?) {
            let message = format!("{} in a {} box", what.name(), header.name());
            cx.findings.add(what.code(), Some(at + found as u64), message);
            return Ok(());
        }
        file.searched += STEP.min(count);
        at += STEP;
    }
    Ok(())
}

fn is_known(kind: [u8; 4]) -> bool {
    FILE_BOXES.contains(&&kind)
}

fn is_printable(kind: [u8; 4]) -> bool {
    kind.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'-' | 0xa9))
}

#[cfg(test)]
mod tests;
