//! How much speaks for a stretch, and what.

use super::ClipReason;
use super::cut_point::{CutPoint, Place};
use super::timeline::{Series, Timeline};
use crate::analysis::Analysis;
use crate::time::Timestamp;
use crate::transcript::Transcript;

/// Weights of the signals. They are judgment, not measurement: what is heard and what moves holds a viewer most, the
/// opening decides whether they stay, and a clip that begins and ends naturally looks made rather than cut off.
const LOUDNESS: f64 = 0.22;
const MOTION: f64 = 0.18;
const PACE: f64 = 0.10;
const SHARPNESS: f64 = 0.15;
const SPEECH: f64 = 0.13;
const WORDS: f64 = 0.20;
const OPENING: f64 = 0.10;
const BOUNDARY: f64 = 0.20;

/// Seconds that decide whether a viewer stays.
const OPENING_SECONDS: i64 = 3;
/// Seconds of the file's mean that are mixed into every stretch: short ones reach extremes by chance.
const PRIOR_SECONDS: f64 = 6.0;
/// Value from which a signal speaks for a stretch.
const WORTH_SAYING: f64 = 0.35;

/// Scores stretches of one analysis.
pub(super) struct Scorer<'a> {
    timeline: &'a Timeline,
    transcript: Option<&'a Transcript>,
    /// Moments at which the shot changes.
    changes: Vec<Timestamp>,
    /// Changes and words a second over the whole file.
    usual_pace: f64,
    usual_words: f64,
    /// Words before each cue, to count those of a stretch without a loop.
    words_before: Vec<f64>,
}

struct Signal {
    name: &'static str,
    weight: f64,
    value: f64,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(analysis: &Analysis, timeline: &'a Timeline, transcript: Option<&'a Transcript>) -> Self {
        let end = super::whole(analysis).map_or(0.0, |r| r.end().as_seconds_f64()).max(1e-3);
        let changes: Vec<_> = analysis.scenes.iter().flat_map(|s| &s.boundaries).map(|b| b.range.end()).collect();
        let cues = transcript.map_or(&[][..], |t| &t.cues);
        let mut words_before = vec![0.0];
        let mut words = 0.0;
        for cue in cues {
            words += cue.word_count() as f64;
            words_before.push(words);
        }
        let (usual_pace, usual_words) = (changes.len() as f64 / end, words / end);
        Self { timeline, transcript, changes, usual_pace, usual_words, words_before }
    }

    /// 0 to 1.
    pub(super) fn score(&self, start: &CutPoint, end: &CutPoint) -> f64 {
        let (sum, weights) = self.sum(start, end);
        let dead = self.timeline.dead.as_ref().map_or(0.0, |d| d.mean(start.time, end.time));
        if weights > 0.0 { (sum / weights).clamp(0.0, 1.0) * (1.0 - dead).max(0.0).powf(1.5) } else { 0.0 }
    }

    fn sum(&self, start: &CutPoint, end: &CutPoint) -> (f64, f64) {
        let add = |(sum, weights), s: &Signal| (sum + s.weight * s.value, weights + s.weight);
        self.signals(start, end).iter().flatten().fold((0.0, 0.0), add)
    }

    fn signals(&self, start: &CutPoint, end: &CutPoint) -> [Option<Signal>; 8] {
        let (from, to) = (start.time, end.time);
        let length = (to - from).as_seconds_f64();
        let opening = (from + Timestamp::new(OPENING_SECONDS, 1)).min(to);
        let timeline = self.timeline;
        let signal = |name, weight, value: Option<f64>| value.map(|value| Signal { name, weight, value });
        let mean = |series: &Option<Series>| {
            let series = series.as_ref()?;
            let mixed = series.mean(from, to) * length + series.overall() * PRIOR_SECONDS;
            Some(mixed / (length + PRIOR_SECONDS))
        };
        // Twice the usual rate is as good as it gets; the usual one is the middle.
        let rate = |own: f64, usual: f64| {
            let mixed = (own * length + usual * PRIOR_SECONDS) / (length + PRIOR_SECONDS);
            (usual > 0.0).then(|| (mixed / (2.0 * usual)).min(1.0))
        };
        let openings: Vec<f64> =
            [&timeline.loudness, &timeline.motion].into_iter().flatten().map(|s| s.mean(from, opening)).collect();
        let opened = (!openings.is_empty()).then(|| openings.iter().sum::<f64>() / openings.len() as f64);
        let natural = (start.as_start.unwrap_or(0.0) + end.as_end.unwrap_or(0.0)) / 2.0;
        [
            signal("loudness", LOUDNESS, mean(&timeline.loudness)),
            signal("motion", MOTION, mean(&timeline.motion)),
            signal("pace", PACE, rate(self.changes_in(from, to) as f64 / length, self.usual_pace)),
            signal("sharpness", SHARPNESS, mean(&timeline.sharpness)),
            signal("speech", SPEECH, mean(&timeline.sounding)),
            signal("words", WORDS, rate(self.words_in(from, to) / length, self.usual_words)),
            signal("opening", OPENING, opened),
            signal("boundary", BOUNDARY, Some(natural)),
        ]
    }

