//! Clusters: their time and the blocks of kept tracks.

use super::super::Job;
use super::super::report::RemovedKind;
use super::cue::Cues;
use super::{Track, write};
use crate::error::Result;
use crate::validate::ebml::element::Element;
use crate::validate::ebml::id;

/// The most pieces that one cluster is put together of.
const MAX_PIECES: usize = 1_000_000;
/// Parts of a group that decoding uses: block, duration, reference, codec state, padding to discard.
const GROUP: [u32; 5] = [0xa1, 0x9b, 0xfb, 0xa4, 0x75a2];
const BLOCK_ADDITIONS: u32 = 0x75a1;

/// A piece of the new cluster.
enum Piece {
    Copy { from: u64, end: u64 },
    New(Vec<u8>),
}

/// The new cluster so far.
#[derive(Default)]
struct Plan {
    pieces: Vec<Piece>,
    bytes: u64,
}

impl Plan {
    fn copy(&mut self, from: u64, end: u64) {
        self.bytes += end - from;
        match self.pieces.last_mut() {
            Some(Piece::Copy { end: last, .. }) if *last == from => *last = end,
            _ => self.pieces.push(Piece::Copy { from, end }),
        }
    }

    fn new_bytes(&mut self, bytes: Vec<u8>) {
        self.bytes += bytes.len() as u64;
        self.pieces.push(Piece::New(bytes));
    }
}

/// What the first bytes of a block tell.
struct BlockHead {
    track: u64,
    /// Relative to the cluster, in units of the segment.
    time: i16,
    flags: u8,
}

/// A block whose place is noted once the cluster's time is known.
struct Seen {
    track: u64,
    time: i16,
    /// Where its element begins in the content of the new cluster, behind the time.
    at: u64,
    is_key: bool,
}

/// Rewrites one cluster; one without blocks of kept tracks is left out.
pub(super) fn rewrite(job: &mut Job<'_>, cluster: &Element, end: u64, tracks: &[Track], cues: &mut Cues) -> Result<()> {
    let (mut plan, mut time, mut seen) = (Plan::default(), 0, Vec::new());
    let mut at = cluster.body;
    while at < end
        && let Some(child) = job.source.element(at)?.filter(|child| child.len.is_some() && child.end(end) <= end)
    {
        at = child.end(end);
        match child.id {
            0xe7 => time = job.source.unsigned(&child)?,
            0xa3 => {
                let head = block_head(job, child.body)?;
                if is_kept(job, &head, tracks, &child, at) {
                    seen.push(Seen {
                        track: head.track,
                        time: head.time,
                        at: plan.bytes,
                        is_key: head.flags & 0x80 != 0,
                    });
                    plan.copy(child.start, at);
                }
            }
            0xa0 => group(job, &child, at, tracks, &mut plan, &mut seen)?,
            id::VOID => job.removed.add(RemovedKind::FreeSpace, at - child.start),
            // Positions and sizes of neighbors, and check sums.
            0xa7 | 0xab | id::CRC_32 => {}
            _ => job.removed.add(RemovedKind::UnknownBox, at - child.start),
        }
        if plan.pieces.len() > MAX_PIECES {
            return Err(job.source.broken(format_args!("a cluster of more than {MAX_PIECES} pieces")));
        }
    }
    job.removed.add(RemovedKind::UnreferencedBytes, end.saturating_sub(at));
    if seen.is_empty() {
        return Ok(());
    }
    let clock = write::unsigned(0xe7, time);
    cues.begin_cluster(job.out.position(), time);
    for block in &seen {
        let is_video = tracks.iter().any(|track| track.number == block.track && track.is_video);
        cues.add(block.track, block.time, clock.len() as u64 + block.at, is_video && block.is_key);
    }
    job.out.write(&write::header(id::CLUSTER, clock.len() as u64 + plan.bytes))?;
    job.out.write(&clock)?;
    for piece in plan.pieces {
        match piece {
            Piece::Copy { from, end } => job.source.copy(from, end, &mut job.out)?,
            Piece::New(bytes) => job.out.write(&bytes)?,
        }
    }
    Ok(())
}

