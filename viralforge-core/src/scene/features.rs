//! What is measured of each frame, from the frames around it.

use std::collections::VecDeque;

use super::distance::{Distance, Mixture};
use super::frame::{Bounds, Frame};
use crate::picture::SmallPicture;
use crate::time::Timestamp;

/// Half the lengths of time over which a gradual change is looked for, in milliseconds.
pub(super) const SPANS_MS: [i64; 5] = [125, 250, 420, 680, 1080];
/// Flashes and strobes are over within this, in milliseconds …
const FLASH_MS: i64 = 170;
/// … and this many frames on either side of a change are looked at, spread evenly.
const FLASH_FRAMES: usize = 4;
/// Smaller steps than these, in levels, are no cut whatever follows, so that nobody need look past a flash.
const NOTABLE_LUMA: f32 = 4.0;
const NOTABLE_NORMALIZED: f32 = 6.0;
/// Ends of a span that differ less than this, in levels, show the same shot. Nineteen of twenty gradual changes have
/// more than 28.
const LEAST_ENDS: f32 = 6.0;
/// Frames kept on either side at most, whatever the frame rate: bounds memory and time at absurd rates.
const MAX_SIDE: usize = 300;

/// What is measured of one frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Features {
    pub(super) time: Timestamp,
    /// Mean and contrast of luma, in levels.
    pub(super) mean: f32,
    pub(super) contrast: f32,
    /// Distance from the frame before; zero for the first frame.
    pub(super) step: Distance,
    /// Mean difference of luma from the frame before, motion not taken out, in levels.
    pub(super) raw_step: f32,
    /// The smallest distance between any frame shortly before and any from this one on: what is left of `step` when
    /// a flash is looked past.
    pub(super) lasting: Distance,
    /// How like those two frames are, and how much the light differs between them, in levels of mean and contrast.
    pub(super) likeness: f32,
    pub(super) light: f32,
    /// How like the frame before is to one later on, or this one to one further back, within the longest span: near 1
    /// where something comes and goes. Zero where the step is small.
    pub(super) again: f32,
    /// The frame within ever longer spans.
    pub(super) spans: [Span; SPANS_MS.len()],
}

/// A frame in the middle of a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Span {
    /// Frames from the middle back to the start, and on to the end.
    pub(super) before: u32,
    pub(super) after: u32,
    /// The middle as a mixture of both ends.
    pub(super) middle: Mixture,
    /// Share of the end in the frames at a quarter and three quarters.
    pub(super) quarter: f32,
    pub(super) three_quarters: f32,
    /// Whether the ends differ enough for a change of shots in between.
    pub(super) possible: bool,
    /// Distance of the ends without that of luma; zero where no change is possible.
    pub(super) ends: Distance,
    /// How like the ends are, and how like one end is to what lies beyond the other; zero where no change is possible.
    pub(super) likeness: f32,
    pub(super) again: f32,
}

/// Measures frames as they come in, each once enough is known of what follows it.
#[derive(Debug, Default)]
pub(super) struct FeatureWindow {
    frames: VecDeque<(Timestamp, Frame)>,
    /// Place in `frames` of the one that is measured next.
    next: usize,
    /// What of the last frames is not border.
    shown: VecDeque<(Timestamp, Option<Bounds>)>,
}

impl FeatureWindow {
    /// Takes the next frame and hands out what can be told by now.
    pub(super) fn push(&mut self, time: Timestamp, picture: &SmallPicture, mut out: impl FnMut(Features)) {
        let memory = Timestamp::from_millis(2 * SPANS_MS[SPANS_MS.len() - 1]);
        while self.shown.front().is_some_and(|(t, _)| *t + memory < time || self.shown.len() > 2 * MAX_SIDE) {
            self.shown.pop_front();
        }
        self.shown.push_back((time, Bounds::of(picture)));
        let shown = self.shown.iter().filter_map(|(_, b)| *b).reduce(Bounds::union);
        self.frames.push_back((time, Frame::new(picture, shown)));
        while self.is_ready(time) {
            self.emit(&mut out);
        }
    }

    /// Hands out the rest.
    pub(super) fn finish(mut self, mut out: impl FnMut(Features)) {
        while self.next < self.frames.len() {
            self.emit(&mut out);
        }
    }

    /// Whether enough frames follow the next one.
    fn is_ready(&self, now: Timestamp) -> bool {
        let ahead = Timestamp::from_millis(SPANS_MS[SPANS_MS.len() - 1]);
        self.frames.get(self.next).is_some_and(|(t, _)| *t + ahead < now || self.frames.len() - self.next > MAX_SIDE)
    }

    fn emit(&mut self, out: &mut impl FnMut(Features)) {
        out(self.measure(self.next));
        self.next += 1;
        let keep_from = self.first_within(self.next, SPANS_MS[SPANS_MS.len() - 1]).saturating_sub(1);
        self.frames.drain(..keep_from);
        self.next -= keep_from;
    }

