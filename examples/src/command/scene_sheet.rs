//! `viralforge scene-sheet`

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use viralforge_core::{SceneSheet as Sheet, SceneSheetOptions, SheetFormat, Size, make_scene_sheet};

use super::known_scenes::KnownScenes;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::parse;
use crate::session::Session;
use crate::table::Table;
use crate::units::{bytes, count};

/// Make a picture of the scenes: the first, the middle and the last frame of each.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge scene-sheet talk.mp4 -o talk.jpg                one picture of the first 100 scenes
  viralforge scene-sheet film.mp4 -o sheets                  all of them: sheets/film-scenes-1.jpg, -2.jpg, …
  viralforge scenes talk.mp4 --method hash --json > scenes.json
  viralforge scene-sheet talk.mp4 -o talk.png --scenes scenes.json --columns 1 --tile 320

Frames that show two scenes at once, as in a dissolve, are left out.")]
pub(crate) struct SceneSheet {
    /// The video.
    file: PathBuf,

    /// Where to write: a picture (.jpg or .png), else a folder for all sheets; it is made where it is not there.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    #[command(flatten)]
    scenes: KnownScenes,

    /// The box that each frame fits into: its longer side, or its width and height, in pixels, 16 to 640.
    #[arg(long, value_name = "N|WxH", default_value_t = SceneSheetOptions::default().tile, value_parser = parse::tile)]
    tile: Size,

    /// Scenes beside each other, three frames each.
    #[arg(long, value_name = "N", default_value_t = SceneSheetOptions::default().columns)]
    columns: u32,

    /// Scenes on one sheet, at most 400.
    #[arg(long, value_name = "N", default_value_t = SceneSheetOptions::default().max_scenes)]
    max_scenes: u32,

    /// Which sheet, from 1 [default: all into a folder, 1 into a picture].
    #[arg(long, value_name = "N")]
    page: Option<u32>,

    /// Leave out number, times and beginning of each scene.
    #[arg(long)]
    no_labels: bool,

    /// What to write: jpeg or png [default: what the name of the output says, else jpeg].
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    format: Option<SheetFormat>,

    /// Quality of a JPEG, 1 (tiny) to 100 (best).
    #[arg(long, value_name = "Q", default_value_t = SceneSheetOptions::default().jpeg_quality)]
    jpeg_quality: u8,
}

#[derive(Serialize)]
struct Report {
    sheets: Vec<Written>,
}

#[derive(Serialize)]
struct Written {
    output: String,
    bytes_written: usize,
    #[serde(flatten)]
    sheet: Sheet,
}

impl SceneSheet {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let (place, name) = self.place();
        let folder = Folder::create(place)?;
        let (report, monitor) = self.scenes.find(&source, session.monitor(), FINDING)?;
        let pages = match self.page {
            None if name.is_none() => report.scenes.len().div_ceil(self.max_scenes.max(1) as usize).max(1),
            _ => 1,
        };
        let mut sheets = Vec::with_capacity(pages);
        for done in 0..pages {
            let page = self.page.unwrap_or(done as u32 + 1);
            let part = monitor.part(done as f64 / pages as f64, (done + 1) as f64 / pages as f64);
            let sheet = make_scene_sheet(&source, &report, &self.options().with_page(page), &part)?;
            let name = name.clone().unwrap_or_else(|| self.name(page, sheet.format));
            folder.write(&name, &sheet.image)?;
            let output = folder.final_path(&name).display().to_string();
            sheets.push(Written { output, bytes_written: sheet.image.len(), sheet });
        }
        folder.publish()?;
        let report = Report { sheets };
        session.print(&report, || text(&report.sheets))
    }

    fn options(&self) -> SceneSheetOptions {
        let extension = self.output.extension().unwrap_or_default().to_string_lossy();
        SceneSheetOptions::default()
            .with_tile(self.tile)
            .with_columns(self.columns)
            .with_max_scenes(self.max_scenes)
            .with_labels(!self.no_labels)
            .with_format(self.format.or_else(|| parse_format(&extension).ok()).unwrap_or_default())
            .with_jpeg_quality(self.jpeg_quality)
    }

    /// The folder to write into, and the name of the picture where one was asked for.
    fn place(&self) -> (&Path, Option<String>) {
        let extension = self.output.extension().unwrap_or_default().to_string_lossy();
        let is_picture = parse_format(&extension).is_ok() && !self.output.is_dir();
        let name = self.output.file_name().filter(|_| is_picture).map(|name| name.to_string_lossy().into_owned());
        match (name, self.output.parent()) {
            (Some(name), Some(parent)) if parent.as_os_str().is_empty() => (Path::new("."), Some(name)),
            (Some(name), Some(parent)) => (parent, Some(name)),
            _ => (&self.output, None),
        }
    }

    fn name(&self, page: u32, format: SheetFormat) -> String {
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let extension = if format == SheetFormat::Png { "png" } else { "jpg" };
        format!("{stem}-scenes-{page}.{extension}")
    }
}

/// The share of the work that finding the scenes is: all frames against three a scene.
const FINDING: f64 = 0.8;

fn text(sheets: &[Written]) -> String {
    let mut table = Table::facts();
    for Written { output, bytes_written, sheet } in sheets {
        table.fact("sheet", format!("{output} ({} of {})", sheet.page, sheet.pages));
        let size = format!("{} × {}, {}", sheet.size.width, sheet.size.height, bytes(*bytes_written as u64));
        table.fact("size", format!("{size}, {}", count(sheet.tiles.len(), "frame")));
    }
    table.render()
}

fn parse_format(text: &str) -> Result<SheetFormat, String> {
    match text.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => Ok(SheetFormat::Jpeg),
        "png" => Ok(SheetFormat::Png),
        _ => Err("jpeg and png are possible".to_owned()),
    }
}
