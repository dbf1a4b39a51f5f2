//! Luma of a small picture, compared square by square where each may have moved.

use super::frame::Bounds;
use super::strips::Strips;

/// Side of the squares that may move on their own, in pixels of the small picture.
const BLOCK: usize = 8;
/// How far a square may move from one frame to the next, in pixels: a sixteenth of the picture's longer side.
const REACH: isize = 4;
/// A match this good, in levels a pixel, is not searched any further: most of a still picture.
const GOOD_ENOUGH: usize = 1;

/// The luma of one frame.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    height: usize,
    squares: Strips<u8, BLOCK>,
    /// Of each whole square.
    sums: Vec<u16>,
}

impl Plane {
    /// Of samples whose rows are `width` long.
    pub(super) fn of(samples: &[u8], width: usize) -> Self {
        let squares = Strips::of(samples, width);
        Self { height: samples.len() / width.max(1), sums: squares.sums(), squares }
    }

    /// All samples, column by column.
    #[cfg(test)]
    pub(super) fn samples(&self) -> Vec<u8> {
        let columns = self.sums.len() / self.height.max(1);
        (0..columns).flat_map(|x| self.squares.square(x, 0, self.height).iter().map(|row| row[0])).collect()
    }

    /// Differences from `earlier` within `bounds`, in levels: a mean for each square, which may come from anywhere
    /// nearby in `earlier`. `None` as soon as their own mean cannot be less than `than`.
    pub(super) fn moved_less(&self, earlier: &Self, bounds: Bounds, than: f32) -> Option<Vec<f32>> {
        let (tops, lefts) = (bounds.top..bounds.bottom, bounds.left..bounds.right);
        let count = tops.len().div_ceil(BLOCK) * lefts.len().div_ceil(BLOCK);
        let mut left_over = than * count as f32;
        let mut out = Vec::with_capacity(count);
        for top in tops.step_by(BLOCK) {
            let rows = BLOCK.min(bounds.bottom - top);
            for left in lefts.clone().step_by(BLOCK) {
                let columns = BLOCK.min(bounds.right - left);
                let best = match rows == BLOCK && columns == BLOCK {
                    true => self.best_whole(earlier, bounds, (left, top)),
                    false => self.best_part(earlier, bounds, (left, top), (columns, rows)),
                };
                let mean = best as f32 / (rows * columns) as f32;
                left_over -= mean;
                if left_over <= 0.0 {
                    return None;
                }
                out.push(mean);
            }
        }
        Some(out)
    }

    /// The least sum of differences of a whole square from those nearby in `earlier`.
    fn best_whole(&self, earlier: &Self, bounds: Bounds, (left, top): (usize, usize)) -> u32 {
        let target = self.square(left, top);
        let sum = self.sums[left * self.height + top];
        let mut best = u32::MAX;
        for (x, y) in sources(bounds, (left, top), (BLOCK, BLOCK)) {
            // No two squares differ by less than their sums do (successive elimination: Li and Salari, 1995).
            if u32::from(earlier.sums[x * earlier.height + y].abs_diff(sum)) < best {
                best = best.min(difference(target, earlier.square(x, y)));
                if best <= (GOOD_ENOUGH * BLOCK * BLOCK) as u32 {
                    break;
                }
            }
        }
        best
    }

    /// The same of a square that the bounds cut to `size`.
    fn best_part(&self, earlier: &Self, bounds: Bounds, at: (usize, usize), size: (usize, usize)) -> u32 {
        let (columns, rows) = size;
        let target = self.squares.square(at.0, at.1, rows);
        let mut best = u32::MAX;
        for (x, y) in sources(bounds, at, size) {
            let source = earlier.squares.square(x, y, rows);
            best = best.min(match columns == BLOCK {
                true => difference(target.as_flattened(), source.as_flattened()),
                false => target.iter().zip(source).map(|(a, b)| difference(&a[..columns], &b[..columns])).sum(),
            });
            if best <= (GOOD_ENOUGH * rows * columns) as u32 {
                break;
            }
        }
        best
    }