    /// The earliest frame that lies at most `ms` before frame `at`.
    fn first_within(&self, at: usize, ms: i64) -> usize {
        let Some((time, _)) = self.frames.get(at.min(self.frames.len().saturating_sub(1))) else { return 0 };
        let from = *time - Timestamp::from_millis(ms);
        let first = self.frames.partition_point(|(t, _)| *t < from);
        first.max(at.saturating_sub(MAX_SIDE)).min(at)
    }

    /// The latest frame that lies at most `ms` after frame `at`.
    fn last_within(&self, at: usize, ms: i64) -> usize {
        let to = self.frames[at].0 + Timestamp::from_millis(ms);
        let after = self.frames.partition_point(|(t, _)| *t <= to);
        (after - 1).min(at + MAX_SIDE).max(at)
    }

    fn measure(&self, at: usize) -> Features {
        let (time, frame) = &self.frames[at];
        let (step, raw_step) = match at.checked_sub(1).map(|before| &self.frames[before].1) {
            Some(before) => (Distance::between(before, frame), Mixture::of(before, frame, frame).ends),
            None => (Distance::default(), 0.0),
        };
        let mut out = Features {
            time: *time,
            mean: frame.mean,
            contrast: frame.contrast,
            step,
            raw_step,
            lasting: step,
            likeness: 1.0,
            light: 0.0,
            again: 0.0,
            spans: self.spans(at),
        };
        if step.luma >= NOTABLE_LUMA || step.normalized >= NOTABLE_NORMALIZED {
            let (first, last, lasting) = self.lasting(at, step);
            let (a, b) = (&self.frames[first].1, &self.frames[last].1);
            out.lasting = lasting;
            out.likeness = a.likeness(b);
            out.light = (a.mean - b.mean).abs() + (a.contrast - b.contrast).abs();
            out.again = self.again(at - 1, at, &self.reaches(at));
        }
        out
    }

    /// Places of the frames at the ends of each span around frame `at`.
    fn reaches(&self, at: usize) -> [(usize, usize); SPANS_MS.len()] {
        // At low frame rates a span holds at least one frame to either side, where there is one.
        SPANS_MS.map(|ms| {
            let first = self.first_within(at, ms).min(at.saturating_sub(1));
            (first, self.last_within(at, ms).max((at + 1).min(self.frames.len() - 1)))
        })
    }

    /// How well frame `a` is known again in frames further on than `b`, or `b` in frames further back than `a`.
    fn again(&self, a: usize, b: usize, reaches: &[(usize, usize)]) -> f32 {
        let frame = |i: usize| &self.frames[i].1;
        let mut best = 0f32;
        for &(first, last) in reaches {
            if last > b {
                best = best.max(frame(a).likeness(frame(last)));
            }
            if first < a {
                best = best.max(frame(first).likeness(frame(b)));
            }
        }
        best
    }

    /// The frames around `at` that differ least across it, and how much they do.
    fn lasting(&self, at: usize, step: Distance) -> (usize, usize, Distance) {
        let spread = |frames: usize| {
            let apart = frames.div_ceil(FLASH_FRAMES).max(1);
            (0..=frames).step_by(apart)
        };
        let last = at - 1;
        let mut least = (last, at, step);
        for i in spread(last - self.first_within(last, FLASH_MS)) {
            for j in spread(self.last_within(at, FLASH_MS) - at) {
                let (a, b) = (&self.frames[last - i].1, &self.frames[at + j].1);
                if i + j > 0
                    && let Some(distance) = Distance::less(a, b, least.2.amount())
                {
                    least = (last - i, at + j, distance);
                }
            }
        }
        least
    }

    fn spans(&self, at: usize) -> [Span; SPANS_MS.len()] {
        let reaches = self.reaches(at);
        std::array::from_fn(|i| self.span(at, reaches[i], &reaches[i + 1..]))
    }

    /// The span from the first to the last frame of `ends`, with longer ones around it.
    fn span(&self, at: usize, ends: (usize, usize), longer: &[(usize, usize)]) -> Span {
        let (first, last) = ends;
        let frame = |i: usize| &self.frames[i].1;
        let (a, b) = (frame(first), frame(last));
        let middle = Mixture::of(a, frame(at), b);
        let possible = middle.ends >= LEAST_ENDS;
        Span {
            before: (at - first) as u32,
            after: (last - at) as u32,
            middle,
            possible,
            quarter: Mixture::share_of(a, frame((first + at) / 2), b),
            three_quarters: Mixture::share_of(a, frame((at + last).div_ceil(2)), b),
            ends: if possible { Distance::of_look(a, b) } else { Distance::default() },
            likeness: if possible { a.likeness(b) } else { 0.0 },
            again: if possible { self.again(first, last, longer) } else { 0.0 },
        }
    }
}
