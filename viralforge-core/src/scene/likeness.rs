//! Whether two frames show the same things, whatever the light does.

use super::frame::Bounds;
use super::strips::Strips;

/// Side of the blocks that are compared, and how far each may move, in pixels of a picture half as large as the small
/// one: about a fifth and a sixteenth of the picture's longer side.
const BLOCK: usize = 6;
const REACH: usize = 2;
const PIXELS: f32 = (BLOCK * BLOCK) as f32;
/// Deviation of luma within a block below which it shows nothing that could be known again, in levels …
const LEAST_DEVIATION: f32 = 2.5;
/// … and above which it counts no more than others.
const FULL_DEVIATION: f32 = 20.0;

/// Every block that can be cut out of a frame, with its mean and deviation.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    /// How many begin in a row, and in a column.
    columns: usize,
    rows: usize,
    pixels: Strips<i16, BLOCK>,
    /// Of each block by its top left corner, row by row.
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Blocks {
    /// Of `plane`, whose rows are `width` long.
    pub(super) fn of(plane: &[u8], width: usize) -> Self {
        let height = plane.len() / width.max(1);
        let (columns, rows) = ((width + 1).saturating_sub(BLOCK), (height + 1).saturating_sub(BLOCK));
        let (mut mean, mut deviation) = (Vec::with_capacity(columns * rows), Vec::with_capacity(columns * rows));
        for top in 0..rows {
            // Sums of the columns of this band, from which a block's sum is that of a few.
            let mut sums = vec![(0u32, 0u32); width];
            for row in plane[top * width..(top + BLOCK) * width].chunks_exact(width) {
                for (sum, v) in sums.iter_mut().zip(row) {
                    *sum = (sum.0 + u32::from(*v), sum.1 + u32::from(*v) * u32::from(*v));
                }
            }
            for block in sums.windows(BLOCK) {
                let (sum, squares) = block.iter().fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
                let average = sum as f32 / PIXELS;
                mean.push(average);
                deviation.push((squares as f32 / PIXELS - average * average).max(0.0).sqrt());
            }
        }
        let plane: Vec<i16> = plane.iter().map(|v| i16::from(*v)).collect();
        Self { columns, rows, pixels: Strips::of(&plane, width), mean, deviation }
    }
}

/// How well the blocks of `b` within `bounds`, told in pixels of the small picture, are found nearby in `a` by their
/// correlation, with mean and contrast taken out of each: near 1 for the same shot, also in another light, and about
/// 0.3 for different ones. 0 where there is nothing to be known again.
pub(super) fn likeness(a: &Blocks, b: &Blocks, bounds: Bounds) -> f32 {
    if (a.columns, a.rows) != (b.columns, b.rows) {
        return 0.0;
    }
    let (mut sum, mut weights) = (0.0, 0.0);
    for top in starts(bounds.top / 2, bounds.bottom.div_ceil(2), b.rows) {
        for left in starts(bounds.left / 2, bounds.right.div_ceil(2), b.columns) {
            let weight = b.deviation[top * b.columns + left].min(FULL_DEVIATION);
            if weight >= LEAST_DEVIATION {
                sum += weight * best_correlation(a, b, left, top);
                weights += weight;
            }
        }
    }
    if weights > 0.0 { sum / weights } else { 0.0 }
}

/// Where blocks begin that cover `from..to` side by side, the last one moved so that it ends within.
fn starts(from: usize, to: usize, places: usize) -> impl Iterator<Item = usize> {
    let last = to.saturating_sub(BLOCK).min(places.saturating_sub(1));
    (from..to).step_by(BLOCK).map(move |at| at.min(last)).take(if places == 0 { 0 } else { usize::MAX })
}

fn best_correlation(a: &Blocks, b: &Blocks, left: usize, top: usize) -> f32 {
    let own = top * b.columns + left;
    let (mean, deviation) = (b.mean[own], b.deviation[own]);
    let target = b.pixels.square(left, top, BLOCK).as_flattened();
    let mut best = 0f32;
    for y in top.saturating_sub(REACH)..=(top + REACH).min(a.rows - 1) {
        for x in left.saturating_sub(REACH)..=(left + REACH).min(a.columns - 1) {
            let other = y * a.columns + x;
            if a.deviation[other] >= LEAST_DEVIATION {
                let product = product(a.pixels.square(x, y, BLOCK).as_flattened(), target);
                let covariance = product as f32 / PIXELS - a.mean[other] * mean;
                best = best.max(covariance / (a.deviation[other] * deviation));
            }
        }
    }
    best
}

fn product(a: &[i16], b: &[i16]) -> i32 {
    let pairs = |a: &[i16; BLOCK * BLOCK], b: &[i16; BLOCK * BLOCK]| -> i32 {
        a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
    };
    // Of a known length, the compiler unrolls it.
    a.first_chunk().zip(b.first_chunk()).map_or(0, |(a, b)| pairs(a, b))
}

#[cfg(test)]
mod tests {
    use super::super::frame::tests::{WIDTH, frame, texture};

    fn of(a: &[u8], b: &[u8]) -> f32 {
        frame(a).likeness(&frame(b))
    }

    #[test]
    fn a_frame_is_like_itself_and_unlike_others() {
        let a = texture(1);
        assert!(of(&a, &a) > 0.999);
        assert!(of(&a, &texture(2)) < 0.7, "{}", of(&a, &texture(2)));
    }

    #[test]
    fn light_on_a_part_and_a_gamma_step_change_little() {
        let a = texture(1);
        let half: Vec<u8> =
            a.iter().enumerate().map(|(i, v)| if i % WIDTH < 30 { v / 3 + 150 } else { v / 2 + 10 }).collect();
        let gamma: Vec<u8> = a.iter().map(|v| (255.0 * (f32::from(*v) / 255.0).powf(0.6)) as u8).collect();
        assert!(of(&a, &half) > 0.85 && of(&a, &gamma) > 0.95, "{} {}", of(&a, &half), of(&a, &gamma));
    }

    #[test]
    fn what_moved_a_little_is_found_and_what_is_flat_shows_nothing() {
        let a = texture(1);
        let moved: Vec<u8> = a.chunks(WIDTH).flat_map(|row| row[4..].iter().chain(&row[..4]).copied()).collect();
        assert!(of(&a, &moved) > 0.85, "{}", of(&a, &moved));
        let flat = vec![90; a.len()];
        assert_eq!((of(&a, &flat), of(&flat, &a)), (0.0, 0.0));
    }

    #[test]
    fn a_picture_smaller_than_a_block_is_no_trouble() {
        let tiny: Vec<u8> = texture(1)[..4 * WIDTH].to_vec();
        assert_eq!(of(&tiny, &tiny), 0.0);
    }
}
