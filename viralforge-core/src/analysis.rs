//! Everything that is measured in one pass over a file.

mod audio;
#[cfg(feature = "serde")]
mod part;
mod pass;
mod video;

use crate::error::{Error, Result};
use crate::geometry::TrackKind;
use crate::loudness::{LoudnessOptions, LoudnessReport};
use crate::media_info::MediaInfo;
use crate::monitor::Monitor;
use crate::quality::FrameQuality;
use crate::scene::{Boundary, Scene, SceneOptions, SceneReport};
use crate::silence::{SilenceOptions, SilenceReport};
use crate::source::Source;
use crate::subject::SubjectSample;
use crate::waveform::{Waveform, WaveformOptions};

/// What `analyze` found. A part is `None` where it was not asked for or where the file lacks the track for it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Packets of pictures or sound that no decoder could use: where there are any, the parts tell about the rest.
    pub undecodable_packets: u64,
}

/// What to analyze, each with its own options. `None` or `false` leaves it out. In JSON, `true` stands for default
/// options, and `false` or `null` for none.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AnalysisOptions {
    /// Shots and boundaries. Default: on.
    #[cfg_attr(feature = "serde", serde(with = "part"))]
    #[cfg_attr(feature = "schema", schemars(with = "part::Part<SceneOptions>"))]
    pub scenes: Option<SceneOptions>,
    /// Minima and maxima of the sound. Default: on.
    #[cfg_attr(feature = "serde", serde(with = "part"))]
    #[cfg_attr(feature = "schema", schemars(with = "part::Part<WaveformOptions>"))]
    pub waveform: Option<WaveformOptions>,
    /// Loudness. Default: on.
    #[cfg_attr(feature = "serde", serde(with = "part"))]
    #[cfg_attr(feature = "schema", schemars(with = "part::Part<LoudnessOptions>"))]
    pub loudness: Option<LoudnessOptions>,
    /// Silences. Default: on.
    #[cfg_attr(feature = "serde", serde(with = "part"))]
    #[cfg_attr(feature = "schema", schemars(with = "part::Part<SilenceOptions>"))]
    pub silence: Option<SilenceOptions>,
    /// How good each frame looks; 48 bytes a frame. Default: on.
    pub quality: bool,
    /// Where the subject is; 32 bytes a frame. Default: on.
    pub subject: bool,
}

impl Default for AnalysisOptions {
    fn default() -> Self {
        Self::all()
    }
}

impl AnalysisOptions {
    /// Everything, with default options.
    pub fn all() -> Self {
        Self {
            scenes: Some(SceneOptions::default()),
            waveform: Some(WaveformOptions::default()),
            loudness: Some(LoudnessOptions::default()),
            silence: Some(SilenceOptions::default()),
            quality: true,
            subject: true,
        }
    }

    /// Nothing; switch on what is wanted.
    pub fn none() -> Self {
        Self { scenes: None, waveform: None, loudness: None, silence: None, quality: false, subject: false }
    }

    /// Sets [`scenes`](Self::scenes).
    #[must_use]
    pub fn with_scenes(mut self, options: SceneOptions) -> Self {
        self.scenes = Some(options);
        self
    }

    /// Sets [`waveform`](Self::waveform).
    #[must_use]
    pub fn with_waveform(mut self, options: WaveformOptions) -> Self {
        self.waveform = Some(options);
        self
    }

    /// Sets [`loudness`](Self::loudness).
    #[must_use]
    pub fn with_loudness(mut self, options: LoudnessOptions) -> Self {
        self.loudness = Some(options);
        self
    }

    /// Sets [`silence`](Self::silence).
    #[must_use]
    pub fn with_silence(mut self, options: SilenceOptions) -> Self {
        self.silence = Some(options);
        self
    }

    /// Sets [`quality`](Self::quality).
    #[must_use]
    pub fn with_quality(mut self, quality: bool) -> Self {
        self.quality = quality;
        self
    }

    /// Sets [`subject`](Self::subject).
    #[must_use]
    pub fn with_subject(mut self, subject: bool) -> Self {
        self.subject = subject;
        self
    }

    fn wants_video(&self) -> bool {
        self.scenes.is_some() || self.quality || self.subject
    }

    fn wants_audio(&self) -> bool {
        self.waveform.is_some() || self.loudness.is_some() || self.silence.is_some()
    }

    fn validate(&self) -> Result<()> {
        if !self.wants_video() && !self.wants_audio() {
            return Err(Error::invalid_option("options", "ask for nothing"));
        }
        self.scenes.as_ref().map_or(Ok(()), SceneOptions::validate)?;
        self.waveform.as_ref().map_or(Ok(()), WaveformOptions::validate)?;
        self.silence.as_ref().map_or(Ok(()), SilenceOptions::validate)
    }
}

