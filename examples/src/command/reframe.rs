//! `viralforge reframe`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use viralforge_core::{
    Analysis, AnalysisOptions, AspectRatio, Output, ReframeOptions, ReframePlan, RenderPlan, RenderReport,
    SceneOptions, SubjectSample, analyze, plan_reframe, render,
};

use super::transcode;
use crate::failure::Failure;
use crate::session::Session;
use crate::table::{Align, Table};
use crate::units::{count, seconds};

/// Plan how another shape follows the subject, and render it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge reframe talk.mp4 --aspect 9:16                     show the plan
  viralforge reframe talk.mp4 --aspect 9:16 -o tall.mp4         render it
  viralforge reframe talk.mp4 --aspect 1:1 --per-frame --json   the crop of every frame

Crops are [x, y, width, height] in fractional pixels of the upright picture.")]
pub(crate) struct Reframe {
    /// The video.
    file: PathBuf,

    /// The shape to cut out.
    #[arg(long, value_name = "A:B", default_value_t = ReframeOptions::default().aspect)]
    aspect: AspectRatio,

    /// How far the subject may stray from the middle of a crop that stands still, in shares of the crop, 0 to 0.5.
    #[arg(long, value_name = "SHARE", default_value_t = ReframeOptions::default().still_tolerance)]
    still_tolerance: f64,

    /// Also list the crop of every frame, in the order shown.
    #[arg(long)]
    per_frame: bool,

    /// Render the plan to this MP4.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    plan: ReframePlan,
    #[serde(skip_serializing_if = "Option::is_none")]
    crops: Option<Vec<[f64; 4]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rendered: Option<RenderReport>,
}

/// The share of the work that planning is, where a render follows.
const PLANNING_SHARE: f64 = 0.4;

impl Reframe {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let whole = session.monitor();
        let planning = if self.output.is_some() { whole.part(0.0, PLANNING_SHARE) } else { whole.clone() };
        let wanted = AnalysisOptions::none().with_scenes(SceneOptions::default()).with_subject(true);
        let analysis = analyze(&source, &wanted, &planning)?;
        let plan =
            plan_reframe(&analysis, &ReframeOptions::to(self.aspect).with_still_tolerance(self.still_tolerance))?;
        let crops = self.per_frame.then(|| crops(&analysis, &plan));
        let rendered = match &self.output {
            Some(path) => {
                let job = RenderPlan::whole().with_reframe(plan.clone());
                Some(render(&source, &Output::to_path(path), &job, &whole.part(PLANNING_SHARE, 1.0))?)
            }
            None => None,
        };
        let report = Report { plan, crops, rendered };
        session.print_bulk(&report, || text(&report))
    }
}

fn crops(analysis: &Analysis, plan: &ReframePlan) -> Vec<[f64; 4]> {
    // There is a sample of the subject for every frame.
    let frames = analysis.subject.as_deref().unwrap_or_default();
    let crop = |frame: &SubjectSample| plan.crop_at(frame.time);
    frames.iter().map(crop).map(|c| [c.x, c.y, c.width, c.height]).collect()
}

fn text(report: &Report) -> String {
    let plan = &report.plan;
    let mut table = Table::new([
        ("shot", Align::Right),
        ("start", Align::Right),
        ("end", Align::Right),
        ("length", Align::Right),
        ("crop", Align::Left),
    ]);
    for (index, shot) in plan.shots.iter().enumerate() {
        let words = match shot.keyframes.as_slice() {
            [] => String::new(),
            [still] => format!("still at {:.0}, {:.0}", still.crop.x, still.crop.y),
            [first, .., last] => format!(
                "from {:.0}, {:.0} to {:.0}, {:.0} over {} keyframes",
                first.crop.x,
                first.crop.y,
                last.crop.x,
                last.crop.y,
                shot.keyframes.len()
            ),
        };
        let range = shot.range;
        table.row([
            (index + 1).to_string(),
            range.start().to_string(),
            range.end().to_string(),
            seconds(range.duration()),
            words,
        ]);
    }
    let mut text =
        format!("{} of {}, {}\n{}", plan.aspect, plan.source_size, count(plan.shots.len(), "shot"), table.render());
    if let Some(rendered) = &report.rendered {
        text.push('\n');
        text.push_str(&transcode::text(rendered));
    }
    text
}