    /// A whole square, its samples side by side.
    fn square(&self, left: usize, top: usize) -> &[u8; BLOCK * BLOCK] {
        // Never used: `sources` and `moved_less` name whole squares alone.
        const NOTHING: &[u8; BLOCK * BLOCK] = &[0; BLOCK * BLOCK];
        self.squares.square(left, top, BLOCK).as_flattened().first_chunk().unwrap_or(NOTHING)
    }
}

/// Where within `bounds` what is at `(left, top)` may have come from, the nearest first.
fn sources(
    bounds: Bounds,
    (left, top): (usize, usize),
    (columns, rows): (usize, usize),
) -> impl Iterator<Item = (usize, usize)> {
    MOVES.iter().filter_map(move |&(dx, dy)| {
        let x = left.checked_add_signed(dx).filter(|x| *x >= bounds.left && x + columns <= bounds.right)?;
        let y = top.checked_add_signed(dy).filter(|y| *y >= bounds.top && y + rows <= bounds.bottom)?;
        Some((x, y))
    })
}

/// Sum of the differences of samples side by side. Written so, and inlined, the compiler makes one instruction
/// (`psadbw`) of sixteen of them, and unrolls those of a whole square.
#[inline(always)]
fn difference(a: &[u8], b: &[u8]) -> u32 {
    let [(a, a_rest), (b, b_rest)] = [a, b].map(<[u8]>::as_chunks::<16>);
    let mut sum = 0;
    for (a, b) in a.iter().zip(b) {
        let mut sixteen = 0;
        for i in 0..16 {
            sixteen += u16::from(a[i].abs_diff(b[i]));
        }
        sum += u32::from(sixteen);
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        sum += u32::from(a.abs_diff(*b));
    }
    sum
}

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

#[cfg(test)]
mod tests {
    use super::super::frame::tests::{WIDTH, texture};
    use super::*;

    /// What `moved_less` promises, as plainly as it can be said.
    fn plainly(later: &[u8], earlier: &[u8], bounds: Bounds) -> Vec<f32> {
        let mut out = Vec::new();
        for top in (bounds.top..bounds.bottom).step_by(BLOCK) {
            for left in (bounds.left..bounds.right).step_by(BLOCK) {
                let (columns, rows) = (BLOCK.min(bounds.right - left), BLOCK.min(bounds.bottom - top));
                let apart = |(x, y): (usize, usize)| -> u32 {
                    (0..rows * columns)
                        .map(|i| (i % columns, i / columns))
                        .map(|(i, j)| later[(top + j) * WIDTH + left + i].abs_diff(earlier[(y + j) * WIDTH + x + i]))
                        .map(u32::from)
                        .sum()
                };
                let mut sums = sources(bounds, (left, top), (columns, rows)).map(apart);
                let enough = (rows * columns) as u32;
                let mut best = u32::MAX;
                while best > enough {
                    let Some(sum) = sums.next() else { break };
                    best = best.min(sum);
                }
                out.push(best as f32 / (rows * columns) as f32);
            }
        }
        out
    }

    #[test]
    fn squares_that_cannot_be_nearer_are_passed_over_and_nothing_else_is() {
        let moved: Vec<u8> = texture(1).chunks(WIDTH).flat_map(|r| r[2..].iter().chain(&r[..2]).copied()).collect();
        let frames = [texture(1), texture(2), moved, vec![0; texture(1).len()]];
        let whole = Bounds { left: 0, top: 0, right: WIDTH, bottom: texture(1).len() / WIDTH };
        let boxed = Bounds { left: 3, top: 6, right: 60, bottom: 29 };
        for (a, b) in frames.iter().flat_map(|a| frames.iter().map(move |b| (a, b))) {
            for bounds in [whole, boxed] {
                let (earlier, later) = (Plane::of(a, WIDTH), Plane::of(b, WIDTH));
                let all = later.moved_less(&earlier, bounds, f32::INFINITY).unwrap();
                assert_eq!(all, plainly(b, a, bounds));
                let mean = all.iter().sum::<f32>() / all.len() as f32;
                assert_eq!(later.moved_less(&earlier, bounds, 0.9 * mean), None);
                assert_eq!(later.moved_less(&earlier, bounds, 1.1 * mean + 0.1), Some(all));
            }
        }
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
