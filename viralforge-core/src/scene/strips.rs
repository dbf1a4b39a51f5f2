//! A plane laid out so that every square of it lies in one piece of memory, which a few instructions compare.

/// A plane cut into strips `N` pixels wide, one beginning at each column: the rows of a strip follow each other. What
/// lies beyond the right edge is zero.
#[derive(Clone, Debug)]
pub(super) struct Strips<T, const N: usize> {
    height: usize,
    rows: Vec<[T; N]>,
}

impl<T: Copy + Default, const N: usize> Strips<T, N> {
    /// Of `plane`, whose rows are `width` long.
    pub(super) fn of(plane: &[T], width: usize) -> Self {
        let height = plane.len() / width.max(1);
        let mut rows = Vec::with_capacity(width * height);
        for column in 0..width {
            for line in plane.chunks_exact(width) {
                let rest = &line[column..];
                rows.push(rest.first_chunk().copied().unwrap_or_else(|| {
                    let mut row = [T::default(); N];
                    row[..rest.len()].copy_from_slice(rest);
                    row
                }));
            }
        }
        Self { height, rows }
    }

    /// `rows` rows of `N` pixels, the first of which begins at (`left`, `top`).
    pub(super) fn square(&self, left: usize, top: usize, rows: usize) -> &[[T; N]] {
        &self.rows[left * self.height + top..][..rows]
    }
}

impl<const N: usize> Strips<u8, N> {
    /// The sum of every square of `N` by `N` pixels, by its top left corner as the squares are; 0 for one that the
    /// bottom cuts off.
    pub(super) fn sums(&self) -> Vec<u16> {
        let mut out = vec![0; self.rows.len()];
        for (strip, sums) in self.rows.chunks_exact(self.height.max(1)).zip(out.chunks_exact_mut(self.height.max(1))) {
            let row = |row: &[u8; N]| row.iter().map(|v| u16::from(*v)).sum::<u16>();
            let Some(first) = strip.first_chunk::<N>() else { continue };
            let mut sum = first.iter().map(row).sum::<u16>();
            sums[0] = sum;
            for top in 1..=strip.len() - N {
                sum = sum - row(&strip[top - 1]) + row(&strip[top + N - 1]);
                sums[top] = sum;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_squares() {
        let plane: Vec<u8> = (1..=12).collect();
        let strips = Strips::<u8, 2>::of(&plane, 4);
        let sums = strips.sums();
        for (left, top) in [(0, 0), (1, 0), (3, 1)] {
            let sum: u16 = strips.square(left, top, 2).as_flattened().iter().map(|v| u16::from(*v)).sum();
            assert_eq!(sums[left * 3 + top], sum);
        }
        assert_eq!(sums[2], 0, "cut off");
        assert!(Strips::<u8, 4>::of(&plane, 4).sums().iter().all(|sum| *sum == 0), "less than a square high");
    }

    #[test]
    fn squares_are_those_of_the_plane_and_zero_beyond_its_edge() {
        let plane: Vec<u8> = (0..12).collect();
        let strips = Strips::<u8, 2>::of(&plane, 4);
        assert_eq!(strips.square(1, 0, 3), [[1, 2], [5, 6], [9, 10]]);
        assert_eq!(strips.square(3, 1, 2), [[7, 0], [11, 0]]);
        assert!(Strips::<u8, 2>::of(&[], 0).square(0, 0, 0).is_empty());
    }
}
