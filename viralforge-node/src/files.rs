//! Verbs that write a video, or another file from a source.

use napi::Result;
use napi::bindgen_prelude::{Env, Object};
use napi_derive::napi;
use viralforge_core as core;

use crate::call::Call;
use crate::json;
use crate::request::Request;
use crate::source::{Input, SourceArg};

/// Renders a plan.
#[napi(ts_return_type = "Promise<string>")]
pub fn render<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    output: String,
    plan: String,
    options: String,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        request.no_options()?;
        let plan = core::options_from_json(core::RenderPlan::default(), &json::from_js(&plan)?)?;
        let source = input.open(request.limits()?)?;
        json::to_js(&core::render(&source, &core::Output::to_path(output), &plan, monitor)?)
    };
    call.start(env, work, |json| json)
}

/// Rewrites an upload without what playing it does not need.
#[napi(ts_return_type = "Promise<string>")]
pub fn sanitize_upload<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    output: String,
    options: String,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let options = request.options(core::SanitizeOptions::default())?;
        let source = input.open(request.limits()?)?;
        json::to_js(&core::sanitize_upload(&source, &core::Output::to_path(output), &options, monitor)?)
    };
    call.start(env, work, |json| json)
}

/// Transcodes a source, or a stretch of it.
#[napi(ts_return_type = "Promise<string>")]
pub fn transcode<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    output: String,
    options: String,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let options = request.options(core::TranscodeOptions::default())?;
        let source = input.open(request.limits()?)?;
        json::to_js(&core::transcode(&source, &core::Output::to_path(output), &options, monitor)?)
    };
    call.start(env, work, |json| json)
}
