//! Options as JSON, the form in which they cross into other languages and over networks.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Lays the options that `patch`, a JSON object, names over `defaults`. `null` is a value like any other: it stands
/// where an option may be missing.
///
/// # Errors
/// `invalid_option` where `patch` is no object, names an option that there is not, or gives a value of the wrong type.
/// Whether a value is in its range is for the verb to say.
///
/// # Examples
/// ```
/// # use viralforge_core::*;
/// let patch = serde_json::json!({ "threshold": 0.3, "min_scene_duration_seconds": 0.5 });
/// let options = options_from_json(SceneOptions::default(), &patch)?;
/// assert_eq!(options.threshold, 0.3);
/// let typo = options_from_json(SceneOptions::default(), &serde_json::json!({ "treshold": 0.3 }));
/// assert_eq!(typo.unwrap_err().code(), "invalid_option");
/// # Ok::<(), Error>(())
/// ```
pub fn options_from_json<T: Serialize + DeserializeOwned>(defaults: T, patch: &Value) -> Result<T> {
    let Value::Object(patch) = patch else {
        return Err(Error::invalid_option("options", format!("are {} instead of an object", kind(patch))));
    };
    let mut options = match serde_json::to_value(defaults) {
        Ok(Value::Object(options)) => options,
        Ok(_) => Map::new(),
        Err(error) => return Err(Error::invalid_option("options", error)),
    };
    for (name, value) in patch {
        let Some(option) = options.get_mut(name) else {
            let known: Vec<_> = options.keys().map(String::as_str).collect();
            let problem = format!("is not an option; there are: {}", known.join(", "));
            return Err(Error::invalid_option(name.clone(), problem));
        };
        option.clone_from(value);
    }
    serde_path_to_error::deserialize(Value::Object(options)).map_err(|error| {
        let path = error.path().to_string();
        let option = if path == "." { "options".to_owned() } else { path };
        Error::invalid_option(option, in_words(&error.into_inner().to_string()))
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// serde's words, without the names of Rust's types.
fn in_words(problem: &str) -> String {
    const TYPES: [(&str, &str); 8] = [
        ("u8", "a whole number in 0..=255"),
        ("u16", "a whole number in 0..=65535"),
        ("u32", "a whole number in 0..=4294967295"),
        ("u64", "a whole number from 0 on"),
        ("usize", "a whole number from 0 on"),
        ("i64", "a whole number"),
        ("f64", "a number"),
        ("a boolean", "true or false"),
    ];
    let Some((found, expected)) = problem.split_once(", expected ") else { return problem.to_owned() };
    let expected = TYPES.iter().find(|(rust, _)| *rust == expected).map_or(expected, |(_, words)| words);
    format!("{found}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analysis::AnalysisOptions;
    use crate::scene::SceneOptions;
    use crate::transcode::TranscodeOptions;
    use crate::waveform::WriteWaveformOptions;

    #[test]
    fn only_what_is_named_differs_from_the_defaults() {
        let options =
            options_from_json(TranscodeOptions::default(), &json!({ "preset": "tiktok", "crf": 18 })).unwrap();
        assert_eq!(options, TranscodeOptions::default().with_preset(crate::Preset::TikTok).with_crf(18));
        let none = options_from_json(options, &json!({ "crf": null, "aspect": [9, 16] })).unwrap();
        assert_eq!((none.crf, none.aspect), (None, Some(crate::AspectRatio::PORTRAIT_9_16)));
        let picture = options_from_json(WriteWaveformOptions::default(), &json!({ "width": 300, "bits": 8 })).unwrap();
        assert_eq!((picture.picture.width, picture.picture.height), (300, 240));
    }

    #[test]
    fn a_wrong_name_or_type_is_named_in_words() {
        let text = |patch: Value| options_from_json(TranscodeOptions::default(), &patch).unwrap_err().to_string();
        assert!(text(json!({ "cfr": 18 })).starts_with("cfr is not an option; there are: "));
        let crf = text(json!({ "crf": 300 }));
        assert_eq!(crf, "crf invalid value: integer `300`, expected a whole number in 0..=255");
        assert_eq!(text(json!({ "mute": 1 })), "mute invalid type: integer `1`, expected true or false");
        assert!(text(json!({ "keyframe_interval_seconds": -1 })).contains("-1 is not a number of seconds from 0 on"));
        assert_eq!(text(json!([])), "options are a list instead of an object");
    }

    #[test]
    fn a_part_of_an_analysis_is_a_switch_or_options() {
        let read = |patch: Value| options_from_json(AnalysisOptions::none(), &patch);
        let options = read(json!({ "scenes": true, "silence": { "min_duration_seconds": 0.3 } })).unwrap();
        assert_eq!(options.scenes, Some(SceneOptions::default()));
        assert_eq!(options.silence.unwrap().min_duration.as_secs_f64(), 0.3);
        assert_eq!(read(json!({ "loudness": false })).unwrap().loudness, None);
        let typo = read(json!({ "scenes": { "treshold": 1 } })).unwrap_err().to_string();
        assert!(typo.starts_with("scenes.treshold unknown field"), "{typo}");
    }
}
