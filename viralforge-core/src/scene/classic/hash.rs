//! A cut where the perceptual hash changes.
//!
//! The hash has a bit for each of the lowest frequencies of the picture: whether it is stronger than the median of them
//! (pHash; see "Looks Like It" on hackerfactor.com).

use super::parameters::HashMethod;
use super::{cut, table};
use crate::picture::SmallPicture;
use crate::scene::finder::{Finder, Found};
use crate::scene::statistics::SceneStatistics;
use crate::time::Timestamp;

/// Keeps the hash before.
pub(in crate::scene) struct HashFinder {
    threshold: f64,
    hasher: Hasher,
    last: Option<Vec<bool>>,
    frame: u64,
    statistics: Option<SceneStatistics>,
}

impl HashFinder {
    pub(in crate::scene) fn new(method: &HashMethod, statistics: bool) -> Self {
        let HashMethod { threshold, size, lowpass } = *method;
        Self {
            threshold,
            hasher: Hasher::new(size as usize, lowpass as usize),
            last: None,
            frame: 0,
            statistics: table(statistics, [("hash_dist", Some(threshold))]),
        }
    }
}

impl Finder for HashFinder {
    fn push(&mut self, time: Timestamp, picture: &SmallPicture, found: &mut dyn FnMut(Found)) {
        let next = self.hasher.hash(picture);
        let distance = self.last.as_ref().map(|last| {
            let differing = last.iter().zip(&next).filter(|(a, b)| a != b).count();
            differing as f64 / next.len().max(1) as f64
        });
        if let Some(distance) = distance.filter(|distance| *distance >= self.threshold) {
            cut(self.frame, time, distance, self.threshold).into_iter().for_each(found);
        }
        if let Some(statistics) = &mut self.statistics {
            statistics.push(self.frame, time.as_seconds_f64(), &[distance.unwrap_or(0.0) as f32]);
        }
        self.last = Some(next);
        self.frame += 1;
    }

    fn finish(self: Box<Self>, _end: Timestamp, _found: &mut dyn FnMut(Found)) -> Option<SceneStatistics> {
        self.statistics
    }
}

struct Hasher {
    /// Frequencies that are kept, in each direction.
    size: usize,
    /// Side of the square that the picture is made into.
    side: usize,
    /// The lowest rows of the orthogonal discrete cosine transform (DCT-II) of `side` samples.
    cosines: Vec<f32>,
    across: Cells,
    down: Cells,
}

impl Hasher {
    fn new(size: usize, lowpass: usize) -> Self {
        let side = size * lowpass;
        let cosine = |i: usize| {
            let (frequency, at) = ((i / side) as f64, (i % side) as f64);
            let norm = if i < side { 1.0 } else { 2.0 } / side as f64;
            let angle = std::f64::consts::PI * (at + 0.5) * frequency / side as f64;
            (norm.sqrt() * angle.cos()) as f32
        };
        let cosines = (0..size * side).map(cosine).collect();
        Self { size, side, cosines, across: Cells::default(), down: Cells::default() }
    }

    fn hash(&mut self, picture: &SmallPicture) -> Vec<bool> {
        let Self { size, side, .. } = *self;
        self.across.fit(picture.size.width as usize, side);
        self.down.fit(picture.size.height as usize, side);
        let square = square(&picture.luma, &self.across, &self.down);
        // Rows first, then columns of what is left.
        let mut rows = vec![0f32; side * size];
        for (row, out) in square.chunks_exact(side).zip(rows.chunks_exact_mut(size)) {
            for (cosines, out) in self.cosines.chunks_exact(side).zip(out) {
                *out = cosines.iter().zip(row).map(|(cosine, value)| cosine * value).sum();
            }
        }
        let mut frequencies = vec![0f32; size * size];
        for (cosines, out) in self.cosines.chunks_exact(side).zip(frequencies.chunks_exact_mut(size)) {
            for (cosine, row) in cosines.iter().zip(rows.chunks_exact(size)) {
                out.iter_mut().zip(row).for_each(|(out, value)| *out += cosine * value);
            }
        }
        let mut sorted = frequencies.clone();
        sorted.sort_by(f32::total_cmp);
        let middle = sorted.len() / 2;
        let median = (sorted[(sorted.len() - 1) / 2] + sorted[middle]) / 2.0;
        frequencies.into_iter().map(|value| value > median).collect()
    }
}

