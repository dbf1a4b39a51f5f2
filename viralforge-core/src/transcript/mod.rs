//! What is said and when, from a subtitle file.

mod parse;
mod text;

use crate::error::Result;
use crate::time::{TimeRange, Timestamp};

/// The words of a video, cue by cue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(from = "TranscriptFields"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!from))]
#[non_exhaustive]
pub struct Transcript {
    /// The cues, by their beginning. They may overlap, as two speakers do.
    pub cues: Vec<Cue>,
}

/// One piece of text and when it is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Cue {
    /// When it is heard.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TimeRange,
    /// The text without markup; lines are separated by `\n`.
    pub text: String,
}

impl Transcript {
    /// Reads SubRip (.srt) or WebVTT (.vtt); which of them it is shows in the first line.
    ///
    /// It is as lenient as players are where the meaning is clear: byte order mark, any line ends, `,` or `.` before
    /// the milliseconds, hours left out, blank lines within a text, cues out of order. Markup is removed.
    ///
    /// # Errors
    /// `malformed`, with the line, where there is no cue, where a cue's times cannot be read or end before they
    /// start, and beyond 16 MiB or 200,000 cues.
    ///
    /// # Examples
    /// ```
    /// let transcript = viralforge_core::Transcript::parse("1\n00:00:01,500 --> 00:00:03,000\n<i>Hello.</i>\n")?;
    /// assert_eq!(transcript.cues[0].text, "Hello.");
    /// # Ok::<(), viralforge_core::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        parse::parse(text).map(Self::from_cues)
    }

    fn from_cues(mut cues: Vec<Cue>) -> Self {
        cues.sort_by_key(|cue| (cue.range.start(), cue.range.end()));
        Self { cues }
    }

    /// How many words are heard within `range`; a cue that lies partly in it counts in proportion.
    pub fn words_in(&self, range: TimeRange) -> f64 {
        let begun = self.cues.partition_point(|cue| cue.range.start() < range.end());
        let share = |cue: &Cue| {
            let both = cue.range.intersection(range).map_or(0.0, |r| r.duration().as_seconds_f64());
            let length = cue.range.duration().as_seconds_f64();
            if length > 0.0 { both / length } else { f64::from(u8::from(range.contains(cue.range.start()))) }
        };
        self.cues[..begun].iter().map(|cue| share(cue) * cue.word_count() as f64).sum()
    }

    /// Whether somebody is in the middle of a cue at that moment.
    pub(crate) fn interrupts(&self, at: Timestamp) -> bool {
        let begun = self.cues.partition_point(|cue| cue.range.start() < at);
        // Cues are short: looking back over a few finds the one that is still on, without reading them all.
        self.cues[..begun].iter().rev().take(8).any(|cue| at < cue.range.end())
    }
}

impl Cue {
    /// Words, as separated by white space.
    pub fn word_count(&self) -> usize {
        self.text.split_whitespace().count()
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct TranscriptFields {
    cues: Vec<Cue>,
}

#[cfg(feature = "serde")]
impl From<TranscriptFields> for Transcript {
    fn from(fields: TranscriptFields) -> Self {
        Self::from_cues(fields.cues)
    }
}
