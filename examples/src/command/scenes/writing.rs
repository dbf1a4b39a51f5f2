//! Scenes for other programs: the options of `write_scenes`.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use viralforge_core::{
    FrameRate, Monitor, Output, SceneFormat, SceneReport, Size, Source, WriteScenesOptions, probe, write_scenes,
};

use crate::address;
use crate::command::refuse_source;
use crate::failure::Failure;
use crate::parse;

/// Where scenes are written, as what, and what is said of the video there.
#[derive(Args)]
#[command(next_help_heading = "Files for other programs")]
pub(super) struct Writing {
    /// Also write the scenes: .json, .csv, .edl, .fcpxml, .otio, .vtt or .ffmetadata. May be repeated.
    #[arg(short, long, value_name = "OUT")]
    output: Vec<PathBuf>,

    /// What to write: json, csv, edl, fcpxml, otio, vtt or ffmetadata [default: what the name of the output says].
    #[arg(long, value_name = "FORMAT", requires = "output", value_parser = parse_format)]
    format: Option<SceneFormat>,

    /// Frames a second by which frames are counted, such as 25, 29.97 or 30000/1001 [default: the video's].
    #[arg(long, value_name = "RATE", requires = "output", value_parser = parse::frame_rate)]
    frame_rate: Option<FrameRate>,

    /// Timecode that leaves out numbers to keep up with the clock [default: true at 29.97, 59.94 and 119.88].
    #[arg(long, value_name = "true|false", requires = "output", num_args = 0..=1, default_missing_value = "true")]
    drop_frame: Option<bool>,

    /// Timecode of the video's first frame, in frames: at 25 frames a second 90000 is 01:00:00:00.
    #[arg(long, value_name = "N", default_value_t = WriteScenesOptions::default().start_timecode_frames)]
    start_timecode_frames: u64,

    /// Title of the list or of the timeline [default: the name of the media].
    #[arg(long, value_name = "TEXT", requires = "output")]
    title: Option<String>,

    /// What the video file is called there [default: its name].
    #[arg(long, value_name = "NAME", requires = "output")]
    media_name: Option<String>,

    /// Where the video file is, for .fcpxml and .otio [default: where it is now].
    #[arg(long, value_name = "URI", requires = "output")]
    media_uri: Option<String>,

    /// Size of the video, for .fcpxml [default: the video's].
    #[arg(long, value_name = "WxH", requires = "output", value_parser = parse::size)]
    media_size: Option<Size>,

    /// Whether the video has sound, for .fcpxml [default: whether it has].
    #[arg(long, value_name = "true|false", requires = "output", num_args = 0..=1, default_missing_value = "true")]
    media_has_audio: Option<bool>,

    /// Title of each chapter in .vtt and .ffmetadata, with {number}, {number:03}, {start}, {end} and {begins}.
    #[arg(long, value_name = "TEMPLATE", default_value = WriteScenesOptions::default().chapter_title)]
    chapter_title: String,
}

/// Lists to write.
pub(super) struct Lists {
    outputs: Vec<(PathBuf, SceneFormat)>,
    options: WriteScenesOptions,
}

impl Writing {
    /// Where to write, as what.
    pub(super) fn outputs(&self, file: &Path) -> Result<Vec<(PathBuf, SceneFormat)>, Failure> {
        if self.format.is_some() && self.output.len() > 1 {
            return Err(Failure::Usage(
                "--format is for one output; the names of several say what they are".to_owned(),
            ));
        }
        let output = |path: &PathBuf| {
            refuse_source(path, file)?;
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            let format = self.format.map_or_else(|| parse_format(&extension), Ok);
            let format = format.map_err(|known| Failure::Usage(format!("{}: {known}", path.display())))?;
            Ok((path.clone(), format))
        };
        self.output.iter().map(output).collect()
    }

    /// What to write there: what was asked for, and what the video tells about itself.
    pub(super) fn lists(
        &self,
        outputs: Vec<(PathBuf, SceneFormat)>,
        source: &Source,
        file: &Path,
        monitor: &Monitor,
    ) -> Result<Lists, Failure> {
        let mut options = WriteScenesOptions::default();
        if outputs.is_empty() {
            return Ok(Lists { outputs, options });
        }
        let info = probe(source, monitor)?;
        let name = || file.file_name().map(|name| name.to_string_lossy().into_owned());
        let shown = || info.video().and_then(|track| track.video.as_ref()).map(|video| video.display_size);
        options.frame_rate = self.frame_rate;
        options.drop_frame = self.drop_frame;
        options.start_timecode_frames = self.start_timecode_frames;
        options.title.clone_from(&self.title);
        options.media_name = self.media_name.clone().or_else(name);
        options.media_uri = self.media_uri.clone().or_else(|| address::of_file(file));
        options.media_size = self.media_size.or_else(shown);
        options.media_has_audio = self.media_has_audio.unwrap_or(info.audio().is_some());
        options.chapter_title.clone_from(&self.chapter_title);
        Ok(Lists { outputs, options })
    }
}

impl Lists {
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.outputs.iter().map(|(path, _)| path.as_path())
    }

    /// Writes all of them to nowhere first, so that one that cannot be written leaves no other.
    pub(super) fn check(&self, report: &SceneReport) -> Result<(), Failure> {
        self.write_to(report, |path| Output::to_writer(path.display().to_string(), io::sink()))
    }

    pub(super) fn write(&self, report: &SceneReport) -> Result<(), Failure> {
        self.write_to(report, |path| Output::to_path(path))
    }

    fn write_to(&self, report: &SceneReport, place: impl Fn(&Path) -> Output) -> Result<(), Failure> {
        for (path, format) in &self.outputs {
            write_scenes(report, &place(path), &self.options.clone().with_format(*format))?;
        }
        Ok(())
    }
}

fn parse_format(text: &str) -> Result<SceneFormat, String> {
    let known = "json, csv, edl, fcpxml, otio, vtt and ffmetadata are possible";
    SceneFormat::from_extension(text).ok_or_else(|| known.to_owned())
}
