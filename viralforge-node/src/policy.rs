//! What an upload may be, from the options of `validateUpload`.

use serde_json::Value;
use viralforge_core as core;

use crate::request::Request;

/// `policy` names a slot, or patches what a slot takes; the two facts of this one upload stand beside it.
pub(crate) fn from_options(request: &Request) -> core::Result<core::UploadPolicy> {
    let mut policy = match request.option("policy") {
        None => core::UploadPolicy::default(),
        Some(slot @ Value::String(_)) => core::UploadPolicy::for_slot(read_slot(slot)?),
        Some(patch) => {
            let slot = patch.get("slot").map_or(Ok(core::UploadSlot::default()), read_slot)?;
            core::options_from_json(core::UploadPolicy::for_slot(slot), patch)?
        }
    };
    for (name, value) in request.others("policy") {
        let field = match name {
            "file_name" => &mut policy.file_name,
            "declared_mime" => &mut policy.declared_mime,
            _ => {
                return Err(core::Error::InvalidOption {
                    option: name.to_owned().into(),
                    problem: "is not an option".into(),
                });
            }
        };
        *field = value.as_str().map(str::to_owned);
    }
    Ok(policy)
}

pub(crate) fn read_slot(name: &Value) -> core::Result<core::UploadSlot> {
    serde_json::from_value(name.clone()).map_err(|_| core::Error::InvalidOption {
        option: "policy".into(),
        problem: format!("{name} is not \"video\", \"image\" or \"audio\""),
    })
}
