//! Where a picture has edges.
//!
//! The detector of Canny (A Computational Approach to Edge Detection, 1986) as OpenCV does it: gradients of Sobel 3 × 3
//! with their size taken as |dx| + |dy|, no smoothing before. Crates that are well kept smooth first and take another
//! size, which finds a fraction of the edges and would move thresholds.

/// Finds edges, and keeps the room for it.
#[derive(Debug, Default)]
pub(super) struct EdgeFinder {
    /// Gradient of each pixel, and its size with a border of zeros around.
    dx: Vec<i16>,
    dy: Vec<i16>,
    size: Vec<i16>,
    /// Sum and difference down each column of three rows, with the border repeated.
    columns: Vec<(i16, i16)>,
    /// Pixels whose neighbors are still to be looked at.
    open: Vec<usize>,
    /// Edges before they are spread, and how many of them are in reach in each column.
    copy: Vec<u8>,
    counts: Vec<u16>,
}

/// What a pixel is.
const NONE: u8 = 0;
const WEAK: u8 = 1;
const EDGE: u8 = 255;

/// Tangent of 22.5 degrees, between the directions "along a row" and "diagonal", with 15 bits behind the point.
const TAN_22: i32 = 13_573;

impl EdgeFinder {
    /// Overwrites `edges` with 255 where `luma` has an edge or one is near, and 0 elsewhere. Edges are taken from the
    /// thresholds that PySceneDetect takes, a third under and over the median, and spread to `kernel_size` pixels.
    pub(super) fn find(&mut self, luma: &[u8], width: usize, kernel_size: usize, edges: &mut Vec<u8>) {
        edges.clear();
        edges.resize(luma.len(), NONE);
        if width == 0 || luma.len() < width {
            return;
        }
        let median = median(luma);
        let (low, high) = ((median * 2.0 / 3.0) as i16, (median * 4.0 / 3.0).min(255.0) as i16);
        self.measure(luma, width);
        self.thin(width, low, high, edges);
        self.follow(width, edges);
        self.spread(width, kernel_size / 2, edges);
    }

    /// Gradients; the picture goes on beyond its border as it is there.
    fn measure(&mut self, luma: &[u8], width: usize) {
        let height = luma.len() / width;
        let Self { dx, dy, size, columns, .. } = self;
        dx.resize(luma.len(), 0);
        dy.resize(luma.len(), 0);
        size.clear();
        size.resize((width + 2) * (height + 2), 0);
        columns.resize(width + 2, (0, 0));
        let row = |y: usize| &luma[y * width..][..width];
        for y in 0..height {
            let (above, here, below) = (row(y.saturating_sub(1)), row(y), row((y + 1).min(height - 1)));
            // The sum and the difference down each column, with the border repeated.
            for (((column, above), here), below) in columns[1..].iter_mut().zip(above).zip(here).zip(below) {
                let (above, here, below) = (i16::from(*above), i16::from(*here), i16::from(*below));
                *column = (above + 2 * here + below, below - above);
            }
            (columns[0], columns[width + 1]) = (columns[1], columns[width]);
            let sizes = &mut size[(y + 1) * (width + 2) + 1..];
            let to = dx[y * width..].iter_mut().zip(&mut dy[y * width..]).zip(sizes);
            for (near, ((dx, dy), size)) in columns.windows(3).zip(to) {
                let [left, middle, right] = [near[0], near[1], near[2]];
                (*dx, *dy) = (right.0 - left.0, left.1 + 2 * middle.1 + right.1);
                *size = dx.abs() + dy.abs();
            }
        }
    }

    /// Marks pixels whose gradient is the largest across the edge: weak over `low`, edges (and open) over `high`.
    fn thin(&mut self, width: usize, low: i16, high: i16, edges: &mut [u8]) {
        self.open.clear();
        let stride = width + 2;
        for (y, row) in edges.chunks_exact_mut(width).enumerate() {
            let (above, rest) = self.size[y * stride..].split_at(stride);
            let (here, below) = rest.split_at(stride);
            let gradients = self.dx[y * width..].iter().zip(&self.dy[y * width..]);
            for (x, (edge, (dx, dy))) in row.iter_mut().zip(gradients).enumerate() {
                let size = here[x + 1];
                if size <= low {
                    continue;
                }
                let (across, along) = (i32::from(dx.abs()), i32::from(dy.abs()) << 15);
                let flat = across * TAN_22;
                // One of two equal neighbors counts as larger, so that an edge is one pixel wide.
                let is_peak = if along < flat {
                    size > here[x] && size >= here[x + 2]
                } else if along > flat + (across << 16) {
                    size > above[x + 1] && size >= below[x + 1]
                } else if (*dx < 0) == (*dy < 0) {
                    size > above[x] && size > below[x + 2]
                } else {
                    size > above[x + 2] && size > below[x]
                };
                if is_peak && size > high {
                    *edge = EDGE;
                    self.open.push(y * width + x);
                } else if is_peak {
                    *edge = WEAK;
                }
            }
        }
    }

    /// Makes edges of the weak pixels that touch one, and nothing of the others.
    fn follow(&mut self, width: usize, edges: &mut [u8]) {
        let height = edges.len() / width;
        while let Some(i) = self.open.pop() {
            let (x, y) = (i % width, i / width);
            for y in y.saturating_sub(1)..(y + 2).min(height) {
                for x in x.saturating_sub(1)..(x + 2).min(width) {
                    let near = y * width + x;
                    if edges[near] == WEAK {
                        edges[near] = EDGE;
                        self.open.push(near);
                    }
                }
            }
        }
        edges.iter_mut().filter(|edge| **edge == WEAK).for_each(|edge| *edge = NONE);
    }

