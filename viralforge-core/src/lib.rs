//! Turns an uploaded video into clips that are ready for TikTok, Reels, Shorts and YouTube.
//!
//! Everything starts from a [`Source`]: a path, bytes or any `Read + Seek`, together with the [`Limits`] under
//! which it is read. A verb takes a source, its options and a [`Monitor`] (progress and cancellation), blocks until
//! it is done, and returns a plain value: a report of what was found or a plan of what to do.
//!
//! ```no_run
//! use viralforge_core::*;
//!
//! # fn main() -> Result<()> {
//! let source = Source::from_path("talk.mp4")?;
//! let monitor = Monitor::new().with_progress(|p| eprintln!("{:>3.0} %", p.percent()));
//!
//! let analysis = analyze(&source, &AnalysisOptions::all(), &monitor)?;
//! for clip in suggest_clips(&analysis, &ClipOptions::default().with_count(3))? {
//!     let crop = plan_reframe(&analysis, &ReframeOptions::to(AspectRatio::PORTRAIT_9_16))?;
//!     let plan = RenderPlan::clip(clip.range).with_reframe(crop).with_preset(Preset::TikTok);
//!     render(&source, &Output::to_path(clip.file_name("mp4")), &plan, &monitor)?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The crate reads and writes only what it is given: no network, no environment, no global state. FFmpeg gets its
//! bytes through this crate's own I/O and can open nothing else.

#![deny(unsafe_code)]
// The core has no policy: see clippy.toml beside Cargo.toml.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_macros))]

// L0: vocabulary
mod error;
mod geometry;
#[cfg(feature = "schema")]
mod json;
mod limits;
mod media_info;
mod monitor;
mod output;
mod picture;
mod source;
mod time;
// L1: media
#[allow(unsafe_code, reason = "the one place that talks to FFmpeg")]
mod media;
// L2: analysis
mod analysis;
mod look;
mod loudness;
mod probe;
mod quality;
mod scene;
mod silence;
mod subject;
mod transcript;
mod validate;
mod waveform;
// L3: plans
mod clip;
mod preset;
mod reframe;
// L4: files
mod render;
mod sanitize;
mod scene_output;
#[cfg(test)]
mod synthetic;
mod thumbnail;
mod transcode;
// L5: the whole as data
#[cfg(feature = "schema")]
mod schema;

pub use analysis::{
    Analysis, AnalysisOptions, analyze, analyze_waveform, detect_scenes, detect_scenes_with, detect_silence,
    measure_loudness,
};
pub use clip::{ClipOptions, ClipReason, ClipSuggestion, suggest_clips};
pub use error::{Error, ErrorKind, Result};
pub use geometry::{AspectRatio, CropRect, Rect, Rotation, Size, TrackKind};
#[cfg(feature = "schema")]
pub use json::options_from_json;
pub use limits::Limits;
pub use loudness::{LoudnessOptions, LoudnessReport};
pub use media_info::{AudioInfo, Chapter, HdrKind, MediaInfo, StreamInfo, Tag, VideoInfo};
pub use monitor::{CancelToken, Monitor, Progress, Stage};
pub use output::Output;
pub use preset::Preset;
pub use probe::probe;
pub use quality::FrameQuality;
pub use reframe::{CropKeyframe, ReframeOptions, ReframePlan, ReframeShot, plan_reframe};
pub use render::{CutMode, RenderPlan, RenderReport, Speed, render};
pub use sanitize::{Removed, RemovedKind, SanitizeOptions, SanitizeReport, sanitize_upload};
pub use scene::{
    AdaptiveMethod, Boundary, BoundaryKind, ContentMethod, ContentWeights, FadeMethod, FadeThresholdMethod, HashMethod,
    HistogramMethod, Scene, SceneMethod, SceneMode, SceneOptions, SceneReport, SceneStatistics, StatisticsColumn,
};
pub use scene_output::{
    SceneFormat, ScenePart, SceneSheet, SceneSheetOptions, SceneTile, SheetFormat, SplitOptions, StatisticsFormat,
    WriteScenesOptions, WriteStatisticsOptions, make_scene_sheet, split_scenes, write_scene_statistics, write_scenes,
};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use silence::{Silence, SilenceOptions, SilenceReport};
pub use source::{ReadSeek, Source};
pub use subject::SubjectSample;
pub use thumbnail::{
    Frame, FrameOptions, Storyboard, StoryboardOptions, StoryboardTile, Thumbnail, ThumbnailOptions, ThumbnailReport,
    extract_frames, extract_still, extract_thumbnails, extract_thumbnails_from, make_storyboard, write_thumbnails,
};
pub use time::{FrameRate, TimeRange, Timestamp};
pub use transcode::{TranscodeOptions, plan_render, transcode};
pub use transcript::{Cue, Transcript};
pub use validate::{
    DecodedShare, Finding, ReasonClass, Severity, Treatment, UploadInspector, UploadPolicy, UploadReport, UploadSlot,
    ValidationDepth, Verdict, validate_upload,
};
pub use waveform::{
    Waveform, WaveformBits, WaveformFormat, WaveformOptions, WaveformPicture, WriteWaveformOptions, write_waveform,
};

/// Compiles the example of the front page.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
