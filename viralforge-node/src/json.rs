//! JSON between the two halves: camelCase for JavaScript, snake_case for core. Only keys are renamed, never values.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use viralforge_core as core;

use crate::camel::to_camel_case;

/// A report as JSON for JavaScript.
pub(crate) fn to_js(report: &impl Serialize) -> core::Result<String> {
    serde_json::to_string(report).map(|text| to_camel_case(&text)).map_err(unfit)
}

/// What JavaScript sent, with the names that core knows.
pub(crate) fn from_js(text: &str) -> core::Result<Value> {
    serde_json::from_str(text).map(to_snake_case).map_err(unfit)
}

/// A value that JavaScript holds as plain data; `name` says in errors what it is.
pub(crate) fn read<T: DeserializeOwned>(text: &str, name: &'static str) -> core::Result<T> {
    serde_json::from_str(text).and_then(|value| serde_json::from_value(to_snake_case(value))).map_err(|error| {
        let problem = format!("is not one: {error}");
        core::Error::InvalidOption { option: name.into(), problem }
    })
}

/// Neither can happen with what the face sends and core reports; a bug of ours is an error all the same.
fn unfit(error: serde_json::Error) -> core::Error {
    core::Error::Backend { input: "JSON".into(), problem: error.to_string() }
}

fn to_snake_case(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(to_snake_case).collect(),
        Value::Object(mut fields) => {
            // The copy that `to_camel_case` added: the fields beside it say the same.
            if fields.contains_key("start") || fields.contains_key("startSeconds") {
                fields.remove("range");
            }
            fields.into_iter().map(|(key, value)| (snake_case(&key), to_snake_case(value))).collect()
        }
        other => other,
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::camel::camel_case;

    #[test]
    fn names_come_back_as_they_were() {
        for name in ["count", "min_duration_seconds", "max_sample_rate_hz"] {
            assert_eq!(snake_case(&camel_case(name)), name);
        }
    }

    #[test]
    fn what_was_reported_can_be_read_back() -> Result<(), Box<dyn std::error::Error>> {
        let exact = |num: i32| json!({ "num": num, "den": 1 });
        let range = json!({ "start": exact(0), "end": exact(1), "start_seconds": 0.0, "end_seconds": 1.0 });
        let plan = json!({ "shots": [range], "source_size": null, "range": range });
        let text = to_js(&plan)?;
        assert!(text.contains("sourceSize") && text.matches("\"range\"").count() == 2);
        assert_eq!(from_js(&text)?, plan);
        Ok(())
    }
}
