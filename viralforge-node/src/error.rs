//! Core's errors on their way to JavaScript, where `lib/error.cjs` makes `ViralforgeError` of them.

use std::any::Any;

use napi::Error;
use serde_json::{Map, Value, json};
use viralforge_core as core;

use crate::camel::camel_case;

/// The error as the JSON text that the face takes apart: napi's own codes are not ours.
pub(crate) fn rejection(error: &core::Error) -> Error {
    Error::from_reason(facts(error).to_string())
}

/// A panic is a bug of ours; it must not take the process with it.
pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Error {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = format!("the library failed: {}", text.unwrap_or("a panic without words"));
    Error::from_reason(json!({ "code": core::ErrorKind::Backend.code(), "message": message }).to_string())
}

fn facts(error: &core::Error) -> Value {
    let mut facts =
        Map::from_iter([("code".to_owned(), error.code().into()), ("message".into(), message(error).into())]);
    let mut add = |name: &str, value: Value| facts.insert(name.into(), value);
    match error {
        core::Error::InvalidOption { option, .. } => {
            add("option", camel_case(option).into());
        }
        core::Error::LimitExceeded { limit, actual, allowed, .. } => {
            add("limit", camel_case(limit).into());
            add("actual", actual.as_str().into());
            add("allowed", allowed.as_str().into());
        }
        core::Error::MissingTrack { track, .. } => {
            add("track", track.to_string().into());
        }
        core::Error::Io { source, .. } => {
            // The face knows the name of the number: `ENOENT` for 2.
            add("errno", source.raw_os_error().into());
        }
        _ => {}
    }
    Value::Object(facts)
}

/// Names of options and limits as JavaScript spells them.
fn message(error: &core::Error) -> String {
    match error {
        core::Error::InvalidOption { option, problem } => format!("{} {problem}", camel_case(option)),
        core::Error::LimitExceeded { input, limit, actual, allowed } => {
            format!("{input}: {} {actual} is over the limit of {allowed}", camel_case(limit))
        }
        other => other.to_string(),
    }
}
