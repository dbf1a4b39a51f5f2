//! Sample tables: which bytes of the file each chunk of a track has.

use super::super::Job;
use super::entry::SoundFrames;
use crate::error::Result;
use crate::validate::bmff::boxes::{BoxHeader, find};
use crate::validate::window::u32_be;

/// The content of a box up to the last of its counted entries of `width` bytes; the count stands `count_at` bytes into
/// it.
pub(super) fn counted(job: &mut Job<'_>, header: &BoxHeader, count_at: usize, width: u64) -> Result<Vec<u8>> {
    let count = job.source.u32(header.body + count_at as u64)?;
    let end = header.body + count_at as u64 + 4 + u64::from(count) * width;
    if end > header.end {
        return Err(job.source.broken(format_args!("{} has no room for {count} entries", header.name())));
    }
    job.source.bytes(header.body, end)
}

/// Sizes of the samples of one track.
struct Sizes {
    count: u64,
    /// Of every sample, where they are equal.
    equal: u64,
    /// The entries, where they are not.
    each: Vec<u8>,
    /// Bits of an entry.
    bits: u32,
}

impl Sizes {
    fn read(job: &mut Job<'_>, boxes: &[BoxHeader]) -> Result<Self> {
        if let Some(stsz) = find(boxes, b"stsz") {
            let equal = u64::from(job.source.u32(stsz.body + 4)?);
            let count = u64::from(job.source.u32(stsz.body + 8)?);
            let mut each = Vec::new();
            if equal == 0 {
                each = counted(job, &stsz, 8, 4)?.split_off(12);
            }
            return Ok(Self { count, equal, each, bits: 32 });
        }
        let Some(stz2) = find(boxes, b"stz2") else {
            return Ok(Self { count: 0, equal: 0, each: Vec::new(), bits: 32 });
        };
        let body = small_sizes(job, &stz2)?;
        let (bits, count) = (u32_be(&body, 4).unwrap_or(0) & 0xff, u32_be(&body, 8).unwrap_or(0));
        Ok(Self { count: count.into(), equal: 0, each: body.get(12..).unwrap_or_default().to_vec(), bits })
    }

    /// Bytes of `count` samples from `first` on.
    fn sum(&self, first: u64, count: u64) -> u64 {
        if self.each.is_empty() {
            return self.equal.saturating_mul(count);
        }
        (first..first.saturating_add(count).min(self.count)).map(|index| self.one(index)).sum()
    }

    fn one(&self, index: u64) -> u64 {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let byte = |at: usize| self.each.get(at).copied().unwrap_or(0);
        match self.bits {
            4 => u64::from(if index % 2 == 0 { byte(index / 2) >> 4 } else { byte(index / 2) & 15 }),
            8 => u64::from(byte(index)),
            16 => u64::from(byte(index * 2)) << 8 | u64::from(byte(index * 2 + 1)),
            _ => u32_be(&self.each, index.saturating_mul(4)).map_or(0, u64::from),
        }
    }
}

/// `stz2`: entries of 4, 8 or 16 bits (ISO/IEC 14496-12, 8.7.3.3).
pub(super) fn small_sizes(job: &mut Job<'_>, stz2: &BoxHeader) -> Result<Vec<u8>> {
    let bits = u64::from(job.source.u32(stz2.body + 4)? & 0xff);
    let count = u64::from(job.source.u32(stz2.body + 8)?);
    let end = stz2.body + 12 + (count * bits).div_ceil(8);
    if !matches!(bits, 4 | 8 | 16) || end > stz2.end {
        return Err(job.source.broken(format_args!("stz2 of {count} entries of {bits} bits")));
    }
    job.source.bytes(stz2.body, end)
}

/// Samples of a track.
pub(super) fn sample_count(job: &mut Job<'_>, boxes: &[BoxHeader]) -> Result<u64> {
    match find(boxes, b"stsz").or_else(|| find(boxes, b"stz2")) {
        Some(header) => job.source.u32(header.body + 8).map(u64::from),
        None => Ok(0),
    }
}

/// Where each chunk begins and ends in the source, in the order of the table.
pub(super) fn chunks(job: &mut Job<'_>, boxes: &[BoxHeader], frames: SoundFrames) -> Result<Vec<(u64, u64)>> {
    let places = places(job, boxes)?;
    let (Some(stsc), false) = (find(boxes, b"stsc"), places.is_empty()) else {
        return Ok(places.into_iter().map(|at| (at, at)).collect());
    };
    let runs = counted(job, &stsc, 4, 12)?.split_off(8);
    let mut runs =
        runs.chunks_exact(12).map(|run| (u32_be(run, 0).unwrap_or(0), u32_be(run, 4).unwrap_or(0))).peekable();
    let sizes = Sizes::read(job, boxes)?;
    let (mut per_chunk, mut sample) = (0u64, 0u64);
    let mut found = Vec::with_capacity(places.len());
    for (index, at) in (1u32..).zip(places) {
        while let Some((_, count)) = runs.next_if(|(first, _)| *first <= index) {
            per_chunk = count.into();
        }
        let count = per_chunk.min(sizes.count.saturating_sub(sample));
        let described = frames.bytes(count).filter(|_| sizes.each.is_empty()).unwrap_or(0);
        let end = at.saturating_add(sizes.sum(sample, count));
        if end > job.source.len() {
            return Err(job
                .source
                .broken(format_args!("a chunk ends at byte {end}, and the file has {}", job.source.len())));
        }
        // What the description of the sound says may be more than there is of the last chunk.
        found.push((at, end.max(at.saturating_add(described).min(job.source.len()))));
        sample += count;
    }
    Ok(found)
}

fn places(job: &mut Job<'_>, boxes: &[BoxHeader]) -> Result<Vec<u64>> {
    if let Some(stco) = find(boxes, b"stco") {
        let entries = counted(job, &stco, 4, 4)?;
        return Ok(entries.chunks_exact(4).skip(2).map(|e| u32_be(e, 0).map_or(0, u64::from)).collect());
    }
    let Some(co64) = find(boxes, b"co64") else { return Ok(Vec::new()) };
    let entries = counted(job, &co64, 4, 8)?;
    Ok(entries.chunks_exact(8).skip(1).map(|e| e.try_into().map_or(0, u64::from_be_bytes)).collect())
}
