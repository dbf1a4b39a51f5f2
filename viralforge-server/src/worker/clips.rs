//! The main job: one analysis, the best moments, each for every platform, with a cover.

use std::path::Path;

use serde_json::json;
use viralforge_core::{
    AnalysisOptions, Error, Monitor, Output, ReframeOptions, RenderPlan, Source, ThumbnailOptions, analyze,
    extract_thumbnails_from, plan_reframe, render, suggest_clips,
};

use super::child::{to_json, write};
use super::task::{ClipRequest, Made, Outcome};

/// The share of the whole that the analysis is, and of a clip that rendering is: for progress.
const ANALYSIS_SHARE: f64 = 0.3;
const RENDER_SHARE: f64 = 0.95;

pub(super) fn make(source: &Source, request: &ClipRequest, folder: &Path, monitor: &Monitor) -> Result<Outcome, Error> {
    let analysis = analyze(source, &AnalysisOptions::all(), &monitor.part(0.0, ANALYSIS_SHARE))?;
    let suggestions = suggest_clips(&analysis, &request.clips)?;
    let jobs = suggestions.len() * request.to.len();
    let share = (1.0 - ANALYSIS_SHARE) / jobs.max(1) as f64;
    let mut outcome = Outcome::default();
    let mut clips = Vec::new();
    for (number, suggestion) in suggestions.iter().enumerate() {
        for preset in &request.to {
            let crop = plan_reframe(&analysis, &ReframeOptions::to(preset.aspect()))?;
            let stem = format!("clip-{}-{preset}", number + 1);
            let (video, cover) = (format!("{stem}.mp4"), format!("{stem}.jpg"));
            let plan = RenderPlan::clip(suggestion.range).with_reframe(crop.clone()).with_preset(*preset);
            let from = ANALYSIS_SHARE + share * clips.len() as f64;
            let part = monitor.part(from, from + share);
            let made = render(source, &Output::to_path(folder.join(&video)), &plan, &part.part(0.0, RENDER_SHARE))?;
            let options = ThumbnailOptions::default().with_count(1).with_range(suggestion.range).with_reframe(crop);
            let covers = extract_thumbnails_from(source, &analysis, &options, &part.part(RENDER_SHARE, 1.0))?;
            clips.push(json!({
                "suggestion": number + 1, "platform": preset, "output": video, "thumbnail": cover,
                "start_seconds": suggestion.range.start().as_seconds_f64(),
                "end_seconds": suggestion.range.end().as_seconds_f64(),
                "width": made.width, "height": made.height,
                "duration_seconds": made.duration.map(viralforge_core::Timestamp::as_seconds_f64),
            }));
            outcome.files.push(Made::new(video, "video/mp4"));
            if let Some(best) = covers.thumbnails.first() {
                write(folder, &cover, &best.jpeg)?;
                outcome.files.push(Made::new(cover, "image/jpeg"));
            }
        }
    }
    outcome.report = json!({ "suggestions": to_json(&suggestions)?, "clips": clips });
    Ok(outcome)
}
