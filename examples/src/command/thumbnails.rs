//! `viralforge thumbnails`

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{ThumbnailOptions, ThumbnailReport, extract_thumbnails, write_thumbnails};

use super::stretch::Stretch;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::parse;
use crate::session::Session;
use crate::table::{Align, Table};

/// Choose the frames that stand best for a video, and write them as JPEG.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge thumbnails talk.mp4 --count 5              only say which frames
  viralforge thumbnails talk.mp4 -o covers              write covers/talk-1.jpg (the best), talk-2.jpg, …

Scores go from 0 (black, blurred, in a change of scenes) to 1 (sharp, well exposed, colorful).")]
pub(crate) struct Thumbnails {
    /// The video.
    file: PathBuf,

    /// How many.
    #[arg(long, value_name = "N", default_value_t = ThumbnailOptions::default().count)]
    count: u32,

    /// The longer side of the pictures in pixels; a smaller video is not enlarged.
    #[arg(long, value_name = "PIXELS", default_value_t = ThumbnailOptions::default().max_side)]
    max_side: u32,

    /// Quality of the JPEGs, 1 (tiny) to 100 (best).
    #[arg(long, value_name = "Q", default_value_t = ThumbnailOptions::default().jpeg_quality)]
    jpeg_quality: u8,

    #[command(flatten)]
    stretch: Stretch,

    /// Show only the crop of a plan that `viralforge reframe --json` printed.
    #[arg(long, value_name = "PLAN.json")]
    reframe: Option<PathBuf>,

    /// The folder to write into; it is made where it is not there.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Thumbnails {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let folder = self.output.as_deref().map(Folder::create).transpose()?;
        let mut options = ThumbnailOptions::default()
            .with_count(self.count)
            .with_max_side(self.max_side)
            .with_jpeg_quality(self.jpeg_quality);
        options.range = self.stretch.range()?;
        options.reframe = self.reframe.as_deref().map(parse::json_file).transpose()?;
        let mut report = extract_thumbnails(&source, &options, session.monitor())?;
        if let Some(folder) = folder {
            let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
            write_thumbnails(&mut report, folder.path(), &stem)?;
            folder.publish()?;
        }
        session.print(&report, || text(&report))
    }
}

fn text(report: &ThumbnailReport) -> String {
    let mut table = Table::new([
        ("time", Align::Right),
        ("score", Align::Right),
        ("size", Align::Right),
        ("because", Align::Left),
        ("file", Align::Left),
    ]);
    for thumbnail in &report.thumbnails {
        table.row([
            thumbnail.time.to_string(),
            format!("{:.2}", thumbnail.score),
            thumbnail.size.to_string(),
            thumbnail.reasons.join(", "),
            thumbnail.output.clone().unwrap_or_default(),
        ]);
    }
    table.render()
}
