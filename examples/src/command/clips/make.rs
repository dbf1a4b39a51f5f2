//! The job itself: analyze once, suggest, render each suggestion for each platform, take pictures, write the page.

use std::path::Path;

use viralforge_core::{
    Analysis, AnalysisOptions, ClipOptions, ClipSuggestion, Error, MediaInfo, Monitor, Output, Preset, ReframeOptions,
    RenderPlan, Size, Source, Timestamp, TrackKind, analyze, plan_reframe, probe, render, suggest_clips,
};

use super::pictures;
use super::report::{Clip, Report};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::page::{self, Page, PageClip};

/// What the page is called.
const PAGE: &str = "index.html";
/// Where rendering ends, as a share of the whole job: pictures of scenes take little.
const RENDERED: f64 = 0.97;
/// How much longer a second of a clip takes to render than a second of the source to analyze, about: for progress.
const RENDER_COST: f64 = 10.0;
/// How long a clip usually is, in seconds, before anybody knows: for progress.
const USUAL_CLIP_SECONDS: f64 = 30.0;
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
    let info = probe(source, &Monitor::new())?;
    if info.video().is_none() {
        let input = source.name().to_owned();
        return Err(Error::MissingTrack { input, track: TrackKind::Video }.into());
    }
    let analyzed = RENDERED * analysis_share(&info, options.count as usize * platforms.len());
    let analysis = analyze(source, &AnalysisOptions::all(), &monitor.part(0.0, analyzed))?;
    let suggestions = suggest_clips(&analysis, options)?;
    let clips = rendered(source, &analysis, &suggestions, platforms, folder, &monitor.part(analyzed, RENDERED))?;
    let scenes = pictures::scenes(source, &analysis, folder, &monitor.part(RENDERED, 1.0))?;

    let name = Path::new(source.name()).file_name().unwrap_or_default().to_string_lossy();
    let shown: Vec<PageClip> = clips.iter().map(page_clip).collect();
    let page = Page { name: &name, analysis: &analysis, suggestions: &suggestions, clips: &shown, scenes: &scenes };
    monitor.check()?;
    folder.write(PAGE, page::html(&page).as_bytes())?;
    Ok(Report { suggestions, clips, index_html: folder.final_path(PAGE).display().to_string() })
}

/// The share of the work before the pictures that analysis is, 0 to 1.
fn analysis_share(info: &MediaInfo, renders: usize) -> f64 {
    let source = info.duration.map_or(0.0, Timestamp::as_seconds_f64).max(1.0);
    let rendered = renders as f64 * USUAL_CLIP_SECONDS.min(source);
    source / (source + RENDER_COST * rendered)
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
