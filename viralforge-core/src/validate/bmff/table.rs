//! Sample tables: whether they agree with each other and whether every sample lies in the file.

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::codec;
use super::super::facts::{Context, Track};
use super::boxes::{BoxHeader, find};
use crate::geometry::TrackKind;

/// Frames by which decoding runs ahead of presentation at most (H.264, A.3.1: 16 frames in the decoded picture buffer).
const MAX_REORDERED: f64 = 16.0;

/// A counted list of entries of equal width whose count fits its box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    start: u64,
    pub(super) count: u64,
    width: u64,
}

impl Table {
    /// Reads the count at `count_at` bytes into the box; `None` and a finding where the box is too small for it.
    pub(super) fn read<R: Read + Seek>(
        cx: &mut Context<'_, R>,
        header: &BoxHeader,
        count_at: u64,
        width: u64,
    ) -> io::Result<Option<Self>> {
        let count = cx.window.u32_be(header.body + count_at)?.map(u64::from);
        let room = header.body_len().checked_sub(count_at + 4);
        match (count, room) {
            (Some(count), Some(room)) if count.saturating_mul(width) <= room => {
                Ok(Some(Self { start: header.body + count_at + 4, count, width }))
            }
            _ => {
                let message = format!("{} has {} bytes for {count:?} entries", header.name(), header.body_len());
                cx.findings.add(Code::BadTable, Some(header.start), message);
                Ok(None)
            }
        }
    }

    /// Where entry `index` begins.
    pub(super) fn at(&self, index: u64) -> u64 {
        self.start + index * self.width
    }
}

/// Sizes of samples.
enum Sizes {
    Equal {
        size: u64,
        count: u64,
    },
    Each(Table),
    /// Fields of 4 or 8 bits (`stz2`).
    Small {
        start: u64,
        count: u64,
        bits: u64,
    },
}

impl Sizes {
    fn count(&self) -> u64 {
        match self {
            Self::Equal { count, .. } | Self::Small { count, .. } => *count,
            Self::Each(table) => table.count,
        }
    }

    /// Bytes of `count` samples from `first` on.
    fn sum<R: Read + Seek>(&self, cx: &mut Context<'_, R>, first: u64, count: u64) -> io::Result<u64> {
        let mut sum = 0u64;
        match self {
            Self::Equal { size, .. } => sum = size.saturating_mul(count),
            Self::Each(table) => {
                for index in first..first + count {
                    sum += u64::from(cx.window.u32_be(table.at(index))?.unwrap_or(0));
                }
            }
            Self::Small { start, bits, .. } => {
                for index in first..first + count {
                    let byte = cx.window.look(start + index * bits / 8, 1)?.first().copied().unwrap_or(0);
                    let nibble = if index % 2 == 0 { byte >> 4 } else { byte & 15 };
                    sum += u64::from(if *bits == 4 { nibble } else { byte });
                }
            }
        }
        Ok(sum)
    }
}

/// Checks the tables of one track and notes its number of samples and its length; tells where its samples lie, from the
/// first byte to the last.
pub(super) fn walk<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    boxes: &[BoxHeader],
    time_scale: u32,
    track: &mut Track,
) -> io::Result<Option<(u64, u64)>> {
    let sizes = sizes(cx, boxes)?;
    let count = sizes.as_ref().map_or(0, Sizes::count);
    track.frames = Some(count);
    let mut longest = 0.0;
    if let Some(stts) = find(boxes, b"stts") {
        let (seconds, longest_delta) = times(cx, &stts, time_scale, track.kind)?;
        longest = longest_delta;
        track.seconds = seconds.filter(|_| count > 0);
    } else if count > 0 {
        cx.findings.add(Code::BadTable, None, "samples without times (stts)");
    }
    if let Some(ctts) = find(boxes, b"ctts") {
        composition_offsets(cx, &ctts, time_scale, longest)?;
    }
    if let Some(sizes) = sizes.filter(|s| s.count() > 0) {
        let chunks = chunks(cx, boxes, &sizes)?;
        if let (Some(chunks), Some(codec), None) = (&chunks, &track.codec, track.coded) {
            track.coded = codec::in_packet(codec, cx.window.look(chunks.first_sample, codec::HEAD_BYTES)?);
        }
        return Ok(chunks.map(|chunks| chunks.span));
    }
    Ok(None)
}

fn sizes<R: Read + Seek>(cx: &mut Context<'_, R>, boxes: &[BoxHeader]) -> io::Result<Option<Sizes>> {
    if let Some(stsz) = find(boxes, b"stsz") {
        let size = u64::from(cx.window.u32_be(stsz.body + 4)?.unwrap_or(0));
        let count = u64::from(cx.window.u32_be(stsz.body + 8)?.unwrap_or(0));
        if size == 0 {
            return Ok(Table::read(cx, &stsz, 8, 4)?.map(Sizes::Each));
        }
        if size.saturating_mul(count) > cx.window.len() {
            let message = format!("{count} samples of {size} bytes in a file of {}", cx.window.len());
            cx.findings.add(Code::BadTable, Some(stsz.start), message);
            return Ok(None);
        }
        return Ok(Some(Sizes::Equal { size, count }));
    }
    let Some(stz2) = find(boxes, b"stz2") else { return Ok(None) };
    let bits = u64::from(cx.window.u32_be(stz2.body + 4)?.unwrap_or(0) & 0xff);
    let count = u64::from(cx.window.u32_be(stz2.body + 8)?.unwrap_or(0));
    let room = stz2.body_len().saturating_sub(12);
    if !matches!(bits, 4 | 8) || (count * bits).div_ceil(8) > room {
        cx.findings.add(Code::BadTable, Some(stz2.start), format!("stz2 of {count} fields of {bits} bits"));
        return Ok(None);
    }
    Ok(Some(Sizes::Small { start: stz2.body + 12, count, bits }))
}

