//! The options of a call: one JSON object with the limits among them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use viralforge_core as core;

use crate::json;

/// Options as they came, with core's names.
pub(crate) struct Request {
    limits: Option<Value>,
    options: Map<String, Value>,
}

impl Request {
    pub(crate) fn parse(text: &str) -> core::Result<Self> {
        if text == "{}" {
            return Ok(Self { limits: None, options: Map::new() });
        }
        let Value::Object(mut options) = json::from_js(text)? else {
            return Err(core::Error::InvalidOption { option: "options".into(), problem: "is not an object".into() });
        };
        Ok(Self { limits: options.remove("limits"), options })
    }

    /// The limits to read a source under.
    pub(crate) fn limits(&self) -> core::Result<core::Limits> {
        let defaults = core::Limits::default();
        self.limits.as_ref().map_or(Ok(defaults.clone()), |patch| core::options_from_json(defaults.clone(), patch))
    }

    /// The options laid over the defaults.
    pub(crate) fn options<T: Serialize + DeserializeOwned>(&self, defaults: T) -> core::Result<T> {
        if self.options.is_empty() {
            return Ok(defaults);
        }
        core::options_from_json(defaults, &Value::Object(self.options.clone()))
    }

    /// One of the options as it came; `None` where it was not given.
    pub(crate) fn option(&self, name: &str) -> Option<&Value> {
        self.options.get(name)
    }

    /// Every option but one.
    pub(crate) fn others(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.options.iter().filter(move |(other, _)| *other != name).map(|(other, value)| (other.as_str(), value))
    }

    /// Fails where there is any option.
    pub(crate) fn no_options(&self) -> core::Result<()> {
        self.options.keys().next().map_or(Ok(()), |name| {
            Err(core::Error::InvalidOption { option: name.clone().into(), problem: "is not an option".into() })
        })
    }
}
