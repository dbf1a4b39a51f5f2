//! Scenes as a table.

use std::path::Path;

use viralforge_core::{Boundary, SceneReport};

use crate::table::{Align, Table};
use crate::units::{count, seconds};

/// The scenes, and the files that tell of them.
pub(super) fn text<'a>(report: &SceneReport, files: impl Iterator<Item = &'a Path>) -> String {
    let mut table = Table::new([
        ("scene", Align::Right),
        ("start", Align::Right),
        ("end", Align::Right),
        ("length", Align::Right),
        ("begins with", Align::Left),
    ]);
    for (index, scene) in report.scenes.iter().enumerate() {
        let begins = index.checked_sub(1).and_then(|i| report.boundaries.get(i)).map_or_else(String::new, how);
        let range = scene.range;
        table.row([
            (index + 1).to_string(),
            range.start().to_string(),
            range.end().to_string(),
            seconds(range.duration()),
            begins,
        ]);
    }
    let mut written = Table::facts();
    for file in files {
        written.fact("written to", file.display().to_string());
    }
    format!("{}\n{}{}", count(report.scenes.len(), "scene"), table.render(), written.render())
}

/// What a boundary is, where, and how far it is over the threshold.
pub(super) fn how(boundary: &Boundary) -> String {
    let Boundary { kind, start_frame, end_frame, confidence, .. } = boundary;
    let frames = match start_frame == end_frame {
        true => format!("frame {start_frame}"),
        false => format!("frames {start_frame} to {end_frame}"),
    };
    format!("{} at {frames} (confidence {confidence:.2})", kind.name())
}
