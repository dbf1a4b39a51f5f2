//! Everything that is measured in one pass over a file.

use crate::loudness::LoudnessReport;
use crate::media_info::MediaInfo;
use crate::quality::FrameQuality;
use crate::scene::SceneReport;
use crate::silence::SilenceReport;
use crate::subject::SubjectSample;
use crate::waveform::Waveform;

/// What `analyze` found. A part is `None` where it was not asked for or where the file lacks the track for it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Analysis {
    /// The facts of the file.
    pub media: MediaInfo,
    /// Shots and boundaries.
    pub scenes: Option<SceneReport>,
    /// Minima and maxima of the sound.
    pub waveform: Option<Waveform>,
    /// Loudness of the sound.
    pub loudness: Option<LoudnessReport>,
    /// Silences of the sound.
    pub silence: Option<SilenceReport>,
    /// How good each frame looks, in order of time.
    pub quality: Option<Vec<FrameQuality>>,
    /// Where the subject is, in order of time.
    pub subject: Option<Vec<SubjectSample>>,
}
