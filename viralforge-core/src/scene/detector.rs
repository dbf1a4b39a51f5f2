//! From frames to a scene report.

use super::classify::{best_span, cut_probability};
use super::evidence::{EvidenceWindow, Extent, View};
use super::features::FeatureWindow;
use super::{Boundary, BoundaryKind, Scene, SceneOptions, SceneReport};
use crate::picture::SmallPicture;
use crate::time::{FrameRate, TimeRange, Timestamp};

/// Longer side of the pictures that are compared, in pixels.
pub(crate) const SMALL_SIDE: u32 = 64;
/// Candidates below this probability are forgotten at once: no threshold that makes sense lies lower.
const LEAST_PROBABILITY: f32 = 0.1;
/// A cut this sure inside what looks like a gradual change is a cut in fast motion.
const SURE_CUT: f32 = 0.9;
/// Frames around a gradual change that belong to no other boundary.
const MARGIN: u64 = 2;
/// Contrast in the middle over that at the ends, below which a change goes through black or white.
const FADE_CONTRAST: f32 = 0.3;
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
    /// The frame where it is surest.
    frame: u64,
    kind: BoundaryKind,
    probability: f32,
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
        if view.may_be_gradual() {
            let (span, probability) = best_span(view);
            if probability >= LEAST_PROBABILITY {
                let extent = view.extent(span);
                self.graduals.push(Gradual { extent, frame: view.frame(), kind: kind(view, span), probability });
            }
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
            self.graduals.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.frame.cmp(&b.frame)));
            let mut taken: Vec<(u64, u64)> = Vec::new();
            for gradual in self.graduals {
                let Extent { first, last, .. } = gradual.extent;
                let overlaps = |(a, b): &(u64, u64)| first <= b + MARGIN && *a <= last + MARGIN;
                let inside = |(a, b): &(u64, u64)| (a.saturating_sub(MARGIN)..=b + MARGIN).contains(&gradual.frame);
                if taken.iter().any(|t| overlaps(t) || inside(t)) {
                    continue;
                }
                taken.push((first, last));
                graduals.push(gradual);
            }
            // A change of one frame is a cut, or none.
            graduals.retain(|g| g.extent.last > g.extent.first && !sure_cut(g));
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
    let inputs = view.gradual_inputs(span);
    let middle = view.row().spans[span].middle;
    if inputs[LEAST_CONTRAST] < FADE_CONTRAST {
        BoundaryKind::Fade
    } else if middle.pick_residual < WIPE_FIT * middle.mix_residual {
        BoundaryKind::Wipe
    } else {
        BoundaryKind::Dissolve
    }
}

/// Place of the least contrast over that at the ends among the inputs for gradual changes.
const LEAST_CONTRAST: usize = 13;

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
