//! A method and its parameters in one argument.

use serde_json::{Map, Value, json};
use viralforge_core::{Error, SceneMethod, SceneOptions, options_from_json};

/// `NAME` or `NAME:KEY=VALUE,…`: the method's JSON, written shorter. A dot in a key leads into a parameter that has
/// parts (`weights.delta_hue=2`).
pub(super) fn parse(text: &str) -> Result<SceneMethod, String> {
    let (name, parameters) = text.split_once(':').unwrap_or((text, ""));
    let mut method = Map::from_iter([("name".to_owned(), Value::from(name))]);
    for parameter in parameters.split(',').filter(|_| text.contains(':')) {
        let pair = parameter.split_once('=').filter(|(key, _)| *key != "name");
        let (key, value) = pair.ok_or_else(|| format!("{parameter:?} is not KEY=VALUE, such as threshold=30"))?;
        // What is no JSON is a text, which the library then finds to be no number.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        insert(&mut method, key, value).ok_or_else(|| format!("{key:?} is there twice"))?;
    }
    let options = options_from_json(SceneOptions::default(), &json!({ "method": method }));
    options.map(|options| options.method).map_err(|error| match error {
        Error::InvalidOption { problem, .. } => problem,
        error => error.to_string(),
    })
}

/// Puts a value at its place; `None` where there is something already.
fn insert(object: &mut Map<String, Value>, key: &str, value: Value) -> Option<()> {
    match key.split_once('.') {
        Some((key, rest)) => insert(object.entry(key).or_insert_with(|| json!({})).as_object_mut()?, rest, value),
        None => object.insert(key.to_owned(), value).is_none().then_some(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_behind_the_name() {
        assert_eq!(parse("standard"), Ok(SceneMethod::Standard));
        assert_eq!(parse("content:threshold=30.5"), Ok(SceneMethod::content(30.5)));
        let read = |text| serde_json::to_value(parse(text).unwrap()).unwrap();
        let adaptive = read("adaptive:window_width=3,luma_only=true,weights.delta_hue=2,weights.delta_edges=0.5");
        assert_eq!((&adaptive["window_width"], &adaptive["luma_only"]), (&3.into(), &true.into()));
        assert_eq!((&adaptive["weights"]["delta_hue"], &adaptive["weights"]["delta_sat"]), (&2.0.into(), &1.0.into()));
        assert_eq!(adaptive["weights"]["delta_edges"], 0.5);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_there_is() {
        let problem = |text| parse(text).unwrap_err();
        let name = problem("contents");
        for known in ["contents", "standard", "content", "adaptive", "histogram", "hash", "fade_threshold"] {
            assert!(name.contains(&format!("`{known}`")), "{name}");
        }
        assert!(problem("content:treshold=3").contains("`threshold`"), "{}", problem("content:treshold=3"));
        assert!(problem("content:threshold=high").contains("a number"), "{}", problem("content:threshold=high"));
        for wrong in ["", "content:", "content:30", "content:name=hash", "content:threshold=1,threshold=2"] {
            assert!(!problem(wrong).is_empty(), "{wrong}");
        }
        assert!(problem("hash:size=1,size=2").contains("twice"));
        assert!(problem("content:weights=1,weights.delta_hue=2").contains("twice"));
    }
}