/// `luma` made into a square by averaging, its brightest value being 1.
fn square(luma: &[u8], across: &Cells, down: &Cells) -> Vec<f32> {
    let (width, height, side) = (across.samples, down.samples, across.cells.len());
    // Along rows, then along columns.
    let mut narrow = vec![0f32; side * height];
    for (row, out) in luma.chunks_exact(width.max(1)).zip(narrow.chunks_exact_mut(side)) {
        for ((first, shares), out) in across.cells.iter().zip(out) {
            *out = row[*first..].iter().zip(shares).map(|(v, share)| f32::from(*v) * share).sum();
        }
    }
    let mut square = vec![0f32; side * side];
    for ((first, shares), out) in down.cells.iter().zip(square.chunks_exact_mut(side)) {
        for (row, share) in narrow[first * side..].chunks_exact(side).zip(shares) {
            out.iter_mut().zip(row).for_each(|(out, value)| *out += value * share);
        }
        // Whole levels, as the original hashes them.
        out.iter_mut().for_each(|value| *value = value.round());
    }
    let brightest = square.iter().fold(0f32, |a, b| a.max(*b));
    if brightest > 0.0 {
        square.iter_mut().for_each(|value| *value /= brightest);
    }
    square
}

/// A row or column of samples in equal parts.
#[derive(Default)]
struct Cells {
    samples: usize,
    /// The first sample in each, and the share of it that each sample from there on has.
    cells: Vec<(usize, Vec<f32>)>,
}

impl Cells {
    /// Makes `count` parts of `samples` samples.
    fn fit(&mut self, samples: usize, count: usize) {
        if self.samples == samples && self.cells.len() == count {
            return;
        }
        let cell = |cell: usize| {
            // In units of a sample divided by `count`.
            let (start, end) = (cell * samples, (cell + 1) * samples);
            let within = start / count..end.div_ceil(count);
            let overlap = |i: usize| ((i + 1) * count).min(end).saturating_sub((i * count).max(start));
            (within.start, within.map(|i| overlap(i) as f32 / samples.max(1) as f32).collect())
        };
        *self = Self { samples, cells: (0..count).map(cell).collect() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn picture(width: u32, height: u32, luma: impl Fn(u32, u32) -> u8) -> SmallPicture {
        let luma: Vec<u8> = (0..width * height).map(|i| luma(i % width, i / width)).collect();
        let gray = vec![128; luma.len()];
        SmallPicture { size: Size::new(width, height), luma, cb: gray.clone(), cr: gray }
    }

    #[test]
    fn cells_cover_the_samples_evenly_whether_there_are_more_or_fewer() {
        for (from, to) in [(144, 32), (256, 32), (5, 32), (1, 3), (7, 7)] {
            let mut sums = vec![0.0; from];
            let mut parts = Cells::default();
            parts.fit(from, to);
            assert_eq!(parts.cells.len(), to);
            for (first, shares) in parts.cells {
                assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                shares.iter().enumerate().for_each(|(i, share)| sums[first + i] += share);
            }
            assert!(sums.iter().all(|sum| (sum * from as f32 / to as f32 - 1.0).abs() < 1e-4), "{from} {to}");
        }
    }

    #[test]
    fn the_hash_of_a_wave_has_the_frequency_of_the_wave() {
        let mut hasher = Hasher::new(8, 2);
        let wave = |x: u32, _| (128.0 + 100.0 * (std::f64::consts::PI * (f64::from(x) + 0.5) * 3.0 / 64.0).cos()) as u8;
        let hash = hasher.hash(&picture(64, 32, wave));
        assert!(hash[0] && hash[3], "{hash:?}");
        // The same picture at another size and brightness has nearly the same hash.
        let dimmer = |x: u32, y: u32| wave(x / 2, y) / 2;
        let other = hasher.hash(&picture(128, 50, dimmer));
        let strong = [0, 3];
        assert!(strong.iter().all(|i| other[*i]));
    }

    #[test]
    fn a_black_picture_has_a_hash() {
        assert!(Hasher::new(16, 2).hash(&picture(3, 1, |_, _| 0)).iter().all(|bit| !bit));
    }
}
