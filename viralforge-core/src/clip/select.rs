//! The best stretches that do not overlap: kernel, numbers in and numbers out.

use super::cut_point::CutPoint;
use super::length::Lengths;
use crate::time::Timestamp;

/// A stretch by the places of its ends among the points.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    score: f64,
    start: usize,
    end: usize,
}

/// As many stretches as fit, up to `lengths.count`: the best one first, then the best beside it, and so on. One that
/// would leave no room for so many is passed over. Of equal scores the earlier comes first. Points must be in order
/// of time.
pub(super) fn best<'a>(
    points: &'a [CutPoint],
    lengths: &Lengths,
    score: impl Fn(&CutPoint, &CutPoint) -> f64,
) -> Vec<(&'a CutPoint, &'a CutPoint)> {
    let mut candidates = Vec::new();
    let mut room = Room { points, earliest_end: vec![None; points.len() + 1] };
    for (i, start) in points.iter().enumerate().rev() {
        room.earliest_end[i] = room.earliest_end[i + 1];
        if start.as_start.is_none() {
            continue;
        }
        let from = points.partition_point(|p| p.time < start.time + lengths.min);
        let within = points[from..].iter().take_while(|p| p.time <= start.time + lengths.max);
        for (end, point) in within.enumerate().filter(|(_, p)| p.as_end.is_some()) {
            let end = from + end;
            candidates.push(Candidate { score: score(start, point), start: i, end });
            room.earliest_end[i] = Some(room.earliest_end[i].map_or(end, |known| known.min(end)));
        }
    }
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.start, a.end).cmp(&(b.start, b.end))));

    let target = room.fits(None, None, lengths.count);
    let mut chosen: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if chosen.len() == target {
            break;
        }
        // Once there is no place for it there never will be: more choices only take room.
        let at = chosen.partition_point(|c| points[c.start].time < points[candidate.start].time);
        if room.overlap(&chosen, at, candidate) {
            continue;
        }
        chosen.insert(at, candidate);
        if room.beside(&chosen, target) + chosen.len() < target {
            chosen.remove(at);
        }
    }
    chosen.iter().map(|c| (&points[c.start], &points[c.end])).collect()
}

/// How many stretches there is room for.
struct Room<'a> {
    points: &'a [CutPoint],
    /// For each point, the first end of any stretch that starts there or later.
    earliest_end: Vec<Option<usize>>,
}

impl Room<'_> {
    /// Stretches that fit between two moments, counted up to `most`: always taking the one that ends first.
    fn fits(&self, from: Option<Timestamp>, to: Option<Timestamp>, most: usize) -> usize {
        let mut at = from.map_or(0, |t| self.points.partition_point(|p| p.time < t));
        let mut count = 0;
        while let Some(end) = self.earliest_end[at].filter(|_| count < most) {
            let time = self.points[end].time;
            if to.is_some_and(|to| time > to) {
                break;
            }
            count += 1;
            at = self.points.partition_point(|p| p.time < time);
        }
        count
    }

    /// Stretches that fit before, between and after those that were chosen.
    fn beside(&self, chosen: &[Candidate], most: usize) -> usize {
        let starts = chosen.iter().map(|c| Some(self.points[c.start].time)).chain([None]);
        let ends = [None].into_iter().chain(chosen.iter().map(|c| Some(self.points[c.end].time)));
        ends.zip(starts).map(|(from, to)| self.fits(from, to, most)).sum()
    }

    fn overlap(&self, chosen: &[Candidate], at: usize, candidate: Candidate) -> bool {
        let time = |i: usize| self.points[i].time;
        let before = at.checked_sub(1).is_some_and(|i| time(chosen[i].end) > time(candidate.start));
        before || chosen.get(at).is_some_and(|next| time(next.start) < time(candidate.end))
    }
}

#[cfg(test)]
mod tests {
    use super::super::cut_point::Place;
    use super::*;
    use crate::synthetic::seconds;
    use proptest::prelude::*;

    fn points(times: &[f64]) -> Vec<CutPoint> {
        let point =
            |t: &f64| CutPoint { time: seconds(*t), place: Place::Shot, as_start: Some(1.0), as_end: Some(1.0) };
        times.iter().map(point).collect()
    }

    fn lengths(min: f64, max: f64, count: usize) -> Lengths {
        Lengths { min: seconds(min), max: seconds(max), count }
    }

    #[test]
    fn a_greedy_choice_that_would_leave_no_room_is_not_made() {
        // The best single stretch is 5..15, but then nothing else of 10 s fits into 0..20.
        let points = points(&[0.0, 5.0, 10.0, 15.0, 20.0]);
        let score = |a: &CutPoint, _: &CutPoint| if a.time == seconds(5.0) { 1.0 } else { 0.8 };
        let chosen = best(&points, &lengths(10.0, 10.0, 2), score);
        let starts: Vec<_> = chosen.iter().map(|(a, _)| a.time.as_seconds_f64()).collect();
        assert_eq!(starts, [0.0, 10.0]);
    }

    #[test]
    fn nothing_is_chosen_where_nothing_fits() {
        assert!(best(&points(&[0.0, 3.0]), &lengths(5.0, 9.0, 2), |_, _| 1.0).is_empty());
        assert!(best(&[], &lengths(5.0, 9.0, 2), |_, _| 1.0).is_empty());
    }

    proptest! {
        #[test]
        fn as_many_as_fit_are_chosen_without_overlap_and_within_the_lengths(
            mut times in prop::collection::vec(0.0f64..100.0, 0..25),
            weights in prop::collection::vec(0.0f64..1.0, 25),
            count in 1usize..5,
        ) {
            times.sort_by(f64::total_cmp);
            let points = points(&times);
            let index = |p: &CutPoint| points.iter().position(|q| q == p).unwrap();
            let score = |a: &CutPoint, b: &CutPoint| weights[index(a)] * weights[index(b)];
            let chosen = best(&points, &lengths(5.0, 30.0, count), score);
            prop_assert!(chosen.windows(2).all(|c| c[0].1.time <= c[1].0.time));
            let allowed = |a: &CutPoint, b: &CutPoint| (seconds(5.0)..=seconds(30.0)).contains(&(b.time - a.time));
            prop_assert!(chosen.iter().all(|(a, b)| allowed(a, b)));
            // The plainest way to count what fits: from left to right, each as short as can be.
            let (mut most, mut at) = (0, seconds(-1.0));
            for b in &points {
                if points.iter().any(|a| a.time >= at && allowed(a, b)) {
                    (most, at) = (most + 1, b.time);
                }
            }
            prop_assert_eq!(chosen.len(), most.min(count));
            if count == 1 {
                let all = points.iter().flat_map(|a| points.iter().map(move |b| (a, b)));
                let top = all.filter(|(a, b)| allowed(a, b)).map(|(a, b)| score(a, b)).fold(0.0, f64::max);
                prop_assert!(chosen.iter().all(|(a, b)| score(a, b) == top));
            }
        }
    }
}
