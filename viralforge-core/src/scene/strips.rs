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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_those_of_the_plane_and_zero_beyond_its_edge() {
        let plane: Vec<u8> = (0..12).collect();
        let strips = Strips::<u8, 2>::of(&plane, 4);
        assert_eq!(strips.square(1, 0, 3), [[1, 2], [5, 6], [9, 10]]);
        assert_eq!(strips.square(3, 1, 2), [[7, 0], [11, 0]]);
        assert!(Strips::<u8, 2>::of(&[], 0).square(0, 0, 0).is_empty());
    }
}
