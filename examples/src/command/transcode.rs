//! `viralforge transcode`

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{
    AspectRatio, CutMode, Output, Preset, RenderReport, Speed, Timestamp, TranscodeOptions, transcode,
};

use crate::failure::Failure;
use crate::parse;
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

    /// Shape, size and encoding for a platform: tiktok, reels, shorts or youtube.
    #[arg(long, visible_alias = "to", value_name = "PLATFORM")]
    preset: Option<Preset>,

    /// Begin here.
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    start: Option<Timestamp>,

    /// End here.
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    end: Option<Timestamp>,

    /// How to cut the stretch out: exact (encode all of it) or smart (only the GOPs at its edges; for now this also
    /// encodes all of it, and says so).
    #[arg(long, value_name = "MODE", default_value = TranscodeOptions::default().cut.name())]
    cut: CutMode,

    /// Shape of the picture, such as 9:16.
    #[arg(long, value_name = "A:B")]
    aspect: Option<AspectRatio>,

    /// Quality: 0 (lossless) to 51 (worst); six steps halve the size [default: 23, or the platform's].
    #[arg(long, value_name = "N")]
    crf: Option<u8>,

    /// How long to think about each picture: ultrafast to veryslow, x264's presets.
    #[arg(long, value_name = "PRESET", default_value = TranscodeOptions::default().speed.name())]
    speed: Speed,

    /// Height of the picture in pixels; the width follows.
    #[arg(long, value_name = "H")]
    height: Option<u32>,
}

impl Transcode {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let options = self.options()?;
        let source = session.source(&self.file)?;
        let report = transcode(&source, &Output::to_path(&self.output), &options, session.monitor())?;
        session.print(&report, || text(&report))
    }

    fn options(&self) -> Result<TranscodeOptions, Failure> {
        let mut options = TranscodeOptions::default().with_cut(self.cut).with_speed(self.speed);
        if let Some(preset) = self.preset {
            options = options.with_preset(preset);
        }
        if let Some(range) = parse::range(self.start, self.end)? {
            options = options.with_range(range);
        }
        if let Some(aspect) = self.aspect {
            options = options.with_aspect(aspect);
        }
        if let Some(crf) = self.crf {
            options = options.with_crf(crf);
        }
        if let Some(height) = self.height {
            options = options.with_height(height);
        }
        Ok(options)
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
