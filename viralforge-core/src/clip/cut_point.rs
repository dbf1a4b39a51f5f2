//! Where a clip may begin and end.

use super::length::Lengths;
use super::timeline::Timeline;
use crate::analysis::Analysis;
use crate::time::{TimeRange, Timestamp};
use crate::transcript::Transcript;

/// What makes a moment a good place to cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The media itself begins or ends.
    Edge,
    /// The shot changes.
    Shot,
    /// The sound rests.
    Pause,
    /// A cue of the transcript begins or ends.
    Cue,
    /// Nothing; taken where there is nothing better.
    Anywhere,
}

/// A moment at which a clip may begin, end, or both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CutPoint {
    pub(super) time: Timestamp,
    pub(super) place: Place,
    /// How natural a beginning it is, 0 to 1; `None` where no clip should begin.
    pub(super) as_start: Option<f64>,
    /// How natural an end it is.
    pub(super) as_end: Option<f64>,
}

/// Sound that is left before the first word and after the last one, in milliseconds.
const BREATH_MS: i64 = 150;
/// How natural the places are. Cutting where the picture changes and nobody speaks is best.
const EDGE: f64 = 0.7;
const SHOT: f64 = 0.8;
const PAUSE: f64 = 0.7;
const CUE: f64 = 0.8;
const ANYWHERE: f64 = 0.05;
/// What is added where the sound rests at a change of shots, and what is left where a cut interrupts somebody.
const REST_BONUS: f64 = 0.2;
const INTERRUPTING: f64 = 0.3;
/// Points nearer than this are one for the search, in milliseconds; the most natural one stays. There are at most so
/// many slots, so that the search stays quick for media of hours.
const SLOT_MS: i64 = 250;
const MAX_SLOTS: i64 = 20_000;

/// Beyond this many seconds only natural places count: what a hand-made analysis claims must not size memory.
const MAX_SECONDS: i64 = 12 * 3600;

/// Every place to cut, in order of time: from each natural one a clip of one of the `lengths` can be cut, as far as
/// there is room.
pub(super) fn of(
    analysis: &Analysis,
    timeline: &Timeline,
    transcript: Option<&Transcript>,
    lengths: &Lengths,
    end: Timestamp,
) -> Vec<CutPoint> {
    let mut points = vec![start(Timestamp::ZERO, Place::Edge, EDGE), stop(end, Place::Edge, EDGE)];
    for boundary in analysis.scenes.iter().flat_map(|s| &s.boundaries) {
        points.push(stop(boundary.range.start(), Place::Shot, SHOT));
        points.push(start(boundary.range.end(), Place::Shot, SHOT));
    }
    let breath = Timestamp::from_millis(BREATH_MS);
    for pause in &timeline.pauses {
        let middle = middle(*pause);
        points.push(stop((pause.start() + breath).min(middle), Place::Pause, PAUSE));
        points.push(start((pause.end() - breath).max(middle), Place::Pause, PAUSE));
    }
    let cues = transcript.map_or(&[][..], |t| &t.cues);
    for (i, cue) in cues.iter().enumerate() {
        let before = i.checked_sub(1).map_or(Timestamp::ZERO, |i| cues[i].range.end());
        let after = cues.get(i + 1).map_or(end, |next| next.range.start());
        points.push(start((cue.range.start() - breath).max(before).min(cue.range.start()), Place::Cue, CUE));
        points.push(stop((cue.range.end() + breath).min(after).max(cue.range.end()), Place::Cue, CUE));
    }
    for second in 1..=end.to_units(1, 1).min(MAX_SECONDS) {
        let time = Timestamp::new(second, 1);
        points.push(CutPoint { as_end: Some(ANYWHERE), ..start(time, Place::Anywhere, ANYWHERE) });
    }
    points.retain(|p| p.time >= Timestamp::ZERO && p.time <= end);
    for point in &mut points {
        adjust(point, &timeline.pauses, transcript);
    }
    let mut points = thinned(points, SLOT_MS.max(end.to_units(1, 1000) / MAX_SLOTS));
    let mut counterparts = counterparts(&points, lengths, end);
    for point in &mut counterparts {
        adjust(point, &timeline.pauses, transcript);
    }
    points.extend(counterparts);
    points.sort_by_key(|point| point.time);
    points
}

