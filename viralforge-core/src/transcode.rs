//! A whole file or a stretch of it as MP4: the render path with the options that people type.

mod options;

pub use options::{TranscodeOptions, plan_render};

use crate::error::Result;
use crate::monitor::Monitor;
use crate::output::Output;
use crate::render::{RenderReport, render};
use crate::source::Source;

/// Transcodes a source to MP4 (H.264 and AAC): the whole of it, or the range of the options, cropped and scaled as
/// they say. The same as to [`render`] what [`plan_render`] plans.
///
/// # Errors
/// As [`render`].
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// let options = TranscodeOptions::default().with_height(720).with_crf(21);
/// transcode(&Source::from_path("talk.mkv")?, &Output::to_path("talk.mp4"), &options, &Monitor::new())?;
/// # Ok::<(), Error>(())
/// ```
pub fn transcode(
    source: &Source,
    output: &Output,
    options: &TranscodeOptions,
    monitor: &Monitor,
) -> Result<RenderReport> {
    render(source, output, &plan_render(options)?, monitor)
}
