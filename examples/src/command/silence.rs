//! `viralforge silence`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use viralforge_core::{SilenceOptions, SilenceReport, detect_silence};

use crate::failure::Failure;
use crate::parse;
use crate::session::Session;
use crate::table::{Align, Table};
use crate::units::{count, seconds};

/// Find the silent stretches of the sound.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge silence talk.mp4
  viralforge silence talk.mp4 --threshold-db -40 --min-seconds 0.3 --json")]
pub(crate) struct Silence {
    /// The video or sound file.
    file: PathBuf,

    /// What is at or below this level counts as silent, in dB against full scale.
    #[arg(long, visible_alias = "threshold-db", value_name = "DB", allow_negative_numbers = true, default_value_t = SilenceOptions::default().threshold_dbfs)]
    threshold_dbfs: f64,

    /// The shortest silence that counts, in seconds.
    #[arg(long, visible_alias = "min-seconds", value_name = "S", default_value = parse::seconds_of(SilenceOptions::default().min_duration), value_parser = parse::duration)]
    min_duration_seconds: Duration,
}

impl Silence {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let options = SilenceOptions::default()
            .with_threshold_dbfs(self.threshold_dbfs)
            .with_min_duration(self.min_duration_seconds);
        let report = detect_silence(&source, &options, session.monitor())?;
        session.print(&report, || text(&report))
    }
}

fn text(report: &SilenceReport) -> String {
    let mut table = Table::new([("start", Align::Right), ("end", Align::Right), ("length", Align::Right)]);
    for silence in &report.silences {
        let range = silence.range;
        table.row([range.start().to_string(), range.end().to_string(), seconds(range.duration())]);
    }
    match report.silences.len() {
        0 => "no silence".to_owned(),
        n => format!("{}\n{}", count(n, "silence"), table.render()),
    }
}
