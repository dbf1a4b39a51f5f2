//! What `clips` made, as a report and in words.

use serde::Serialize;
use viralforge_core::{ClipSuggestion, Preset, RenderReport, TimeRange};

use super::super::suggest;
use crate::table::{Align, Table};
use crate::units::{bytes, dash, seconds};

/// What was made.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) suggestions: Vec<ClipSuggestion>,
    pub(super) clips: Vec<Clip>,
    pub(super) index_html: String,
}

/// One file.
#[derive(Serialize)]
pub(super) struct Clip {
    /// Which suggestion it shows, from 1, as in its file name.
    pub(super) suggestion: usize,
    pub(super) platform: Preset,
    pub(super) thumbnail: String,
    /// The stretch of the source.
    #[serde(flatten)]
    pub(super) range: TimeRange,
    /// The file: `output`, size, length.
    #[serde(flatten)]
    pub(super) made: RenderReport,
}

impl Report {
    /// The suggestions, the files, and where to look.
    pub(super) fn text(&self) -> String {
        let mut text = suggest::text(&self.suggestions);
        if !self.clips.is_empty() {
            let mut table = Table::new([
                ("#", Align::Right),
                ("for", Align::Left),
                ("picture", Align::Right),
                ("length", Align::Right),
                ("size", Align::Right),
                ("file", Align::Left),
            ]);
            for clip in &self.clips {
                table.row([
                    clip.suggestion.to_string(),
                    clip.platform.title().to_owned(),
                    format!("{} × {}", clip.made.width, clip.made.height),
                    clip.made.duration.map_or_else(dash, seconds),
                    bytes(clip.made.bytes_written),
                    clip.made.output.clone(),
                ]);
            }
            text.push('\n');
            text.push_str(&table.render());
            for clip in &self.clips {
                for warning in &clip.made.warnings {
                    text.push_str(&format!("\n  note on {}: {warning}", clip.made.output));
                }
            }
        }
        format!("{}\n\nLook at {}", text.trim_end(), self.index_html)
    }
}
