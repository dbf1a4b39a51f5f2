//! Options in, reports out.

use serde::Serialize;
use serde::de::DeserializeOwned;
use viralforge_core::{Error, Result, UploadSlot, options_from_json};

/// Lays the options of a JSON object over the defaults.
pub(crate) fn options<T: Serialize + DeserializeOwned>(defaults: T, text: &str) -> Result<T> {
    options_from_json(defaults, &parse(text)?)
}

/// A plan or report that came back from Python.
pub(crate) fn document<T: DeserializeOwned>(name: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|problem| invalid(name, problem))
}

/// A report on its way to Python.
pub(crate) fn text(report: &impl Serialize) -> Result<String> {
    serde_json::to_string(report)
        .map_err(|problem| Error::Backend { input: "report".into(), problem: problem.to_string() })
}

/// The slot that a policy names; what the policy leaves out is what that slot takes.
pub(crate) fn slot(policy: &str) -> Result<UploadSlot> {
    let slot = parse(policy)?.get("slot").cloned().map(serde_json::from_value).transpose();
    slot.map(Option::unwrap_or_default).map_err(|problem| invalid("slot", problem))
}

fn parse(text: &str) -> Result<serde_json::Value> {
    document("options", text)
}

pub(crate) fn invalid(option: &'static str, problem: impl std::fmt::Display) -> Error {
    Error::InvalidOption { option: option.into(), problem: problem.to_string() }
}
