//! The kinds of jobs, and what their options are.

use serde_json::{Value, json};
use viralforge_core::{Preset, schema};

use crate::problem::{Problem, Result};
use crate::worker::{ClipRequest, KINDS, prepare};

/// What a job does, by its name: a verb of the library in kebab case, or what is made of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind(&'static str);

impl Kind {
    /// Whether to take an upload: made by the host, when an upload is complete.
    pub(crate) const VALIDATION: Self = Self("validation");
    pub(crate) const THUMBNAIL_GENERATION: Self = Self("thumbnail-generation");

    /// All kinds, [`Self::VALIDATION`] among them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|(name, _)| Self(name))
    }

    /// The kinds that a client may ask for.
    pub(crate) fn public() -> impl Iterator<Item = Self> {
        Self::all().filter(|kind| *kind != Self::VALIDATION)
    }

    pub(crate) const fn name(self) -> &'static str {
        self.0
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.name() == name)
    }

    /// The kind that a client asks for.
    pub(crate) fn requested(name: &str) -> Result<Self> {
        Self::public().find(|kind| kind.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::public().map(Self::name).collect();
            Problem::invalid_option(format!("kind {name:?} is not one of {}", names.join(", ")))
        })
    }

    /// Whether its options are as they have to be.
    pub(crate) fn check(self, options: &Value) -> Result<()> {
        prepare(self.name(), options).map(|_| ()).map_err(|error| Problem::invalid_option(error.to_string()))
    }

    /// What it does, in a sentence, and the JSON Schema of its options. Those of verbs are the library's own.
    pub(crate) fn options(self) -> (String, Value) {
        let verbs = schema()["verbs"].take();
        let verb =
            |name: &str| verbs.as_array().into_iter().flatten().find(|verb| verb["name"] == *name.replace('-', "_"));
        let options = |name: &str, part: &str| verb(name).map(|verb| closed(verb[part].clone())).unwrap_or_default();
        let object = |fields: Value| closed(json!({ "type": "object", "properties": fields }));
        let platforms = |default: &[Preset]| {
            json!({ "description": "Platforms to make it for.", "type": "array", "default": default,
                    "items": { "enum": Preset::ALL.map(Preset::name) } })
        };
        let summary = verb(self.name()).and_then(|verb| verb["summary"].as_str()).unwrap_or_default();
        let (summary, options) = match self.name() {
            "validation" => ("Decides whether to take an upload.", options("validate_upload", "options")),
            "video-processing" => (
                "Makes one file for each platform, or one as the options say.",
                object(json!({ "to": platforms(&[]), "transcode": options("transcode", "options") })),
            ),
            "clip-generation" => (
                "Finds the best moments, and makes a clip of each for every platform.",
                object(
                    json!({ "to": platforms(&ClipRequest::default().to), "clips": options("suggest_clips", "options") }),
                ),
            ),
            "thumbnail-generation" => (
                "Chooses the pictures that stand for it, and makes each small, medium and large.",
                object(json!({ "thumbnails": options("extract_thumbnails", "options") })),
            ),
            // The plan is an argument of its own to the library.
            "render" => (summary, object(json!({ "plan": options("plan_render", "report") }))),
            name => (summary, options(name, "options")),
        };
        (summary.to_owned(), options)
    }
}

/// Names that are not in the schema are refused.
fn closed(mut schema: Value) -> Value {
    schema["additionalProperties"] = json!(false);
    schema
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(schema: &Value) -> BTreeSet<String> {
        schema["properties"].as_object().map(|names| names.keys().cloned().collect()).unwrap_or_default()
    }

    #[test]
    fn every_verb_is_a_kind_of_job_and_every_kind_is_a_verb_or_made_of_some() {
        let document = schema();
        let verbs = document["verbs"].as_array().unwrap().iter().map(|verb| verb["name"].as_str().unwrap().to_owned());
        // What completing an upload does.
        let elsewhere = [("validate_upload", Kind::VALIDATION)];
        let of_the_library: BTreeSet<String> =
            verbs.filter(|verb| elsewhere.iter().all(|(name, _)| name != verb)).collect();
        let composed = ["validation", "video-processing", "clip-generation", "thumbnail-generation"];
        let names: Vec<_> = Kind::all().map(Kind::name).collect();
        let (others, ours): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| composed.contains(name));
        assert_eq!(others, composed);
        assert_eq!(ours.len(), of_the_library.len());
        assert_eq!(ours.iter().map(|name| name.replace('-', "_")).collect::<BTreeSet<_>>(), of_the_library);
    }

    #[test]
    fn a_kind_takes_the_options_that_its_schema_has_and_no_others() {
        for kind in Kind::all() {
            let (summary, options) = kind.options();
            assert!(!summary.is_empty());
            let refusal = serde_json::to_value(kind.check(&json!({ "no_such": 1 })).unwrap_err()).unwrap();
            let known = refusal["detail"].as_str().unwrap().split("there are: ").nth(1).unwrap().to_owned();
            let taken: BTreeSet<String> =
                known.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            assert_eq!(taken, names(&options), "{kind:?}");
            for (name, option) in options["properties"].as_object().into_iter().flatten() {
                if let Some(default) = option.get("default") {
                    assert!(kind.check(&json!({ name: default })).is_ok(), "{kind:?} {name}: {default}");
                }
            }
        }
    }

    #[test]
    fn options_are_checked_when_they_are_given() {
        for kind in Kind::all() {
            assert!(kind.check(&Value::Null).is_ok() && kind.check(&json!({})).is_ok());
            assert_eq!(kind.check(&json!({ "no_such": 1 })).unwrap_err().status(), 422, "{kind:?}");
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert!(Kind::requested("validation").is_err() && Kind::requested("mining").is_err());
        assert!(Kind("clip-generation").check(&json!({ "to": ["tiktok"], "clips": { "count": 2 } })).is_ok());
        for wrong in [json!({ "to": ["myspace"] }), json!({ "clips": { "cuont": 2 } })] {
            assert_eq!(Kind("clip-generation").check(&wrong).unwrap_err().status(), 422, "{wrong}");
        }
    }
}
