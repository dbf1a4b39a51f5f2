//! The subcommands, a file each.

mod analyze;
mod clips;
mod encoding;
mod frames;
mod known_scenes;
mod loudness;
mod moments;
mod plan;
mod probe;
mod reframe;
mod render;
mod sanitize;
mod scene_sheet;
mod scenes;
mod schema;
mod silence;
mod split;
mod storyboard;
mod stretch;
mod suggest;
mod thumbnails;
mod transcode;
mod validate;
mod waveform;

use std::path::Path;

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Probe(probe::Probe),
    Validate(Box<validate::Validate>),
    Sanitize(sanitize::Sanitize),
    Analyze(analyze::Analyze),
    Scenes(Box<scenes::Scenes>),
    SceneSheet(scene_sheet::SceneSheet),
    Split(split::Split),
    Waveform(waveform::Waveform),
    Loudness(loudness::Loudness),
    Silence(silence::Silence),
    Thumbnails(thumbnails::Thumbnails),
    Frames(frames::Frames),
    Storyboard(storyboard::Storyboard),
    Reframe(reframe::Reframe),
    Suggest(suggest::Suggest),
    Plan(plan::Plan),
    Render(render::Render),
    Transcode(transcode::Transcode),
    Clips(clips::Clips),
    Schema(schema::Schema),
}

impl Command {
    /// Does it.
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Probe(command) => command.run(session),
            Self::Validate(command) => command.run(session),
            Self::Sanitize(command) => command.run(session),
            Self::Analyze(command) => command.run(session),
            Self::Scenes(command) => command.run(session),
            Self::SceneSheet(command) => command.run(session),
            Self::Split(command) => command.run(session),
            Self::Waveform(command) => command.run(session),
            Self::Loudness(command) => command.run(session),
            Self::Silence(command) => command.run(session),
            Self::Thumbnails(command) => command.run(session),
            Self::Frames(command) => command.run(session),
            Self::Storyboard(command) => command.run(session),
            Self::Reframe(command) => command.run(session),
            Self::Suggest(command) => command.run(session),
            Self::Plan(command) => command.run(session),
            Self::Render(command) => command.run(session),
            Self::Transcode(command) => command.run(session),
            Self::Clips(command) => command.run(session),
            Self::Schema(command) => command.run(session),
        }
    }
}

/// Nothing is written over the video itself.
fn refuse_source(output: &Path, file: &Path) -> Result<(), Failure> {
    match (output.canonicalize(), file.canonicalize()) {
        (Ok(output), Ok(file)) if output == file => {
            Err(Failure::Usage(format!("{} is the video itself", output.display())))
        }
        _ => Ok(()),
    }
}
