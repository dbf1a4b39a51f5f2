//! How far two frames are apart.

use super::frame::{BLOCK, Bounds, Frame, Plane};

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
        let look = Self::of_look(a, b);
        if !a.same_shape(b) {
            return Self { luma: 255.0, ..look };
        }
        let mut luma = moved_differences(&a.luma, &b.luma, a.bounds.union(b.bounds));
        // A bright panel changes what mean and contrast take out, and so all of the normalized picture: what is calm
        // in either counts.
        let calm = quarter(&mut luma) * a.normalizer().min(b.normalizer());
        Self { luma: mean(&luma), calm: look.calm.min(calm), ..look }
    }

    /// Without [`luma`](Self::luma), which stays zero: it takes half of the time.
    pub(super) fn of_look(a: &Frame, b: &Frame) -> Self {
        if !a.same_shape(b) {
            // The picture changes its shape: nothing is comparable.
            return Self { luma: 0.0, normalized: 255.0, calm: 255.0, chroma: 255.0, histogram: 1.0 };
        }
        let mut normalized = moved_differences(&a.normalized, &b.normalized, a.bounds.union(b.bounds));
        Self {
            luma: 0.0,
            calm: quarter(&mut normalized),
            normalized: mean(&normalized),
            chroma: mean_difference(&a.chroma, &b.chroma),
            histogram: histogram_distance(&a.histogram, &b.histogram),
        }
    }
}

/// The value that a quarter of `values` stays under; sorts them.
fn quarter(values: &mut [f32]) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    values.get(values.len() / 4).copied().unwrap_or(0.0)
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
fn moved_differences(a: &Plane, b: &Plane, bounds: Bounds) -> Vec<f32> {
    let mut out = Vec::with_capacity(64);
    for top in (bounds.top..bounds.bottom).step_by(BLOCK) {
        let rows = BLOCK.min(bounds.bottom - top);
        for left in (bounds.left..bounds.right).step_by(BLOCK) {
            let columns = BLOCK.min(bounds.right - left);
            let target = b.square(left, top, rows);
            let enough = (GOOD_ENOUGH * rows * columns) as u32;
            let mut best = u32::MAX;
            for &(dx, dy) in &MOVES {
                let x = left.checked_add_signed(dx).filter(|x| *x >= bounds.left && x + columns <= bounds.right);
                let y = top.checked_add_signed(dy).filter(|y| *y >= bounds.top && y + rows <= bounds.bottom);
                if let (Some(x), Some(y)) = (x, y) {
                    best = best.min(difference(target, a.square(x, y, rows), columns));
                    if best <= enough {
                        break;
                    }
                }
            }
            out.push(best as f32 / (rows * columns) as f32);
        }
    }
    out
}

/// A match this good, in levels a pixel, is not searched any further: most of a still picture.
const GOOD_ENOUGH: usize = 1;

const MOVE_COUNT: usize = (2 * REACH as usize + 1).pow(2);

/// All moves within reach, the short ones first.
const MOVES: [(isize, isize); MOVE_COUNT] = {
    let mut moves = [(0, 0); MOVE_COUNT];
    let (mut n, mut ring) = (0, 0);
    while ring <= REACH {
        let mut dy = -ring;
        while dy <= ring {
            let mut dx = -ring;
            // Only the rim of the square: its inside came before.
            let step = if dy == -ring || dy == ring || ring == 0 { 1 } else { 2 * ring };
            while dx <= ring {
                moves[n] = (dx, dy);
                n += 1;
                dx += step;
            }
            dy += 1;
        }
        ring += 1;
    }
    moves
};

