//! Where the subject of one shot is, at even steps of time.

use super::Axis;
use crate::scene::{Boundary, BoundaryKind};
use crate::subject::SubjectSample;
use crate::time::{TimeRange, Timestamp};

/// Steps of a track. Ten a second are enough for a path that a viewer does not notice, and keep an hour small.
pub(super) const STEPS_PER_SECOND: u32 = 10;

/// One step of a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// Middle of the subject along the axis, 0 to 1.
    pub(super) center: f64,
    /// How sure that is, 0 to 1.
    pub(super) weight: f64,
}

/// More steps than any shot that fits the default limits: what a hand-made analysis claims must not size memory.
const MAX_STEPS: usize = 12 * 3600 * STEPS_PER_SECOND as usize;

/// The samples of a shot, averaged over each step. Steps without a sample get the weight 0 and hold the center of the
/// step before. While one shot shines through the other a sample is of both, so it counts for neither.
pub(super) fn of_shot(subject: &[SubjectSample], boundaries: &[Boundary], shot: TimeRange, axis: Axis) -> Vec<Step> {
    let from = subject.partition_point(|s| s.time < shot.start());
    let to = subject.partition_point(|s| s.time < shot.end()).max(from);
    let samples = &subject[from..to];
    let last = samples.last().map_or(0, |s| step_of(s.time, shot));
    let mixed = mixed_ranges(boundaries, shot);
    let mut sums = vec![(0.0, 0.0, 0.0); last + 1];
    for sample in samples.iter().filter(|s| !mixed.iter().any(|r| r.contains(s.time))) {
        let center = f64::from(if axis == Axis::X { sample.center_x } else { sample.center_y });
        let weight = f64::from(sample.weight).clamp(0.0, 1.0);
        let (centers, weights, count) = &mut sums[step_of(sample.time, shot).min(last)];
        *count += 1.0;
        if center.is_finite() && weight > 0.0 {
            *centers += center.clamp(0.0, 1.0) * weight;
            *weights += weight;
        }
    }
    let mut center = 0.5;
    let step = |(centers, weights, count): (f64, f64, f64)| {
        if weights > 0.0 {
            center = centers / weights;
        }
        Step { center, weight: if count > 0.0 { weights / count } else { 0.0 } }
    };
    sums.into_iter().map(step).collect()
}

fn step_of(time: Timestamp, shot: TimeRange) -> usize {
    usize::try_from((time - shot.start()).to_units(1, STEPS_PER_SECOND)).unwrap_or(0).min(MAX_STEPS)
}

fn mixed_ranges(boundaries: &[Boundary], shot: TimeRange) -> Vec<TimeRange> {
    let from = boundaries.partition_point(|b| b.range.end() <= shot.start());
    let within = boundaries[from..].iter().take_while(|b| b.range.start() < shot.end());
    let gradual = within.filter(|b| b.kind != BoundaryKind::Cut);
    gradual.filter_map(|b| b.range.intersection(shot)).collect()
}
