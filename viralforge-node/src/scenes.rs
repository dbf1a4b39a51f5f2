//! What is made of scenes, which come back from JavaScript as JSON.

use std::mem::take;

use napi::Result;
use napi::bindgen_prelude::{Env, Object};
use napi_derive::napi;
use viralforge_core as core;

use crate::call::Call;
use crate::json;
use crate::pictures::{parts, pictures};
use crate::request::Request;
use crate::source::{Input, SourceArg};

/// Writes scenes for other programs; answers with the number of bytes.
#[napi(ts_return_type = "Promise<number>")]
pub fn write_scenes<'env>(
    env: &'env Env,
    call: &Call,
    scenes: String,
    output: String,
    options: String,
) -> Result<Object<'env>> {
    let work = move |monitor: &core::Monitor| {
        let options = Request::parse(&options)?.options(core::WriteScenesOptions::default())?;
        monitor.check()?;
        core::write_scenes(&json::read(&scenes, "scenes")?, &core::Output::to_path(output), &options)
    };
    call.start(env, work, |bytes| bytes as f64)
}

/// Writes what was measured of each frame; answers with the number of bytes.
#[napi(ts_return_type = "Promise<number>")]
pub fn write_scene_statistics<'env>(
    env: &'env Env,
    call: &Call,
    statistics: String,
    output: String,
    options: String,
) -> Result<Object<'env>> {
    let work = move |monitor: &core::Monitor| {
        let options = Request::parse(&options)?.options(core::WriteStatisticsOptions::default())?;
        monitor.check()?;
        let statistics = json::read(&statistics, "statistics")?;
        core::write_scene_statistics(&statistics, &core::Output::to_path(output), &options)
    };
    call.start(env, work, |bytes| bytes as f64)
}

/// A contact sheet of scenes.
#[napi(ts_return_type = "Promise<Pictures>")]
pub fn make_scene_sheet<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    scenes: String,
    options: String,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let options = request.options(core::SceneSheetOptions::default())?;
        let scenes = json::read(&scenes, "scenes")?;
        let mut sheet = core::make_scene_sheet(&input.open(request.limits()?)?, &scenes, &options, monitor)?;
        let bytes = vec![take(&mut sheet.image)];
        parts(&sheet, bytes)
    };
    call.start(env, work, pictures)
}

/// A file for each scene.
#[napi(ts_return_type = "Promise<string>")]
pub fn split_scenes<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    scenes: String,
    folder: String,
    options: String,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let options = request.options(core::SplitOptions::default())?;
        let scenes = json::read(&scenes, "scenes")?;
        json::to_js(&core::split_scenes(&input.open(request.limits()?)?, &scenes, &folder, &options, monitor)?)
    };
    call.start(env, work, |json| json)
}
