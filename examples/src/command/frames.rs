//! `viralforge frames`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use viralforge_core::{Frame, FrameOptions, Timestamp, extract_frames};

use crate::failure::Failure;
use crate::folder::Folder;
use crate::parse;
use crate::session::Session;
use crate::table::{Align, Table};

/// Write the frames that are on screen at given moments, as PNG.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge frames talk.mp4 --times 1.5,0:20,1:02:03 -o stills      stills/talk-1.png, talk-2.png, talk-3.png
  viralforge frames talk.mp4 --times 12 --max-side 640 -o stills")]
pub(crate) struct Frames {
    /// The video.
    file: PathBuf,

    /// The moments, separated by commas.
    #[arg(long, visible_alias = "at", value_name = "TIME,…", value_delimiter = ',', required = true, value_parser = parse::time)]
    times: Vec<Timestamp>,

    /// The longer side of the pictures in pixels; a smaller video is not enlarged.
    #[arg(long, value_name = "PIXELS")]
    max_side: Option<u32>,

    /// Show only the crop of a plan that `viralforge reframe --json` printed.
    #[arg(long, value_name = "PLAN.json")]
    reframe: Option<PathBuf>,

    /// The folder to write into; it is made where it is not there.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

#[derive(Serialize)]
struct Written {
    #[serde(flatten)]
    frame: Frame,
    output: String,
}

#[derive(Serialize)]
struct Report {
    frames: Vec<Written>,
}

impl Frames {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let folder = Folder::create(&self.output)?;
        let mut options = FrameOptions::at(self.times.clone());
        options.max_side = self.max_side;
        options.reframe = self.reframe.as_deref().map(parse::json_file).transpose()?;
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let mut frames = Vec::new();
        for (i, frame) in extract_frames(&source, &options, session.monitor())?.into_iter().enumerate() {
            let name = format!("{stem}-{}.png", i + 1);
            folder.write(&name, &frame.to_png()?)?;
            frames.push(Written { frame, output: folder.final_path(&name).display().to_string() });
        }
        folder.publish()?;
        let report = Report { frames };
        session.print(&report, || text(&report))
    }
}

fn text(report: &Report) -> String {
    let mut table = Table::new([("time", Align::Right), ("size", Align::Right), ("file", Align::Left)]);
    for written in &report.frames {
        table.row([written.frame.time.to_string(), written.frame.size.to_string(), written.output.clone()]);
    }
    table.render()
}
