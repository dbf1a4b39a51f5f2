//! Stretches of media that are kept, and where each stands in the output.

use super::super::Job;
use crate::error::Result;

/// One stretch of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    start: u64,
    end: u64,
    /// Where it begins in the output, counted from the first byte of media.
    moved: u64,
}

/// Stretches of the source in the order of the file, none touching another. They are packed in that order, so the
/// interleaving of tracks stays; bytes that two samples share are there once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<Range>);

impl Ranges {
    /// Joins pieces `(start, end)` of any order; empty ones are left out.
    pub(super) fn new(mut pieces: Vec<(u64, u64)>) -> Self {
        pieces.retain(|(start, end)| start < end);
        pieces.sort_unstable();
        let mut all: Vec<Range> = Vec::new();
        let mut moved = 0;
        for (start, end) in pieces {
            match all.last_mut() {
                Some(last) if start <= last.end => {
                    moved += end.saturating_sub(last.end);
                    last.end = last.end.max(end);
                }
                _ => {
                    all.push(Range { start, end, moved });
                    moved += end - start;
                }
            }
        }
        Self(all)
    }

    /// Bytes of all.
    pub(super) fn total(&self) -> u64 {
        self.0.last().map_or(0, |last| last.moved + (last.end - last.start))
    }

    /// Where byte `at` of the source stands in the output, from the first byte of media. One that is not kept, such as
    /// the place of an empty chunk, stands where the next that is kept does.
    pub(super) fn moved(&self, at: u64) -> u64 {
        let next = self.0.partition_point(|range| range.end <= at);
        self.0.get(next).map_or(self.total(), |range| range.moved + at.saturating_sub(range.start))
    }

    /// How many of the bytes from `start` to `end` are kept.
    pub(super) fn kept(&self, start: u64, end: u64) -> u64 {
        self.moved(end).saturating_sub(self.moved(start))
    }

    /// The stretches, each from its first byte to behind its last.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().map(|range| (range.start, range.end))
    }

    /// Writes all to the output.
    pub(super) fn copy(&self, job: &mut Job<'_>) -> Result<()> {
        self.0.iter().try_for_each(|range| job.source.copy(range.start, range.end, &mut job.out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pieces_are_packed_in_the_order_of_the_file_and_shared_bytes_once() {
        let ranges = Ranges::new(vec![(50, 60), (10, 20), (15, 25), (60, 70), (30, 30)]);
        assert_eq!(ranges.total(), 35);
        assert_eq!([10, 24, 30, 50, 69, 70, 99].map(|at| ranges.moved(at)), [0, 14, 15, 15, 34, 35, 35]);
        assert_eq!(ranges.kept(0, 55), 20);
    }

    proptest! {
        #[test]
        fn the_output_has_just_the_bytes_that_a_piece_has(
            pieces in prop::collection::vec((0u64..200, 0u64..40).prop_map(|(at, len)| (at, at + len)), 0..20),
        ) {
            let ranges = Ranges::new(pieces.clone());
            let kept: Vec<u64> = (0..300).filter(|at| pieces.iter().any(|(a, b)| (a..b).contains(&at))).collect();
            prop_assert_eq!(ranges.total(), kept.len() as u64);
            for (new, old) in kept.iter().enumerate() {
                prop_assert_eq!(ranges.moved(*old), new as u64);
            }
        }
    }
}
