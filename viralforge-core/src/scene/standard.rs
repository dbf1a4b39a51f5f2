//! The standard method: measures, evidence, judgment, and what of it holds together.

use super::classify::{best_span, cut_probability};
use super::evidence::{EvidenceWindow, Extent, View};
use super::features::{FeatureWindow, SPANS_MS};
use super::finder::{Finder, Found};
use super::gradual::{Gradual, MARGIN, STINGER_MS, joined};
use super::options::SceneOptions;
use super::report::{Boundary, BoundaryKind};
use super::statistics::SceneStatistics;
use crate::picture::SmallPicture;
use crate::time::{TimeRange, Timestamp};

/// Longer side of the pictures that are compared, in pixels.
pub(super) const SMALL_SIDE: u32 = 64;
/// Candidates below this probability are forgotten at once: no threshold that makes sense lies lower.
const LEAST_PROBABILITY: f32 = 0.1;
/// A cut this sure inside what looks like a gradual change is a cut in fast motion.
const SURE_CUT: f32 = 0.95;
/// Share of a span, in percent, within which a stronger change leaves no room for the middle of a weaker one.
const REACH_PERCENT: i64 = 60;
/// How much better "either picture" must fit than "a mix of both" for a wipe.
const WIPE_FIT: f32 = 0.6;

/// How far behind the frame that is judged a change may begin that is found at it, in milliseconds: as far as evidence
/// reaches, and what two changes lie apart that matter to each other.
const REACH_BACK_MS: i64 = 2 * SPANS_MS[SPANS_MS.len() - 1] + STINGER_MS;
/// Candidates are settled every so many frames.
const SETTLE_EVERY: u32 = 16;

#[derive(Clone, Copy, Debug)]
struct Cut {
    frame: u64,
    time: Timestamp,
    probability: f32,
}

/// Finds boundaries in frames as they come in. Keeps the frames of a few seconds, and the candidates.
pub(super) struct StandardFinder {
    features: FeatureWindow,
    evidence: EvidenceWindow,
    judge: Judge,
}

/// Judges frames, and keeps candidates until nothing that is still to come can change what becomes of them.
struct Judge {
    threshold: f32,
    cuts: Vec<Cut>,
    graduals: Vec<Gradual>,
    /// Gradual changes that hold and may still cover a cut.
    held: Vec<Extent>,
    /// Frames judged since candidates were settled, and the time of the last.
    unsettled: u32,
    now: Timestamp,
    statistics: Option<SceneStatistics>,
}

impl StandardFinder {
    pub(super) fn new(options: &SceneOptions) -> Self {
        let judge = Judge {
            threshold: options.threshold as f32,
            cuts: Vec::new(),
            graduals: Vec::new(),
            held: Vec::new(),
            unsettled: 0,
            now: Timestamp::ZERO,
            statistics: options.statistics.then(|| statistics(options.threshold as f32)),
        };
        Self { features: FeatureWindow::default(), evidence: EvidenceWindow::default(), judge }
    }
}

impl Finder for StandardFinder {
    fn push(&mut self, time: Timestamp, picture: &SmallPicture, found: &mut dyn FnMut(Found)) {
        let Self { features, evidence, judge } = self;
        features.push(time, picture, |row| evidence.push(row, |view| judge.see(view)));
        if judge.unsettled >= SETTLE_EVERY {
            judge.settle(Some(judge.now - Timestamp::from_millis(REACH_BACK_MS)), judge.now, found);
        }
    }

    fn finish(self: Box<Self>, end: Timestamp, found: &mut dyn FnMut(Found)) -> Option<SceneStatistics> {
        let Self { features, mut evidence, mut judge } = *self;
        features.finish(|row| evidence.push(row, |view| judge.see(view)));
        evidence.finish(|view| judge.see(view));
        judge.settle(None, end, found);
        judge.statistics
    }
}

fn statistics(threshold: f32) -> SceneStatistics {
    SceneStatistics::with_columns([
        ("luma_change", None),
        ("normalized_change", None),
        ("chroma_change", None),
        ("histogram_change", None),
        ("lasting_change", None),
        ("brightness", None),
        ("contrast", None),
        ("cut_probability", Some(threshold)),
        ("gradual_probability", Some(threshold)),
    ])
}