/// Length of the track and of its longest sample, in seconds; a finding where two frames lie too far apart.
fn times<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    stts: &BoxHeader,
    time_scale: u32,
    kind: TrackKind,
) -> io::Result<(Option<f64>, f64)> {
    let Some(runs) = Table::read(cx, stts, 4, 8)? else { return Ok((None, 0.0)) };
    let scale = f64::from(time_scale.max(1));
    let max_gap = cx.policy.max_frame_gap.as_secs_f64();
    let (mut total, mut longest) = (0u64, 0.0f64);
    for index in 0..runs.count {
        let (Some(count), Some(delta)) = (cx.window.u32_be(runs.at(index))?, cx.window.u32_be(runs.at(index) + 4)?)
        else {
            break;
        };
        total = total.saturating_add(u64::from(count) * u64::from(delta));
        let is_last_frame = index + 1 == runs.count && count == 1;
        let gap = f64::from(delta) / scale;
        longest = longest.max(gap);
        if kind == TrackKind::Video && gap > max_gap && !is_last_frame {
            cx.findings.add(Code::FrameGap, Some(runs.at(index)), format!("{gap:.1} s from one frame to the next"));
        }
    }
    Ok(((time_scale > 0).then_some(total as f64 / scale), longest))
}

fn composition_offsets<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    ctts: &BoxHeader,
    time_scale: u32,
    longest: f64,
) -> io::Result<()> {
    let Some(runs) = Table::read(cx, ctts, 4, 8)? else { return Ok(()) };
    let (mut least, mut most) = (i64::MAX, i64::MIN);
    for index in 0..runs.count {
        // Old files write negative offsets into the unsigned field.
        let offset = cx.window.u32_be(runs.at(index) + 4)?.map_or(0, |v| i64::from(v as i32));
        (least, most) = (least.min(offset), most.max(offset));
    }
    let spread = (most.saturating_sub(least)) as f64 / f64::from(time_scale.max(1));
    if runs.count > 0 && spread - MAX_REORDERED * longest > cx.policy.max_frame_gap.as_secs_f64() {
        cx.findings.add(Code::FrameGap, Some(ctts.start), format!("composition offsets differ by {spread:.1} s"));
    }
    Ok(())
}

/// Where the samples of a track lie.
struct Chunks {
    first_sample: u64,
    /// From the first byte of any sample to the last.
    span: (u64, u64),
}

/// Follows every chunk and checks that its samples lie in the file; tells where they do.
fn chunks<R: Read + Seek>(cx: &mut Context<'_, R>, boxes: &[BoxHeader], sizes: &Sizes) -> io::Result<Option<Chunks>> {
    let (offsets, long) = match (find(boxes, b"stco"), find(boxes, b"co64")) {
        (Some(stco), _) => (Table::read(cx, &stco, 4, 4)?, false),
        (None, Some(co64)) => (Table::read(cx, &co64, 4, 8)?, true),
        (None, None) => (None, false),
    };
    let runs = match find(boxes, b"stsc") {
        Some(stsc) => Table::read(cx, &stsc, 4, 12)?,
        None => None,
    };
    let (Some(offsets), Some(runs)) = (offsets, runs) else {
        cx.findings.add(Code::BadTable, None, "samples without chunks (stsc, stco)");
        return Ok(None);
    };
    let len = cx.window.len();
    let (mut sample, mut outside, mut first_outside, mut furthest) = (0, 0, None, 0);
    let mut found: Option<Chunks> = None;
    let mut run = None::<u64>;
    let mut per_chunk = 0;
    for chunk in 0..offsets.count {
        loop {
            let next = run.map_or(0, |r| r + 1);
            let first = if next < runs.count { cx.window.u32_be(runs.at(next))?.map(u64::from) } else { None };
            if first.is_none_or(|first| first > chunk + 1) {
                break;
            }
            per_chunk = cx.window.u32_be(runs.at(next) + 4)?.map_or(0, u64::from);
            run = Some(next);
        }
        let samples = per_chunk.min(sizes.count() - sample);
        let at = offsets.at(chunk);
        let start = if long { cx.window.u64_be(at)? } else { cx.window.u32_be(at)?.map(u64::from) }.unwrap_or(u64::MAX);
        let end = start.saturating_add(sizes.sum(cx, sample, samples)?);
        if samples > 0 {
            let found = found.get_or_insert(Chunks { first_sample: start, span: (start, end) });
            found.span = (found.span.0.min(start), found.span.1.max(end));
        }
        if end > len {
            outside += samples;
            first_outside.get_or_insert(at);
            furthest = furthest.max(end);
        }
        sample += samples;
    }
    if outside > 0 {
        let percent = cx.percent_of(furthest);
        let message =
            format!("up to {outside} of {} samples end at byte {furthest}; {percent} % are there", sizes.count());
        cx.findings.add(Code::SampleOutsideFile, first_outside, message);
    }
    if sample < sizes.count() {
        cx.findings.add(Code::BadTable, None, format!("{} samples have no chunk", sizes.count() - sample));
    }
    Ok(found)
}
