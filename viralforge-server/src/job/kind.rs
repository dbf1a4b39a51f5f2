//! The kinds of jobs, and what their options are.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use viralforge_core::{AnalysisOptions, UploadPolicy, options_from_json};

use crate::problem::{Problem, Result};
use crate::worker::{ClipRequest, ThumbnailRequest, VideoRequest, Work};

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whether to take an upload: made by the host, when an upload is complete.
    Validation,
    VideoProcessing,
    ClipGeneration,
    ThumbnailGeneration,
    Analysis,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Validation, Self::VideoProcessing, Self::ClipGeneration, Self::ThumbnailGeneration, Self::Analysis];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::VideoProcessing => "video-processing",
            Self::ClipGeneration => "clip-generation",
            Self::ThumbnailGeneration => "thumbnail-generation",
            Self::Analysis => "analysis",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind that a client asks for.
    pub(crate) fn requested(name: &str) -> Result<Self> {
        Self::from_name(name).filter(|kind| *kind != Self::Validation).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().filter(|k| **k != Self::Validation).map(|k| k.name()).collect();
            Problem::invalid_option(format!("kind {name:?} is not one of {}", names.join(", ")))
        })
    }

    /// The work that `options` ask for.
    pub(crate) fn work(self, options: &Value) -> Result<Work> {
        Ok(match self {
            Self::Validation => {
                let policy = read(UploadPolicy::default(), options)?;
                Work::Validation { policy: Box::new(policy) }
            }
            Self::VideoProcessing => Work::VideoProcessing(Box::new(read(VideoRequest::default(), options)?)),
            Self::ClipGeneration => Work::ClipGeneration(read(ClipRequest::default(), options)?),
            Self::ThumbnailGeneration => Work::ThumbnailGeneration(read(ThumbnailRequest::default(), options)?),
            Self::Analysis => Work::Analysis { options: read(AnalysisOptions::default(), options)? },
        })
    }
}

fn read<T: Serialize + DeserializeOwned>(defaults: T, options: &Value) -> Result<T> {
    let empty = Value::Object(serde_json::Map::new());
    let options = if options.is_null() { &empty } else { options };
    options_from_json(defaults, options).map_err(|error| Problem::invalid_option(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_checked_when_they_are_given() {
        for kind in Kind::ALL {
            assert!(kind.work(&Value::Null).is_ok() && kind.work(&json!({})).is_ok());
            assert_eq!(kind.work(&json!({ "no_such": 1 })).unwrap_err().status(), 422, "{kind:?}");
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert!(Kind::requested("validation").is_err() && Kind::requested("mining").is_err());
        assert!(Kind::ClipGeneration.work(&json!({ "to": ["tiktok"], "clips": { "count": 2 } })).is_ok());
        assert!(Kind::ClipGeneration.work(&json!({ "to": ["myspace"] })).is_err());
    }
}
