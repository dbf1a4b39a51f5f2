//! Making files: the plan, and the pipeline that carries it out.

mod pacing;
mod pipeline;
mod plan;

pub(crate) use plan::KEYFRAME_INTERVAL;
pub use plan::{CutMode, RenderPlan, Speed};

use crate::error::Result;
use crate::monitor::{Monitor, Stage};
use crate::output::Output;
use crate::source::Source;
use crate::time::Timestamp;

/// What `render` wrote.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RenderReport {
    /// Where it was written.
    pub output: String,
    /// Pictures in the file.
    pub frames_written: u64,
    /// Length of the picture track.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Length"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Length"))]
    pub duration: Option<Timestamp>,
    /// Size of the file in bytes.
    pub bytes_written: u64,
    /// Pixels of the picture from left to right.
    pub width: u32,
    /// Pixels of the picture from top to bottom.
    pub height: u32,
    /// How the stretch was cut out, which may be another way than was asked for; see `warnings`.
    pub cut: CutMode,
    /// What a person should know about the result.
    pub warnings: Vec<String>,
}

/// Renders a plan: decodes the source once, and writes an MP4 with H.264 and AAC, its index in front. The first
/// picture stands at zero, and sound keeps its place to the sample.
///
/// The file appears under its name only once it is complete.
///
/// # Errors
/// `invalid_option` for a plan that cannot be rendered, `missing_track` without pictures, `malformed` where nothing
/// of the range decodes, `limit_exceeded`, `cancelled`, and `io` of either side.
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// let source = Source::from_path("talk.mp4")?;
/// let range = TimeRange::new(Timestamp::from_millis(12_500), Timestamp::from_millis(40_000)).unwrap();
/// let plan = RenderPlan::clip(range).with_preset(Preset::TikTok);
/// render(&source, &Output::to_path("clip.mp4"), &plan, &Monitor::new())?;
/// # Ok::<(), Error>(())
/// ```
pub fn render(source: &Source, output: &Output, plan: &RenderPlan, monitor: &Monitor) -> Result<RenderReport> {
    plan.check()?;
    output.refuse_source(source)?;
    monitor.begin(Stage::Render);
    let report = pipeline::run(source, output, plan, monitor)?;
    monitor.report(Stage::Render, 1.0);
    Ok(report)
}
