//! JSON between the two halves: camelCase for JavaScript, snake_case for core. Only keys are renamed, never values.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use viralforge_core as core;

/// `min_duration_seconds` as `minDurationSeconds`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut raise = false;
    for c in name.chars() {
        if c == '_' {
            raise = true;
        } else {
            out.push(if raise { c.to_ascii_uppercase() } else { c });
            raise = false;
        }
    }
    out
}

/// `minDurationSeconds` as `min_duration_seconds`.
fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// A report as JSON for JavaScript. Things that lie in a stretch of time also get a `range`, to be handed on as it is.
pub(crate) fn to_js(report: &impl Serialize) -> core::Result<String> {
    let value = serde_json::to_value(report).map_err(unfit)?;
    serde_json::to_string(&renamed_for_js(value)).map_err(unfit)
}

/// What JavaScript sent, with the names that core knows.
pub(crate) fn from_js(text: &str) -> core::Result<Value> {
    serde_json::from_str(text).map(renamed_for_core).map_err(unfit)
}

/// A value that JavaScript holds as plain data; `name` says in errors what it is.
pub(crate) fn read<T: DeserializeOwned>(text: &str, name: &'static str) -> core::Result<T> {
    serde_json::from_str(text).and_then(|value| serde_json::from_value(renamed_for_core(value))).map_err(|error| {
        let problem = format!("is not one: {error}");
        core::Error::InvalidOption { option: name.into(), problem }
    })
}

/// Neither can happen with what the face sends and core reports; a bug of ours is an error all the same.
fn unfit(error: serde_json::Error) -> core::Error {
    core::Error::Backend { input: "JSON".into(), problem: error.to_string() }
}

/// The keys of a stretch of time, as core writes them.
const RANGE: [&str; 4] = ["start", "end", "start_seconds", "end_seconds"];

fn renamed_for_js(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(renamed_for_js).collect(),
        Value::Object(fields) => {
            let range = range_of(&fields);
            let renamed = |(key, value): (String, Value)| {
                let value = if key == "range" { without_range(renamed_for_js(value)) } else { renamed_for_js(value) };
                (camel_case(&key), value)
            };
            let mut out: Map<String, Value> = fields.into_iter().map(renamed).collect();
            out.extend(range.map(|range| ("range".to_owned(), range)));
            Value::Object(out)
        }
        other => other,
    }
}

fn range_of(fields: &Map<String, Value>) -> Option<Value> {
    RANGE.iter().map(|key| Some((camel_case(key), fields.get(*key)?.clone()))).collect::<Option<_>>().map(Value::Object)
}

/// A range is no thing that lies in one.
fn without_range(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.remove("range");
    }
    value
}

fn renamed_for_core(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(renamed_for_core).collect(),
        Value::Object(mut fields) => {
            // The copy that `renamed_for_js` added: the fields beside it say the same.
            if fields.contains_key("start") || fields.contains_key("startSeconds") {
                fields.remove("range");
            }
            fields.into_iter().map(|(key, value)| (snake_case(&key), renamed_for_core(value))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_come_back_as_they_were() {
        for name in ["count", "min_duration_seconds", "max_sample_rate_hz"] {
            assert_eq!(snake_case(&camel_case(name)), name);
        }
    }

    #[test]
    fn values_keep_their_spelling() {
        let report = json!({ "verdict": "accept_with_warnings", "safe_name": "a_b.mp4" });
        assert_eq!(renamed_for_js(report), json!({ "verdict": "accept_with_warnings", "safeName": "a_b.mp4" }));
    }

    #[test]
    fn a_thing_in_time_gets_a_range_and_a_range_does_not() {
        let exact = |num: i32| json!({ "num": num, "den": 1 });
        let range = json!({ "start": exact(0), "end": exact(1), "start_seconds": 0.0, "end_seconds": 1.0 });
        let report = json!({ "scenes": [range], "range": range });
        let named = json!({ "start": exact(0), "end": exact(1), "startSeconds": 0.0, "endSeconds": 1.0 });
        let renamed = renamed_for_js(report.clone());
        assert_eq!((&renamed["scenes"][0]["range"], &renamed["range"]), (&named, &named));
        assert_eq!(renamed_for_core(renamed), report);
    }
}
