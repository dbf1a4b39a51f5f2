//! The library described as data: verbs, options, defaults, limits, reports and error codes. Hosts in other languages
//! compare themselves with it, and servers describe their own interface by it.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use crate::analysis::{Analysis, AnalysisOptions};
use crate::clip::{ClipOptions, ClipSuggestion};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::loudness::{LoudnessOptions, LoudnessReport};
use crate::media_info::MediaInfo;
use crate::monitor::{Progress, Stage};
use crate::preset::Preset;
use crate::reframe::{ReframeOptions, ReframePlan};
use crate::render::{RenderPlan, RenderReport};
use crate::sanitize::{SanitizeOptions, SanitizeReport};
use crate::scene::{SceneOptions, SceneReport};
use crate::scene_output::{SceneSheet, SceneSheetOptions, SplitOptions, WriteScenesOptions, WriteStatisticsOptions};
use crate::silence::{SilenceOptions, SilenceReport};
use crate::thumbnail::{Frame, FrameOptions, Storyboard, StoryboardOptions, ThumbnailOptions, ThumbnailReport};
use crate::transcode::TranscodeOptions;
use crate::validate::{UploadPolicy, UploadReport, UploadSlot};
use crate::waveform::{Waveform, WaveformOptions, WriteWaveformOptions};

/// The options of a verb that has none.
#[derive(JsonSchema)]
struct NoOptions {}

/// What this version can do, as one JSON document:
///
/// - `version`: of this crate;
/// - `error_codes`: every [`ErrorKind::code`];
/// - `stages`: every name of a [`Stage`]; `progress`: the schema of [`Progress`];
/// - `presets`: every name of a [`Preset`];
/// - `limits`: the schema of [`Limits`], with the defaults;
/// - `policies`: the values of the [`UploadPolicy`] of each slot;
/// - `verbs`: for each its `name`, a `summary`, the `arguments` before its options in their order (`source`,
///   `analysis`, `waveform`, `scenes`, `statistics`, `output`, `folder`, `plan`), `input` (the first of them that is
///   read, or `none`), `output` (whether it writes a file), and the schemas of its `options`, with defaults, and of its
///   `report`.
///
/// Schemas are JSON Schema of draft 2020-12, without references. Names are those of JSON: a Rust field that is a
/// duration has `_seconds` behind its name.
pub fn schema() -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "error_codes": ErrorKind::ALL.map(ErrorKind::code),
        "stages": Stage::ALL.map(Stage::name),
        "progress": written::<Progress>(),
        "presets": Preset::ALL.map(Preset::name),
        "limits": read::<Limits>(),
        "policies": {
            "video": UploadPolicy::for_slot(UploadSlot::Video),
            "image": UploadPolicy::for_slot(UploadSlot::Image),
            "audio": UploadPolicy::for_slot(UploadSlot::Audio),
        },
        "verbs": verbs(),
    })
}

fn verbs() -> Vec<Value> {
    vec![
        verb::<NoOptions, MediaInfo>("probe", "Reads the facts of a file from its headers.", &["source"]),
        verb::<UploadPolicy, UploadReport>(
            "validate_upload",
            "Checks an upload: what it really is, whether it is sound, whether the policy takes it.",
            &["source"],
        ),
        verb::<SanitizeOptions, SanitizeReport>(
            "sanitize_upload",
            "Rewrites an upload without places, tags, attachments and hidden bytes; the media stays as it is.",
            &["source", "output"],
        ),
        verb::<AnalysisOptions, Analysis>("analyze", "Runs any set of analyses over one decode.", &["source"]),
        verb::<SceneOptions, SceneReport>("detect_scenes", "Finds the shots of a video.", &["source"]),
        verb::<WriteScenesOptions, u64>(
            "write_scenes",
            "Writes scenes for other programs: tables, edit decision lists, timelines, chapters.",
            &["scenes", "output"],
        ),
        verb::<WriteStatisticsOptions, u64>(
            "write_scene_statistics",
            "Writes what was measured of each frame as a table or as a plot.",
            &["statistics", "output"],
        ),
        verb::<SceneSheetOptions, SceneSheet>(
            "make_scene_sheet",
            "Makes a contact sheet of the first, middle and last frame of each scene.",
            &["source", "scenes"],
        ),
        verb::<SplitOptions, Vec<RenderReport>>(
            "split_scenes",
            "Writes each scene to an MP4 of its own.",
            &["source", "scenes", "folder"],
        ),
        verb::<WaveformOptions, Waveform>("analyze_waveform", "Finds minima and maxima of the sound.", &["source"]),
        verb::<WriteWaveformOptions, u64>(
            "write_waveform",
            "Writes a waveform as data or as a picture.",
            &["waveform", "output"],
        ),
        verb::<LoudnessOptions, LoudnessReport>("measure_loudness", "Measures the loudness of the sound.", &["source"]),
        verb::<SilenceOptions, SilenceReport>("detect_silence", "Finds the silences of the sound.", &["source"]),
        verb::<ReframeOptions, ReframePlan>(
            "plan_reframe",
            "Plans the crop of another shape that follows the subject.",
            &["analysis"],
        ),
        verb::<ClipOptions, Vec<ClipSuggestion>>(
            "suggest_clips",
            "Suggests the stretches that are worth a clip.",
            &["analysis"],
        ),
        verb::<ThumbnailOptions, ThumbnailReport>(
            "extract_thumbnails",
            "Chooses the frames that stand best for a video, as JPEGs.",
            &["source"],
        ),
        verb::<FrameOptions, Vec<Frame>>("extract_frames", "Decodes the frames at given moments.", &["source"]),
        verb::<StoryboardOptions, Storyboard>("make_storyboard", "Makes a contact sheet of a video.", &["source"]),
        verb::<TranscodeOptions, RenderPlan>("plan_render", "Plans a transcode, to be rendered later.", &[]),
        verb::<NoOptions, RenderReport>("render", "Renders a plan to MP4.", &["source", "output", "plan"]),
        verb::<TranscodeOptions, RenderReport>(
            "transcode",
            "Transcodes a source, or a stretch of it, to MP4.",
            &["source", "output"],
        ),
    ]
}