/// Runs every analysis that the options switch on over a single decode of `source`.
///
/// Memory grows only with the reports: about 20 bytes a second for sound at default options, and for each frame what
/// [`AnalysisOptions`] says.
///
/// # Errors
/// `missing_track` where the file has none of the tracks that are needed (a part whose track is missing is `None`
/// otherwise), `malformed` where nothing could be decoded, `invalid_option` for options out of range,
/// `limit_exceeded` and `cancelled` as everywhere.
///
/// # Examples
/// ```no_run
/// use viralforge_core::*;
///
/// # fn main() -> Result<()> {
/// let source = Source::from_path("talk.mp4")?;
/// let analysis = analyze(&source, &AnalysisOptions::all(), &Monitor::new())?;
/// if let Some(scenes) = &analysis.scenes {
///     println!("{} scenes", scenes.scenes.len());
/// }
/// # Ok(())
/// # }
/// ```
pub fn analyze(source: &Source, options: &AnalysisOptions, monitor: &Monitor) -> Result<Analysis> {
    options.validate()?;
    pass::run(source, options, monitor, None)
}

/// Finds the shots of a video and the boundaries between them: [`analyze`] with nothing else.
///
/// # Errors
/// `missing_track` where there is no video track; otherwise as [`analyze`].
pub fn detect_scenes(source: &Source, options: &SceneOptions, monitor: &Monitor) -> Result<SceneReport> {
    let analysis = analyze(source, &AnalysisOptions::none().with_scenes(options.clone()), monitor)?;
    analysis.scenes.ok_or_else(|| Error::missing_track(source.name(), TrackKind::Video))
}

/// As [`detect_scenes`], and hands each scene to `on_scene` as soon as it is known, with the boundary that it ends with:
/// some three seconds of video after it, in order of time, each once. The last scene has no such boundary; it is in the
/// report.
///
/// # Errors
/// As [`detect_scenes`].
///
/// # Examples
/// ```no_run
/// use viralforge_core::*;
///
/// # fn main() -> Result<()> {
/// let source = Source::from_path("film.mp4")?;
/// let mut show = |scene: &Scene, ends: &Boundary| println!("{} until a {}", scene.range.start(), ends.kind.name());
/// let report = detect_scenes_with(&source, &SceneOptions::default(), &Monitor::new(), &mut show)?;
/// # Ok(())
/// # }
/// ```
pub fn detect_scenes_with(
    source: &Source,
    options: &SceneOptions,
    monitor: &Monitor,
    on_scene: &mut dyn FnMut(&Scene, &Boundary),
) -> Result<SceneReport> {
    let options = AnalysisOptions::none().with_scenes(options.clone());
    options.validate()?;
    let mut told = 0;
    let mut tell = |scene: &Scene, boundary: &Boundary| {
        told += 1;
        on_scene(scene, boundary);
    };
    let analysis = pass::run(source, &options, monitor, Some(&mut tell))?;
    let report = analysis.scenes.ok_or_else(|| Error::missing_track(source.name(), TrackKind::Video))?;
    // What became known with the end of the video.
    report.scenes.iter().zip(&report.boundaries).skip(told).for_each(|(scene, boundary)| on_scene(scene, boundary));
    Ok(report)
}

/// Finds the minima and maxima of a sound track, for drawing: [`analyze`] with nothing else.
///
/// # Errors
/// `missing_track` where there is no sound track; otherwise as [`analyze`].
///
/// # Examples
/// ```no_run
/// use viralforge_core::*;
///
/// # fn main() -> Result<()> {
/// let source = Source::from_path("talk.mp4")?;
/// let options = WaveformOptions::default().with_pixels_per_second(20);
/// let waveform = analyze_waveform(&source, &options, &Monitor::new())?;
/// write_waveform(&waveform, &Output::to_path("talk.svg"), &WriteWaveformOptions::default())?;
/// # Ok(())
/// # }
/// ```
pub fn analyze_waveform(source: &Source, options: &WaveformOptions, monitor: &Monitor) -> Result<Waveform> {
    let analysis = analyze(source, &AnalysisOptions::none().with_waveform(options.clone()), monitor)?;
    analysis.waveform.ok_or_else(|| Error::missing_track(source.name(), TrackKind::Audio))
}

/// Measures the loudness of a sound track: [`analyze`] with nothing else.
///
/// # Errors
/// `missing_track` where there is no sound track; otherwise as [`analyze`].
pub fn measure_loudness(source: &Source, options: &LoudnessOptions, monitor: &Monitor) -> Result<LoudnessReport> {
    let analysis = analyze(source, &AnalysisOptions::none().with_loudness(options.clone()), monitor)?;
    analysis.loudness.ok_or_else(|| Error::missing_track(source.name(), TrackKind::Audio))
}

/// Finds the silences of a sound track: [`analyze`] with nothing else.
///
/// # Errors
/// `missing_track` where there is no sound track; otherwise as [`analyze`].
pub fn detect_silence(source: &Source, options: &SilenceOptions, monitor: &Monitor) -> Result<SilenceReport> {
    let analysis = analyze(source, &AnalysisOptions::none().with_silence(options.clone()), monitor)?;
    analysis.silence.ok_or_else(|| Error::missing_track(source.name(), TrackKind::Audio))
}
