//! `--limit NAME=VALUE`: under which limits media is read.

use serde_json::{Map, Value};
use viralforge_core::{Limits, options_from_json};

use crate::failure::Failure;

/// The default limits, with those changed that are named.
pub(crate) fn read(changes: &[String]) -> Result<Limits, Failure> {
    let mut patch = Map::new();
    for change in changes {
        let parsed =
            change.split_once('=').and_then(|(name, value)| Some((name, value.parse::<serde_json::Number>().ok()?)));
        let Some((name, value)) = parsed else {
            return Err(Failure::Usage(format!("--limit {change} is not of the form NAME=NUMBER; try --help")));
        };
        patch.insert(name.to_owned(), Value::Number(value));
    }
    Ok(options_from_json(Limits::default(), &Value::Object(patch))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(change: &str) -> String {
        let failure = read(&[change.to_owned()]).unwrap_err();
        assert_eq!(failure.exit_status(), 2);
        failure.to_string()
    }

    #[test]
    fn named_limits_change_and_the_others_stay() {
        let limits = read(&["max_streams=3".to_owned(), "max_duration_seconds=1.5".to_owned()]).unwrap();
        assert_eq!((limits.max_streams, limits.max_duration.as_secs_f64()), (3, 1.5));
        assert_eq!(limits.max_frames, Limits::default().max_frames);
    }

    #[test]
    fn what_is_no_limit_or_no_number_is_wrong_usage() {
        assert!(error("max_stream=3").starts_with("max_stream is not an option; there are: "));
        assert!(error("max_streams").contains("NAME=NUMBER") && error("max_streams=many").contains("NAME=NUMBER"));
        assert!(error("max_streams=-1").contains("max_streams invalid value"));
    }
}
