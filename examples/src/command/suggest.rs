//! `viralforge suggest`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use viralforge_core::{AnalysisOptions, ClipSuggestion, analyze, suggest_clips};

use super::moments::Moments;
use crate::failure::Failure;
use crate::session::Session;
use crate::table::{Align, Table};
use crate::units::seconds;

/// Suggest the stretches of a video that are worth a clip, and say why.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge suggest talk.mp4
  viralforge suggest talk.mp4 --count 5 --transcript talk.srt --json

Scores go from 0 (nothing speaks for it) to 1 (everything does), within this video.")]
pub(crate) struct Suggest {
    /// The video.
    file: PathBuf,

    #[command(flatten)]
    moments: Moments,
}

#[derive(Serialize)]
struct Report {
    suggestions: Vec<ClipSuggestion>,
}

impl Suggest {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let options = self.moments.options()?;
        let analysis = analyze(&source, &AnalysisOptions::all(), session.monitor())?;
        let report = Report { suggestions: suggest_clips(&analysis, &options)? };
        session.print(&report, || text(&report.suggestions))
    }
}

/// The suggestions, each with a table of what speaks for it.
pub(crate) fn text(suggestions: &[ClipSuggestion]) -> String {
    if suggestions.is_empty() {
        return "nothing stands out enough for a clip".to_owned();
    }
    suggestions
        .iter()
        .enumerate()
        .map(|(index, suggestion)| block(index + 1, suggestion))
        .collect::<Vec<_>>()
        .join("\n")
}

fn block(number: usize, suggestion: &ClipSuggestion) -> String {
    let range = suggestion.range;
    let mut reasons = Table::new([("value", Align::Right), ("signal", Align::Left), ("because", Align::Left)]);
    for reason in &suggestion.reasons {
        reasons.row([format!("{:.2}", reason.value), reason.signal.clone(), reason.text.clone()]);
    }
    format!(
        "{number}. from {} to {}, {}, score {:.2}\n{}",
        range.start(),
        range.end(),
        seconds(range.duration()),
        suggestion.score,
        reasons.render()
    )
}
