//! How far a gradual change reaches.

use super::ramp::{self, Share};
use super::{View, is_long_enough, median};
use crate::time::Timestamp;

/// Contrast of black and white frames, and the least that it rises from one frame of a fade to the next, in levels.
const FLAT_CONTRAST: f32 = 3.0;
const FADE_STEP: f32 = 0.2;
/// Share of the change within a span that is left out at either end where its extent is told from the steps.
const TAIL: f32 = 0.03;
/// So many frames of a span, spread evenly, tell what share they are of others; more tell nothing new.
const TELLING: usize = 32;

/// First and last frame of a gradual change, when it begins and ends, and the moment between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::scene) struct Extent {
    pub(in crate::scene) first: u64,
    pub(in crate::scene) last: u64,
    pub(in crate::scene) start: Timestamp,
    pub(in crate::scene) middle: Timestamp,
    /// When the first frame after it is shown; `None` at the end of the video.
    pub(in crate::scene) end: Option<Timestamp>,
}

impl View<'_> {
    /// First and last frame of a fade whose flattest frame lies in rows `a..=b`: as far as contrast keeps rising.
    fn fade_around(&self, a: usize, b: usize) -> (usize, usize) {
        let contrast = |i: usize| self.rows[i].contrast;
        let flattest = (a..=b).min_by(|x, y| contrast(*x).total_cmp(&contrast(*y))).unwrap_or(a);
        let goes_on = |inner: usize, outer: usize| {
            contrast(outer) > contrast(inner) + FADE_STEP || contrast(outer) < FLAT_CONTRAST
        };
        let (mut first, mut last) = (flattest, flattest);
        while first > 0 && goes_on(first, first - 1) {
            first -= 1;
        }
        while last + 1 < self.rows.len() && goes_on(last, last + 1) {
            last += 1;
        }
        // The walk ends on the first frame that is no flatter than the one beyond: a clean one.
        ((first + 1).min(flattest), last.saturating_sub(1).max(flattest))
    }

    /// Frames of a change in rows `a..=b`, told from how much more the picture changes than it does around them.
    fn stir(&self, a: usize, b: usize) -> (usize, usize) {
        let step = |i: usize| self.rows[i].raw_step;
        let mut around: Vec<f32> = (a.saturating_sub(5)..=a).map(step).collect();
        around.extend((b + 1..(b + 6).min(self.rows.len())).map(step));
        let usual = median(&mut around);
        let excess = |i: usize| (step(i) - usual).max(0.0);
        let total: f32 = (a + 1..=b).map(excess).sum();
        let reached = |share: f32| {
            let mut sum = 0.0;
            (a + 1..=b)
                .find(|i| {
                    sum += excess(*i);
                    sum >= share * total
                })
                .unwrap_or(b)
        };
        // The step onto the first clean frame belongs to the change, the frame does not.
        match total > 0.0 {
            true => (reached(TAIL), reached(1.0 - TAIL).saturating_sub(1)),
            false => (a + 1, b.saturating_sub(1)),
        }
    }

    /// What the frames in rows `a..=b` are mixed of, as far as what is mixed is known and differs.
    fn shares(&self, a: usize, b: usize) -> Vec<Share> {
        let time = |i: usize| self.seconds(i);
        let mut shares = Vec::new();
        for at in (a..=b).step_by((b - a + 1).div_ceil(TELLING)) {
            for span in self.rows[at].spans.iter().filter(|span| is_long_enough(span)) {
                let (Some(from), to) = (at.checked_sub(span.before as usize), at + span.after as usize) else {
                    continue;
                };
                if to < self.rows.len() {
                    let told = [
                        ((from + at) / 2, span.quarter),
                        (at, span.middle.share),
                        ((at + to).div_ceil(2), span.three_quarters),
                    ];
                    let ends = (time(from), time(to));
                    shares.extend(told.map(|(i, share)| Share { from: ends.0, to: ends.1, at: time(i), share }));
                }
            }
        }
        shares
    }

    /// When a row is shown, in seconds from this frame on: small numbers, which lose nothing.
    fn seconds(&self, row: usize) -> f32 {
        (self.rows[row].time - self.row().time).as_seconds_f64() as f32
    }

    /// How far the change reaches that fills span number `index`.
    pub(in crate::scene) fn extent(&self, index: usize) -> Extent {
        let (a, b) = self.ends(&self.row().spans[index]);
        let (first, last) = if self.is_fade(index) {
            self.fade_around(a, b)
        } else if let Some((before, after)) = ramp::fit(&self.shares(a, b), a..=b, |i| self.seconds(i)) {
            (before + 1, after - 1)
        } else {
            self.stir(a, b)
        };
        let last = last.max(first).min(self.rows.len() - 1);
        let first = first.min(last);
        Extent {
            first: self.first_frame + first as u64,
            last: self.first_frame + last as u64,
            start: self.rows[first].time,
            middle: self.rows[(first + last).div_ceil(2)].time,
            end: self.rows.get(last + 1).map(|r| r.time),
        }
    }
}