    /// What speaks for the stretch, the strongest first.
    pub(super) fn reasons(&self, start: &CutPoint, end: &CutPoint) -> Vec<ClipReason> {
        let mut signals: Vec<_> = self.signals(start, end).into_iter().flatten().collect();
        signals.sort_by(|a, b| (b.weight * b.value).total_cmp(&(a.weight * a.value)));
        let strongest = signals.first().map_or("", |s| s.name);
        let reason = |s: Signal| ClipReason {
            signal: s.name.into(),
            value: s.value.clamp(0.0, 1.0),
            text: self.text(s.name, start, end),
        };
        signals.into_iter().filter(|s| s.value >= WORTH_SAYING || s.name == strongest).map(reason).collect()
    }

    fn text(&self, name: &str, start: &CutPoint, end: &CutPoint) -> String {
        let (from, to) = (start.time, end.time);
        let length = (to - from).as_seconds_f64();
        let mean = |series: &Option<Series>| series.as_ref().map_or(0.0, |s| s.mean(from, to));
        let overall = |series: &Option<Series>| series.as_ref().map_or(0.0, Series::overall);
        match name {
            "loudness" => {
                let more = mean(&self.timeline.level_db) - overall(&self.timeline.level_db);
                let which = if more >= 0.0 { "louder" } else { "quieter" };
                format!("{:.1} dB {which} than the whole", more.abs())
            }
            "motion" => {
                let times = mean(&self.timeline.motion) / overall(&self.timeline.motion).max(1e-6);
                format!("{times:.1} times the motion of the whole")
            }
            "pace" => match self.changes_in(from, to) {
                0 => "one shot throughout".into(),
                1 => "1 change of shots".into(),
                n => format!("{n} changes of shots, one every {:.1} s", length / n as f64),
            },
            "sharpness" => {
                format!("{:.0} % of the best sharpness and exposure", mean(&self.timeline.sharpness) * 100.0)
            }
            "speech" => format!("sound during {:.0} % of it", mean(&self.timeline.sounding) * 100.0),
            "words" => format!("{:.1} words a second", self.words_in(from, to) / length),
            "opening" => format!("the first {OPENING_SECONDS} s are among the liveliest"),
            _ => format!("begins {}, ends {}", place(start.place, true), place(end.place, false)),
        }
    }

    /// Changes of shots strictly inside.
    fn changes_in(&self, from: Timestamp, to: Timestamp) -> usize {
        self.changes.partition_point(|t| *t < to).saturating_sub(self.changes.partition_point(|t| *t <= from))
    }

    /// Words of the cues that begin inside; exact enough where stretches begin between cues.
    fn words_in(&self, from: Timestamp, to: Timestamp) -> f64 {
        let cues = self.transcript.map_or(&[][..], |t| &t.cues);
        let (first, last) =
            (cues.partition_point(|c| c.range.start() < from), cues.partition_point(|c| c.range.start() < to));
        self.words_before[last.max(first)] - self.words_before[first]
    }
}

fn place(place: Place, beginning: bool) -> &'static str {
    match (place, beginning) {
        (Place::Edge, _) => "with the video",
        (Place::Shot, _) => "at a change of shots",
        (Place::Pause, _) => "in a pause",
        (Place::Cue, true) => "with a sentence",
        (Place::Cue, false) => "after a sentence",
        (Place::Anywhere, _) => "within a shot",
    }
}
