//! Clusters and their blocks: times of frames.

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::codec;
use super::super::facts::{Context, Facts};
use super::super::policy::UploadPolicy;
use super::element::{self, Element};
use super::track::MatroskaTrack;
use super::{MAX_ELEMENTS, Segment, check_size, id, search};
use crate::geometry::TrackKind;

/// How many times as long sound may pause as pictures may.
const SOUND_GAPS: f64 = 10.0;

/// Walks a cluster; tells where the next element of the segment begins.
pub(super) fn walk<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    cluster: &Element,
    limit: u64,
    segment: &mut Segment,
) -> io::Result<u64> {
    let end = cluster.end(limit).min(limit);
    let mut at = cluster.body;
    let mut time = None;
    while at < end {
        segment.elements += 1;
        if segment.elements > MAX_ELEMENTS {
            return Ok(at);
        }
        let Some(child) = element::read(&mut cx.window, at)? else {
            if cluster.len.is_some() {
                cx.findings.add(Code::BadElement, Some(at), "no element inside a cluster");
                at = end;
            }
            break;
        };
        if cluster.len.is_none() && (id::is_top_level(child.id) || matches!(child.id, id::EBML | id::SEGMENT)) {
            break;
        }
        if !check_size(cx, &child, end, cluster.len.is_some()) {
            return Ok(cx.window.len());
        }
        match child.id {
            0xe7 => time = Some(element::unsigned(&mut cx.window, &child)?),
            0xa3 => block(cx, (child.body, child.end(end)), time, segment)?,
            id::VOID => search(cx, &child)?,
            0xa0 => {
                // The block is the first element of nearly every group; the others are a few bytes.
                let mut inner = child.body;
                while inner < child.end(end) {
                    let Some(part) = element::read(&mut cx.window, inner)? else { break };
                    if part.id == 0xa1 {
                        block(cx, (part.body, part.end(child.end(end))), time, segment)?;
                        break;
                    }
                    inner = part.end(end);
                    segment.elements += 1;
                }
            }
            _ => {}
        }
        if child.len.is_none() {
            cx.findings.add(Code::BadElement, Some(child.start), "an element of a cluster has no size");
            return Ok(cx.window.len());
        }
        at = child.end(end);
    }
    if time.is_none() {
        cx.findings.add(Code::BadElement, Some(cluster.start), "a cluster without a time");
    }
    Ok(at.max(cluster.body))
}

/// Notes the time of a block from one byte to another: track number, then 16 bits relative to the cluster, and flags.
fn block<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    (at, end): (u64, u64),
    cluster_time: Option<u64>,
    segment: &mut Segment,
) -> io::Result<()> {
    let head = cx.window.look(at, 10)?;
    let width = head.first().map_or(9, |b| b.leading_zeros() as usize + 1);
    let (Some(number), Some(relative)) = (head.get(..width), head.get(width..width + 2)) else { return Ok(()) };
    let laced = head.get(width + 2).is_some_and(|flags| flags & 0x06 != 0);
    let number = number.iter().fold(0u64, |sum, &b| sum << 8 | u64::from(b)) & !(1 << (7 * width));
    let relative = relative.iter().fold(0i16, |sum, &b| sum << 8 | i16::from(b));
    let time = cluster_time.and_then(|t| i64::try_from(t).ok()).unwrap_or(0).saturating_add(relative.into());
    let unit = segment.time_scale as f64 / 1e9;
    let Some(index) = segment.tracks.iter().position(|t| t.number == number) else { return Ok(()) };
    let track = &mut segment.tracks[index];
    track.blocks += 1;
    if track.blocks == 1 {
        track.look_at_packet(cx.window.look(at + width as u64 + 3, codec::HEAD_BYTES)?);
    }
    track.packing.check_block(cx, at + width as u64 + 3, end, laced)?;
    let (first, latest) = track.span.unwrap_or((time, time));
    track.span = Some((first.min(time), latest.max(time)));
    if let Some((gap, at)) = track.take_time(time, at) {
        let max_gap = max_gap(track, cx.policy);
        judge_gap(cx, (index, track.kind), gap as f64 * unit, max_gap, at);
    }
    Ok(())
}

/// The longest time from one block of a track to the next, in seconds.
fn max_gap(track: &MatroskaTrack, policy: &UploadPolicy) -> f64 {
    let seconds = policy.max_frame_gap.as_secs_f64();
    // Sound may pause, as with a microphone that is muted; subtitles and data come when they come.
    match track.kind {
        TrackKind::Video => seconds,
        TrackKind::Audio => seconds * SOUND_GAPS,
        _ => f64::INFINITY,
    }
}

fn judge_gap<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    (track, kind): (usize, TrackKind),
    gap: f64,
    max_gap: f64,
    at: u64,
) {
    if gap > max_gap {
        cx.findings.set_track(Some(track));
        cx.findings.add(Code::gap(kind), Some(at), format!("{gap:.1} s from one frame to the next"));
        cx.findings.set_track(None);
    }
}

/// Adds what the blocks told to the facts of the tracks.
pub(super) fn finish<R: Read + Seek>(cx: &mut Context<'_, R>, segment: &mut Segment, facts: &mut Facts) {
    let unit = segment.time_scale as f64 / 1e9;
    for (index, track) in segment.tracks.iter_mut().enumerate() {
        let max_gap = max_gap(track, cx.policy);
        while let Some((gap, at)) = track.settle() {
            judge_gap(cx, (index, track.kind), gap as f64 * unit, max_gap, at);
        }
    }
    for (track, blocks) in facts.tracks.iter_mut().zip(&segment.tracks) {
        track.frames = Some(blocks.blocks);
        track.coded = blocks.coded;
        // The last frame lasts as long as the ones before on average.
        track.seconds = blocks.span.map(|(first, last)| {
            let span = last.saturating_sub(first) as f64 * unit;
            span * blocks.blocks as f64 / (blocks.blocks.max(2) - 1) as f64
        });
        if blocks.blocks == 1 {
            track.seconds = facts.seconds.or(Some(0.04));
        }
    }
    if segment.has_tracks && segment.clusters == 0 {
        cx.findings.add(Code::CutShort, None, "no cluster");
    }
    if facts.seconds.is_none() && segment.clusters > 0 {
        cx.findings.add(Code::UnknownDuration, None, "the segment does not tell");
    }
}
