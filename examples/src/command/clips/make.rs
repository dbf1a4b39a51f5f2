//! The job itself: analyze once, suggest, render each suggestion for each platform, take pictures, write the page.

use std::path::Path;

use viralforge_core::{
    Analysis, AnalysisOptions, ClipOptions, ClipSuggestion, Error, Monitor, Output, Preset, ReframeOptions, RenderPlan,
    Size, Source, TrackKind, analyze, plan_reframe, probe, render, suggest_clips,
};

use super::pictures;
use super::report::{Clip, Report};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::page::{self, Page, PageClip};

/// What the page is called.
const PAGE: &str = "index.html";
/// Where analysis ends and rendering ends, as shares of the whole job, on ordinary footage.
const ANALYZED: f64 = 0.3;
const RENDERED: f64 = 0.95;
/// Where rendering a clip ends and finding its cover begins, as a share of the work on that clip.
const COVER: f64 = 0.95;

/// Makes everything, inside the folder's draft.
pub(super) fn clips(
    source: &Source,
    platforms: &[Preset],
    options: &ClipOptions,
    folder: &Folder,
    monitor: &Monitor,
) -> Result<Report, Failure> {
    // Sound alone would be analyzed to its end before anything failed.
    if probe(source, &Monitor::new())?.video().is_none() {
        let input = source.name().to_owned();
        return Err(Error::MissingTrack { input, track: TrackKind::Video }.into());
    }
    let analysis = analyze(source, &AnalysisOptions::all(), &monitor.part(0.0, ANALYZED))?;
    let suggestions = suggest_clips(&analysis, options)?;
    let clips = rendered(source, &analysis, &suggestions, platforms, folder, &monitor.part(ANALYZED, RENDERED))?;
    let scenes = pictures::scenes(source, &analysis, folder, &monitor.part(RENDERED, 1.0))?;

    let name = Path::new(source.name()).file_name().unwrap_or_default().to_string_lossy();
    let shown: Vec<PageClip> = clips.iter().map(page_clip).collect();
    let page = Page { name: &name, analysis: &analysis, suggestions: &suggestions, clips: &shown, scenes: &scenes };
    monitor.check()?;
    folder.write(PAGE, page::html(&page).as_bytes())?;
    Ok(Report { suggestions, clips, index_html: folder.final_path(PAGE).display().to_string() })
}

/// One file for each suggestion and platform, and its cover.
fn rendered(
    source: &Source,
    analysis: &Analysis,
    suggestions: &[ClipSuggestion],
    platforms: &[Preset],
    folder: &Folder,
    monitor: &Monitor,
) -> Result<Vec<Clip>, Failure> {
    // Planning costs next to nothing, since nothing is decoded: one plan a platform, though some share a shape.
    let plan =
        |preset: &Preset| plan_reframe(analysis, &ReframeOptions::to(preset.aspect())).map(|crop| (*preset, crop));
    let platforms = platforms.iter().map(plan).collect::<Result<Vec<_>, _>>()?;
    let jobs: Vec<_> = suggestions.iter().enumerate().flat_map(|s| platforms.iter().map(move |p| (s, p))).collect();
    let share = 1.0 / jobs.len().max(1) as f64;
    let mut clips = Vec::new();
    for (done, ((index, suggestion), (preset, crop))) in jobs.into_iter().enumerate() {
        let stem = format!("clip-{}-{preset}", index + 1);
        let (video, cover) = (format!("{stem}.mp4"), format!("{stem}.jpg"));
        let plan = RenderPlan::clip(suggestion.range).with_reframe(crop.clone()).with_preset(*preset);
        let part = monitor.part(done as f64 * share, (done + 1) as f64 * share);
        let mut made = render(source, &Output::to_path(folder.draft(&video)), &plan, &part.part(0.0, COVER))?;
        let jpeg = pictures::cover(source, analysis, suggestion.range, crop, &part.part(COVER, 1.0))?;
        folder.write(&cover, &jpeg)?;
        made.output = folder.final_path(&video).display().to_string();
        let thumbnail = folder.final_path(&cover).display().to_string();
        clips.push(Clip { suggestion: index + 1, platform: *preset, thumbnail, range: suggestion.range, made });
    }
    Ok(clips)
}

fn page_clip(clip: &Clip) -> PageClip {
    let name = |path: &str| Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let made = &clip.made;
    PageClip {
        suggestion: clip.suggestion - 1,
        platform: clip.platform.title().to_owned(),
        video: name(&made.output),
        cover: name(&clip.thumbnail),
        size: Size::new(made.width, made.height),
        duration: made.duration.unwrap_or(clip.range.duration()),
        byte_len: made.bytes_written,
    }
}
