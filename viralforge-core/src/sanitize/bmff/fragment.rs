//! Movie fragments (ISO/IEC 14496-12, 8.8): each is written with its own media right behind it.

use super::super::Job;
use super::super::report::RemovedKind;
use super::build::{self, Boxes};
use super::movie::Movie;
use super::ranges::Ranges;
use super::{Account, discard, track};
use crate::error::Result;
use crate::validate::bmff::boxes::{BoxHeader, find};

/// `tfhd`: the place of the data is stated; the data is counted from the fragment's first byte.
const BASE_PRESENT: u32 = 1;
const BASE_IS_FRAGMENT: u32 = 0x02_0000;
/// `trun`: where the run's data begins is stated.
const OFFSET_PRESENT: u32 = 1;

/// One run of samples.
struct Run {
    header: BoxHeader,
    /// Where its data begins and ends in the source.
    start: u64,
    end: u64,
    samples: u64,
}

/// The part of a fragment that is of one track.
struct TrackFragment {
    children: Vec<BoxHeader>,
    tfhd: BoxHeader,
    runs: Vec<Run>,
    kept: bool,
}

/// Rewrites one fragment and its media.
pub(super) fn rewrite(job: &mut Job<'_>, moof: &BoxHeader, movie: &Movie, account: &mut Account) -> Result<()> {
    let children = job.source.boxes(moof.body, moof.end)?;
    let mut fragments = Vec::new();
    // Where data begins that no header places: behind that of the track before.
    let mut after = moof.start;
    for child in &children {
        match &child.kind {
            b"traf" => fragments.extend(read(job, moof, child, movie, &mut after)?),
            b"mfhd" => {}
            _ => discard::note(job, child)?,
        }
    }
    let of = |kept: bool| {
        let runs = fragments.iter().filter(|f| f.kept == kept).flat_map(|f| &f.runs);
        Ranges::new(runs.map(|run| (run.start, run.end)).collect())
    };
    let (media, dropped) = (of(true), of(false));
    let shared: u64 = dropped.pieces().map(|(start, end)| media.kept(start, end)).sum();
    account.kept += media.total();
    account.dropped += dropped.total() - shared;
    job.removed.add(RemovedKind::DataTrack, dropped.total() - shared);
    if account.kept > job.source.len() {
        return Err(job.source.broken("its fragments share their media"));
    }
    if !fragments.iter().any(|fragment| fragment.kept) {
        return Ok(());
    }
    let header = build::header(*b"mdat", media.total());
    // Sizes do not depend on places: one pass tells where the media will begin, the next says so.
    let size = build(job, &children, &fragments, |_| 0)?.bytes.len();
    let start = (size + header.len()) as u64;
    let Ok(_) = i32::try_from(start + media.total()) else {
        return Err(job.source.unsupported("a fragment of over 2 GiB is not rewritten; transcode it to MP4"));
    };
    let place = |at: u64| u32::try_from(start + media.moved(at)).unwrap_or(0);
    let boxes = build(job, &children, &fragments, place)?;
    job.out.write(&boxes.bytes)?;
    job.out.write(&header)?;
    media.copy(job)
}

/// Reads where the data of one track is.
fn read(
    job: &mut Job<'_>,
    moof: &BoxHeader,
    traf: &BoxHeader,
    movie: &Movie,
    after: &mut u64,
) -> Result<Option<TrackFragment>> {
    let children = job.source.boxes(traf.body, traf.end)?;
    let Some(tfhd) = find(&children, b"tfhd") else { return Ok(None) };
    let flags = job.source.u32(tfhd.body)?;
    let id = job.source.u32(tfhd.body + 4)?;
    let base = match flags {
        _ if flags & BASE_PRESENT != 0 => u64::from_be_bytes(job.source.array(tfhd.body + 8)?),
        _ if flags & BASE_IS_FRAGMENT != 0 => moof.start,
        _ => *after,
    };
    let size = if flags & 0x10 != 0 {
        let skip = [(1, 8), (2, 4), (8, 4)].iter().filter(|(flag, _)| flags & flag != 0).map(|(_, n)| n).sum::<u64>();
        job.source.u32(tfhd.body + 8 + skip)?
    } else {
        movie.defaults.iter().find(|d| d.track == id).map_or(0, |d| d.size)
    };
    let mut runs = Vec::new();
    let mut next = base;
    for trun in children.iter().filter(|b| &b.kind == b"trun") {
        let run = read_run(job, trun, base, next, size)?;
        next = run.end;
        runs.push(run);
    }
    *after = next;
    let kept = movie.keeps(id);
    for child in &children {
        match &child.kind {
            b"tfhd" | b"tfdt" | b"trun" | b"sdtp" | b"sbgp" | b"sgpd" => {}
            _ if kept => discard::note(job, child)?,
            _ => {}
        }
    }
    Ok(Some(TrackFragment { children, tfhd, runs, kept }))
}

