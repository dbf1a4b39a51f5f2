//! What a child is asked, and what it says.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use viralforge_core::{ClipOptions, Limits, Preset, ThumbnailOptions, TranscodeOptions};

use super::kinds::read_within;

/// One piece of work.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    /// The kind of the job, and its options.
    pub(crate) kind: String,
    pub(crate) options: Value,
    /// The media to read.
    pub(crate) input: PathBuf,
    /// The folder to write into, and nowhere else.
    pub(crate) output: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) bounds: Rlimits,
    /// The process that started the child, and without which it has nothing to do.
    pub(crate) host_pid: u32,
}

/// What the kernel holds the child to.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Rlimits {
    pub(crate) memory_bytes: u64,
    pub(crate) cpu_seconds: u64,
    pub(crate) file_bytes: u64,
}

/// Options of `video-processing`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct VideoRequest {
    /// Platforms to make it for; none means once, as `transcode` says.
    pub(crate) to: Vec<Preset>,
    #[serde(deserialize_with = "read_within")]
    pub(crate) transcode: TranscodeOptions,
}

/// Options of `clip-generation`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ClipRequest {
    /// Platforms to make each clip for.
    pub(crate) to: Vec<Preset>,
    /// What a clip may be. A transcript makes clips begin and end with sentences.
    #[serde(deserialize_with = "read_within")]
    pub(crate) clips: ClipOptions,
}

impl Default for ClipRequest {
    fn default() -> Self {
        Self { to: vec![Preset::TikTok, Preset::YouTube], clips: ClipOptions::default() }
    }
}

/// Options of `thumbnail-generation`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ThumbnailRequest {
    #[serde(deserialize_with = "read_within")]
    pub(crate) thumbnails: ThumbnailOptions,
}

/// What a child says, a line each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// It has come that far: the library's progress.
    Progress(Value),
    /// It has found a scene, told with the boundary that it ends with.
    Scene(Value),
    /// It is done; nothing follows.
    Done(Outcome),
    /// It cannot be done, with the library's code; nothing follows.
    Failed { code: String, message: String },
}

/// What was made.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// What was found; of a job, it becomes the file `report.json`, however long it is.
    pub(crate) report: Value,
    /// Files in the output folder.
    pub(crate) files: Vec<Made>,
}

/// One file that was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) content_type: String,
}

impl Made {
    pub(crate) fn new(name: impl Into<String>, content_type: &str) -> Self {
        Self { name: name.into(), content_type: content_type.to_owned() }
    }
}