/// Whether the block's track is kept; counts it where not.
fn is_kept(job: &mut Job<'_>, head: &BlockHead, tracks: &[Track], element: &Element, end: u64) -> bool {
    let kept = tracks.iter().any(|track| track.number == head.track);
    if !kept {
        job.removed.add(RemovedKind::DataTrack, end - element.start);
    }
    kept
}

/// A block with its duration, what it refers to and what is added to it.
fn group(
    job: &mut Job<'_>,
    element: &Element,
    end: u64,
    tracks: &[Track],
    plan: &mut Plan,
    seen: &mut Vec<Seen>,
) -> Result<()> {
    let children = job.source.elements(element.body, end)?;
    let Some(block) = children.iter().find(|child| child.id == 0xa1) else { return Ok(()) };
    let head = block_head(job, block.body)?;
    if !is_kept(job, &head, tracks, element, end) {
        return Ok(());
    }
    let is_key = !children.iter().any(|child| child.id == 0xfb);
    seen.push(Seen { track: head.track, time: head.time, at: plan.bytes, is_key });
    let mut parts = Plan::default();
    let mut last = element.body;
    let mut dropped = 0;
    for child in &children {
        last = child.end(end);
        if GROUP.contains(&child.id) {
            parts.copy(child.start, last);
        } else if child.id == BLOCK_ADDITIONS {
            additions(job, child, last, &mut parts)?;
        } else {
            dropped += last - child.start;
        }
    }
    job.removed.add(RemovedKind::UnknownBox, dropped + (end - last));
    match parts.pieces.as_slice() {
        // All of it: its own header is as good, and neighbors can be copied in one go.
        [Piece::Copy { from, end: to }] if (*from, *to) == (element.body, end) => plan.copy(element.start, end),
        _ => {
            plan.new_bytes(write::header(0xa0, parts.bytes));
            plan.bytes += parts.bytes;
            plan.pieces.extend(parts.pieces);
        }
    }
    Ok(())
}

/// Additions to a block (RFC 9559, 5.1.3.5.2): transparency or what the codec says (1), and ITU-T T.35, which is HDR10+
/// (4); others are time codes and the like.
fn additions(job: &mut Job<'_>, list: &Element, end: u64, plan: &mut Plan) -> Result<()> {
    let mut kept = Plan::default();
    let mut dropped = 0;
    for more in job.source.elements(list.body, end)? {
        let more_end = more.end(end);
        let mut number = 1;
        for field in job.source.elements(more.body, more_end)?.iter().filter(|field| field.id == 0xee) {
            number = job.source.unsigned(field)?;
        }
        if more.id == 0xa6 && matches!(number, 1 | 4) {
            kept.copy(more.start, more_end);
        } else {
            dropped += more_end - more.start;
        }
    }
    job.removed.add(RemovedKind::UnknownBox, dropped);
    match kept.pieces.as_slice() {
        [] => {}
        [Piece::Copy { from, end: to }] if (*from, *to) == (list.body, end) => plan.copy(list.start, end),
        _ => {
            plan.new_bytes(write::header(BLOCK_ADDITIONS, kept.bytes));
            plan.bytes += kept.bytes;
            plan.pieces.extend(kept.pieces);
        }
    }
    Ok(())
}

/// Track number, time and flags (RFC 9559, 10.1).
fn block_head(job: &mut Job<'_>, at: u64) -> Result<BlockHead> {
    let bytes: [u8; 12] = {
        let mut bytes = [0; 12];
        let found = job.source.look(at, 12)?;
        bytes.iter_mut().zip(found).for_each(|(byte, found)| *byte = *found);
        bytes
    };
    let width = bytes[0].leading_zeros() as usize + 1;
    let (number, rest) = bytes.split_at(width.min(8));
    let track = number.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)) & !(1 << (7 * width.min(8)));
    let (time, flags) = match rest {
        [high, low, flags, ..] => (i16::from_be_bytes([*high, *low]), *flags),
        _ => (0, 0),
    };
    Ok(BlockHead { track, time, flags })
}
