//! The stretches of a video that are worth a clip.

mod cut_point;
mod length;
mod score;
mod select;
mod timeline;

use std::time::Duration;

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::geometry::TrackKind;
use crate::time::{TimeRange, Timestamp};
use crate::transcript::Transcript;

/// A stretch that is worth a clip, and why.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ClipSuggestion {
    /// The stretch.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TimeRange,
    /// 0 (nothing speaks for it) to 1 (everything does), within this file.
    pub score: f64,
    /// What speaks for it, the strongest first.
    pub reasons: Vec<ClipReason>,
}

/// One thing that speaks for a clip.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ClipReason {
    /// Name of the signal: `loudness`, `motion`, `pace`, `sharpness`, `speech`, `words`, `opening`, `boundary`.
    pub signal: String,
    /// 0 to 1 within this file.
    pub value: f64,
    /// The same in words.
    pub text: String,
}

/// What [`suggest_clips`] is asked for.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ClipOptions {
    /// How many clips, 1 to 50. There are fewer where the source is too short for so many, and where what is left
    /// scores below a third of the best one, as black and credits do. Default: 3.
    pub count: u32,
    /// Shortest clip. Where the source is too short for [`count`](Self::count) clips of that length, they may be down
    /// to a third shorter; a source that is shorter itself gives one clip of most of it. Default: 15 s.
    #[cfg_attr(feature = "serde", serde(rename = "min_duration_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub min_duration: Duration,
    /// Longest clip. Default: 60 s, which every platform takes.
    #[cfg_attr(feature = "serde", serde(rename = "max_duration_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub max_duration: Duration,
    /// What is said: clips then begin and end between cues, and speech counts. Default: none.
    pub transcript: Option<Transcript>,
}

impl Default for ClipOptions {
    fn default() -> Self {
        Self {
            count: 3,
            min_duration: Duration::from_secs(15),
            max_duration: Duration::from_secs(60),
            transcript: None,
        }
    }
}

const MAX_COUNT: u32 = 50;
/// Suggestions that score less than this share of the best one are left out.
const WORTH_SHOWING: f64 = 1.0 / 3.0;

impl ClipOptions {
    /// Sets [`count`](Self::count).
    #[must_use]
    pub fn with_count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    /// Sets [`min_duration`](Self::min_duration).
    #[must_use]
    pub fn with_min_duration(mut self, min_duration: Duration) -> Self {
        self.min_duration = min_duration;
        self
    }

    /// Sets [`max_duration`](Self::max_duration).
    #[must_use]
    pub fn with_max_duration(mut self, max_duration: Duration) -> Self {
        self.max_duration = max_duration;
        self
    }

    /// Sets [`transcript`](Self::transcript).
    #[must_use]
    pub fn with_transcript(mut self, transcript: Transcript) -> Self {
        self.transcript = Some(transcript);
        self
    }

    fn check(&self) -> Result<()> {
        if !(1..=MAX_COUNT).contains(&self.count) {
            return Err(Error::invalid_option("count", format!("{} is not in 1..={MAX_COUNT}", self.count)));
        }
        if self.min_duration < Duration::from_secs(1) {
            let problem = format!("{} is less than the 1 that a clip needs", self.min_duration.as_secs_f64());
            return Err(Error::invalid_option("min_duration_seconds", problem));
        }
        if self.max_duration < self.min_duration {
            let (longest, shortest) = (self.max_duration.as_secs_f64(), self.min_duration.as_secs_f64());
            let problem = format!("{longest} is less than min_duration_seconds {shortest}");
            return Err(Error::invalid_option("max_duration_seconds", problem));
        }
        Ok(())
    }
}

impl ClipSuggestion {
    /// A file name that says when the clip plays and is safe on every system: `clip-0m12s-0m34s.mp4`. Of `extension`
    /// only letters and digits are kept.
    pub fn file_name(&self, extension: &str) -> String {
        let clock = |t: Timestamp| {
            let s = t.to_units(1, 1).max(0);
            let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
            if h > 0 { format!("{h}h{m:02}m{s:02}s") } else { format!("{m}m{s:02}s") }
        };
        let extension: String = extension.chars().filter(char::is_ascii_alphanumeric).collect();
        let dot = if extension.is_empty() { "" } else { "." };
        format!("clip-{}-{}{dot}{extension}", clock(self.range.start()), clock(self.range.end()))
    }
}

/// Suggests the stretches that are worth a clip, best first. They do not overlap, and they begin and end where it
/// feels natural: at changes of shots, in pauses, between the cues of a transcript.
///
/// The score weighs how loud, lively, sharp and spoken a stretch is against the rest of the file, and its opening
/// seconds once more; black frames and titles count against it. Parts of the analysis that are missing are left out
/// of it. The same analysis gives the same suggestions.
///
/// # Errors
/// `invalid_option` for an option out of range, `missing_track` where the media has neither video nor sound.
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// # fn clips(analysis: &Analysis) -> Result<()> {
/// for clip in suggest_clips(analysis, &ClipOptions::default().with_count(5))? {
///     println!("{:.2} {} {}", clip.score, clip.file_name("mp4"), clip.reasons[0].text);
/// }
/// # Ok(())
/// # }
/// ```
pub fn suggest_clips(analysis: &Analysis, options: &ClipOptions) -> Result<Vec<ClipSuggestion>> {
    options.check()?;
    if analysis.media.video().is_none() && analysis.media.audio().is_none() {
        return Err(Error::missing_track("analysis", TrackKind::Video));
    }
    let Some(whole) = whole(analysis) else { return Ok(Vec::new()) };
    let lengths = length::lengths(whole.end(), options);
    let timeline = timeline::Timeline::of(analysis, whole.end());
    let points = cut_point::of(analysis, &timeline, options.transcript.as_ref(), &lengths, whole.end());
    let scorer = score::Scorer::new(analysis, &timeline, options.transcript.as_ref());
    let chosen = select::best(&points, &lengths, |start, end| scorer.score(start, end));
    let mut suggestions: Vec<_> = chosen
        .into_iter()
        .filter_map(|(start, end)| {
            let range = TimeRange::new(start.time, end.time)?;
            Some(ClipSuggestion { range, score: scorer.score(start, end), reasons: scorer.reasons(start, end) })
        })
        .collect();
    suggestions.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.range.start().cmp(&b.range.start())));
    let best = suggestions.first().map_or(0.0, |s| s.score);
    suggestions.retain(|s| s.score >= WORTH_SHOWING * best);
    Ok(suggestions)
}

/// From zero to the end of the media, by the best knowledge there is.
fn whole(analysis: &Analysis) -> Option<TimeRange> {
    let shots = analysis.scenes.as_ref().and_then(|s| s.scenes.last()).map(|s| s.range.end());
    let frames = analysis.quality.as_ref().and_then(|q| q.last()).map(|q| q.time);
    let video = analysis.media.video().and_then(|s| s.duration);
    // The video's own length first: beyond its last frame a clip would have sound only.
    let end = shots.or(video).or(frames).or(analysis.media.duration)?;
    TimeRange::new(Timestamp::ZERO, end).filter(|r| r.start() < r.end())
}

#[cfg(test)]
mod tests;
