//! What `clips` made, as a report and in words.

use serde::Serialize;
use viralforge_core::{ClipSuggestion, Preset, TimeRange};

use super::super::suggest;
use crate::table::{Align, Table};
use crate::units::bytes;

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
    pub(super) output: String,
    pub(super) thumbnail: String,
    #[serde(flatten)]
    pub(super) range: TimeRange,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) duration_seconds: f64,
    pub(super) bytes_written: u64,
    pub(super) warnings: Vec<String>,
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
                    format!("{} × {}", clip.width, clip.height),
                    format!("{:.1} s", clip.duration_seconds),
                    bytes(clip.bytes_written),
                    clip.output.clone(),
                ]);
            }
            text.push('\n');
            text.push_str(&table.render());
            for clip in &self.clips {
                for warning in &clip.warnings {
                    text.push_str(&format!("\n  note on {}: {warning}", clip.output));
                }
            }
        }
        format!("{}\n\nLook at {}", text.trim_end(), self.index_html)
    }
}
