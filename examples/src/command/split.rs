//! `viralforge split`

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use viralforge_core::{RenderReport, SplitOptions, split_scenes};

use super::encoding::Encoding;
use super::known_scenes::KnownScenes;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::session::Session;
use crate::table::{Align, Table};
use crate::units::{bytes, clock, count};

/// Split a video into its scenes: an MP4 for each.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge split talk.mp4 -o scenes                        scenes/talk-scene-001.mp4, -002.mp4, …
  viralforge split talk.mp4 -o scenes --only 2,5 --to tiktok
  viralforge scenes talk.mp4 --kinds cut --json > scenes.json
  viralforge split talk.mp4 -o scenes --scenes scenes.json --template '{number}.mp4' --crf 18

Every frame is in the file of its scene, and in no other. With --start and --end, what lies outside is left out.")]
pub(crate) struct Split {
    /// The video.
    file: PathBuf,

    /// The folder to write into; it is made where it is not there.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    #[command(flatten)]
    scenes: KnownScenes,

    /// Name of each file: {number} is that of the scene, {number:03} with zeros before it, {name} the video's.
    #[arg(long, value_name = "TEMPLATE", default_value = SplitOptions::default().template)]
    template: String,

    /// Numbers of the scenes to write, from 1 and separated by commas [default: all].
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    only: Vec<u64>,

    #[command(flatten)]
    encoding: Encoding,
}

#[derive(Serialize)]
struct Report {
    files: Vec<RenderReport>,
}

/// The share of the work that finding the scenes is, where all is encoded.
const FINDING: f64 = 0.15;

impl Split {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let options = SplitOptions::default()
            .with_transcode(self.encoding.options()?)
            .with_template(&self.template)
            .with_only(self.only.clone());
        let source = session.source(&self.file)?;
        let folder = Folder::create(&self.output)?;
        let (scenes, monitor) = self.scenes.find(&source, session.monitor(), FINDING)?;
        let mut files = split_scenes(&source, &scenes, folder.drafts(), &options, &monitor)?;
        for file in &mut files {
            let name = Path::new(&file.output).file_name().unwrap_or_default().to_string_lossy().into_owned();
            let place = folder.final_path(&name);
            super::refuse_source(&place, &self.file)?;
            file.output = place.display().to_string();
        }
        folder.publish()?;
        let report = Report { files };
        session.print(&report, || text(&report.files))
    }
}

fn text(files: &[RenderReport]) -> String {
    let columns = [
        ("length", Align::Right),
        ("frames", Align::Right),
        ("picture", Align::Right),
        ("size", Align::Right),
        ("file", Align::Left),
    ];
    let mut table = Table::new(columns);
    for file in files {
        table.row([
            clock(file.duration),
            file.frames_written.to_string(),
            format!("{} × {}", file.width, file.height),
            bytes(file.bytes_written),
            file.output.clone(),
        ]);
    }
    let mut notes: Vec<_> = files.iter().flat_map(|file| &file.warnings).collect();
    notes.sort_unstable();
    notes.dedup();
    let mut facts = Table::facts();
    notes.into_iter().for_each(|note| facts.fact("note", note));
    format!("{}\n{}{}", count(files.len(), "scene"), table.render(), facts.render())
}
