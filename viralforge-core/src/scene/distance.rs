//! How far two frames are apart.

use super::frame::{Bounds, Frame};

/// Side of the squares that may move on their own, in pixels of the small picture.
const BLOCK: usize = 8;
/// How far a square may move from one frame to the next, in pixels: a sixteenth of the picture's longer side.
const REACH: isize = 4;

/// The distances between two frames. Each is 0 for equal frames.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Distance {
    /// Mean difference of luma that motion does not explain, in levels.
    pub(super) luma: f32,
    /// The same of luma without mean and contrast.
    pub(super) normalized: f32,
    /// The normalized difference that a quarter of the blocks stays under: small where a caption, a panel or
    /// something passing by changes a part of the picture only.
    pub(super) calm: f32,
    /// Mean difference of the chroma components, in levels.
    pub(super) chroma: f32,
    /// Half the sum of the differences of the histograms, 0 to 1.
    pub(super) histogram: f32,
}

impl Distance {
    pub(super) fn between(a: &Frame, b: &Frame) -> Self {
        if (a.width, a.height) != (b.width, b.height) {
            // The picture changes its shape: nothing is comparable.
            return Self { luma: 255.0, normalized: 255.0, calm: 255.0, chroma: 255.0, histogram: 1.0 };
        }
        let bounds = a.bounds.union(b.bounds);
        let mut normalized = moved_differences(&a.normalized, &b.normalized, a.width, bounds);
        normalized.sort_unstable_by(f32::total_cmp);
        Self {
            luma: mean(&moved_differences(&a.luma, &b.luma, a.width, bounds)),
            normalized: mean(&normalized),
            calm: normalized.get(normalized.len() / 4).copied().unwrap_or(0.0),
            chroma: mean_difference(&a.chroma, &b.chroma),
            histogram: histogram_distance(&a.histogram, &b.histogram),
        }
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

fn mean_difference(a: &[u8], b: &[u8]) -> f32 {
    let sum: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    sum as f32 / a.len().max(1) as f32
}

/// Distance of cumulated histograms within one bin to either side is forgiven: a small change of light moves every
/// value a little, which is no other picture.
fn histogram_distance(a: &[f32], b: &[f32]) -> f32 {
    let blur = |h: &[f32], i: usize| {
        let at = |i: usize| h.get(i).copied().unwrap_or(0.0);
        0.5 * at(i) + 0.25 * (at(i + 1) + if i > 0 { at(i - 1) } else { 0.0 })
    };
    (0..a.len()).map(|i| (blur(a, i) - blur(b, i)).abs()).sum::<f32>() / 2.0
}

/// Differences of `b` from `a` within `bounds`, a mean for each block, where each block of `b` may come from anywhere
/// nearby in `a`.
fn moved_differences(a: &[u8], b: &[u8], width: usize, bounds: Bounds) -> Vec<f32> {
    let mut out = Vec::with_capacity(64);
    for top in (bounds.top..bounds.bottom).step_by(BLOCK) {
        let rows = BLOCK.min(bounds.bottom - top);
        for left in (bounds.left..bounds.right).step_by(BLOCK) {
            let columns = BLOCK.min(bounds.right - left);
            let target = Square::of(b, width, left, top, columns, rows);
            let mut best = u32::MAX;
            for (dx, dy) in search_order() {
                let x = left.checked_add_signed(dx).filter(|x| *x >= bounds.left && x + columns <= bounds.right);
                let y = top.checked_add_signed(dy).filter(|y| *y >= bounds.top && y + rows <= bounds.bottom);
                if let (Some(x), Some(y)) = (x, y) {
                    best = best.min(target.difference(&Square::of(a, width, x, y, columns, rows)));
                }
                if best as usize <= GOOD_ENOUGH * rows * columns {
                    break;
                }
            }
            out.push(best as f32 / (rows * columns) as f32);
        }
    }
    out
}

/// A match this good, in levels a pixel, is not searched any further: most of a still picture.
const GOOD_ENOUGH: usize = 1;

/// All moves within reach, the short ones first.
fn search_order() -> impl Iterator<Item = (isize, isize)> {
    (0..=REACH).flat_map(|ring| {
        (-ring..=ring)
            .flat_map(move |dy| (-ring..=ring).filter(move |dx| dx.abs().max(dy.abs()) == ring).map(move |dx| (dx, dy)))
    })
}

/// A block by value: 64 bytes side by side are compared in a few instructions.
struct Square([u8; BLOCK * BLOCK]);

impl Square {
    fn of(plane: &[u8], width: usize, x: usize, y: usize, columns: usize, rows: usize) -> Self {
        let mut out = [0; BLOCK * BLOCK];
        for (row, out) in out.chunks_exact_mut(BLOCK).enumerate().take(rows) {
            let from = &plane[(y + row) * width + x..][..columns];
            match <&[u8; BLOCK]>::try_from(from) {
                Ok(from) => out.copy_from_slice(from),
                Err(_) => out[..columns].copy_from_slice(from),
            }
        }
        Self(out)
    }

    fn difference(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
    }
}

/// How a frame between two others relates to them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mixture {
    /// Mean difference of the outer frames, in levels, motion not taken out.
    pub(super) ends: f32,
    /// Share of the later frame in the best linear mix of both: 0 is the earlier, 1 the later.
    pub(super) share: f32,
    /// Mean difference from that mix, in levels. Small in a dissolve.
    pub(super) mix_residual: f32,
    /// Mean difference from whichever end is nearer, pixel by pixel, in levels. Small in a wipe.
    pub(super) pick_residual: f32,
}

impl Mixture {
    /// `middle` as a mixture of `a` and `b`.
    pub(super) fn of(a: &Frame, middle: &Frame, b: &Frame) -> Self {
        if a.half.len() != b.half.len() || a.half.len() != middle.half.len() {
            return Self::default();
        }
        let (mut along, mut length, mut ends) = (0f32, 0f32, 0f32);
        for ((a, m), b) in a.half.iter().zip(&middle.half).zip(&b.half) {
            along += (m - a) * (b - a);
            length += (b - a) * (b - a);
            ends += (b - a).abs();
        }
        let share = if length > 0.0 { along / length } else { 0.0 };
        let (mut mix, mut pick) = (0f32, 0f32);
        for ((a, m), b) in a.half.iter().zip(&middle.half).zip(&b.half) {
            mix += (m - a - share * (b - a)).abs();
            pick += (m - a).abs().min((m - b).abs());
        }
        let count = a.half.len().max(1) as f32;
        Self { ends: ends / count, share, mix_residual: mix / count, pick_residual: pick / count }
    }
}
