//! Matroska and WebM files (RFC 9559): the segment and its clusters.

mod attachment;
mod cluster;
pub(crate) mod element;
mod packing;
mod track;

use std::io::{self, Read, Seek};

use self::element::Element;
use super::code::Code;
use super::facts::{Context, Facts};
use super::payload::{self, Payload};
use super::rules;
use super::trailing;

/// Elements of the first level; also what ends a cluster of unknown size.
pub(crate) mod id {
    pub(crate) const EBML: u32 = 0x1a45_dfa3;
    pub(crate) const SEGMENT: u32 = 0x1853_8067;
    pub(crate) const SEEK_HEAD: u32 = 0x114d_9b74;
    pub(crate) const INFO: u32 = 0x1549_a966;
    pub(crate) const TRACKS: u32 = 0x1654_ae6b;
    pub(crate) const CLUSTER: u32 = 0x1f43_b675;
    pub(crate) const CUES: u32 = 0x1c53_bb6b;
    pub(crate) const ATTACHMENTS: u32 = 0x1941_a469;
    pub(crate) const CHAPTERS: u32 = 0x1043_a770;
    pub(crate) const TAGS: u32 = 0x1254_c367;
    pub(crate) const NAME: u32 = 0x536e;
    pub(crate) const CODEC_NAME: u32 = 0x25_8688;
    pub(crate) const VOID: u32 = 0xec;
    pub(crate) const CRC_32: u32 = 0xbf;

    /// Whether such an element stands in a segment.
    pub(crate) fn is_top_level(id: u32) -> bool {
        matches!(id, SEEK_HEAD | INFO | TRACKS | CLUSTER | CUES | ATTACHMENTS | CHAPTERS | TAGS)
    }
}

/// The most elements that a walk visits: a day of video has a few million blocks.
const MAX_ELEMENTS: u64 = 10_000_000;
/// No file has an element of a tebibyte.
const ABSURD_BYTES: u64 = 1 << 40;
/// Bytes of one descriptive element that are searched.
const MAX_SEARCHED_BYTES: u64 = 512 << 10;

/// What the segment has told so far.
#[derive(Default)]
struct Segment {
    /// Nanoseconds in a unit of time.
    time_scale: u64,
    elements: u64,
    tracks: Vec<track::MatroskaTrack>,
    has_tracks: bool,
    clusters: u64,
}

/// Walks the whole file.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let mut facts = Facts::default();
    let len = cx.window.len();
    let header = element::read(&mut cx.window, 0)?;
    let Some(header) = header.filter(|h| h.id == id::EBML && h.len.is_some()) else {
        cx.findings.add(Code::BadElement, Some(0), "no EBML header");
        return Ok(facts);
    };
    let mut at = header.end(len);
    let mut segment = Segment { time_scale: 1_000_000, ..Segment::default() };
    match element::read(&mut cx.window, at)? {
        Some(found) if found.id == id::SEGMENT => {
            at = walk_segment(cx, &found, &mut segment, &mut facts)?;
            trailing::check(cx, at)?;
        }
        Some(_) => cx.findings.add(Code::BadElement, Some(at), "no segment after the header"),
        None => cx.findings.add(Code::CutShort, Some(at), "nothing after the header"),
    }
    cluster::finish(cx, &mut segment, &mut facts);
    Ok(facts)
}

/// Walks the segment; tells where it ends.
fn walk_segment<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    outer: &Element,
    segment: &mut Segment,
    facts: &mut Facts,
) -> io::Result<u64> {
    let len = cx.window.len();
    let end = outer.end(len);
    if end > len {
        let percent = cx.percent_of(end);
        let message = format!("the segment ends at byte {end}; {percent} % are there");
        cx.findings.add(Code::CutShort, Some(outer.start), message);
    }
    let limit = end.min(len);
    let mut at = outer.body;
    while at < limit {
        segment.elements += 1;
        if segment.elements > MAX_ELEMENTS {
            cx.findings.add(Code::TooManyParts, Some(at), format!("more than {MAX_ELEMENTS} elements"));
            return Ok(len);
        }
        let Some(element) = element::read(&mut cx.window, at)? else {
            // A live recording may end anywhere; within a segment of known size nothing excuses it.
            if outer.len.is_none() {
                trailing::check(cx, at)?;
            } else if end <= len {
                cx.findings.add(Code::BadElement, Some(at), "no element where one should begin");
            }
            return Ok(len);
        };
        let known = id::is_top_level(element.id) || matches!(element.id, id::VOID | id::CRC_32);
        if !known && outer.len.is_none() {
            trailing::check(cx, at)?;
            return Ok(len);
        }
        if !check_size(cx, &element, limit, end <= len) {
            return Ok(len);
        }
        at = visit(cx, &element, limit, segment, facts)?;
    }
    Ok(limit)
}

