//! The little that is kept of a movie's tags: chapters, and how much silence an encoder of sound put around it.

use super::super::Job;
use super::super::report::RemovedKind;
use super::build::Boxes;
use super::discard;
use crate::error::Result;
use crate::validate::bmff::boxes::{BoxHeader, find};

/// Bytes of iTunes' note of silence, which has 12 numbers.
const MAX_GAPS_BYTES: u64 = 256;

/// Builds `udta`, where there is something to keep.
pub(super) fn build(job: &mut Job<'_>, udta: &BoxHeader, out: &mut Boxes) -> Result<()> {
    let chapters = if job.keep_chapters { chapter_list(job, udta)? } else { None };
    let gaps = gaps(job, udta)?;
    if chapters.is_none() && gaps.is_none() {
        return Ok(());
    }
    out.nest(*b"udta", |out| {
        if let Some((_, chapters)) = chapters {
            out.leaf(*b"chpl", &chapters);
        }
        match gaps {
            Some((_, gaps)) => write_gaps(&gaps, out),
            None => Ok(()),
        }
    })
}

/// Counts what [`build`] leaves out.
pub(super) fn note(job: &mut Job<'_>, udta: &BoxHeader) -> Result<()> {
    let chapters = if job.keep_chapters { chapter_list(job, udta)? } else { None };
    let gaps = gaps(job, udta)?;
    for child in job.source.boxes(udta.body, udta.end)? {
        match &child.kind {
            b"chpl" if chapters.is_some() => {}
            b"chpl" => job.removed.add(RemovedKind::Chapters, child.end - child.start),
            b"meta" => match &gaps {
                Some((kept, _)) => note_except(job, &child, kept)?,
                None => discard::note_tag(job, &child)?,
            },
            _ => discard::note_tag(job, &child)?,
        }
    }
    Ok(())
}

/// Counts the tags in `meta` apart from the one that is kept.
fn note_except(job: &mut Job<'_>, meta: &BoxHeader, kept: &BoxHeader) -> Result<()> {
    for child in job.source.boxes(meta.body + 4, meta.end)? {
        match &child.kind {
            b"hdlr" => {}
            b"ilst" => {
                for tag in job.source.boxes(child.body, child.end)?.iter().filter(|tag| *tag != kept) {
                    discard::note_tag(job, tag)?;
                }
            }
            _ => discard::note_tag(job, &child)?,
        }
    }
    Ok(())
}

/// Nero's list of chapters: a version, in version 1 four reserved bytes, a count, and for each chapter eight bytes of
/// time and a title behind its length.
fn chapter_list(job: &mut Job<'_>, udta: &BoxHeader) -> Result<Option<(BoxHeader, Vec<u8>)>> {
    let Some(chpl) = find(&job.source.boxes(udta.body, udta.end)?, b"chpl") else { return Ok(None) };
    let mut body = job.source.bytes(chpl.body, chpl.end)?;
    let count_at = if body.first() == Some(&1) { 8 } else { 4 };
    let count = body.get(count_at).copied().unwrap_or(0);
    let mut end = count_at + 1;
    for _ in 0..count {
        end += 9 + usize::from(body.get(end + 8).copied().unwrap_or(0));
    }
    let whole = end <= body.len();
    body.truncate(end);
    Ok(whole.then_some((chpl, body)))
}

/// iTunes' tag `iTunSMPB`: samples of silence before and behind the sound, as hexadecimal numbers. Players cut them off,
/// so without it the sound would begin later. The tag's box and its text.
fn gaps(job: &mut Job<'_>, udta: &BoxHeader) -> Result<Option<(BoxHeader, Vec<u8>)>> {
    let Some(meta) = find(&job.source.boxes(udta.body, udta.end)?, b"meta") else { return Ok(None) };
    let Some(list) = find(&job.source.boxes(meta.body + 4, meta.end)?, b"ilst") else { return Ok(None) };
    for tag in job.source.boxes(list.body, list.end)?.iter().filter(|tag| &tag.kind == b"----") {
        let parts = job.source.boxes(tag.body, tag.end)?;
        let (Some(name), Some(data)) = (find(&parts, b"name"), find(&parts, b"data")) else { continue };
        // A version in front of the name; a type and a language in front of the text.
        let is_note = name.body_len() == 12 && job.source.look(name.body + 4, 8)? == b"iTunSMPB";
        if !is_note || data.body_len() > MAX_GAPS_BYTES {
            continue;
        }
        let text = job.source.bytes((data.body + 8).min(data.end), data.end)?;
        if text.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b' ') {
            return Ok(Some((*tag, text)));
        }
    }
    Ok(None)
}

fn write_gaps(text: &[u8], out: &mut Boxes) -> Result<()> {
    out.nest(*b"meta", |out| {
        out.put(&[0; 4]);
        out.leaf(*b"hdlr", b"\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0");
        out.nest(*b"ilst", |out| {
            out.nest(*b"----", |out| {
                out.leaf(*b"mean", b"\0\0\0\0com.apple.iTunes");
                out.leaf(*b"name", b"\0\0\0\0iTunSMPB");
                out.leaf(*b"data", &[b"\0\0\0\x01\0\0\0\0", text].concat());
                Ok(())
            })
        })
    })
}
