//! The kinds of jobs as work for a child. Most are verbs of the library: each with its own options, and with the report
//! that the command line prints.

use std::path::Path;

use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use viralforge_core::{
    AnalysisOptions, ClipOptions, Error, FrameOptions, Monitor, Output, Preset, ReframeOptions, ReframePlan,
    RenderPlan, RenderReport, Result, SanitizeOptions, SceneOptions, Source, StoryboardOptions, StoryboardTile,
    ThumbnailOptions, TranscodeOptions, WaveformFormat, WaveformOptions, WriteWaveformOptions, analyze,
    analyze_waveform, detect_silence, extract_frames, extract_thumbnails, make_storyboard, measure_loudness,
    options_from_json, plan_reframe, plan_render, probe, render, sanitize_upload, suggest_clips, transcode,
    validate_upload, write_thumbnails, write_waveform,
};

use super::child::{to_json, write};
use super::scenes::{scene_files, scene_list, scene_sheet, scene_statistics, told_scenes};
use super::task::{Made, Outcome, VideoRequest};
use super::{clips, thumbnails};

/// Work whose options were read: what is left are the source, the folder to write into, and whoever follows it.
pub(crate) type Prepared = Box<dyn FnOnce(&Source, &Path, &Monitor) -> Result<Outcome>>;

type Prepare = fn(&Value) -> Result<Prepared>;

/// The kind that decides whether to take an upload.
pub(super) const VALIDATION: &str = "validation";

/// Every kind with what reads its options: those that the host is made of, and the verbs by their names in kebab case.
pub(crate) const KINDS: [(&str, Prepare); 24] = [
    (VALIDATION, |options| finds(options, validate_upload)),
    ("video-processing", |options| makes(options, videos)),
    ("clip-generation", |options| makes(options, clips::make)),
    ("thumbnail-generation", |options| makes(options, thumbnails::make)),
    ("probe", |options| finds(options, |source, _: &NoOptions, monitor| probe(source, monitor))),
    ("sanitize-upload", |options| makes(options, sanitized)),
    ("analyze", |options| finds(options, analyze)),
    ("detect-scenes", |options| finds(options, told_scenes)),
    ("write-scenes", |options| makes(options, scene_list)),
    ("write-scene-statistics", |options| makes(options, scene_statistics)),
    ("make-scene-sheet", |options| makes(options, scene_sheet)),
    ("split-scenes", |options| makes(options, scene_files)),
    ("analyze-waveform", |options| finds(options, analyze_waveform)),
    ("write-waveform", |options| makes(options, waveform)),
    ("measure-loudness", |options| finds(options, measure_loudness)),
    ("detect-silence", |options| finds(options, detect_silence)),
    ("plan-reframe", |options| finds(options, reframe)),
    ("suggest-clips", |options| finds(options, suggest)),
    ("extract-thumbnails", |options| makes(options, written_thumbnails)),
    ("extract-frames", |options| makes(options, frames)),
    ("make-storyboard", |options| makes(options, storyboard)),
    ("plan-render", |options| finds(options, |_, options, _| plan_render(options))),
    ("render", |options| makes(options, video_of_a_plan)),
    ("transcode", |options| makes(options, video)),
];

/// Reads the options of a kind.
pub(crate) fn prepare(kind: &str, options: &Value) -> Result<Prepared> {
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let (_, prepare) =
        known.ok_or_else(|| Error::Backend { input: kind.to_owned(), problem: "no such kind".into() })?;
    prepare(options)
}

/// Options as JSON, laid over the defaults; none at all are the defaults.
fn read<T: Default + Serialize + DeserializeOwned>(options: &Value) -> Result<T> {
    if options.is_null() { Ok(T::default()) } else { options_from_json(T::default(), options) }
}

