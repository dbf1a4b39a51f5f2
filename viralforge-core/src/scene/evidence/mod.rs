//! What speaks for a boundary at a frame: its features set against those around it.

mod extent;
mod ramp;

use std::collections::VecDeque;

use super::features::{Features, SPANS_MS, Span};
use crate::time::Timestamp;

pub(super) use extent::Extent;

/// Numbers that the decision about a cut is made from.
pub(super) const CUT_INPUTS: usize = 23;
/// Numbers that the decision about a gradual change is made from, for each span.
pub(super) const GRADUAL_INPUTS: usize = 19;

/// How far around a frame is "usual here", in milliseconds to either side.
const LOCAL_MS: i64 = 500;
/// How far around a frame the largest other change counts, in milliseconds to either side.
const NEAR_MS: i64 = 250;
/// A change smaller than this, as [`Features::lasting`] tells, is not even looked at: about the noise of a codec.
const LEAST_CHANGE: f32 = 3.0;
/// Chroma distances below these, in levels, say nothing: gray pictures have none, and their shots change all the same.
const LEAST_CHROMA: f32 = 1.0;
const LEAST_CHROMA_OF_ENDS: f32 = 3.0;
/// Frames to either side within which only the largest change may be a cut. Real shots can be 6 frames long.
const RIVALS: usize = 2;
/// Contrast in the middle over that at the ends, below which a change goes through black or white.
const FADE_CONTRAST: f32 = 0.3;

/// The features of a stretch of frames, in which each can be judged once what follows it is known.
#[derive(Debug, Default)]
pub(super) struct EvidenceWindow {
    rows: VecDeque<Features>,
    /// Number of the first row's frame, counted from the start.
    first_frame: u64,
    next: usize,
}

/// One frame with its surroundings.
pub(super) struct View<'a> {
    rows: &'a VecDeque<Features>,
    at: usize,
    first_frame: u64,
}

