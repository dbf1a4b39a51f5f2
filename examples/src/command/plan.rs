//! `viralforge plan`

use clap::Args;
use viralforge_core::{RenderPlan, plan_render};

use super::encoding::Encoding;
use crate::failure::Failure;
use crate::session::Session;
use crate::table::Table;

/// Plan a transcode, to keep, edit, send elsewhere and render later.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge plan --to tiktok --start 0:05 --end 0:20 --json > plan.json
  viralforge render talk.mp4 --plan plan.json -o clip.mp4")]
pub(crate) struct Plan {
    #[command(flatten)]
    encoding: Encoding,
}

impl Plan {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let plan = plan_render(&self.encoding.options()?)?;
        session.print(&plan, || text(&plan))
    }
}

fn text(plan: &RenderPlan) -> String {
    let source = "as the source";
    let mut table = Table::facts();
    table.fact("stretch", plan.range.map_or("all".to_owned(), |r| format!("{} to {}", r.start(), r.end())));
    table.fact("cut", plan.cut.name());
    table.fact("follows subject", if plan.reframe.is_some() { "yes" } else { "no" });
    table.fact("shape", plan.aspect.map_or(source.to_owned(), |a| a.to_string()));
    table.fact("size", plan.size.map_or(source.to_owned(), |s| s.to_string()));
    table.fact("quality", format!("crf {}, {}", plan.crf, plan.speed));
    table.fact("keyframes", format!("every {} s at most", plan.keyframe_interval.as_secs_f64()));
    let sound = if plan.mute { "none".to_owned() } else { format!("{} kb/s", plan.audio_bit_rate_bps / 1000) };
    table.fact("sound", sound);
    table.render()
}
