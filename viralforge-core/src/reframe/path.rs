//! A calm path after a restless track: kernels, numbers in and numbers out.
//!
//! The path minimizes a weighted sum of absolute values: its distance from the track, its speed and its acceleration.
//! Absolute values, unlike squares, are cheapest when most terms are exactly zero, so the path stands still or moves
//! evenly and changes its mind rarely, and a few wrong samples do not pull it (M. Grundmann, V. Kwatra and I. Essa,
//! "Auto-directed video stabilization with robust L1 optimal camera paths", CVPR 2011). It is found by iteratively
//! reweighted least squares, each round one banded system, so an hour's shot costs milliseconds.
//!
//! The constants were chosen on the true boxes of the development clips, clean and with noise, dropouts and outliers
//! added, so that they do not lean on one tracker.

use super::track::{STEPS_PER_SECOND, Step};

/// The path at one step; between two knots it is straight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Knot {
    /// Which step of the track.
    pub(super) step: i64,
    /// Middle of the crop, a share of the picture.
    pub(super) center: f64,
}

/// Below this mean weight nothing stands out in the shot, and the middle of the picture is the best guess.
const FAINT: f64 = 0.05;
/// Share of the weight that a still crop must hold near its middle.
const STILL_SHARE: f64 = 0.9;
/// Costs of speed and of acceleration against distance, at ten steps a second.
const SPEED_COST: f64 = 1.0;
const ACCELERATION_COST: f64 = 5.0;
/// Distance, in shares of the crop, below which being off costs less than proportionally: a subject sways.
const SWAY: f64 = 0.1;
/// Differences below this count as zero, in shares of the picture.
const ZERO: f64 = 1e-4;
const ROUNDS: usize = 25;
/// Standard deviation, in seconds, of the Gaussian that eases the corners of the path.
const EASING_SECONDS: f64 = 0.3;
/// How far the straight lines between knots may be off the path, in shares of the picture: a third of a pixel in HD.
const FLATNESS: f64 = 2e-4;

/// The path of a crop whose extent is `share` of the picture. At least one knot; every center keeps the crop inside.
pub(super) fn steady(track: &[Step], share: f64, still_tolerance: f64) -> Vec<Knot> {
    let half = (share / 2.0).clamp(0.0, 0.5);
    let reach = |center: f64| center.clamp(half, 1.0 - half);
    let mean_weight = track.iter().map(|s| s.weight).sum::<f64>() / track.len().max(1) as f64;
    if mean_weight < FAINT {
        return vec![Knot { step: 0, center: 0.5 }];
    }
    let track: Vec<_> = track.iter().map(|s| Step { center: reach(s.center), ..*s }).collect();
    if let Some(center) = still_center(&track, still_tolerance * share) {
        return vec![Knot { step: 0, center }];
    }
    let calm = fewest_moves(&track, SWAY * share);
    let eased = eased(&calm, EASING_SECONDS * f64::from(STEPS_PER_SECOND));
    let path: Vec<_> = eased.into_iter().map(reach).collect();
    straightened(&path)
}

/// The weighted median of the track, where enough of the weight lies within `tolerance` of it.
fn still_center(track: &[Step], tolerance: f64) -> Option<f64> {
    let total: f64 = track.iter().map(|s| s.weight).sum();
    let mut sorted = track.to_vec();
    sorted.sort_by(|a, b| a.center.total_cmp(&b.center));
    let mut below = 0.0;
    let median = sorted.iter().find(|s| {
        below += s.weight;
        below >= total / 2.0
    })?;
    let near = track.iter().filter(|s| (s.center - median.center).abs() <= tolerance);
    (near.map(|s| s.weight).sum::<f64>() >= STILL_SHARE * total).then_some(median.center)
}

fn fewest_moves(track: &[Step], sway: f64) -> Vec<f64> {
    let strongest = track.iter().map(|s| s.weight).fold(0.0, f64::max);
    let mut path: Vec<_> = track.iter().map(|s| s.center).collect();
    for _ in 0..ROUNDS {
        let mut system = Banded::new(track.len());
        for (i, step) in track.iter().enumerate() {
            let pull = step.weight / strongest / (path[i] - step.center).abs().max(sway.max(ZERO));
            // A hair of weight everywhere keeps the system solvable where nothing is known.
            system.pull(i, step.center, pull + 1e-9);
        }
        for i in 1..track.len() {
            let speed = path[i] - path[i - 1];
            system.penalize(i - 1, &[-1.0, 1.0], SPEED_COST / speed.abs().max(ZERO));
        }
        for i in 2..track.len() {
            let acceleration = path[i] - 2.0 * path[i - 1] + path[i - 2];
            system.penalize(i - 2, &[1.0, -2.0, 1.0], ACCELERATION_COST / acceleration.abs().max(ZERO));
        }
        path = system.solve();
    }
    path
}

