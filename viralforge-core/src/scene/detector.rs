//! From frames to a scene report.

use super::classify::{best_span, cut_probability};
use super::evidence::{EvidenceWindow, Extent, View};
use super::features::{FeatureWindow, SPANS_MS};
use super::{Boundary, BoundaryKind, Scene, SceneOptions, SceneReport};
use crate::picture::SmallPicture;
use crate::time::{FrameRate, TimeRange, Timestamp};

/// Longer side of the pictures that are compared, in pixels.
pub(crate) const SMALL_SIDE: u32 = 64;
/// Candidates below this probability are forgotten at once: no threshold that makes sense lies lower.
const LEAST_PROBABILITY: f32 = 0.1;
/// A cut this sure inside what looks like a gradual change is a cut in fast motion.
const SURE_CUT: f32 = 0.9;
/// Frames around a gradual change that belong to no cut.
const MARGIN: u64 = 2;
/// Two gradual changes are at least this far apart, in milliseconds; what is closer are pieces of one.
const APART_MS: i64 = 200;
/// Shortest gradual change, in milliseconds: two frames of film.
const LEAST_MS: i64 = 100;
/// Share of a span, in percent, within which a stronger change leaves no room for the middle of a weaker one.
const REACH_PERCENT: i64 = 60;
/// How much better "either picture" must fit than "a mix of both" for a wipe.
const WIPE_FIT: f32 = 0.6;

#[derive(Clone, Copy, Debug)]
struct Cut {
    frame: u64,
    time: Timestamp,
    probability: f32,
}

#[derive(Clone, Copy, Debug)]
struct Gradual {
    extent: Extent,
    /// When the frame is shown where it is surest, and half the span that was looked at.
    time: Timestamp,
    reach: Timestamp,
    kind: BoundaryKind,
    probability: f32,
}

impl Gradual {
    /// Whether it is long enough to be gradual; what is not is a cut, a flash, or nothing.
    fn lasts(&self) -> bool {
        let Extent { first, last, start, end, .. } = self.extent;
        last > first && end.is_none_or(|end| end - start > Timestamp::from_millis(LEAST_MS))
    }

    fn leaves_room_for(&self, weaker: &Self) -> bool {
        let apart = Timestamp::from_millis(APART_MS);
        let ends_after = |a: &Extent, b: &Extent| a.end.is_none_or(|end| end + apart > b.start);
        let meet = ends_after(&self.extent, &weaker.extent) && ends_after(&weaker.extent, &self.extent);
        let inside = self.time - self.reach <= weaker.time && weaker.time <= self.time + self.reach;
        !meet && !inside
    }
}

/// Finds boundaries in frames as they come in. Keeps the frames of a few seconds, and the candidates.
#[derive(Debug, Default)]
pub(crate) struct SceneDetector {
    options: SceneOptions,
    features: FeatureWindow,
    evidence: EvidenceWindow,
    candidates: Candidates,
    start: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Candidates {
    cuts: Vec<Cut>,
    graduals: Vec<Gradual>,
}

impl SceneDetector {
    pub(crate) fn new(options: &SceneOptions) -> Self {
        Self { options: options.clone(), ..Self::default() }
    }

    /// Takes the next frame in order of presentation.
    pub(crate) fn push(&mut self, time: Timestamp, picture: &SmallPicture) {
        self.start.get_or_insert(time);
        let Self { features, evidence, candidates, .. } = self;
        features.push(time, picture, |row| evidence.push(row, |view| candidates.judge(view)));
    }

    /// The report; `end` is when the last frame is taken off the screen.
    pub(crate) fn finish(self, end: Timestamp, frame_rate: Option<FrameRate>) -> SceneReport {
        let Self { options, features, mut evidence, mut candidates, start } = self;
        features.finish(|row| evidence.push(row, |view| candidates.judge(view)));
        evidence.finish(|view| candidates.judge(view));
        let Some(start) = start else {
            return SceneReport { frame_rate, boundaries: Vec::new(), scenes: Vec::new() };
        };
        let found = candidates.decide(&options, end);
        let (boundaries, scenes) = split(found, start, end.max(start), options.min_scene_duration.into());
        SceneReport { frame_rate, boundaries, scenes }
    }
}

impl Candidates {
    fn judge(&mut self, view: &View<'_>) {
        if view.may_be_cut() {
            let probability = cut_probability(&view.cut_inputs());
            if probability >= LEAST_PROBABILITY {
                self.cuts.push(Cut { frame: view.frame(), time: view.row().time, probability });
            }
        }
        if let Some((span, probability)) = best_span(view).filter(|best| best.1 >= LEAST_PROBABILITY) {
            let extent = view.extent(span);
            let time = view.row().time;
            let reach = Timestamp::from_millis(SPANS_MS[span] * REACH_PERCENT / 100);
            self.graduals.push(Gradual { extent, time, reach, kind: kind(view, span), probability });
        }
    }

