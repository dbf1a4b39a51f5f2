//! Which moments are worth a clip: the options of `suggest` and `clips`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use viralforge_core::ClipOptions;

use crate::failure::Failure;
use crate::parse;

/// What a clip may be.
#[derive(Args)]
pub(super) struct Moments {
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = ClipOptions::default().count)]
    count: u32,

    /// The shortest clip, in seconds; where the video is too short for so many, they may be down to a third shorter.
    #[arg(long, visible_alias = "min-seconds", value_name = "S", default_value = parse::seconds_of(ClipOptions::default().min_duration), value_parser = parse::duration)]
    min_duration_seconds: Duration,

    /// The longest clip, in seconds.
    #[arg(long, visible_alias = "max-seconds", value_name = "S", default_value = parse::seconds_of(ClipOptions::default().max_duration), value_parser = parse::duration)]
    max_duration_seconds: Duration,

    /// What is said, as SubRip (.srt) or WebVTT (.vtt): clips then begin and end with sentences.
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
}

impl Moments {
    pub(super) fn options(&self) -> Result<ClipOptions, Failure> {
        let options = ClipOptions::default()
            .with_count(self.count)
            .with_min_duration(self.min_duration_seconds)
            .with_max_duration(self.max_duration_seconds);
        Ok(match &self.transcript {
            Some(path) => options.with_transcript(parse::transcript(path)?),
            None => options,
        })
    }
}