/// A symmetric positive definite system with two diagonals beside the main one.
struct Banded {
    /// `rows[i][d]` couples `i` and `i + d`.
    rows: Vec<[f64; 3]>,
    right: Vec<f64>,
}

impl Banded {
    fn new(len: usize) -> Self {
        Self { rows: vec![[0.0; 3]; len], right: vec![0.0; len] }
    }

    fn pull(&mut self, i: usize, to: f64, weight: f64) {
        self.rows[i][0] += weight;
        self.right[i] += weight * to;
    }

    /// Adds `weight` times the square of the dot product of `pattern` with the unknowns from `at` on.
    fn penalize(&mut self, at: usize, pattern: &[f64], weight: f64) {
        for (i, a) in pattern.iter().enumerate() {
            for (d, b) in pattern[i..].iter().enumerate() {
                self.rows[at + i][d] += weight * a * b;
            }
        }
    }

    /// By factoring into a unit lower triangle, a diagonal and its transpose, in place.
    fn solve(mut self) -> Vec<f64> {
        let n = self.rows.len();
        for i in 0..n {
            let [pivot, one, two] = self.rows[i];
            let (l1, l2) = (one / pivot, two / pivot);
            if i + 1 < n {
                self.rows[i + 1][0] -= l1 * one;
                self.rows[i + 1][1] -= l1 * two;
                self.right[i + 1] -= l1 * self.right[i];
            }
            if i + 2 < n {
                self.rows[i + 2][0] -= l2 * two;
                self.right[i + 2] -= l2 * self.right[i];
            }
            self.rows[i] = [pivot, l1, l2];
        }
        let mut x = vec![0.0; n];
        for i in (0..n).rev() {
            let ahead = |d: usize| x.get(i + d).copied().unwrap_or(0.0);
            x[i] = self.right[i] / self.rows[i][0] - self.rows[i][1] * ahead(1) - self.rows[i][2] * ahead(2);
        }
        x
    }
}

/// Smoothed with a Gaussian of `sigma` steps; the ends are held.
fn eased(path: &[f64], sigma: f64) -> Vec<f64> {
    let radius = (3.0 * sigma).ceil() as isize;
    let kernel: Vec<f64> = (-radius..=radius).map(|d| (-0.5 * (d as f64 / sigma).powi(2)).exp()).collect();
    let total: f64 = kernel.iter().sum();
    let last = path.len() as isize - 1;
    let at = |i: isize| path[i.clamp(0, last) as usize];
    let smooth = |i: isize| (-radius..=radius).zip(&kernel).map(|(d, k)| k * at(i + d)).sum::<f64>() / total;
    (0..path.len() as isize).map(smooth).collect()
}

