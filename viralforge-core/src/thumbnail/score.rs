//! How well each frame would stand for its video: kernels, numbers in and numbers out.
//!
//! Every part is a factor of 0 to 1, so that one fault is enough to sink a frame. The thresholds were set on the
//! development clips; they only have to tell a fault from its absence, which differ several times over.

use crate::look::{exposure, is_blank, rise, titledness};
use crate::quality::FrameQuality;
use crate::scene::{BoundaryKind, SceneReport};
use crate::subject::SubjectSample;
use crate::time::{TimeRange, Timestamp};

/// One frame with its score.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) time: Timestamp,
    /// Which shot it belongs to.
    pub(super) shot: usize,
    pub(super) score: f64,
    /// Sharpness against the sharpest tenth of its own shot, 0 to 1.
    relative_sharpness: f64,
    exposure: f64,
    saturation: f64,
    subject: Option<f64>,
    seconds_from_edge: f64,
}

/// Seconds from a change of shots within which frames are smeared by it or by the encoder.
const EDGE_SECONDS: f64 = 0.25;
/// Seconds before and after a frame over which a fade shows.
const RAMP_SECONDS: f64 = 0.2;

pub(super) fn judge(frames: &[FrameQuality], scenes: Option<&SceneReport>, subject: &[SubjectSample]) -> Vec<Judged> {
    let overall = quantile(frames, 0.75).max(f64::from(f32::EPSILON));
    let mut judged = Vec::with_capacity(frames.len());
    let mut rest = frames;
    for shot in 0.. {
        let Some(first) = rest.first() else { break };
        let range = shot_of(first.time, scenes);
        let len = range.map_or(rest.len(), |r| rest.partition_point(|f| f.time < r.end())).max(1);
        let (own, after) = rest.split_at(len.min(rest.len()));
        rest = after;
        let sharpest = quantile(own, 0.9);
        // Where a shot ends that is cut out of a longer video, there is no change of shots.
        let edges = (range.map(TimeRange::start).unwrap_or(first.time), range.map(TimeRange::end));
        for (i, frame) in own.iter().enumerate() {
            let from_start = (frame.time - edges.0).as_seconds_f64();
            let to_end = edges.1.map_or(f64::INFINITY, |end| (end - frame.time).as_seconds_f64());
            let mut j = Judged {
                time: frame.time,
                shot,
                score: 0.0,
                relative_sharpness: (f64::from(frame.sharpness) / sharpest.max(1e-9)).clamp(0.0, 1.0),
                exposure: exposure(frame),
                saturation: f64::from(frame.saturation),
                subject: subject_weight(subject, frame.time),
                seconds_from_edge: from_start.min(to_end).max(0.0),
            };
            let calm = 1.0 - 0.9 * rise(ramp(own, i), 0.02, 0.08);
            j.score = j.factors(frame, overall) * calm * (1.0 - in_gradual(scenes, frame.time));
            judged.push(j);
        }
    }
    judged
}

impl Judged {
    fn factors(&self, frame: &FrameQuality, overall_sharpness: f64) -> f64 {
        let blank = if is_blank(frame) { 0.02 } else { 1.0 };
        let title = 1.0 - 0.9 * titledness(frame);
        let focused = 0.05 + 0.95 * rise(self.relative_sharpness, 0.35, 0.85);
        // A shot that is soft from end to end may be meant so, but sharper ones make better pictures.
        let detailed = 0.4 + 0.6 * rise(f64::from(frame.sharpness) / overall_sharpness, 0.05, 0.7);
        let steady = 1.0 - 0.5 * rise(f64::from(frame.motion), 0.05, 0.2);
        let settled = 0.3 + 0.7 * rise(self.seconds_from_edge, 0.0, EDGE_SECONDS);
        let color = 0.8 + 0.2 * rise(self.saturation, 0.0, 0.25);
        let contrast = 0.8 + 0.2 * rise(f64::from(frame.contrast), 0.02, 0.2);
        let subject = self.subject.map_or(1.0, |weight| 0.75 + 0.25 * weight);
        let exposed = 0.02 + 0.98 * self.exposure;
        blank * title * focused * detailed * steady * settled * color * contrast * subject * exposed
    }

    pub(super) fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.relative_sharpness >= 0.85 {
            reasons.push(format!("as sharp as its shot gets ({:.0} %)", self.relative_sharpness * 100.0));
        }
        if self.exposure >= 0.9 {
            reasons.push("well exposed".into());
        }
        if self.seconds_from_edge >= EDGE_SECONDS && self.seconds_from_edge.is_finite() {
            reasons.push(format!("{:.1} s from the nearest change of shots", self.seconds_from_edge));
        }
        if self.subject.is_some_and(|weight| weight >= 0.5) {
            reasons.push("shows a subject".into());
        }
        if self.saturation >= 0.2 {
            reasons.push("colorful".into());
        }
        if reasons.is_empty() {
            reasons.push("the best of what there is".into());
        }
        reasons
    }
}

fn shot_of(time: Timestamp, scenes: Option<&SceneReport>) -> Option<TimeRange> {
    let scenes = &scenes?.scenes;
    let next = scenes.partition_point(|s| s.range.start() <= time);
    next.checked_sub(1).map(|i| scenes[i].range)
}

/// Near 1 while one shot shines through another and right beside that, else 0.
fn in_gradual(scenes: Option<&SceneReport>, time: Timestamp) -> f64 {
    let margin = Timestamp::from_millis(100);
    let boundaries = scenes.map_or(&[][..], |s| &s.boundaries);
    let begun = boundaries.partition_point(|b| b.range.start() - margin <= time);
    let last = begun.checked_sub(1).map(|i| &boundaries[i]);
    let mixed = last.is_some_and(|b| b.kind != BoundaryKind::Cut && time < b.range.end() + margin);
    if mixed { 0.95 } else { 0.0 }
}

/// How far the brightness goes from a moment before to a moment after, within the shot.
fn ramp(own: &[FrameQuality], i: usize) -> f64 {
    let time = own[i].time;
    let near = |f: &FrameQuality| (f.time - time).as_seconds_f64().abs() <= RAMP_SECONDS;
    let before = own[..i].iter().rev().take_while(|f| near(f)).last().unwrap_or(&own[i]);
    let after = own[i..].iter().take_while(|f| near(f)).last().unwrap_or(&own[i]);
    f64::from((after.brightness - before.brightness).abs())
}

/// How sure the subject is at that moment; `None` where nobody looked.
fn subject_weight(subject: &[SubjectSample], time: Timestamp) -> Option<f64> {
    let next = subject.partition_point(|s| s.time <= time);
    let sample = subject.get(next.saturating_sub(1))?;
    Some(f64::from(sample.weight).clamp(0.0, 1.0))
}

/// The sharpness that this share of the frames does not exceed.
fn quantile(frames: &[FrameQuality], share: f64) -> f64 {
    let mut all: Vec<f32> = frames.iter().map(|f| f.sharpness).filter(|s| s.is_finite()).collect();
    if all.is_empty() {
        return 0.0;
    }
    let at = ((all.len() - 1) as f64 * share).round() as usize;
    f64::from(*all.select_nth_unstable_by(at, f32::total_cmp).1)
}