/// Size of a run's box up to its last entry; an error where it has no room for them.
fn run_bytes(job: &mut Job<'_>, trun: &BoxHeader) -> Result<(u32, u64, u64)> {
    let flags = job.source.u32(trun.body)?;
    let count = u64::from(job.source.u32(trun.body + 4)?);
    let width = u64::from((flags >> 8 & 15).count_ones()) * 4;
    let entries = trun.body + 8 + u64::from((flags & 5).count_ones()) * 4;
    let end = entries + count * width;
    if end > trun.end {
        return Err(job.source.broken(format_args!("a run has no room for {count} samples")));
    }
    Ok((flags, entries, end))
}

fn read_run(job: &mut Job<'_>, trun: &BoxHeader, base: u64, next: u64, size: u32) -> Result<Run> {
    let (flags, entries, end) = run_bytes(job, trun)?;
    let samples = u64::from(job.source.u32(trun.body + 4)?);
    let start = if flags & OFFSET_PRESENT != 0 {
        base.saturating_add_signed(i64::from(job.source.u32(trun.body + 8)? as i32))
    } else {
        next
    };
    let bytes = if flags & 0x200 == 0 {
        u64::from(size).saturating_mul(samples)
    } else {
        let width = (flags >> 8 & 15).count_ones() as usize * 4;
        let skip = if flags & 0x100 != 0 { 4 } else { 0 };
        let table = job.source.bytes(entries, end)?;
        let sizes = table.chunks_exact(width).filter_map(|entry| crate::validate::window::u32_be(entry, skip));
        sizes.map(u64::from).sum()
    };
    let end = start.saturating_add(bytes);
    if end > job.source.len() {
        return Err(job.source.broken(format_args!("a run ends at byte {end}, and the file has {}", job.source.len())));
    }
    Ok(Run { header: *trun, start, end, samples })
}

/// Builds the fragment; `place` tells where data stands from its first byte on.
fn build(
    job: &mut Job<'_>,
    children: &[BoxHeader],
    fragments: &[TrackFragment],
    place: impl Fn(u64) -> u32,
) -> Result<Boxes> {
    let mut out = Boxes::new(false);
    out.nest(*b"moof", |out| {
        if let Some(mfhd) = find(children, b"mfhd").filter(|b| b.body_len() >= 8) {
            out.leaf(*b"mfhd", &job.source.bytes(mfhd.body, mfhd.body + 8)?);
        }
        for fragment in fragments.iter().filter(|fragment| fragment.kept) {
            out.nest(*b"traf", |out| track_fragment(job, fragment, &place, out))?;
        }
        Ok(())
    })?;
    Ok(out)
}

fn track_fragment(
    job: &mut Job<'_>,
    fragment: &TrackFragment,
    place: &impl Fn(u64) -> u32,
    out: &mut Boxes,
) -> Result<()> {
    let samples: u64 = fragment.runs.iter().map(|run| run.samples).sum();
    for child in &fragment.children {
        match &child.kind {
            b"tfhd" if *child == fragment.tfhd => header(job, child, out)?,
            b"tfdt" => {
                let long = job.source.look(child.body, 1)?.first() == Some(&1);
                let end = child.body + if long { 12 } else { 8 };
                out.leaf(*b"tfdt", &job.source.bytes(child.body, end.min(child.end))?);
            }
            b"trun" => {
                if let Some(run) = fragment.runs.iter().find(|run| run.header == *child) {
                    write_run(job, run, place, out)?;
                }
            }
            b"sdtp" | b"sbgp" | b"sgpd" => track::optional(job, child, samples, out)?,
            _ => {}
        }
    }
    Ok(())
}

/// `tfhd` whose data counts from the fragment.
fn header(job: &mut Job<'_>, tfhd: &BoxHeader, out: &mut Boxes) -> Result<()> {
    let flags = job.source.u32(tfhd.body)?;
    let from = tfhd.body + if flags & BASE_PRESENT != 0 { 16 } else { 8 };
    let fields = u64::from((flags & 0x3a).count_ones()) * 4;
    if from + fields > tfhd.end {
        return Err(job.source.broken("the header of a track fragment is cut off"));
    }
    let id = job.source.array::<4>(tfhd.body + 4)?;
    let fields = job.source.bytes(from, from + fields)?;
    let flags = flags & !BASE_PRESENT | BASE_IS_FRAGMENT;
    out.leaf(*b"tfhd", &[&flags.to_be_bytes(), &id, fields.as_slice()].concat());
    Ok(())
}

/// `trun` whose place is always stated.
fn write_run(job: &mut Job<'_>, run: &Run, place: &impl Fn(u64) -> u32, out: &mut Boxes) -> Result<()> {
    let (flags, _, end) = run_bytes(job, &run.header)?;
    let from = run.header.body + if flags & OFFSET_PRESENT != 0 { 12 } else { 8 };
    let rest = job.source.bytes(from, end)?;
    let count = job.source.array::<4>(run.header.body + 4)?;
    let flags = (flags | OFFSET_PRESENT).to_be_bytes();
    out.leaf(*b"trun", &[&flags, &count, &place(run.start).to_be_bytes(), rest.as_slice()].concat());
    Ok(())
}
