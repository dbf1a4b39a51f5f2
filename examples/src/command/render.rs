//! `viralforge render`

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{Output, RenderPlan, render};

use super::transcode;
use crate::failure::Failure;
use crate::parse;
use crate::session::Session;

/// Render a plan to MP4.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge plan --to shorts --start 1:00 --end 1:30 --json > plan.json
  viralforge render talk.mp4 --plan plan.json -o clip.mp4")]
pub(crate) struct Render {
    /// The video.
    file: PathBuf,

    /// The plan, as `viralforge plan --json` prints it; what it leaves out has its default.
    #[arg(long, value_name = "PLAN.json")]
    plan: PathBuf,

    /// Where to write the MP4.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

impl Render {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let plan: RenderPlan = parse::json_file(&self.plan)?;
        let source = session.source(&self.file)?;
        let report = render(&source, &Output::to_path(&self.output), &plan, session.monitor())?;
        session.print(&report, || transcode::text(&report))
    }
}