/// Sum of the differences of two blocks in their first `columns` columns.
fn difference(a: &[[u8; BLOCK]], b: &[[u8; BLOCK]], columns: usize) -> u32 {
    match (<&[[u8; BLOCK]; BLOCK]>::try_from(a), <&[[u8; BLOCK]; BLOCK]>::try_from(b)) {
        // A whole block is 64 bytes side by side, which a few instructions compare.
        (Ok(a), Ok(b)) if columns == BLOCK => sum(a.as_flattened(), b.as_flattened()),
        _ => a.iter().zip(b).map(|(a, b)| sum(&a[..columns], &b[..columns])).sum(),
    }
}

fn sum(a: &[u8], b: &[u8]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
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

#[cfg(test)]
mod tests {
    use super::super::frame::tests::{WIDTH, frame, texture};
    use super::*;

    #[test]
    fn equal_frames_have_no_distance_and_others_have() {
        let a = frame(&texture(1));
        assert_eq!(Distance::between(&a, &a), Distance::default());
        let far = Distance::between(&a, &frame(&texture(2)));
        assert!(far.luma > 10.0 && far.normalized > 10.0 && far.calm > 5.0, "{far:?}");
    }

    #[test]
    fn a_move_within_reach_is_explained_and_a_farther_one_is_not() {
        let still = texture(1);
        let moved = |by: usize| -> Vec<u8> {
            still.chunks(WIDTH).flat_map(|row| row[by..].iter().chain(&row[..by]).copied()).collect()
        };
        let near = Distance::between(&frame(&still), &frame(&moved(3)));
        let far = Distance::between(&frame(&still), &frame(&moved(20)));
        assert!(near.luma < 0.3 * far.luma, "{} {}", near.luma, far.luma);
        assert!(near.calm == 0.0);
    }

    #[test]
    fn a_light_that_goes_on_changes_luma_and_leaves_the_look() {
        let dark: Vec<u8> = texture(1).iter().map(|v| v / 3 + 20).collect();
        let light: Vec<u8> = texture(1).iter().map(|v| v / 3 + 100).collect();
        let distance = Distance::between(&frame(&dark), &frame(&light));
        assert!(distance.luma > 60.0 && distance.normalized < 2.0, "{distance:?}");
    }

    #[test]
    fn a_panel_over_a_part_leaves_the_rest_calm() {
        let plain = texture(1);
        let mut panel = plain.clone();
        for row in panel.chunks_mut(WIDTH).take(12) {
            row.fill(200);
        }
        let distance = Distance::between(&frame(&plain), &frame(&panel));
        assert!(distance.luma > 5.0 && distance.calm < 3.0, "{distance:?}");
    }

    #[test]
    fn a_mix_and_a_half_wiped_picture_are_told_apart() {
        let (a, b) = (texture(1), texture(2));
        let mix: Vec<u8> = a.iter().zip(&b).map(|(a, b)| ((3 * u32::from(*a) + u32::from(*b)) / 4) as u8).collect();
        let mixed = Mixture::of(&frame(&a), &frame(&mix), &frame(&b));
        assert!((mixed.share - 0.25).abs() < 0.02 && mixed.mix_residual < 1.0, "{mixed:?}");
        assert!(mixed.pick_residual > 5.0 * mixed.mix_residual);
        let wiped: Vec<u8> =
            a.iter().zip(&b).enumerate().map(|(i, (a, b))| if i % WIDTH < WIDTH / 2 { *b } else { *a }).collect();
        let wiped = Mixture::of(&frame(&a), &frame(&wiped), &frame(&b));
        assert!((wiped.share - 0.5).abs() < 0.15 && wiped.pick_residual < 1.0, "{wiped:?}");
        assert!(wiped.mix_residual > 5.0);
    }

    #[test]
    fn every_move_comes_once_and_the_short_ones_first() {
        let mut sorted = MOVES;
        sorted.sort_unstable();
        assert!(sorted.windows(2).all(|w| w[0] != w[1]));
        let length = |m: &(isize, isize)| m.0.abs().max(m.1.abs());
        assert!(MOVES.windows(2).all(|w| length(&w[0]) <= length(&w[1])));
        assert_eq!(MOVES[0], (0, 0));
    }
}
