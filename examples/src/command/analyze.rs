//! `viralforge analyze`

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{Analysis, AnalysisOptions, analyze};

use crate::failure::Failure;
use crate::session::Session;
use crate::table::Table;
use crate::units::{clock, count, decibels};

/// Measure everything in one pass: scenes, waveform, loudness, silences, and how good each frame looks.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge analyze talk.mp4
  viralforge analyze talk.mp4 --no-waveform --no-quality --no-subject --json > talk.json

One decode feeds all of it; what is left out costs nothing.")]
pub(crate) struct Analyze {
    /// The video or sound file.
    file: PathBuf,

    /// Leave out the shots.
    #[arg(long)]
    no_scenes: bool,

    /// Leave out the waveform.
    #[arg(long)]
    no_waveform: bool,

    /// Leave out the loudness.
    #[arg(long)]
    no_loudness: bool,

    /// Leave out the silences.
    #[arg(long)]
    no_silence: bool,

    /// Leave out how good each frame looks.
    #[arg(long)]
    no_quality: bool,

    /// Leave out where the subject is.
    #[arg(long)]
    no_subject: bool,
}

impl Analyze {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let mut options = AnalysisOptions::all().with_quality(!self.no_quality).with_subject(!self.no_subject);
        options.scenes = options.scenes.filter(|_| !self.no_scenes);
        options.waveform = options.waveform.filter(|_| !self.no_waveform);
        options.loudness = options.loudness.filter(|_| !self.no_loudness);
        options.silence = options.silence.filter(|_| !self.no_silence);
        let analysis = analyze(&source, &options, session.monitor())?;
        session.print_bulk(&analysis, || text(&analysis))
    }
}

fn text(analysis: &Analysis) -> String {
    let mut table = Table::facts();
    table.fact("duration", clock(analysis.media.duration));
    if let Some(report) = &analysis.scenes {
        table.fact("scenes", count(report.scenes.len(), "scene"));
    }
    if let Some(frames) = &analysis.quality {
        table.fact("frames", count(frames.len(), "frame"));
    }
    if let Some(waveform) = &analysis.waveform {
        table.fact("waveform", format!("{} pixels of {} samples", waveform.length, waveform.samples_per_pixel));
    }
    if let Some(report) = &analysis.loudness {
        table.fact("loudness", decibels(report.integrated_lufs, "LUFS"));
    }
    if let Some(report) = &analysis.silence {
        table.fact("silences", count(report.silences.len(), "silence"));
    }
    if analysis.undecodable_packets > 0 {
        table.fact("damaged", count(analysis.undecodable_packets as usize, "packet"));
    }
    table.render()
}
