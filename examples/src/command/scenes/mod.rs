//! `viralforge scenes`

mod detection;
mod live;
mod method;
mod report;
mod statistics;
mod writing;

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{Boundary, Scene, detect_scenes, detect_scenes_with};

use crate::failure::Failure;
use crate::session::Session;
use detection::Detection;
use live::Live;
use statistics::Statistics;
use writing::Writing;

/// Find the scenes of a video, and how each gives way to the next.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge scenes talk.mp4
  viralforge scenes talk.mp4 -o talk.csv -o talk.edl -o talk-chapters.vtt
  viralforge scenes talk.mp4 -o talk.fcpxml --start-timecode-frames 90000 --title 'Talk, take 2'
  viralforge scenes talk.mp4 --method adaptive:adaptive_threshold=2.5 --min-scene-duration-seconds 0.6
  viralforge scenes talk.mp4 --statistics talk.svg          why a cut was found, or was not
  viralforge scenes film.mkv --live --json                  a line a scene, as soon as it is known
  viralforge scenes talk.mp4 --json | jq '.boundaries[] | select(.kind == \"cut\")'

For a cut, both frame numbers are the first frame of the new scene. Frames count from 0 in the order shown.
`viralforge scene-sheet` shows the scenes as a picture, and `viralforge split` writes a file for each.")]
pub(crate) struct Scenes {
    /// The video.
    file: PathBuf,

    #[command(flatten)]
    detection: Detection,

    /// Print each scene as soon as it is known, in a line of its own: with --json, an object of the scene and the
    /// boundary that it ends with.
    #[arg(long)]
    live: bool,

    #[command(flatten)]
    writing: Writing,

    #[command(flatten)]
    statistics: Statistics,
}

impl Scenes {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        // What can be told wrong now is told now, and not after an hour of decoding.
        let options = self.detection.options()?.with_statistics(self.statistics.wanted());
        let outputs = self.writing.outputs(&self.file)?;
        let plot = self.statistics.output(&self.file)?;
        let source = session.source(&self.file)?;
        let lists = self.writing.lists(outputs, &source, &self.file, session.monitor())?;
        let report = match self.live {
            true => {
                let mut live = Live::new(session);
                let mut tell = |scene: &Scene, ends: &Boundary| live.tell(scene, Some(ends));
                let report = detect_scenes_with(&source, &options, session.monitor(), &mut tell)?;
                live.finish(report.scenes.last())?;
                report
            }
            false => detect_scenes(&source, &options, session.monitor())?,
        };
        lists.check(&report)?;
        if let Some(plot) = &plot {
            plot.write(&report)?;
        }
        lists.write(&report)?;
        if self.live {
            return Ok(());
        }
        session.print(&report, || report::text(&report, lists.paths().chain(plot.iter().map(|plot| plot.path()))))
    }
}