    /// Spreads edges by `reach` pixels to each side, first along rows, then along columns. Counts the edges within reach
    /// of a pixel: the one that comes into reach is added, the one that leaves it is taken off.
    fn spread(&mut self, width: usize, reach: usize, edges: &mut [u8]) {
        let height = edges.len() / width;
        let Self { copy, counts, .. } = self;
        copy.clear();
        copy.extend_from_slice(edges);
        for (from, row) in copy.chunks_exact(width).zip(edges.chunks_exact_mut(width)) {
            let mut near = from[..reach.min(width)].iter().filter(|edge| **edge == EDGE).count();
            for (x, edge) in row.iter_mut().enumerate() {
                near += usize::from(from.get(x + reach) == Some(&EDGE));
                near -= usize::from(x > reach && from[x - reach - 1] == EDGE);
                *edge = if near > 0 { EDGE } else { NONE };
            }
        }
        copy.copy_from_slice(edges);
        let from = |y: usize| copy[y * width..][..width].iter().map(|edge| u16::from(*edge & 1));
        counts.clear();
        counts.resize(width, 0);
        for y in 0..reach.min(height) {
            counts.iter_mut().zip(from(y)).for_each(|(count, edge)| *count += edge);
        }
        for (y, row) in edges.chunks_exact_mut(width).enumerate() {
            if y + reach < height {
                counts.iter_mut().zip(from(y + reach)).for_each(|(count, edge)| *count += edge);
            }
            if y > reach {
                counts.iter_mut().zip(from(y - reach - 1)).for_each(|(count, edge)| *count -= edge);
            }
            row.iter_mut().zip(&*counts).for_each(|(edge, count)| *edge = if *count > 0 { EDGE } else { NONE });
        }
    }
}

/// How far PySceneDetect spreads the edges of a picture of that size, in pixels.
pub(super) fn default_kernel_size(width: usize, height: usize) -> usize {
    let size = 4 + (((width * height) as f64).sqrt() / 192.0).round() as usize;
    size + usize::from(size.is_multiple_of(2))
}

/// The middle one of the levels, between the two middle ones of an even number.
fn median(luma: &[u8]) -> f64 {
    let mut counts = [0usize; 256];
    luma.iter().for_each(|v| counts[usize::from(*v)] += 1);
    let at_rank = |rank: usize| {
        let mut below = 0;
        let level = counts.iter().position(|count| {
            below += count;
            below > rank
        });
        level.unwrap_or(0) as f64
    };
    (at_rank(luma.len().saturating_sub(1) / 2) + at_rank(luma.len() / 2)) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 32;
    const HEIGHT: usize = 24;

    fn find(luma: &[u8], kernel_size: usize) -> Vec<u8> {
        let mut edges = Vec::new();
        EdgeFinder::default().find(luma, WIDTH, kernel_size, &mut edges);
        edges
    }

    /// Bright within a square, dark around it.
    fn square() -> Vec<u8> {
        let inside = |x: usize, y: usize| (10..20).contains(&x) && (8..16).contains(&y);
        (0..WIDTH * HEIGHT).map(|i| if inside(i % WIDTH, i / WIDTH) { 200 } else { 50 }).collect()
    }

    #[test]
    fn a_flat_picture_has_no_edge_and_a_square_has_its_outline() {
        assert!(find(&[90; WIDTH * HEIGHT], 5).iter().all(|e| *e == NONE));
        let edges = find(&square(), 1);
        assert_eq!(edges.len(), WIDTH * HEIGHT);
        let count = edges.iter().filter(|e| **e == EDGE).count();
        assert!((30..=44).contains(&count), "{count} of 36 pixels around");
        let at = |x: usize, y: usize| edges[y * WIDTH + x] == EDGE;
        assert!(at(9, 12) || at(10, 12));
        assert!(!at(15, 12) && !at(4, 12));
    }

    #[test]
    fn edges_spread_by_half_the_kernel_to_each_side_and_not_around_the_border() {
        let mut edges = vec![NONE; WIDTH * HEIGHT];
        edges[3 * WIDTH + 1] = EDGE;
        edges[23 * WIDTH + 31] = EDGE;
        let single = edges.clone();
        EdgeFinder::default().spread(WIDTH, 2, &mut edges);
        for (i, edge) in edges.iter().enumerate() {
            let (x, y) = (i % WIDTH, i / WIDTH);
            let near = |ex: usize, ey: usize| x.abs_diff(ex) <= 2 && y.abs_diff(ey) <= 2;
            assert_eq!(*edge == EDGE, near(1, 3) || near(31, 23), "{x} {y}");
        }
        let mut all = single.clone();
        EdgeFinder::default().spread(WIDTH, 49, &mut all);
        assert!(all.iter().all(|e| *e == EDGE));
    }

    #[test]
    fn weak_edges_hold_where_they_touch_a_strong_one() {
        let mut edges = vec![NONE; WIDTH * HEIGHT];
        edges[..4].copy_from_slice(&[EDGE, WEAK, WEAK, NONE]);
        edges[10] = WEAK;
        let mut finder = EdgeFinder { open: vec![0], ..EdgeFinder::default() };
        finder.follow(WIDTH, &mut edges);
        assert_eq!(edges[..4], [EDGE, EDGE, EDGE, NONE]);
        assert_eq!(edges[10], NONE);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_ones() {
        assert_eq!(median(&[1, 9, 4, 6]), 5.0);
        assert_eq!(median(&[9, 1, 4]), 4.0);
        assert_eq!(default_kernel_size(256, 144), 5);
    }
}
