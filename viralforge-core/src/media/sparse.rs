//! Which pictures need not be decoded: those that no other picture needs, between two that are alike.
//!
//! A picture that others need comes before them in the file, though it is shown after them. With it at hand, nothing is
//! left to be found in pictures between it and the one before, where the two are alike.

use std::collections::BTreeMap;

use super::request::Unneeded;
use crate::picture::Plane;

/// Size of the pictures that are compared.
const COLUMNS: usize = 32;
const ROWS: usize = 18;
/// Rows that are averaged for one row of the small picture.
const SAMPLED_ROWS: usize = 3;
/// Mean difference of two pictures in levels, up to which they are alike.
const ALIKE_MEAN: f32 = 5.0;
/// Pictures that are remembered: more than any stream keeps as references (H.264 and HEVC: 16).
const REMEMBERED: usize = 32;

/// What was decoded of a stream lately, by when it is shown in ticks of its clock.
pub(super) struct Sparse {
    /// Whether pictures around must be alike.
    alike: bool,
    /// `None` where a picture cannot be compared.
    decoded: BTreeMap<i64, Option<Vec<u8>>>,
    skipped: Vec<i64>,
}

impl Sparse {
    /// `None` where everything is decoded.
    pub(super) fn new(unneeded: Unneeded) -> Option<Self> {
        let alike = match unneeded {
            Unneeded::Decoded => return None,
            Unneeded::WhereNotAlike => true,
            Unneeded::Skipped => false,
        };
        Some(Self { alike, decoded: BTreeMap::new(), skipped: Vec::new() })
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        self.decoded.clear();
        self.skipped.clear();
    }

    /// Whether the picture shown at that time lies between two that are alike.
    pub(super) fn may_skip(&self, shown: i64) -> bool {
        let before = self.decoded.range(..shown).next_back();
        let after = self.decoded.range(shown..).next();
        match (before, after) {
            (Some(_), Some(_)) if !self.alike => true,
            (Some((_, Some(before))), Some((_, Some(after)))) => are_alike(before, after),
            _ => false,
        }
    }

    pub(super) fn decoded(&mut self, shown: i64, luma: Option<Plane<'_>>) {
        self.decoded.insert(shown, luma.filter(|_| self.alike).map(shrink));
        while self.decoded.len() > REMEMBERED {
            self.decoded.pop_first();
        }
    }

    pub(super) fn skipped(&mut self, shown: i64) {
        self.skipped.push(shown);
    }

    /// What was skipped and is shown before `until`, in order.
    pub(super) fn take_skipped(&mut self, until: i64) -> Vec<i64> {
        let (mut past, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.skipped).into_iter().partition(|t| *t < until);
        self.skipped = rest;
        past.sort_unstable();
        past
    }
}

fn are_alike(a: &[u8], b: &[u8]) -> bool {
    let sum: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    a.len() == b.len() && sum as f32 <= ALIKE_MEAN * a.len() as f32
}

/// A small picture: means of parts of some rows.
fn shrink(plane: Plane<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(COLUMNS * ROWS);
    for y in 0..ROWS {
        for x in 0..COLUMNS {
            let (left, right) = (x * plane.width / COLUMNS, ((x + 1) * plane.width / COLUMNS).max(1));
            let (mut sum, mut count) = (0u32, 0u32);
            for k in 0..SAMPLED_ROWS {
                let row = (y * SAMPLED_ROWS + k) * plane.height / (ROWS * SAMPLED_ROWS);
                let samples = &plane.row(row.min(plane.height.saturating_sub(1)))[left.min(right - 1)..right];
                sum += samples.iter().map(|v| u32::from(*v)).sum::<u32>();
                count += samples.len() as u32;
            }
            out.push((sum / count.max(1)) as u8);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(level: u8) -> Vec<u8> {
        vec![level; 64 * 36]
    }

    fn plane(data: &[u8]) -> Plane<'_> {
        Plane { data, stride: 64, width: 64, height: 36 }
    }

    #[test]
    fn a_picture_is_skipped_only_between_two_that_are_alike() {
        let mut sparse = Sparse::new(Unneeded::WhereNotAlike).unwrap();
        sparse.decoded(0, Some(plane(&flat(100))));
        assert!(!sparse.may_skip(10), "nothing is known of what follows");
        sparse.decoded(30, Some(plane(&flat(103))));
        assert!(sparse.may_skip(10) && sparse.may_skip(20));
        sparse.decoded(60, Some(plane(&flat(140))));
        assert!(!sparse.may_skip(40), "a cut may lie there");
        sparse.decoded(90, None);
        assert!(!sparse.may_skip(70), "what cannot be compared is not alike");
    }

    #[test]
    fn everything_between_two_pictures_is_skipped_on_request() {
        let mut sparse = Sparse::new(Unneeded::Skipped).unwrap();
        sparse.decoded(0, Some(plane(&flat(0))));
        sparse.decoded(30, Some(plane(&flat(255))));
        assert!(sparse.may_skip(10) && !sparse.may_skip(40));
    }

    #[test]
    fn what_was_skipped_is_told_once_and_in_order() {
        let mut sparse = Sparse::new(Unneeded::WhereNotAlike).unwrap();
        [20, 10, 40].into_iter().for_each(|t| sparse.skipped(t));
        assert_eq!(sparse.take_skipped(30), [10, 20]);
        assert_eq!(sparse.take_skipped(100), [40]);
    }

    #[test]
    fn a_picture_smaller_than_the_grid_is_shrunk_too() {
        let data = [7; 4];
        assert_eq!(shrink(Plane { data: &data, stride: 2, width: 2, height: 2 }), vec![7; COLUMNS * ROWS]);
    }
}
