//! What is made of scenes: each kind finds them first, as `detect-scenes` does without options.

use std::path::Path;

use serde_json::json;
use viralforge_core::{
    Boundary, Error, Monitor, Output, Result, Scene, SceneFormat, SceneOptions, SceneReport, SceneSheetOptions,
    SheetFormat, Source, SplitOptions, StatisticsFormat, WriteScenesOptions, WriteStatisticsOptions, detect_scenes,
    detect_scenes_with, make_scene_sheet, split_scenes, write_scene_statistics, write_scenes,
};

use super::child::{say, to_json, write};
use super::task::{Line, Made, Outcome};

/// Share of the work that finding the scenes is, where their frames are decoded again.
const DETECTION_SHARE: f64 = 0.5;

/// Finds scenes, and tells each as soon as it is known.
pub(super) fn told_scenes(source: &Source, options: &SceneOptions, monitor: &Monitor) -> Result<SceneReport> {
    let mut tell = |scene: &Scene, ends_with: &Boundary| {
        // Whoever is gone does not listen; the work ends with the process.
        let _ = say(&Line::Scene(json!({ "scene": scene, "ends_with": ends_with })));
    };
    detect_scenes_with(source, options, monitor, &mut tell)
}

pub(super) fn scene_list(
    source: &Source,
    options: &WriteScenesOptions,
    folder: &Path,
    monitor: &Monitor,
) -> Result<Outcome> {
    let report = detect_scenes(source, &SceneOptions::default(), monitor)?;
    let format = options.format.unwrap_or(SceneFormat::Json);
    let (name, content_type) = match format {
        SceneFormat::Csv => ("scenes.csv", "text/csv"),
        SceneFormat::Edl => ("scenes.edl", "text/plain"),
        SceneFormat::Fcpxml => ("scenes.fcpxml", "application/xml"),
        SceneFormat::Otio => ("scenes.otio", "application/json"),
        SceneFormat::WebVtt => ("scenes.vtt", "text/vtt"),
        SceneFormat::FfMetadata => ("scenes.ffmetadata", "text/plain"),
        _ => ("scenes.json", "application/json"),
    };
    write_scenes(&report, &Output::to_path(folder.join(name)), &options.clone().with_format(format))?;
    Ok(Outcome { report: to_json(&report)?, files: vec![Made::new(name, content_type)] })
}

pub(super) fn scene_statistics(
    source: &Source,
    options: &WriteStatisticsOptions,
    folder: &Path,
    monitor: &Monitor,
) -> Result<Outcome> {
    let mut report = detect_scenes(source, &SceneOptions::default().with_statistics(true), monitor)?;
    let statistics = report.statistics.take().unwrap_or_default();
    let format = options.format.unwrap_or(StatisticsFormat::Csv);
    let (name, content_type) = match format {
        StatisticsFormat::Svg => ("scene-statistics.svg", "image/svg+xml"),
        StatisticsFormat::Png => ("scene-statistics.png", "image/png"),
        _ => ("scene-statistics.csv", "text/csv"),
    };
    let mut options = options.clone().with_format(format);
    if options.boundaries.is_empty() {
        options.boundaries.clone_from(&report.boundaries);
    }
    write_scene_statistics(&statistics, &Output::to_path(folder.join(name)), &options)?;
    // Without the statistics, which the file has.
    Ok(Outcome { report: to_json(&report)?, files: vec![Made::new(name, content_type)] })
}

pub(super) fn scene_sheet(
    source: &Source,
    options: &SceneSheetOptions,
    folder: &Path,
    monitor: &Monitor,
) -> Result<Outcome> {
    let (report, monitor) = found(source, monitor)?;
    let sheet = make_scene_sheet(source, &report, options, &monitor)?;
    let (name, content_type) = match sheet.format {
        SheetFormat::Png => ("scenes.png", "image/png"),
        _ => ("scenes.jpg", "image/jpeg"),
    };
    write(folder, name, &sheet.image)?;
    let mut report = to_json(&sheet)?;
    report["output"] = json!(name);
    Ok(Outcome { report, files: vec![Made::new(name, content_type)] })
}

pub(super) fn scene_files(
    source: &Source,
    options: &SplitOptions,
    folder: &Path,
    monitor: &Monitor,
) -> Result<Outcome> {
    let mut options = options.clone();
    if options.template == SplitOptions::default().template {
        // The source has no name here.
        options.template = "scene-{number:03}.mp4".to_owned();
    }
    if !options.template.ends_with(".mp4") {
        // It could be the name of the report.
        let problem = format!("{:?} does not end with .mp4", options.template);
        return Err(Error::InvalidOption { option: "template".into(), problem });
    }
    let (report, monitor) = found(source, monitor)?;
    let mut videos = split_scenes(source, &report, folder, &options, &monitor)?;
    let mut files = Vec::with_capacity(videos.len());
    for video in &mut videos {
        let name = Path::new(&video.output).file_name().and_then(|name| name.to_str()).map(str::to_owned);
        video.output = name.ok_or_else(|| Error::Backend {
            input: video.output.clone(),
            problem: "the file of a scene has no name".into(),
        })?;
        files.push(Made::new(video.output.clone(), "video/mp4"));
    }
    Ok(Outcome { report: json!({ "videos": to_json(&videos)? }), files })
}

/// The scenes, and the monitor for what comes after.
fn found(source: &Source, monitor: &Monitor) -> Result<(SceneReport, Monitor)> {
    let report = detect_scenes(source, &SceneOptions::default(), &monitor.part(0.0, DETECTION_SHARE))?;
    Ok((report, monitor.part(DETECTION_SHARE, 1.0)))
}
