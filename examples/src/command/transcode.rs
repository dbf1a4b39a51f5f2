//! `viralforge transcode`

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{Output, RenderReport, transcode};

use super::encoding::Encoding;
use crate::failure::Failure;
use crate::session::Session;
use crate::table::Table;
use crate::units::{bytes, clock};

/// Convert a video, or a stretch of it, to MP4 with H.264 and AAC.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge transcode talk.mov -o talk.mp4
  viralforge transcode talk.mp4 -o intro.mp4 --start 0:05 --end 0:20.5
  viralforge transcode talk.mp4 -o small.mp4 --height 480 --crf 26 --speed slow
  viralforge transcode talk.mp4 -o tall.mp4 --to tiktok

The frames whose time is at least --start and less than --end are written. --aspect and --to cut to
the middle of the picture; `viralforge reframe` and `viralforge clips` follow the subject instead.")]
pub(crate) struct Transcode {
    /// The video.
    file: PathBuf,

    /// Where to write the MP4.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    #[command(flatten)]
    encoding: Encoding,
}

impl Transcode {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let options = self.encoding.options()?;
        let source = session.source(&self.file)?;
        let report = transcode(&source, &Output::to_path(&self.output), &options, session.monitor())?;
        session.print(&report, || text(&report))
    }
}

/// What was written, as a table.
pub(crate) fn text(report: &RenderReport) -> String {
    let mut table = Table::facts();
    table.fact("written to", &report.output);
    table.fact("picture", format!("{} × {}, {} frames", report.width, report.height, report.frames_written));
    table.fact("duration", clock(report.duration));
    table.fact("size", bytes(report.bytes_written));
    table.fact("cut", report.cut.name());
    for warning in &report.warnings {
        table.fact("note", warning);
    }
    table.render()
}
