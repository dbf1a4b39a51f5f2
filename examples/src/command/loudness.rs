//! `viralforge loudness`

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{LoudnessOptions, LoudnessReport, measure_loudness};

use crate::failure::Failure;
use crate::session::Session;
use crate::table::Table;
use crate::units::decibels;

/// Measure the loudness of the sound after ITU-R BS.1770 and EBU R 128.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge loudness talk.mp4
  viralforge loudness talk.mp4 --json | jq .integrated_lufs

Units: LUFS is loudness against full scale, LU a difference of loudness, dBTP and dBFS are peaks against full scale.
A dash (null in JSON) stands where the sound is too short or silent for a figure.")]
pub(crate) struct Loudness {
    /// The video or sound file.
    file: PathBuf,

    /// Leave out the true peak, which costs about as much as decoding.
    #[arg(long)]
    no_true_peak: bool,
}

impl Loudness {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let options = LoudnessOptions::default().with_true_peak(!self.no_true_peak);
        let report = measure_loudness(&source, &options, session.monitor())?;
        session.print(&report, || text(&report))
    }
}

fn text(report: &LoudnessReport) -> String {
    let mut table = Table::facts();
    table.fact("integrated", decibels(report.integrated_lufs, "LUFS"));
    table.fact("range", decibels(report.loudness_range_lu, "LU"));
    table.fact("loudest 3 s", decibels(report.max_short_term_lufs, "LUFS"));
    table.fact("loudest 0.4 s", decibels(report.max_momentary_lufs, "LUFS"));
    table.fact("true peak", decibels(report.true_peak_dbtp, "dBTP"));
    table.fact("sample peak", decibels(report.sample_peak_dbfs, "dBFS"));
    table.render()
}
