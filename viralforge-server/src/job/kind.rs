//! The kinds of jobs, and what their options are.

use serde_json::{Value, json};
use viralforge_core::{Preset, schema};

use crate::problem::{Problem, Result};
use crate::worker::{ClipRequest, VERBS, Work, prepare, read};

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whether to take an upload: made by the host, when an upload is complete.
    Validation,
    VideoProcessing,
    ClipGeneration,
    ThumbnailGeneration,
    Analysis,
    /// A verb of the library, by its name in kebab case.
    Verb(&'static str),
}

impl Kind {
    const COMPOSED: [Self; 4] =
        [Self::VideoProcessing, Self::ClipGeneration, Self::ThumbnailGeneration, Self::Analysis];

    /// The kinds that a client may ask for.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::COMPOSED.into_iter().chain(VERBS.map(|(name, _)| Self::Verb(name)))
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::VideoProcessing => "video-processing",
            Self::ClipGeneration => "clip-generation",
            Self::ThumbnailGeneration => "thumbnail-generation",
            Self::Analysis => "analysis",
            Self::Verb(name) => name,
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::all().chain([Self::Validation]).find(|kind| kind.name() == name)
    }

    /// The kind that a client asks for.
    pub(crate) fn requested(name: &str) -> Result<Self> {
        Self::all().find(|kind| kind.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::all().map(Self::name).collect();
            Problem::invalid_option(format!("kind {name:?} is not one of {}", names.join(", ")))
        })
    }

    /// The work that `options` ask for.
    pub(crate) fn work(self, options: &Value) -> Result<Work> {
        let work = match self {
            Self::Validation => read(options).map(|policy| Work::Validation { policy: Box::new(policy) }),
            Self::VideoProcessing => read(options).map(|request| Work::VideoProcessing(Box::new(request))),
            Self::ClipGeneration => read(options).map(Work::ClipGeneration),
            Self::ThumbnailGeneration => read(options).map(Work::ThumbnailGeneration),
            Self::Analysis => read(options).map(|options| Work::Analysis { options }),
            Self::Verb(name) => {
                prepare(name, options).map(|_| Work::Verb { name: name.to_owned(), options: options.clone() })
            }
        };
        work.map_err(|error| Problem::invalid_option(error.to_string()))
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
        let (summary, options) = match self {
            Self::Validation => ("Decides whether to take an upload.", options("validate_upload", "options")),
            Self::VideoProcessing => (
                "Makes one file for each platform, or one as the options say.",
                object(json!({ "to": platforms(&[]), "transcode": options("transcode", "options") })),
            ),
            Self::ClipGeneration => (
                "Finds the best moments, and makes a clip of each for every platform.",
                object(
                    json!({ "to": platforms(&ClipRequest::default().to), "clips": options("suggest_clips", "options") }),
                ),
            ),
            Self::ThumbnailGeneration => (
                "Chooses the pictures that stand for it, and makes each small, medium and large.",
                object(json!({ "thumbnails": options("extract_thumbnails", "options") })),
            ),
            Self::Analysis => ("As `analyze`, with the results in `analysis.json`.", options("analyze", "options")),
            Self::Verb(name) => {
                let summary = verb(name).and_then(|verb| verb["summary"].as_str()).unwrap_or_default();
                // The plan is an argument of its own to the library.
                let plan = || object(json!({ "plan": options("plan_render", "report") }));
                (summary, if name == "render" { plan() } else { options(name, "options") })
            }
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
        let elsewhere = [("validate_upload", Kind::Validation)];
        let of_the_library: BTreeSet<String> =
            verbs.filter(|verb| elsewhere.iter().all(|(name, _)| name != verb)).collect();
        let ours: Vec<String> = VERBS.iter().map(|(name, _)| name.replace('-', "_")).collect();
        assert_eq!(ours.iter().cloned().collect::<BTreeSet<_>>(), of_the_library);
        assert_eq!(ours.len(), of_the_library.len());
        let composed = ["video-processing", "clip-generation", "thumbnail-generation", "analysis"];
        let others: Vec<_> = Kind::all().filter(|kind| !matches!(kind, Kind::Verb(_))).map(Kind::name).collect();
        assert_eq!(others, composed);
    }

    #[test]
    fn a_kind_takes_the_options_that_its_schema_has_and_no_others() {
        for kind in Kind::all().chain([Kind::Validation]) {
            let (summary, options) = kind.options();
            assert!(!summary.is_empty());
            let refusal = serde_json::to_value(kind.work(&json!({ "no_such": 1 })).unwrap_err()).unwrap();
            let known = refusal["detail"].as_str().unwrap().split("there are: ").nth(1).unwrap().to_owned();
            let taken: BTreeSet<String> =
                known.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            assert_eq!(taken, names(&options), "{kind:?}");
            for (name, option) in options["properties"].as_object().into_iter().flatten() {
                if let Some(default) = option.get("default") {
                    assert!(kind.work(&json!({ name: default })).is_ok(), "{kind:?} {name}: {default}");
                }
            }
        }
    }

    #[test]
    fn options_are_checked_when_they_are_given() {
        for kind in Kind::all().chain([Kind::Validation]) {
            assert!(kind.work(&Value::Null).is_ok() && kind.work(&json!({})).is_ok());
            assert_eq!(kind.work(&json!({ "no_such": 1 })).unwrap_err().status(), 422, "{kind:?}");
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert!(Kind::requested("validation").is_err() && Kind::requested("mining").is_err());
        assert!(Kind::ClipGeneration.work(&json!({ "to": ["tiktok"], "clips": { "count": 2 } })).is_ok());
        for wrong in [json!({ "to": ["myspace"] }), json!({ "clips": { "cuont": 2 } })] {
            assert_eq!(Kind::ClipGeneration.work(&wrong).unwrap_err().status(), 422, "{wrong}");
        }
    }
}