impl EvidenceWindow {
    /// Takes the next frame's features and shows each frame that can be judged by now.
    pub(super) fn push(&mut self, features: Features, mut see: impl FnMut(&View<'_>)) {
        let now = features.time;
        self.rows.push_back(features);
        // Half as far again as the longest span, and a few frames for measuring what is usual there.
        let ahead = Timestamp::from_millis(2 * SPANS_MS[SPANS_MS.len() - 1]);
        while self.rows.get(self.next).is_some_and(|r| r.time + ahead < now && self.next + 1 < self.rows.len()) {
            self.show(&mut see);
            let keep = self.rows[self.next].time - ahead;
            while self.rows.front().is_some_and(|r| r.time < keep) {
                self.rows.pop_front();
                self.first_frame += 1;
                self.next -= 1;
            }
        }
    }

    /// Shows the rest.
    pub(super) fn finish(mut self, mut see: impl FnMut(&View<'_>)) {
        while self.next < self.rows.len() {
            self.show(&mut see);
        }
    }

    fn show(&mut self, see: &mut impl FnMut(&View<'_>)) {
        see(&View { rows: &self.rows, at: self.next, first_frame: self.first_frame });
        self.next += 1;
    }
}

/// One of the figures of a frame.
type Measure = fn(&Features) -> f32;

/// Logarithm with a floor, so that a ratio of two tiny values means nothing.
fn log(value: f32, floor: f32) -> f32 {
    (value.max(0.0) + floor).ln()
}

/// How much of a change to the frame is left when a flash is looked past, in levels.
pub(super) fn change(row: &Features) -> f32 {
    row.lasting.luma + 0.5 * row.lasting.normalized + 0.3 * row.lasting.chroma
}

impl View<'_> {
    /// Number of the frame, counted from the start of the video.
    pub(super) fn frame(&self) -> u64 {
        self.first_frame + self.at as u64
    }

    pub(super) fn row(&self) -> &Features {
        &self.rows[self.at]
    }

    fn within(&self, ms: i64) -> (usize, usize) {
        let (from, to) = (self.row().time - Timestamp::from_millis(ms), self.row().time + Timestamp::from_millis(ms));
        (self.rows.partition_point(|r| r.time < from), self.rows.partition_point(|r| r.time <= to))
    }

    /// Whether the frame may be the first of a new shot: the change is no mere noise, and the largest around.
    pub(super) fn may_be_cut(&self) -> bool {
        let own = change(self.row());
        let (from, to) = (self.at.saturating_sub(RIVALS), (self.at + RIVALS + 1).min(self.rows.len()));
        self.frame() > 0 && own > LEAST_CHANGE && self.rows.range(from..to).all(|r| change(r) <= own)
    }

    /// What speaks for a cut at this frame.
    pub(super) fn cut_inputs(&self) -> [f32; CUT_INPUTS] {
        let row = self.row();
        let (near, local) = (self.within(NEAR_MS), self.within(LOCAL_MS));
        // At low frame rates "near" is at least two frames to either side, where there are any.
        let near = (near.0.min(self.at.saturating_sub(2)), near.1.max((self.at + 3).min(self.rows.len())));
        let most = |from: usize, to: usize, of: Measure| self.rows.range(from..to).map(of).fold(0.0, f32::max);
        let around = |of: Measure| (most(near.0, self.at, of), most(self.at + 1, near.1, of));
        let mut steps = Vec::with_capacity(local.1 - local.0);
        let mut usual = |of: Measure| {
            steps.clear();
            steps.extend((local.0..local.1).filter(|i| *i != self.at).map(|i| of(&self.rows[i])));
            median(&mut steps)
        };
        let mut out = [0.0; CUT_INPUTS];
        let mut n = 0;
        let mut put = |value: f32| {
            out[n] = value;
            n += 1;
        };
        let levels: [(f32, Measure); 2] =
            [(row.lasting.luma, |r| r.step.luma), (row.lasting.normalized, |r| r.step.normalized)];
        for (own, of) in levels {
            let own = log(own, 0.5);
            let (left, right) = around(of);
            put(own);
            put(own - log(usual(of), 0.5));
            put(own - log(left.min(right), 0.5));
            put(own - log(left.max(right), 0.5));
        }
        put(log(row.lasting.chroma.max(LEAST_CHROMA), 0.3));
        put(log(row.lasting.histogram, 0.02));
        for span in &row.spans[..3] {
            put(log(span.ends.normalized, 0.5) - log(row.step.normalized, 0.5));
            put(log(span.middle.ends, 0.5) - log(row.raw_step, 0.5));
        }
        let calm = log(row.lasting.calm, 0.5);
        let (left, right) = around(|r| r.step.calm);
        put(calm);
        put(calm - log(usual(|r| r.step.calm), 0.5));
        put(calm - log(left.max(right), 0.5));
        let light = log(row.light, 1.0);
        put(row.likeness);
        put(light);
        put(row.likeness * light);
        put(row.again);
        out
    }

    /// Rows at the start and the end of a span.
    fn ends(&self, span: &Span) -> (usize, usize) {
        // Rows that were dropped already lie further back than any span.
        let last = self.rows.len().saturating_sub(1);
        (self.at.saturating_sub(span.before as usize), (self.at + span.after as usize).min(last))
    }

    /// Whether a gradual change may have its middle here and fill span number `index`: there is something to either
    /// side, and it differs.
    pub(super) fn may_be_gradual(&self, index: usize) -> bool {
        is_long_enough(&self.row().spans[index])
    }

    /// What speaks for a gradual change with its middle here that fills span number `index`.
    pub(super) fn gradual_inputs(&self, index: usize) -> [f32; GRADUAL_INPUTS] {
        let span = &self.row().spans[index];
        let (a, b) = self.ends(span);
        let len = b - a;
        let sum = |from: usize, to: usize| self.rows.range(from..to).map(|r| r.raw_step).sum::<f32>();
        let inside = || self.rows.range((a + 1).min(b + 1)..b + 1);
        let path: f32 = inside().map(|r| r.raw_step).sum();
        let largest = inside().map(|r| r.raw_step).fold(0.0, f32::max);
        let largest_change = inside().map(change).fold(0.0, f32::max);
        // How much moves anyway, told from as much time on both sides together.
        let (before, after) = (a.saturating_sub(len / 2), (b + len / 2).min(self.rows.len() - 1));
        let outside = (sum(before + 1, a + 1) + sum(b + 1, after + 1)) / ((a - before) + (after - b)).max(1) as f32;
        let contrast = |i: usize| self.rows[i].contrast;
        let least_contrast = self.rows.range(a..b + 1).map(|r| r.contrast).fold(f32::MAX, f32::min);
        let ends_contrast = contrast(a).min(contrast(b));
        let ends = span.middle.ends + 0.5;
        let [share, quarter, three_quarters] =
            [span.middle.share, span.quarter, span.three_quarters].map(|v| v.clamp(-1.0, 2.0));
        let rise = quarter.min(share - quarter).min(three_quarters - share).min(1.0 - three_quarters);
        [
            log(span.ends.normalized, 0.5),
            log(span.middle.ends, 0.5),
            log(span.ends.calm, 0.5),
            span.middle.mix_residual / ends,
            span.middle.pick_residual / ends,
            (share - 0.5).abs(),
            three_quarters - quarter,
            rise,
            log(path / ends, 0.2),
            log(largest / ends, 0.05),
            ((outside * len as f32 + 1.0) / ends).ln(),
            self.row().contrast / (0.5 * (contrast(a) + contrast(b)) + 2.0),
            least_contrast / (ends_contrast + 2.0),
            log(ends_contrast, 2.0),
            span.ends.histogram,
            log(span.ends.chroma.max(LEAST_CHROMA_OF_ENDS), 0.5),
            log(largest_change, 1.0) - log(span.ends.normalized + span.middle.ends, 1.0),
            span.likeness,
            span.again,
        ]
    }

    /// Whether span number `index` goes through black or white.
    pub(super) fn is_fade(&self, index: usize) -> bool {
        let (a, b) = self.ends(&self.row().spans[index]);
        let contrast = |i: usize| self.rows[i].contrast;
        let least = self.rows.range(a..b + 1).map(|r| r.contrast).fold(f32::MAX, f32::min);
        least < FADE_CONTRAST * (contrast(a).max(contrast(b)) + 2.0)
    }
}

/// Whether there is something to either side of a span's middle, which differs.
fn is_long_enough(span: &Span) -> bool {
    span.possible && span.before >= 2 && span.after >= 2
}

fn median(values: &mut [f32]) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let (middle, even) = (values.len() / 2, values.len().is_multiple_of(2));
    let (below, at, _) = values.select_nth_unstable_by(middle, f32::total_cmp);
    if !even {
        return *at;
    }
    (below.iter().copied().fold(f32::MIN, f32::max) + *at) / 2.0
}