/// Whether an element ends within its parent; a finding where not. `whole` tells that the parent is all there.
fn check_size<R: Read + Seek>(cx: &mut Context<'_, R>, element: &Element, limit: u64, whole: bool) -> bool {
    let Some(size) = element.len.filter(|_| element.end(limit) > limit) else { return true };
    let message = format!("element {:x} of {size} bytes reaches beyond its parent", element.id);
    let end = element.end(limit);
    if size >= ABSURD_BYTES || (whole && end <= cx.window.len()) {
        cx.findings.add(Code::BadElement, Some(element.start), message);
    } else {
        let percent = cx.percent_of(end);
        cx.findings.add(Code::CutShort, Some(element.start), format!("{message}; {percent} % are there"));
    }
    false
}

/// Looks into one element of the segment; tells where the next begins.
fn visit<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    element: &Element,
    limit: u64,
    segment: &mut Segment,
    facts: &mut Facts,
) -> io::Result<u64> {
    if element.id == id::CLUSTER {
        segment.clusters += 1;
        return cluster::walk(cx, element, limit, segment);
    }
    let Some(size) = element.len else {
        cx.findings.add(Code::BadElement, Some(element.start), format!("element {:x} has no size", element.id));
        return Ok(cx.window.len());
    };
    match element.id {
        id::INFO => {
            info(cx, element, limit, segment, facts)?;
            search(cx, element)?;
        }
        id::TRACKS if segment.has_tracks => {
            cx.findings.add(Code::DuplicateHeader, Some(element.start), "a second list of tracks");
        }
        id::TRACKS => {
            segment.has_tracks = true;
            track::walk(cx, element, limit, segment, facts)?;
            rules::judge_header(facts, cx.policy, cx.findings);
        }
        id::ATTACHMENTS => attachment::walk(cx, element, limit, facts)?,
        id::CHAPTERS => {
            cx.findings.add(Code::Chapters, Some(element.start), "a list of chapters");
            search(cx, element)?;
        }
        id::CUES | id::SEEK_HEAD | id::CRC_32 => {}
        _ => search(cx, element)?,
    }
    if !matches!(element.id, id::VOID | id::CUES | id::SEEK_HEAD) {
        facts.metadata_bytes = facts.metadata_bytes.saturating_add(size);
    }
    Ok(element.end(limit))
}

fn info<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    info: &Element,
    limit: u64,
    segment: &mut Segment,
    facts: &mut Facts,
) -> io::Result<()> {
    let mut duration = None;
    for child in children(cx, info, limit, &mut segment.elements)? {
        match child.id {
            0x2a_d7b1 => {
                segment.time_scale = element::unsigned(&mut cx.window, &child)?;
                if segment.time_scale == 0 {
                    cx.findings.add(Code::BadTimeScale, Some(child.start), "time scale is 0");
                }
            }
            0x4489 => duration = Some(element::float(&mut cx.window, &child)?),
            _ => {}
        }
    }
    facts.seconds = duration.map(|d| d * segment.time_scale as f64 / 1e9).filter(|s| s.is_finite() && *s > 0.0);
    Ok(())
}

/// The elements of a master element, as far as they lie within it; a finding where one does not.
fn children<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    parent: &Element,
    limit: u64,
    visited: &mut u64,
) -> io::Result<Vec<Element>> {
    let end = parent.end(limit).min(limit);
    let mut found = Vec::new();
    let mut at = parent.body;
    while at < end && *visited <= MAX_ELEMENTS {
        *visited += 1;
        let Some(child) = element::read(&mut cx.window, at)? else {
            cx.findings.add(Code::BadElement, Some(at), format!("no element inside {:x}", parent.id));
            break;
        };
        if child.len.is_none() || child.end(end) > end {
            let message = format!("element {:x} does not fit inside {:x}", child.id, parent.id);
            cx.findings.add(Code::BadElement, Some(child.start), message);
            break;
        }
        found.push(child);
        at = child.end(end);
    }
    Ok(found)
}

/// Looks for things hidden in space or text.
fn search<R: Read + Seek>(cx: &mut Context<'_, R>, element: &Element) -> io::Result<()> {
    let size = element.len.unwrap_or(0).min(MAX_SEARCHED_BYTES) as usize;
    if let Some((skip, what)) = payload::find(cx.window.look(element.body, size)?) {
        let at = Some(element.body + skip as u64);
        let message = format!("{} in element {:x}", what.name(), element.id);
        let is_text = matches!(element.id, id::TAGS | id::INFO | id::CHAPTERS | id::NAME | id::CODEC_NAME);
        match what {
            Payload::Html | Payload::Playlist if is_text => cx.findings.add(Code::MetadataMarkup, at, message),
            Payload::Php | Payload::ServerPage if is_text => cx.findings.add(Code::ActiveContent, at, message),
            _ => cx.findings.add(what.code(), at, message),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
