//! Verbs that answer with pictures: the facts as JSON, the pixels as bytes beside it.

use std::mem::take;
use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::{Env, Object, Uint8Array};
use napi_derive::napi;
use serde::Serialize;
use viralforge_core as core;

use crate::analysis::Analysis;
use crate::call::Call;
use crate::error::rejection;
use crate::json;
use crate::request::Request;
use crate::source::{Input, SourceArg};

/// A report and the bytes that belong to it, in its order.
#[napi(object, object_from_js = false)]
pub struct Pictures {
    /// The report as JSON.
    pub report: String,
    /// The bytes of each picture.
    pub bytes: Vec<Uint8Array>,
}

pub(crate) type Parts = (String, Vec<Vec<u8>>);

pub(crate) fn pictures((report, bytes): Parts) -> Pictures {
    Pictures { report, bytes: bytes.into_iter().map(Uint8Array::new).collect() }
}

pub(crate) fn parts(report: &impl Serialize, bytes: Vec<Vec<u8>>) -> core::Result<Parts> {
    Ok((json::to_js(report)?, bytes))
}

/// The frames that stand best for a video.
#[napi(ts_return_type = "Promise<Pictures>")]
pub fn extract_thumbnails<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    options: String,
    analysis: Option<&Analysis>,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let analysis = analysis.map(|analysis| Arc::clone(&analysis.0));
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let options = request.options(core::ThumbnailOptions::default())?;
        let source = input.open(request.limits()?)?;
        let mut report = match analysis {
            Some(analysis) => core::extract_thumbnails_from(&source, &analysis, &options, monitor)?,
            None => core::extract_thumbnails(&source, &options, monitor)?,
        };
        let bytes = report.thumbnails.iter_mut().map(|thumbnail| take(&mut thumbnail.jpeg)).collect();
        parts(&report, bytes)
    };
    call.start(env, work, pictures)
}

/// The frames at given moments.
#[napi(ts_return_type = "Promise<Pictures>")]
pub fn extract_frames<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    options: String,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let options = request.options(core::FrameOptions::default())?;
        let mut frames = core::extract_frames(&input.open(request.limits()?)?, &options, monitor)?;
        let bytes = frames.iter_mut().map(|frame| take(&mut frame.rgb)).collect();
        parts(&frames, bytes)
    };
    call.start(env, work, pictures)
}

/// A contact sheet.
#[napi(ts_return_type = "Promise<Pictures>")]
pub fn make_storyboard<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    options: String,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let options = request.options(core::StoryboardOptions::default())?;
        let mut board = core::make_storyboard(&input.open(request.limits()?)?, &options, monitor)?;
        let bytes = vec![take(&mut board.jpeg)];
        parts(&board, bytes)
    };
    call.start(env, work, pictures)
}

/// The text track of a contact sheet.
#[napi]
pub fn to_web_vtt(storyboard: String, image_url: String) -> Result<String> {
    let track = || json::read::<core::Storyboard>(&storyboard, "storyboard").map(|board| board.to_web_vtt(&image_url));
    track().map_err(|error| rejection(&error))
}