impl Judge {
    fn see(&mut self, view: &View<'_>) {
        let row = view.row();
        self.now = row.time;
        self.unsettled += 1;
        let cut = if view.may_be_cut() { cut_probability(&view.cut_inputs()) } else { 0.0 };
        if cut >= LEAST_PROBABILITY {
            self.cuts.push(Cut { frame: view.frame(), time: row.time, probability: cut });
        }
        let gradual = best_span(view);
        if let Some((span, probability)) = gradual.filter(|best| best.1 >= self.threshold) {
            let extent = view.extent(span);
            let reach = Timestamp::from_millis(SPANS_MS[span] * REACH_PERCENT / 100);
            self.graduals.push(Gradual { extent, time: row.time, reach, kind: kind(view, span), probability });
        }
        if let Some(statistics) = &mut self.statistics {
            let step = &row.step;
            let values = [
                step.luma,
                step.normalized,
                step.chroma,
                step.histogram,
                super::evidence::change(row),
                row.mean,
                row.contrast,
                cut,
                gradual.map_or(0.0, |best| best.1),
            ];
            statistics.push(view.frame(), row.time.as_seconds_f64(), &values);
        }
    }

    /// Decides about the candidates that nothing later than `until` can touch (about all where it is `None`) and hands
    /// out what holds, in order of time. `end` is when the video ends, as far as is known.
    fn settle(&mut self, until: Option<Timestamp>, end: Timestamp, found: &mut dyn FnMut(Found)) {
        self.unsettled = 0;
        let frontier = self.frontier(until);
        let is_past = |time: Timestamp| frontier.is_none_or(|frontier| time < frontier);
        // Changes that matter to each other lie on the same side of the frontier, as `frontier` sees to.
        let (past, open) = std::mem::take(&mut self.graduals).into_iter().partition(|g| is_past(g.matters().0));
        self.graduals = open;
        let graduals = self.choose(past);
        self.held.extend(graduals.iter().map(|g| g.extent));
        let (cuts, open) = std::mem::take(&mut self.cuts).into_iter().partition(|cut| is_past(cut.time));
        self.cuts = open;
        let mut all: Vec<Found> = graduals.iter().filter_map(|g| self.gradual(g, end)).collect();
        all.extend(Vec::into_iter(cuts).filter_map(|cut| self.cut(&cut)));
        all.sort_by_key(|found| found.boundary.start_frame);
        all.into_iter().for_each(found);
        let longest = Timestamp::from_millis(REACH_BACK_MS);
        let is_near =
            |extent: &Extent| frontier.is_some_and(|frontier| extent.end.is_none_or(|end| end + longest > frontier));
        self.held.retain(is_near);
    }

    /// The latest moment up to `until` that lies inside nothing that is undecided.
    fn frontier(&self, until: Option<Timestamp>) -> Option<Timestamp> {
        let mut frontier = until?;
        let mut open: Vec<_> = self.graduals.iter().map(Gradual::matters).collect();
        open.sort_by_key(|(start, _)| std::cmp::Reverse(*start));
        // From the last to the first: an earlier one may reach past a later one.
        loop {
            let before = frontier;
            for (start, end) in &open {
                if *start < frontier && *end >= frontier {
                    frontier = *start;
                }
            }
            if frontier == before {
                return Some(frontier);
            }
        }
    }

    /// The gradual changes that hold, of those that are probable enough.
    fn choose(&self, mut candidates: Vec<Gradual>) -> Vec<Gradual> {
        candidates.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.time.cmp(&b.time)));
        let mut chosen: Vec<Gradual> = Vec::new();
        for candidate in candidates {
            if chosen.iter().all(|stronger| stronger.leaves_room_for(&candidate)) {
                chosen.push(candidate);
            }
        }
        let sure_cut = |g: &Gradual| {
            let near = g.extent.first.saturating_sub(1)..=g.extent.last + 1;
            self.cuts.iter().any(|c| c.probability > SURE_CUT.max(self.threshold) && near.contains(&c.frame))
        };
        chosen.retain(|g| g.lasts() && !sure_cut(g));
        chosen.sort_by_key(|g| g.extent.first);
        chosen.dedup_by(|second, first| joined(first, second).map(|both| *first = both).is_some());
        chosen
    }

    fn confidence(&self, probability: f32) -> f64 {
        f64::from(((probability - self.threshold) / (1.0 - self.threshold).max(1e-6)).clamp(0.0, 1.0))
    }

    fn cut(&self, cut: &Cut) -> Option<Found> {
        let covers = |e: &Extent| e.first <= cut.frame + MARGIN && cut.frame <= e.last + MARGIN;
        if cut.probability < self.threshold || self.held.iter().any(covers) {
            return None;
        }
        let boundary = Boundary {
            kind: BoundaryKind::Cut,
            start_frame: cut.frame,
            end_frame: cut.frame,
            range: TimeRange::new(cut.time, cut.time)?,
            confidence: self.confidence(cut.probability),
        };
        Some(Found { boundary, at: cut.time })
    }

    /// `None` for a fade in at the very start and a fade out at the end: there is no shot on one side.
    fn gradual(&self, gradual: &Gradual, end: Timestamp) -> Option<Found> {
        let Extent { first, last, start, middle, end: after } = gradual.extent;
        if gradual.kind == BoundaryKind::Fade && (first <= 1 || after.is_none()) {
            return None;
        }
        let boundary = Boundary {
            kind: gradual.kind,
            start_frame: first,
            end_frame: last,
            range: TimeRange::new(start, after.unwrap_or(end).max(start))?,
            confidence: self.confidence(gradual.probability),
        };
        Some(Found { boundary, at: middle })
    }
}

