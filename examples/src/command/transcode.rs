//! `viralforge transcode`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use viralforge_core::{AspectRatio, Timestamp};

use crate::failure::Failure;
use crate::parse;
use crate::session::Session;

/// Convert a video, or a stretch of it, to H.264 and AAC in MP4.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge transcode talk.mov -o talk.mp4
  viralforge transcode talk.mp4 -o intro.mp4 --start 0:05 --end 0:20.5
  viralforge transcode talk.mp4 -o tall.mp4 --to tiktok --aspect 9:16

A cut is exact to the frame: the first frame is the first at or after --start, the last the last before --end.")]
pub(crate) struct Transcode {
    /// The video.
    file: PathBuf,

    /// Where to write the MP4.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    /// Begin here.
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    start: Option<Timestamp>,

    /// End here.
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    end: Option<Timestamp>,
}