    /// The boundaries, each with the moment where one scene ends and the next begins.
    fn decide(mut self, options: &SceneOptions, end: Timestamp) -> Vec<(Timestamp, Boundary)> {
        let threshold = options.threshold as f32;
        let confidence = |p: f32| f64::from(((p - threshold) / (1.0 - threshold).max(1e-6)).clamp(0.0, 1.0));
        let sure_cut = |g: &Gradual| {
            let near = g.extent.first.saturating_sub(1)..=g.extent.last + 1;
            self.cuts.iter().any(|c| c.probability > SURE_CUT.max(threshold) && near.contains(&c.frame))
        };
        let mut graduals: Vec<Gradual> = Vec::new();
        if options.gradual {
            self.graduals.retain(|g| g.probability >= threshold);
            self.graduals.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.time.cmp(&b.time)));
            for candidate in self.graduals {
                if graduals.iter().all(|stronger| stronger.leaves_room_for(&candidate)) {
                    graduals.push(candidate);
                }
            }
            graduals.retain(|g| g.lasts() && !sure_cut(g));
        }
        let covered =
            |frame: u64| graduals.iter().any(|g| g.extent.first <= frame + MARGIN && frame <= g.extent.last + MARGIN);
        let mut found: Vec<(Timestamp, Boundary)> = self
            .cuts
            .iter()
            .filter(|cut| cut.probability >= threshold && !covered(cut.frame))
            .filter_map(|cut| {
                let boundary = Boundary {
                    kind: BoundaryKind::Cut,
                    start_frame: cut.frame,
                    end_frame: cut.frame,
                    range: TimeRange::new(cut.time, cut.time)?,
                    confidence: confidence(cut.probability),
                };
                Some((cut.time, boundary))
            })
            .collect();
        found.extend(graduals.iter().filter_map(|g| {
            let boundary = Boundary {
                kind: g.kind,
                start_frame: g.extent.first,
                end_frame: g.extent.last,
                range: TimeRange::new(g.extent.start, g.extent.end.unwrap_or(end).max(g.extent.start))?,
                confidence: confidence(g.probability),
            };
            Some((g.extent.middle, boundary))
        }));
        found.sort_by_key(|(_, boundary)| boundary.start_frame);
        found
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

/// Scenes between boundaries. A boundary that would leave a scene shorter than `least` before it is dropped, and so
/// is the last one where the rest is too short.
fn split(
    found: Vec<(Timestamp, Boundary)>,
    start: Timestamp,
    end: Timestamp,
    least: Timestamp,
) -> (Vec<Boundary>, Vec<Scene>) {
    let (mut boundaries, mut scenes) = (Vec::new(), Vec::new());
    let mut from = start;
    for (at, boundary) in found {
        if at <= from || at >= end || at - from < least || end - at < least {
            continue;
        }
        scenes.extend(TimeRange::new(from, at).map(|range| Scene { range }));
        boundaries.push(boundary);
        from = at;
    }
    scenes.extend(TimeRange::new(from, end).map(|range| Scene { range }));
    (boundaries, scenes)
}

#[cfg(test)]
mod tests {
    use super::super::frame::tests::{WIDTH, picture, texture};
    use super::*;
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
        let mut detector = SceneDetector::new(options);
        for (i, luma) in frames.iter().enumerate() {
            detector.push(time(i), &picture(luma));
        }
        detector.finish(time(frames.len()), FrameRate::new(frames_per_second, 1))
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
        assert!(off <= 3, "{boundary:?}");
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
    fn a_wipe_is_one_boundary_and_called_so() {
        let wipe = change(15, |a, b, share, x| if (x as f32) < share * 64.0 { b } else { a });
        one_gradual(&wipe, BoundaryKind::Wipe, 60, 74);
    }

    #[test]
    fn without_gradual_changes_only_cuts_are_reported() {
        let frames = change(15, |a, b, share, _| a + (b - a) * share);
        let report = detect(&frames, 25, &SceneOptions::default().with_gradual(false));
        assert!(report.boundaries.iter().all(|b| b.kind == BoundaryKind::Cut));
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
            let mut detector = SceneDetector::new(&SceneOptions::default());
            let mut at = Timestamp::new(7, 10);
            let start = at;
            for (i, luma) in frames.iter().enumerate() {
                detector.push(at, &picture(luma));
                at = at + Timestamp::new(1 + i as i64 % uneven, 30);
            }
            let report = detector.finish(at, None);
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
