//! Where a gradual change begins and ends: the ramp from one shot to the next that fits best what share of the next one
//! is in many frames, each told from other frames around it. What moves meanwhile changes every picture, but hardly
//! these shares.

use std::ops::RangeInclusive;

/// A share further off than this tells no more of how far off the ramp is: it was told from frames of a third shot, or
/// something moved before all of the picture.
const MOST_ERROR: f32 = 0.3;
/// Two frames between which the ramp rises less than this are of one shot, and say nothing about a mixture of two.
const LEAST_RISE: f32 = 0.1;
/// Fewer shares than these fit any ramp.
const LEAST_SHARES: usize = 3;
/// How many places the ends of a ramp are looked for at first: the best of those is then moved to where it fits best.
const PLACES: usize = 16;

/// What share of the picture at one time is that at another, where the rest of it is that at a third; in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub(super) from: f32,
    pub(super) to: f32,
    pub(super) at: f32,
    pub(super) share: f32,
}

/// The frames between which the ramp lies that fits these shares best: the last that is of the shot before, and the first
/// that is of the shot after, both within `frames`, whose times `time` tells. `None` where the shares or the frames are
/// too few.
pub(super) fn fit(
    shares: &[Share],
    frames: RangeInclusive<usize>,
    time: impl Fn(usize) -> f32,
) -> Option<(usize, usize)> {
    let (first, last) = frames.into_inner();
    if shares.len() < LEAST_SHARES || last < first + 2 {
        return None;
    }
    // At least one frame is between them.
    let is_ramp = |(a, b): (usize, usize)| first <= a && a + 2 <= b && b <= last;
    let error = |(a, b): (usize, usize)| error(shares, time(a), time(b));
    let mut step = (last - first).div_ceil(PLACES);
    let places = || (first..=last).step_by(step);
    let rough = places().flat_map(|a| places().map(move |b| (a, b))).filter(|ramp| is_ramp(*ramp));
    let (mut least, mut best) = rough.map(|ramp| (error(ramp), ramp)).min_by(|x, y| x.0.total_cmp(&y.0))?;
    loop {
        let (a, b) = best;
        let moved = |from: usize| [from.checked_sub(step), Some(from), Some(from + step)].into_iter().flatten();
        let near = moved(a).flat_map(|a| moved(b).map(move |b| (a, b))).filter(|ramp| is_ramp(*ramp) && *ramp != best);
        match near.map(|ramp| (error(ramp), ramp)).min_by(|x, y| x.0.total_cmp(&y.0)) {
            Some((error, ramp)) if error < least => (least, best) = (error, ramp),
            _ if step > 1 => step /= 2,
            _ => return Some(best),
        }
    }
}

/// How far the shares are from those of a ramp between two times, all together: by the plain difference and up to a
/// bound, so that what is wrong altogether counts little (an M-estimator; Huber, Robust Statistics, 1981, chapter 4).
fn error(shares: &[Share], start: f32, end: f32) -> f32 {
    let steepness = 1.0 / (end - start).max(f32::MIN_POSITIVE);
    let ramp = |time: f32| ((time - start) * steepness).clamp(0.0, 1.0);
    let of = |share: &Share| {
        let (from, rise) = (ramp(share.from), ramp(share.to) - ramp(share.from));
        match rise > LEAST_RISE {
            true => ((ramp(share.at) - from) / rise - share.share).abs().min(MOST_ERROR),
            false => MOST_ERROR,
        }
    };
    shares.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is told of a ramp between two frames by frames up to `reach` to either side, with `noise` from -1 to 1.
    fn shares(ramp: (usize, usize), frames: usize, reach: usize, mut noise: impl FnMut() -> f32) -> Vec<Share> {
        let of = |i: usize| ((i as f32 - ramp.0 as f32) / (ramp.1 - ramp.0) as f32).clamp(0.0, 1.0);
        let mut told = Vec::new();
        for at in reach..frames - reach {
            let (from, to) = (at - reach, at + reach);
            let rise = of(to) - of(from);
            let share = if rise > 0.0 { (of(at) - of(from)) / rise } else { 0.5 };
            told.push(Share { from: from as f32, to: to as f32, at: at as f32, share: share + noise() });
        }
        told
    }

    proptest! {
        #[test]
        fn a_ramp_is_found_but_for_a_frame(start in 12usize..40, length in 3usize..24, reach in 8usize..20) {
            let ramp = (start.max(reach), start.max(reach) + length);
            let told = shares(ramp, 90, reach, || 0.0);
            let found = fit(&told, ramp.0 - 6..=ramp.1 + 6, |i| i as f32);
            let (a, b) = found.unwrap();
            prop_assert!(a.abs_diff(ramp.0) <= 1 && b.abs_diff(ramp.1) <= 1, "{a} {b}");
        }

        #[test]
        fn whatever_is_told_the_ramp_lies_within(told in prop::collection::vec(prop::array::uniform4(-2f32..3.0), 0..40),
            first in 0usize..20, length in 0usize..300) {
            let told: Vec<Share> = told.into_iter().map(|[from, to, at, share]| Share { from, to, at, share }).collect();
            if let Some((a, b)) = fit(&told, first..=first + length, |i| i as f32 / 25.0) {
                prop_assert!(first <= a && a + 2 <= b && b <= first + length, "{a} {b}");
            }
        }
    }

    #[test]
    fn a_third_of_it_wrong_moves_it_hardly() {
        let mut number = 0;
        let noise = || {
            number += 1;
            if number % 3 == 0 { 0.8 } else { 0.0 }
        };
        let (a, b) = fit(&shares((30, 44), 90, 18, noise), 20..=60, |i| i as f32).unwrap();
        assert!(a.abs_diff(30) <= 1 && b.abs_diff(44) <= 1, "{a} {b}");
    }

    #[test]
    fn too_little_is_told_or_too_short() {
        let told = shares((30, 44), 90, 18, || 0.0);
        assert_eq!(fit(&told[..2], 20..=60, |i| i as f32), None);
        assert_eq!(fit(&told, 30..=31, |i| i as f32), None);
    }
}
