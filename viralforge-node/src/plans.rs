//! Verbs that plan: they decode nothing, and still leave the event loop alone.

use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::{Env, Object};
use napi_derive::napi;
use viralforge_core as core;

use crate::analysis::Analysis;
use crate::call::Call;
use crate::error::rejection;
use crate::json;
use crate::request::Request;

/// The crop of another shape that follows the subject.
#[napi(ts_return_type = "Promise<string>")]
pub fn plan_reframe<'env>(env: &'env Env, call: &Call, analysis: &Analysis, options: String) -> Result<Object<'env>> {
    let analysis = Arc::clone(&analysis.0);
    let work = move |monitor: &core::Monitor| {
        monitor.check()?;
        let options = Request::parse(&options)?.options(core::ReframeOptions::default())?;
        json::to_js(&core::plan_reframe(&analysis, &options)?)
    };
    call.start(env, work, |json| json)
}

/// The stretches that are worth a clip.
#[napi(ts_return_type = "Promise<string>")]
pub fn suggest_clips<'env>(env: &'env Env, call: &Call, analysis: &Analysis, options: String) -> Result<Object<'env>> {
    let analysis = Arc::clone(&analysis.0);
    let work = move |monitor: &core::Monitor| {
        monitor.check()?;
        let options = Request::parse(&options)?.options(core::ClipOptions::default())?;
        json::to_js(&core::suggest_clips(&analysis, &options)?)
    };
    call.start(env, work, |json| json)
}

/// A transcode to be rendered later.
#[napi(ts_return_type = "Promise<string>")]
pub fn plan_render<'env>(env: &'env Env, call: &Call, options: String) -> Result<Object<'env>> {
    let work = move |monitor: &core::Monitor| {
        monitor.check()?;
        let options = Request::parse(&options)?.options(core::TranscodeOptions::default())?;
        json::to_js(&core::plan_render(&options)?)
    };
    call.start(env, work, |json| json)
}

/// What a plan shows at one moment.
#[napi]
pub fn crop_at(plan: String, time: String) -> Result<String> {
    let crop = || {
        let plan: core::ReframePlan = json::read(&plan, "plan")?;
        plan.check()?;
        json::to_js(&plan.crop_at(json::read(&time, "time")?))
    };
    crop().map_err(|error| rejection(&error))
}

/// A file name that says when a clip plays.
#[napi]
pub fn clip_file_name(clip: String, extension: String) -> Result<String> {
    let name = || json::read::<core::ClipSuggestion>(&clip, "clip").map(|clip| clip.file_name(&extension));
    name().map_err(|error| rejection(&error))
}
