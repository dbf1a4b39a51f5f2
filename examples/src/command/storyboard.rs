//! `viralforge storyboard`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use viralforge_core::{Rect, Size, Storyboard as Board, StoryboardOptions, Timestamp, make_storyboard};

use crate::address;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::parse;
use crate::session::Session;
use crate::table::Table;
use crate::units::bytes;

/// Make a contact sheet of a video, and the text track for previews in a player.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge storyboard talk.mp4 -o sheets              sheets/talk-storyboard.jpg and .vtt
  viralforge storyboard talk.mp4 -o sheets --count 100 --columns 10 --tile 240")]
pub(crate) struct Storyboard {
    /// The video.
    file: PathBuf,

    /// The folder to write into; it is made where it is not there.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// How many pictures, spread evenly.
    #[arg(long, value_name = "N", default_value_t = StoryboardOptions::default().count)]
    count: u32,

    /// Pictures in a row.
    #[arg(long, value_name = "N", default_value_t = StoryboardOptions::default().columns)]
    columns: u32,

    /// Moments to show instead, in order and separated by commas.
    #[arg(long, value_name = "TIME,…", value_delimiter = ',', value_parser = parse::time)]
    times: Vec<Timestamp>,

    /// The box that each picture fits into: its longer side, or its width and height, in pixels.
    #[arg(long, value_name = "N|WxH", default_value_t = StoryboardOptions::default().tile, value_parser = parse::tile)]
    tile: Size,

    /// Quality of the JPEG, 1 (tiny) to 100 (best).
    #[arg(long, value_name = "Q", default_value_t = StoryboardOptions::default().jpeg_quality)]
    jpeg_quality: u8,
}

#[derive(Serialize)]
struct Report {
    output: String,
    web_vtt: String,
    #[serde(flatten)]
    size: Size,
    bytes_written: usize,
    tiles: Vec<Tile>,
}

#[derive(Serialize)]
struct Tile {
    start_seconds: f64,
    time_seconds: f64,
    #[serde(flatten)]
    place: Rect,
}

impl Storyboard {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let folder = Folder::create(&self.output)?;
        let options = StoryboardOptions::default()
            .with_count(self.count)
            .with_columns(self.columns)
            .with_times(self.times.clone())
            .with_tile(self.tile)
            .with_jpeg_quality(self.jpeg_quality);
        let board = make_storyboard(&source, &options, session.monitor())?;
        let report = self.write(&board, folder)?;
        session.print(&report, || text(&report))
    }

    fn write(&self, board: &Board, folder: Folder) -> Result<Report, Failure> {
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let (sheet, track) = (format!("{stem}-storyboard.jpg"), format!("{stem}-storyboard.vtt"));
        folder.write(&sheet, &board.jpeg)?;
        folder.write(&track, board.to_web_vtt(&address::of_name(&sheet)).as_bytes())?;
        let report = Report {
            output: folder.final_path(&sheet).display().to_string(),
            web_vtt: folder.final_path(&track).display().to_string(),
            size: board.size,
            bytes_written: board.jpeg.len(),
            tiles: board
                .tiles
                .iter()
                .map(|tile| Tile {
                    start_seconds: tile.start.as_seconds_f64(),
                    time_seconds: tile.time.as_seconds_f64(),
                    place: tile.place,
                })
                .collect(),
        };
        folder.publish()?;
        Ok(report)
    }
}

fn text(report: &Report) -> String {
    let mut table = Table::facts();
    table.fact("sheet", &report.output);
    table.fact("text track", &report.web_vtt);
    table.fact(
        "size",
        format!("{} × {}, {}", report.size.width, report.size.height, bytes(report.bytes_written as u64)),
    );
    table.fact("pictures", report.tiles.len().to_string());
    table.render()
}
