//! Small things that need no job.

use napi::{Error, Result};
use napi_derive::napi;
use serde_json::Value;
use viralforge_core as core;

use crate::error::rejection;
use crate::{json, policy, queue};

/// Verbs, options, defaults, limits and error codes as data: core's own document, as every language has it.
#[napi]
pub fn schema() -> String {
    core::schema().to_string()
}

/// What a slot takes.
#[napi]
pub fn upload_policy(slot: String) -> Result<String> {
    let policy = policy::read_slot(&Value::String(slot)).map(core::UploadPolicy::for_slot);
    policy.and_then(|policy| json::to_js(&policy)).map_err(|error| rejection(&error))
}

/// Reads SubRip or WebVTT.
#[napi]
pub fn parse_transcript(text: String) -> Result<String> {
    core::Transcript::parse(&text).and_then(|transcript| json::to_js(&transcript)).map_err(|error| rejection(&error))
}

/// How many jobs may run at once; a number changes it.
#[napi]
pub fn concurrency(limit: Option<u32>) -> Result<u32> {
    if let Some(limit) = limit {
        queue::set_limit(limit as usize);
    }
    u32::try_from(queue::limit()).map_err(|error| Error::from_reason(error.to_string()))
}
