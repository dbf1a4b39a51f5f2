//! Verbs that read a source and report what they found.

use napi::Result;
use napi::bindgen_prelude::{Env, Object};
use napi_derive::napi;
use serde::Serialize;
use viralforge_core as core;

use crate::call::Call;
use crate::json;
use crate::request::Request;
use crate::source::{Input, SourceArg};

/// Runs `verb` on a job's thread; its report becomes JSON there.
fn report<'env, R: Serialize>(
    env: &'env Env,
    call: &Call,
    (source, name): (&SourceArg<'_>, Option<String>),
    options: String,
    verb: impl FnOnce(&core::Source, &Request, &core::Monitor) -> core::Result<R> + Send + 'static,
) -> Result<Object<'env>> {
    let input = Input::new(source, name);
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let source = input.open(request.limits()?)?;
        json::to_js(&verb(&source, &request, monitor)?)
    };
    call.start(env, work, |json| json)
}

/// What the file is and holds.
#[napi(ts_return_type = "Promise<string>")]
pub fn probe<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    options: String,
) -> Result<Object<'env>> {
    report(env, call, (&source, name), options, |source, request, monitor| {
        request.no_options()?;
        core::probe(source, monitor)
    })
}

/// Whether to take an upload.
#[napi(ts_return_type = "Promise<string>")]
pub fn validate_upload<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    options: String,
) -> Result<Object<'env>> {
    report(env, call, (&source, name), options, |source, request, monitor| {
        core::validate_upload(source, &crate::policy::from_options(request)?, monitor)
    })
}

/// How loud the sound is.
#[napi(ts_return_type = "Promise<string>")]
pub fn measure_loudness<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    options: String,
) -> Result<Object<'env>> {
    report(env, call, (&source, name), options, |source, request, monitor| {
        core::measure_loudness(source, &request.options(core::LoudnessOptions::default())?, monitor)
    })
}

/// The stretches without sound.
#[napi(ts_return_type = "Promise<string>")]
pub fn detect_silence<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    options: String,
) -> Result<Object<'env>> {
    report(env, call, (&source, name), options, |source, request, monitor| {
        core::detect_silence(source, &request.options(core::SilenceOptions::default())?, monitor)
    })
}
