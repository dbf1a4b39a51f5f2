//! From a video to the pictures that stand for it.

use std::io::Write as _;
use std::path::Path;

use super::choice::choose_thumbnails;
use super::frame::{Look, frames_at};
use super::options::ThumbnailOptions;
use crate::analysis::{Analysis, AnalysisOptions, analyze};
use crate::error::{Error, Result};
use crate::geometry::Size;
use crate::media::encode_jpeg;
use crate::monitor::{Monitor, Stage};
use crate::output::Output;
use crate::scene::SceneOptions;
use crate::source::Source;
use crate::time::Timestamp;

/// What [`extract_thumbnails`] made.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ThumbnailReport {
    /// The pictures, best first.
    pub thumbnails: Vec<Thumbnail>,
}

/// One picture that stands for a video, and why.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Thumbnail {
    /// When the frame is shown.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Time"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Time"))]
    pub time: Timestamp,
    /// 0 (black, blurred, in the middle of a change) to 1 (sharp, well exposed, colorful).
    pub score: f64,
    /// What speaks for it, in words.
    pub reasons: Vec<String>,
    /// Width and height of the picture.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub size: Size,
    /// The JPEG's bytes; not part of the JSON.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub jpeg: Vec<u8>,
    /// The file it was written to, once [`write_thumbnails`] has.
    pub output: Option<String>,
}

/// Share of the call that the analysis takes.
const ANALYSIS_SHARE: f64 = 0.9;

/// Chooses the frames that stand best for a video, spread over its shots, and gives them as JPEGs in memory, best
/// first: sharp ones, well exposed, away from cuts and fades. Analyzes the video in one pass, then decodes the chosen
/// frames.
///
/// # Errors
/// `invalid_option` for an option out of range, `missing_track` where there is no video, `malformed`,
/// `limit_exceeded` and `cancelled` as everywhere.
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// # fn main() -> Result<()> {
/// let source = Source::from_path("talk.mp4")?;
/// let mut report = extract_thumbnails(&source, &ThumbnailOptions::default(), &Monitor::new())?;
/// write_thumbnails(&mut report, "out", "talk")?;
/// # Ok(())
/// # }
/// ```
pub fn extract_thumbnails(source: &Source, options: &ThumbnailOptions, monitor: &Monitor) -> Result<ThumbnailReport> {
    options.check()?;
    let wanted = AnalysisOptions::none().with_scenes(SceneOptions::default()).with_quality(true).with_subject(true);
    let analysis = analyze(source, &wanted, &monitor.part(0.0, ANALYSIS_SHARE))?;
    extract_thumbnails_from(source, &analysis, options, &monitor.part(ANALYSIS_SHARE, 1.0))
}

/// [`extract_thumbnails`] for a source that was analyzed already (with quality; scenes and subjects help).
///
/// # Errors
/// As [`extract_thumbnails`], and `invalid_option` where the analysis has no quality.
pub fn extract_thumbnails_from(
    source: &Source,
    analysis: &Analysis,
    options: &ThumbnailOptions,
    monitor: &Monitor,
) -> Result<ThumbnailReport> {
    let choices = choose_thumbnails(analysis, options)?;
    let times: Vec<_> = choices.iter().map(|c| c.time).collect();
    let look = Look { fit: Size::new(options.max_side, options.max_side), reframe: options.reframe.as_ref() };
    let images = frames_at(source, &times, &look, monitor, |_, picture| {
        Ok((picture.size, encode_jpeg(&picture, options.jpeg_quality)?))
    })?;
    monitor.report(Stage::Thumbnails, 1.0);
    let thumbnails = choices.into_iter().zip(images).map(|(choice, (size, jpeg))| Thumbnail {
        time: choice.time,
        score: choice.score,
        reasons: choice.reasons,
        size,
        jpeg,
        output: None,
    });
    Ok(ThumbnailReport { thumbnails: thumbnails.collect() })
}

/// Writes the pictures to `dir`, which must be there, as `STEM-1.jpg` (the best one), `STEM-2.jpg` …, and puts their
/// paths into the report. Files appear only once all of them are written completely; files of these names are
/// replaced.
///
/// # Errors
/// `io` where a file cannot be written, `invalid_option` where `stem` is empty or holds a path separator.
pub fn write_thumbnails(report: &mut ThumbnailReport, dir: impl AsRef<Path>, stem: &str) -> Result<()> {
    if stem.is_empty() || stem.contains(['/', '\\', '\0']) {
        return Err(Error::invalid_option("stem", format!("{stem:?} is not a file name")));
    }
    let mut written = Vec::new();
    for (i, thumbnail) in report.thumbnails.iter().enumerate() {
        let output = Output::to_path(dir.as_ref().join(format!("{stem}-{}.jpg", i + 1)));
        let mut sink = output.create()?;
        sink.write_all(&thumbnail.jpeg).map_err(|error| Error::io(output.name(), error))?;
        written.push((output, sink));
    }
    for ((output, sink), thumbnail) in written.into_iter().zip(&mut report.thumbnails) {
        sink.commit()?;
        thumbnail.output = Some(output.name());
    }
    Ok(())
}
