//! Where the elements of a segment are, and which are left out.

use super::super::Job;
use super::super::report::RemovedKind;
use crate::error::Result;
use crate::validate::ebml::element::Element;
use crate::validate::ebml::id;

/// The most clusters: a day of video in clusters of a second has some hundred thousand.
const MAX_CLUSTERS: usize = 1_000_000;
/// Bytes of tags that are searched for places.
const MAX_SEARCHED_BYTES: u64 = 1 << 20;

/// What of a segment is kept.
#[derive(Default)]
pub(super) struct Segment {
    pub(super) info: Option<Element>,
    pub(super) tracks: Option<Element>,
    pub(super) chapters: Option<Element>,
    /// Each cluster, and where it ends.
    pub(super) clusters: Vec<(Element, u64)>,
}

/// Finds the elements of a segment; counts what is left out.
pub(super) fn read(job: &mut Job<'_>, outer: &Element) -> Result<Segment> {
    let len = job.source.len();
    let limit = outer.end(len).min(len);
    let mut segment = Segment::default();
    let mut at = outer.body;
    while at < limit {
        let Some(element) = job.source.element(at)? else { break };
        let known = id::is_top_level(element.id) || matches!(element.id, id::VOID | id::CRC_32);
        let end = match element.len {
            None if element.id == id::CLUSTER => open_end(job, &element, limit)?,
            // What is not known behind a segment without a size is no part of it.
            _ if !known && outer.len.is_none() => break,
            None => break,
            Some(_) => element.end(limit),
        };
        if end > limit && element.id != id::CLUSTER {
            break;
        }
        let end = end.min(limit);
        let bytes = end - element.start;
        match element.id {
            id::INFO if segment.info.is_none() => segment.info = Some(element),
            id::TRACKS if segment.tracks.is_none() => {
                job.header_was_last = !segment.clusters.is_empty();
                segment.tracks = Some(element);
            }
            id::CHAPTERS if segment.chapters.is_none() => segment.chapters = Some(element),
            id::CLUSTER => segment.clusters.push((element, end)),
            // The first two are made anew; no check sum would fit.
            id::SEEK_HEAD | id::CUES | id::CRC_32 => {}
            id::VOID => job.removed.add(RemovedKind::FreeSpace, bytes),
            id::TAGS => {
                let text = job.source.bytes(element.body, end.min(element.body + MAX_SEARCHED_BYTES))?;
                let has_place = text.windows(8).any(|word| word.eq_ignore_ascii_case(b"location"));
                job.removed.add(if has_place { RemovedKind::Location } else { RemovedKind::Tags }, bytes);
            }
            id::ATTACHMENTS => note_attachments(job, &element, end)?,
            _ => job.removed.add(RemovedKind::UnknownBox, bytes),
        }
        if segment.clusters.len() > MAX_CLUSTERS {
            return Err(job.source.broken(format_args!("more than {MAX_CLUSTERS} clusters")));
        }
        at = end;
    }
    job.removed.add(RemovedKind::TrailingBytes, len.saturating_sub(at));
    Ok(segment)
}

/// Where a cluster without a size ends: where an element begins that is no part of one, or where its last whole one
/// does.
fn open_end(job: &mut Job<'_>, cluster: &Element, limit: u64) -> Result<u64> {
    let mut at = cluster.body;
    while at < limit {
        let Some(child) = job.source.element(at)? else { break };
        let ends = id::is_top_level(child.id) || matches!(child.id, id::EBML | id::SEGMENT);
        if ends || child.len.is_none() || child.end(limit) > limit {
            break;
        }
        at = child.end(limit);
    }
    Ok(at)
}

/// Counts pictures among the attachments as covers.
fn note_attachments(job: &mut Job<'_>, list: &Element, end: u64) -> Result<()> {
    for file in job.source.elements(list.body, end)? {
        let file_end = file.end(end);
        let mut what = RemovedKind::Attachment;
        for field in job.source.elements(file.body, file_end)?.iter().filter(|field| field.id == 0x4660) {
            if job.source.look(field.body, 6)? == b"image/" {
                what = RemovedKind::Cover;
            }
        }
        job.removed.add(what, file_end - file.start);
    }
    Ok(())
}