fn kind(view: &View<'_>, span: usize) -> BoundaryKind {
    let middle = view.row().spans[span].middle;
    if view.is_fade(span) {
        BoundaryKind::Fade
    } else if middle.pick_residual < WIPE_FIT * middle.mix_residual {
        BoundaryKind::Wipe
    } else {
        BoundaryKind::Dissolve
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::tests::{WIDTH, picture, texture};
    use super::super::report::SceneReport;
    use super::super::scenes::SceneDetector;
    use super::*;
    use crate::time::FrameRate;
    use proptest::prelude::*;
    use std::time::Duration;

    /// Shots of these many frames, each with something small that moves, and noise.
    fn shots(lengths: &[usize]) -> Vec<Vec<u8>> {
        let shot = |(seed, len): (usize, &usize)| {
            let still = texture(seed as u32 + 1);
            (0..*len).map(move |i| {
                let mut frame = still.clone();
                for (k, v) in frame.iter_mut().enumerate() {
                    *v = v.saturating_add((((k + 31 * i) as u32).wrapping_mul(2_654_435_761) >> 30) as u8);
                }
                for y in 14..20 {
                    frame[y * WIDTH + 10 + i % 40..][..6].fill(230);
                }
                frame
            })
        };
        lengths.iter().enumerate().flat_map(shot).collect()
    }

    fn detect(frames: &[Vec<u8>], frames_per_second: u32, options: &SceneOptions) -> SceneReport {
        let time = |i: usize| Timestamp::new(i as i64, frames_per_second);
        let mut detector = SceneDetector::new(options).unwrap();
        for (i, luma) in frames.iter().enumerate() {
            if detector.wants(time(i), time(1)) {
                detector.push(time(i), &picture(luma));
            }
        }
        detector.finish(FrameRate::new(frames_per_second, 1))
    }

    fn starts(report: &SceneReport) -> Vec<(BoundaryKind, u64)> {
        report.boundaries.iter().map(|b| (b.kind, b.start_frame)).collect()
    }

    #[test]
    fn cuts_are_found_to_the_frame_at_any_frame_rate() {
        for rate in [10, 24, 60, 240] {
            let lengths = [rate as usize, 2 * rate as usize, rate as usize];
            let report = detect(&shots(&lengths), rate, &SceneOptions::default());
            let cuts = [u64::from(rate), 3 * u64::from(rate)].map(|f| (BoundaryKind::Cut, f));
            assert_eq!(starts(&report), cuts, "{rate} frames a second");
            assert_eq!(report.boundaries[0].range.start(), Timestamp::new(1, 1));
            assert_eq!(report.boundaries[0].range.duration(), Timestamp::ZERO);
            assert_eq!(report.scenes.len(), 3);
        }
    }

    #[test]
    fn one_shot_has_no_boundary_and_a_flash_makes_none() {
        let mut frames = shots(&[80]);
        assert_eq!(starts(&detect(&frames, 25, &SceneOptions::default())), []);
        frames[40].fill(255);
        frames[41].fill(255);
        assert_eq!(starts(&detect(&frames, 25, &SceneOptions::default())), []);
    }

    /// Two shots of 60 frames with `len` frames between that `mix` makes from their pixels and the share that is done.
    fn change(len: usize, mix: impl Fn(f32, f32, f32, usize) -> f32) -> Vec<Vec<u8>> {
        let frames = shots(&[60, 60]);
        let (a, b) = frames.split_at(60);
        let between = (1..=len).map(|i| {
            let share = i as f32 / (len + 1) as f32;
            let pixels = a[59].iter().zip(&b[0]).enumerate();
            pixels.map(|(i, (a, b))| mix(f32::from(*a), f32::from(*b), share, i % WIDTH) as u8).collect()
        });
        a.iter().cloned().chain(between).chain(b.iter().cloned()).collect()
    }

    #[track_caller]
    fn one_gradual(frames: &[Vec<u8>], kind: BoundaryKind, first: u64, last: u64) {
        let report = detect(frames, 25, &SceneOptions::default());
        let [boundary] = &report.boundaries[..] else { panic!("{:?}", report.boundaries) };
        assert_eq!(boundary.kind, kind);
        let off = boundary.start_frame.abs_diff(first).max(boundary.end_frame.abs_diff(last));
        // What moves anyway, and noise, blur where a slow change begins.
        assert!(off <= 4, "{boundary:?}");
        assert_eq!(boundary.range.start(), Timestamp::new(boundary.start_frame as i64, 25));
        assert_eq!(boundary.range.end(), Timestamp::new(boundary.end_frame as i64 + 1, 25));
    }

    #[test]
    fn a_dissolve_is_one_boundary_with_its_extent() {
        one_gradual(&change(15, |a, b, share, _| a + (b - a) * share), BoundaryKind::Dissolve, 60, 74);
    }

    #[test]
    fn a_fade_through_black_is_one_boundary_and_called_so() {
        let fade =
            change(20, |a, b, share, _| if share < 0.5 { a * (1.0 - 2.0 * share) } else { b * (2.0 * share - 1.0) });
        one_gradual(&fade, BoundaryKind::Fade, 60, 79);
    }

    #[test]
    fn a_fade_in_at_the_start_and_a_fade_out_at_the_end_are_none() {
        let mut frames = shots(&[100]);
        for i in 0..20 {
            let share = (i + 1) as f32 / 21.0;
            frames[i].iter_mut().for_each(|v| *v = (f32::from(*v) * share) as u8);
            frames[99 - i].iter_mut().for_each(|v| *v = (f32::from(*v) * share) as u8);
        }
        let report = detect(&frames, 25, &SceneOptions::default());
        assert!(report.boundaries.iter().all(|b| b.kind != BoundaryKind::Fade), "{:?}", report.boundaries);
    }

    #[test]
    fn a_wipe_is_one_boundary_and_called_so() {
        let wipe = change(15, |a, b, share, x| if (x as f32) < share * 64.0 { b } else { a });
        one_gradual(&wipe, BoundaryKind::Wipe, 60, 74);
    }

    #[test]
    fn kinds_that_are_not_wanted_are_not_reported() {
        let frames = change(15, |a, b, share, _| a + (b - a) * share);
        let report = detect(&frames, 25, &SceneOptions::default().with_kinds([BoundaryKind::Cut]));
        assert!(report.boundaries.is_empty(), "{report:?}");
        assert_eq!(
            starts(&detect(&shots(&[50, 50]), 25, &SceneOptions::default().with_kinds([BoundaryKind::Cut]))).len(),
            1
        );
    }

    #[test]
    fn short_scenes_are_merged_only_when_asked() {
        let frames = shots(&[50, 10, 50]);
        assert_eq!(detect(&frames, 25, &SceneOptions::default()).scenes.len(), 3);
        let merged = SceneOptions::default().with_min_scene_duration(Duration::from_secs(1));
        let report = detect(&frames, 25, &merged);
        assert_eq!(starts(&report), [(BoundaryKind::Cut, 50)]);
        assert!(report.scenes.iter().all(|s| s.range.duration() >= Timestamp::new(1, 1)));
    }

    #[test]
    fn nothing_and_one_frame_are_no_trouble() {
        let none = detect(&[], 25, &SceneOptions::default());
        assert!(none.scenes.is_empty() && none.boundaries.is_empty());
        let one = detect(&shots(&[1]), 25, &SceneOptions::default());
        assert_eq!((one.scenes.len(), one.boundaries.len()), (1, 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn scenes_abut_and_cover_the_video(lengths in proptest::collection::vec(1usize..40, 1..5), uneven in 1i64..4) {
            let frames = shots(&lengths);
            let mut detector = SceneDetector::new(&SceneOptions::default()).unwrap();
            let mut at = Timestamp::new(7, 10);
            let start = at;
            for (i, luma) in frames.iter().enumerate() {
                let duration = Timestamp::new(1 + i as i64 % uneven, 30);
                prop_assert!(detector.wants(at, duration));
                detector.push(at, &picture(luma));
                at = at + duration;
            }
            let report = detector.finish(None);
            prop_assert_eq!(report.scenes[0].range.start(), start);
            prop_assert_eq!(report.scenes.last().unwrap().range.end(), at);
            prop_assert!(report.scenes.windows(2).all(|w| w[0].range.end() == w[1].range.start()));
            prop_assert_eq!(report.scenes.len(), report.boundaries.len() + 1);
            for b in &report.boundaries {
                prop_assert!((0.0..=1.0).contains(&b.confidence) && b.start_frame <= b.end_frame);
                prop_assert!(b.end_frame < frames.len() as u64);
            }
        }
    }
}