/// The fewest points of the path, found front to back, whose straight lines stay within [`FLATNESS`] of it.
fn straightened(path: &[f64]) -> Vec<Knot> {
    let knot = |i: usize| Knot { step: i as i64, center: path[i] };
    let mut knots = vec![knot(0)];
    let (mut from, mut low, mut high) = (0, f64::NEG_INFINITY, f64::INFINITY);
    for i in 1..path.len() {
        let slope = |slack: f64| (path[i] + slack - path[from]) / (i - from) as f64;
        if !(low..=high).contains(&slope(0.0)) {
            from = i - 1;
            knots.push(knot(from));
            (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        }
        let slope = |slack: f64| (path[i] + slack - path[from]) / (i - from) as f64;
        (low, high) = (low.max(slope(-FLATNESS)), high.min(slope(FLATNESS)));
    }
    if path.len() > 1 {
        knots.push(knot(path.len() - 1));
    }
    knots
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn track(centers: impl IntoIterator<Item = f64>) -> Vec<Step> {
        centers.into_iter().map(|center| Step { center, weight: 1.0 }).collect()
    }

    fn at(knots: &[Knot], step: f64) -> f64 {
        let next = knots.iter().position(|k| k.step as f64 > step).unwrap_or(knots.len());
        let (a, b) = (knots[next.max(1) - 1], knots[next.min(knots.len() - 1)]);
        let width = (b.step - a.step) as f64;
        if width > 0.0 { a.center + (b.center - a.center) * (step - a.step as f64) / width } else { a.center }
    }

    #[test]
    fn a_subject_that_sways_gets_a_crop_that_stands_still() {
        let swaying = track((0..60).map(|i| 0.6 + 0.03 * f64::from(i).sin()));
        let knots = steady(&swaying, 0.316, 0.15);
        assert_eq!(knots.len(), 1);
        assert!((knots[0].center - 0.6).abs() < 0.01, "{knots:?}");
    }

    #[test]
    fn a_walk_across_the_picture_is_followed_all_the_way() {
        let walk = track((0..=100).map(|i| 0.2 + 0.006 * f64::from(i)));
        let knots = steady(&walk, 0.316, 0.15);
        for i in [10, 30, 50, 70, 90] {
            assert!((at(&knots, f64::from(i)) - (0.2 + 0.006 * f64::from(i))).abs() < 0.02, "{i}: {knots:?}");
        }
        assert!(knots.len() < 25, "an even walk needs few knots: {}", knots.len());
    }

    #[test]
    fn the_crop_is_on_its_way_before_a_subject_that_dashes_arrives() {
        let dash = track((0..80).map(|i| if i < 40 { 0.25 } else { 0.75 }));
        let knots = steady(&dash, 0.316, 0.15);
        assert!((at(&knots, 20.0) - 0.25).abs() < 0.01 && (at(&knots, 60.0) - 0.75).abs() < 0.01, "{knots:?}");
        assert!((at(&knots, 39.5) - 0.5).abs() < 0.05, "the move is centered on the dash: {}", at(&knots, 39.5));
    }

    #[test]
    fn a_burst_of_wrong_samples_does_not_move_it() {
        let burst = track((0..100).map(|i| if (50..54).contains(&i) { 0.9 } else { 0.3 + 0.002 * f64::from(i) }));
        let knots = steady(&burst, 0.316, 0.05);
        assert!((at(&knots, 52.0) - 0.404).abs() < 0.03, "{}", at(&knots, 52.0));
    }

    #[test]
    fn where_nothing_stands_out_it_shows_the_middle() {
        let faint: Vec<_> = (0..50).map(|_| Step { center: 0.9, weight: 0.01 }).collect();
        assert_eq!(steady(&faint, 0.316, 0.15), [Knot { step: 0, center: 0.5 }]);
        assert_eq!(steady(&[], 0.316, 0.15), [Knot { step: 0, center: 0.5 }]);
    }

    #[test]
    fn the_banded_solver_solves() {
        let mut system = Banded::new(4);
        for (i, to) in [1.0, 5.0, 2.0, 8.0].into_iter().enumerate() {
            system.pull(i, to, 1.0 + i as f64);
        }
        system.penalize(0, &[-1.0, 1.0], 3.0);
        system.penalize(1, &[1.0, -2.0, 1.0], 2.0);
        let (rows, right) = (system.rows.clone(), system.right.clone());
        let x = system.solve();
        for (i, row) in rows.iter().enumerate().take(4) {
            let right_of = |d: usize| x.get(i + d).map_or(0.0, |v| row[d] * v);
            let left_of = |d: usize| i.checked_sub(d).map_or(0.0, |j| rows[j][d] * x[j]);
            let sum = row[0] * x[i] + right_of(1) + left_of(1) + right_of(2) + left_of(2);
            assert!((sum - right[i]).abs() < 1e-9, "row {i}: {sum} against {}", right[i]);
        }
    }

    proptest! {
        #[test]
        fn whatever_the_track_the_crop_stays_inside_and_moves_without_jumps(
            steps in prop::collection::vec((-0.5f64..1.5, 0.0f64..1.0), 0..200),
            share in 0.05f64..1.0,
        ) {
            let track: Vec<_> = steps.iter().map(|&(center, weight)| Step { center, weight }).collect();
            let knots = steady(&track, share, 0.15);
            prop_assert!(!knots.is_empty());
            prop_assert!(knots.windows(2).all(|k| k[0].step < k[1].step));
            let half = share / 2.0;
            prop_assert!(knots.iter().all(|k| k.center >= half - 1e-9 && k.center <= 1.0 - half + 1e-9));
            // The steepest answer of the easing to a step of the whole way: 1 / (sigma * sqrt(2 pi)) a step.
            let steepest = (1.0 - share) / (EASING_SECONDS * f64::from(STEPS_PER_SECOND) * 2.5) + 2.0 * FLATNESS;
            for k in knots.windows(2) {
                let speed = (k[1].center - k[0].center).abs() / (k[1].step - k[0].step) as f64;
                prop_assert!(speed <= steepest, "{} over {}", speed, steepest);
            }
        }

        #[test]
        fn straight_lines_stay_near_the_path(path in prop::collection::vec(0.0f64..1.0, 1..100)) {
            let knots = straightened(&path);
            for (i, center) in path.iter().enumerate() {
                prop_assert!((at(&knots, i as f64) - center).abs() <= FLATNESS + 1e-12);
            }
        }
    }
}
