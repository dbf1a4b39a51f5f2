//! `viralforge clips`: the main job. One analysis, the best moments, each rendered for every platform, and a page.

mod make;
mod pictures;
mod report;

use std::path::PathBuf;

use clap::Args;
use viralforge_core::Preset;

use super::moments::Moments;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::session::Session;

/// Make ready clips of a video's best moments, and a page that shows them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge clips talk.mp4 -o clips
  viralforge clips talk.mp4 -o clips --to tiktok,reels,shorts,youtube --count 5
  viralforge clips talk.mp4 -o clips --transcript talk.srt --json

Writes clip-N-PLATFORM.mp4 with a cover in .jpg each, scene-N.jpg and index.html. The folder is
made where it is not there. Files appear all at once at the end, so that an error or Ctrl-C leaves
nothing. Older files of the same names are replaced.")]
pub(crate) struct Clips {
    /// The video.
    file: PathBuf,

    /// The folder to write into.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Platforms, separated by commas: tiktok, reels, shorts, youtube.
    #[arg(long, value_name = "PLATFORM,…", value_delimiter = ',', default_value = "tiktok,youtube")]
    to: Vec<Preset>,

    #[command(flatten)]
    moments: Moments,
}

impl Clips {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let options = self.moments.options()?;
        let folder = Folder::create(&self.output)?;
        let report = make::clips(&source, &self.platforms(), &options, &folder, session.monitor())?;
        folder.publish()?;
        session.print(&report, || report.text())
    }

    /// The platforms, each once.
    fn platforms(&self) -> Vec<Preset> {
        let mut platforms = Vec::new();
        for preset in &self.to {
            if !platforms.contains(preset) {
                platforms.push(*preset);
            }
        }
        platforms
    }
}