/// For natural places that no clip could be cut from to another place, the longest clip's other end.
fn counterparts(points: &[CutPoint], lengths: &Lengths, end: Timestamp) -> Vec<CutPoint> {
    let any = |from: Timestamp, to: Timestamp, fits: fn(&CutPoint) -> bool| {
        let first = points.partition_point(|p| p.time < from);
        points[first..].iter().take_while(|p| p.time <= to).any(fits)
    };
    let mut new = Vec::new();
    for point in points.iter().filter(|point| point.place != Place::Anywhere) {
        let (after, before) = (point.time + lengths.max, point.time - lengths.max);
        if point.as_start.is_some() && after <= end && !any(point.time + lengths.min, after, |p| p.as_end.is_some()) {
            new.push(stop(after, Place::Anywhere, ANYWHERE));
        }
        if point.as_end.is_some()
            && before >= Timestamp::ZERO
            && !any(before, point.time - lengths.min, |p| p.as_start.is_some())
        {
            new.push(start(before, Place::Anywhere, ANYWHERE));
        }
    }
    new
}

fn start(time: Timestamp, place: Place, natural: f64) -> CutPoint {
    CutPoint { time, place, as_start: Some(natural), as_end: None }
}

fn stop(time: Timestamp, place: Place, natural: f64) -> CutPoint {
    CutPoint { time, place, as_start: None, as_end: Some(natural) }
}

fn middle(range: TimeRange) -> Timestamp {
    let half = range.duration();
    range.start() + Timestamp::new(half.num(), half.den().saturating_mul(2))
}

fn adjust(point: &mut CutPoint, pauses: &[TimeRange], transcript: Option<&Transcript>) {
    let begun = pauses.partition_point(|p| p.start() <= point.time);
    let resting = pauses[..begun].iter().rev().take(4).any(|p| point.time <= p.end());
    let interrupting = point.place != Place::Edge && transcript.is_some_and(|t| t.interrupts(point.time));
    let change = |natural: f64| {
        let rested = if resting && point.place == Place::Shot { natural + REST_BONUS } else { natural };
        (if interrupting { rested * INTERRUPTING } else { rested }).min(1.0)
    };
    (point.as_start, point.as_end) = (point.as_start.map(change), point.as_end.map(change));
}

/// The most natural start and the most natural end of each slot, and the edges of the media: a clip can be cut from
/// those in any case.
fn thinned(mut points: Vec<CutPoint>, slot_ms: i64) -> Vec<CutPoint> {
    let slot = |p: &CutPoint| p.time.to_units(1, 1000).div_euclid(slot_ms);
    points.sort_by_key(|a| a.time);
    let mut kept = Vec::with_capacity(points.len());
    for group in points.chunk_by(|a, b| slot(a) == slot(b)) {
        let (edges, others): (Vec<&CutPoint>, Vec<&CutPoint>) = group.iter().partition(|p| p.place == Place::Edge);
        let best = |natural: fn(&CutPoint) -> Option<f64>| {
            let rated = others.iter().filter_map(move |p| Some((natural(p)?, *p)));
            rated.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.time.cmp(&a.1.time))).map(|(_, p)| *p)
        };
        let (first, last) = (best(|p| p.as_start), best(|p| p.as_end));
        let mut few: Vec<CutPoint> = edges.into_iter().copied().collect();
        few.extend(first.map(|p| CutPoint { as_end: None, ..p }));
        few.extend(last.map(|p| CutPoint { as_start: None, ..p }));
        few.sort_by(|a, b| a.time.cmp(&b.time).then(a.as_start.is_some().cmp(&b.as_start.is_some())));
        kept.extend(few);
    }
    kept
}