/// [`read`] for options within options.
pub(super) fn read_within<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Serialize + DeserializeOwned,
{
    read(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// A verb that only reports.
fn finds<O, R>(options: &Value, verb: fn(&Source, &O, &Monitor) -> Result<R>) -> Result<Prepared>
where
    O: Default + Serialize + DeserializeOwned + 'static,
    R: Serialize + 'static,
{
    let options: O = read(options)?;
    Ok(Box::new(move |source, _, monitor| {
        Ok(Outcome { report: to_json(&verb(source, &options, monitor)?)?, files: Vec::new() })
    }))
}

/// A verb that makes files as well.
fn makes<O>(options: &Value, verb: fn(&Source, &O, &Path, &Monitor) -> Result<Outcome>) -> Result<Prepared>
where
    O: Default + Serialize + DeserializeOwned + 'static,
{
    let options: O = read(options)?;
    Ok(Box::new(move |source, folder, monitor| verb(source, &options, folder, monitor)))
}

/// The options of a verb that has none.
type NoOptions = serde_json::Map<String, Value>;

/// The plan that `render` is given beside its options.
#[derive(Default, Serialize, Deserialize)]
struct PlanToRender {
    #[serde(deserialize_with = "read_within")]
    plan: RenderPlan,
}

/// The clean file, named by its true type.
fn sanitized(source: &Source, options: &SanitizeOptions, folder: &Path, monitor: &Monitor) -> Result<Outcome> {
    let unnamed = folder.join("clean");
    let report = sanitize_upload(source, &Output::to_path(&unnamed), options, monitor)?;
    let (ending, content_type) = match report.mime.as_str() {
        "video/quicktime" => ("mov", "video/quicktime"),
        "video/3gpp" => ("3gp", "video/3gpp"),
        "video/x-m4v" => ("m4v", "video/x-m4v"),
        "audio/mp4" => ("m4a", "audio/mp4"),
        "video/matroska" => ("mkv", "video/matroska"),
        "audio/matroska" => ("mka", "audio/matroska"),
        "video/webm" => ("webm", "video/webm"),
        "audio/webm" => ("weba", "audio/webm"),
        "image/jpeg" => ("jpg", "image/jpeg"),
        "image/png" => ("png", "image/png"),
        "image/gif" => ("gif", "image/gif"),
        "image/webp" => ("webp", "image/webp"),
        _ => ("mp4", "video/mp4"),
    };
    let name = format!("clean.{ending}");
    let failed = |source| Error::Io { input: name.clone(), source };
    std::fs::rename(&unnamed, folder.join(&name)).map_err(failed)?;
    Ok(Outcome { report: to_json(&report)?, files: vec![Made::new(name, content_type)] })
}

fn suggest(source: &Source, options: &ClipOptions, monitor: &Monitor) -> Result<Value> {
    let analysis = analyze(source, &AnalysisOptions::all(), monitor)?;
    Ok(json!({ "suggestions": to_json(&suggest_clips(&analysis, options)?)? }))
}

fn reframe(source: &Source, options: &ReframeOptions, monitor: &Monitor) -> Result<ReframePlan> {
    let wanted = AnalysisOptions::none().with_scenes(SceneOptions::default()).with_subject(true);
    plan_reframe(&analyze(source, &wanted, monitor)?, options)
}

fn waveform(source: &Source, options: &WriteWaveformOptions, folder: &Path, monitor: &Monitor) -> Result<Outcome> {
    let waveform = analyze_waveform(source, &WaveformOptions::default(), monitor)?;
    let (name, content_type) = match options.format {
        Some(WaveformFormat::Json) => ("waveform.json", "application/json"),
        Some(WaveformFormat::Svg) => ("waveform.svg", "image/svg+xml"),
        Some(WaveformFormat::Png) => ("waveform.png", "image/png"),
        _ => ("waveform.dat", "application/octet-stream"),
    };
    write_waveform(&waveform, &Output::to_path(folder.join(name)), options)?;
    Ok(Outcome { report: to_json(&waveform)?, files: vec![Made::new(name, content_type)] })
}

fn written_thumbnails(
    source: &Source,
    options: &ThumbnailOptions,
    folder: &Path,
    monitor: &Monitor,
) -> Result<Outcome> {
    let mut report = extract_thumbnails(source, options, monitor)?;
    write_thumbnails(&mut report, folder, "thumbnail")?;
    let mut files = Vec::new();
    for (number, thumbnail) in report.thumbnails.iter_mut().enumerate() {
        let name = format!("thumbnail-{}.jpg", number + 1);
        thumbnail.output = Some(name.clone());
        files.push(Made::new(name, "image/jpeg"));
    }
    Ok(Outcome { report: to_json(&report)?, files })
}

fn frames(source: &Source, options: &FrameOptions, folder: &Path, monitor: &Monitor) -> Result<Outcome> {
    let (mut reports, mut files) = (Vec::new(), Vec::new());
    for (number, frame) in extract_frames(source, options, monitor)?.iter().enumerate() {
        let name = format!("frame-{}.png", number + 1);
        write(folder, &name, &frame.to_png()?)?;
        let mut report = to_json(frame)?;
        report["output"] = json!(name);
        reports.push(report);
        files.push(Made::new(name, "image/png"));
    }
    Ok(Outcome { report: json!({ "frames": reports }), files })
}

fn storyboard(source: &Source, options: &StoryboardOptions, folder: &Path, monitor: &Monitor) -> Result<Outcome> {
    let board = make_storyboard(source, options, monitor)?;
    let (sheet, track) = ("storyboard.jpg", "storyboard.vtt");
    write(folder, sheet, &board.jpeg)?;
    write(folder, track, board.to_web_vtt(sheet).as_bytes())?;
    let tile = |tile: &StoryboardTile| {
        let (start_seconds, time_seconds) = (tile.start.as_seconds_f64(), tile.time.as_seconds_f64());
        let place = tile.place;
        json!({ "start_seconds": start_seconds, "time_seconds": time_seconds,
                "x": place.x, "y": place.y, "width": place.width, "height": place.height })
    };
    let report = json!({
        "output": sheet, "web_vtt": track, "width": board.size.width, "height": board.size.height,
        "bytes_written": board.jpeg.len(), "tiles": board.tiles.iter().map(tile).collect::<Vec<_>>(),
    });
    Ok(Outcome { report, files: vec![Made::new(sheet, "image/jpeg"), Made::new(track, "text/vtt")] })
}

fn videos(source: &Source, request: &VideoRequest, folder: &Path, monitor: &Monitor) -> Result<Outcome> {
    let named = |preset: &Preset| (format!("video-{preset}.mp4"), request.transcode.clone().with_preset(*preset));
    let mut wanted: Vec<_> = request.to.iter().map(named).collect();
    if wanted.is_empty() {
        wanted.push(("video.mp4".to_owned(), request.transcode.clone()));
    }
    let share = 1.0 / wanted.len() as f64;
    let (mut reports, mut files) = (Vec::new(), Vec::new());
    for (done, (name, options)) in wanted.into_iter().enumerate() {
        let part = monitor.part(done as f64 * share, (done + 1) as f64 * share);
        let made = video_in(folder, name, |output| transcode(source, output, &options, &part))?;
        reports.push(made.report);
        files.extend(made.files);
    }
    Ok(Outcome { report: json!({ "videos": reports }), files })
}

fn video(source: &Source, options: &TranscodeOptions, folder: &Path, monitor: &Monitor) -> Result<Outcome> {
    video_in(folder, "video.mp4".to_owned(), |output| transcode(source, output, options, monitor))
}

fn video_of_a_plan(source: &Source, options: &PlanToRender, folder: &Path, monitor: &Monitor) -> Result<Outcome> {
    video_in(folder, "video.mp4".to_owned(), |output| render(source, output, &options.plan, monitor))
}

fn video_in(folder: &Path, name: String, make: impl FnOnce(&Output) -> Result<RenderReport>) -> Result<Outcome> {
    let mut report = make(&Output::to_path(folder.join(&name)))?;
    report.output.clone_from(&name);
    Ok(Outcome { report: to_json(&report)?, files: vec![Made::new(name, "video/mp4")] })
}
