//! Turns a video into its three best clips for TikTok, written beside it.
//!
//! `cargo run -p viralforge-examples --bin best_clips -- talk.mp4`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use viralforge_core::*;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: best_clips FILE")?;
    let source = Source::from_path(&path)?;
    let monitor = Monitor::new().with_progress(|p| eprint!("\r{:>3.0} %", p.percent()));

    let analysis = analyze(&source, &AnalysisOptions::all(), &monitor)?;
    let crop = plan_reframe(&analysis, &ReframeOptions::to(AspectRatio::PORTRAIT_9_16))?;
    for (number, clip) in (1..).zip(suggest_clips(&analysis, &ClipOptions::default().with_count(3))?) {
        let plan = RenderPlan::clip(clip.range).with_reframe(crop.clone()).with_preset(Preset::TikTok);
        let output = std::path::Path::new(&path).with_extension(format!("{number}.mp4"));
        render(&source, &Output::to_path(&output), &plan, &monitor)?;
        println!("{} from {} to {}", output.display(), clip.range.start(), clip.range.end());
    }
    Ok(())
}