fn verb<O: JsonSchema, R: JsonSchema>(name: &str, summary: &str, arguments: &[&str]) -> Value {
    json!({
        "name": name,
        "summary": summary,
        "arguments": arguments,
        "input": arguments.first().unwrap_or(&"none"),
        "output": arguments.contains(&"output") || arguments.contains(&"folder"),
        "options": read::<O>(),
        "report": written::<R>(),
    })
}

/// The schema of what is read as `T`.
fn read<T: JsonSchema>() -> Schema {
    settings().into_generator().into_root_schema_for::<T>()
}

/// The schema of what `T` is written as.
fn written<T: JsonSchema>() -> Schema {
    settings().for_serialize().into_generator().into_root_schema_for::<T>()
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(schema: &Value) -> Vec<&str> {
        schema["properties"].as_object().map(|p| p.keys().map(String::as_str).collect()).unwrap_or_default()
    }

    fn find<'a>(document: &'a Value, verb: &str) -> &'a Value {
        document["verbs"].as_array().unwrap().iter().find(|v| v["name"] == verb).unwrap()
    }

    #[test]
    fn every_option_has_a_description_and_a_default() {
        let document = schema();
        for verb in document["verbs"].as_array().unwrap() {
            for (name, option) in verb["options"]["properties"].as_object().into_iter().flatten() {
                assert!(option["description"].as_str().is_some_and(|d| d.len() > 10), "{} {name}", verb["name"]);
                assert!(option.get("default").is_some(), "{} {name} has no default", verb["name"]);
            }
        }
        let limits = document["limits"]["properties"].as_object().unwrap();
        assert_eq!(limits["max_duration_seconds"]["default"], 43_200.0);
        assert!(limits.values().all(|limit| limit["default"].is_number()));
    }

    #[test]
    fn schemas_have_the_names_that_are_written() {
        let document = schema();
        let analysis = crate::synthetic::analysis(1.0, crate::Size::new(16, 16));
        let plan = RenderPlan::whole();
        for (verb, part, written) in [
            ("probe", "report", serde_json::to_value(&analysis.media)),
            ("analyze", "report", serde_json::to_value(&analysis)),
            ("plan_render", "report", serde_json::to_value(&plan)),
            ("plan_render", "options", serde_json::to_value(TranscodeOptions::default())),
            ("write_waveform", "options", serde_json::to_value(WriteWaveformOptions::default())),
            ("write_scenes", "options", serde_json::to_value(WriteScenesOptions::default())),
            ("write_scene_statistics", "options", serde_json::to_value(WriteStatisticsOptions::default())),
            ("make_scene_sheet", "options", serde_json::to_value(SceneSheetOptions::default())),
            ("split_scenes", "options", serde_json::to_value(SplitOptions::default())),
            ("validate_upload", "options", serde_json::to_value(UploadPolicy::video())),
            ("sanitize_upload", "options", serde_json::to_value(SanitizeOptions::default())),
        ] {
            let written = written.unwrap();
            let mut names: Vec<_> = written.as_object().unwrap().keys().map(String::as_str).collect();
            let mut described = properties(&find(&document, verb)[part]);
            names.sort_unstable();
            described.sort_unstable();
            assert_eq!(described, names, "{verb} {part}");
        }
    }

    #[test]
    fn nothing_is_left_to_look_up_elsewhere() {
        assert!(!schema().to_string().contains("\"$ref\""));
    }
}
