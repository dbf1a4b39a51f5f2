//! `analyze`, and its result: a handle, since most of it is per-frame figures that nobody wants as JSON.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Float32Array, Float64Array, Object};
use napi::{Error, Result};
use napi_derive::napi;
use viralforge_core as core;

use crate::call::Call;
use crate::detect::{Scenes, split};
use crate::error::rejection;
use crate::json;
use crate::request::Request;
use crate::source::{Input, SourceArg};
use crate::waveform::WaveformParts;

/// What `analyze` found.
#[napi]
pub struct Analysis(pub(crate) Arc<core::Analysis>);

/// How good each frame looks, one array for each figure.
#[napi(object, object_from_js = false)]
pub struct Quality {
    /// When the frame is shown.
    pub time_seconds: Float64Array,
    /// Mean luma.
    pub brightness: Float32Array,
    /// Standard deviation of luma.
    pub contrast: Float32Array,
    /// Mean absolute Laplacian of luma.
    pub sharpness: Float32Array,
    /// Mean distance of the colors from grey.
    pub saturation: Float32Array,
    /// Share of pixels that are nearly black.
    pub dark_share: Float32Array,
    /// Share of pixels that are nearly white.
    pub bright_share: Float32Array,
    /// Mean absolute difference from the frame before.
    pub motion: Float32Array,
}

/// Where the subject of each frame is, one array for each figure.
#[napi(object, object_from_js = false)]
pub struct Subject {
    /// When the frame is shown.
    pub time_seconds: Float64Array,
    /// Center from left to right.
    pub center_x: Float32Array,
    /// Center from top to bottom.
    pub center_y: Float32Array,
    /// How sure that is.
    pub weight: Float32Array,
}

/// Runs any set of analyses over one decode.
#[napi(ts_return_type = "Promise<Analysis>")]
pub fn analyze<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    options: String,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let options = request.options(core::AnalysisOptions::default())?;
        core::analyze(&input.open(request.limits()?)?, &options, monitor)
    };
    call.start(env, work, |analysis| Analysis(Arc::new(analysis)))
}

#[napi]
impl Analysis {
    /// Reads what `to_json` wrote.
    #[napi(factory)]
    pub fn from_json(text: String) -> Result<Self> {
        let analysis = json::read(&text, "analysis").map_err(|error| rejection(&error))?;
        Ok(Self(Arc::new(analysis)))
    }

    /// All of it.
    #[napi]
    pub fn to_json(&self) -> Result<String> {
        json::to_js(&*self.0).map_err(|error| rejection(&error))
    }

    /// The parts that are small, as JSON: `media`, `loudness`, `silence`.
    #[napi]
    pub fn part(&self, name: String) -> Result<String> {
        let part = match name.as_str() {
            "media" => json::to_js(&self.0.media),
            "loudness" => json::to_js(&self.0.loudness),
            "silence" => json::to_js(&self.0.silence),
            _ => return Err(Error::from_reason(format!("{name} is no part of an analysis"))),
        };
        part.map_err(|error| rejection(&error))
    }

    /// Shots and boundaries.
    #[napi(getter)]
    pub fn scenes(&self) -> Result<Option<Scenes>> {
        let parts = self.0.scenes.clone().map(split).transpose().map_err(|error| rejection(&error))?;
        Ok(parts.map(Scenes::from))
    }

    /// Minima and maxima of the sound.
    #[napi(getter)]
    pub fn waveform(&self) -> Option<WaveformParts> {
        self.0.waveform.as_ref().map(|waveform| waveform.clone().into())
    }

    /// How good each frame looks.
    #[napi(getter)]
    pub fn quality(&self) -> Option<Quality> {
        let frames = self.0.quality.as_ref()?;
        let figure = |of: fn(&core::FrameQuality) -> f32| Float32Array::new(frames.iter().map(of).collect());
        Some(Quality {
            time_seconds: Float64Array::new(frames.iter().map(|f| f.time.as_seconds_f64()).collect()),
            brightness: figure(|f| f.brightness),
            contrast: figure(|f| f.contrast),
            sharpness: figure(|f| f.sharpness),
            saturation: figure(|f| f.saturation),
            dark_share: figure(|f| f.dark_share),
            bright_share: figure(|f| f.bright_share),
            motion: figure(|f| f.motion),
        })
    }

    /// Where the subject of each frame is.
    #[napi(getter)]
    pub fn subject(&self) -> Option<Subject> {
        let samples = self.0.subject.as_ref()?;
        let figure = |of: fn(&core::SubjectSample) -> f32| Float32Array::new(samples.iter().map(of).collect());
        Some(Subject {
            time_seconds: Float64Array::new(samples.iter().map(|s| s.time.as_seconds_f64()).collect()),
            center_x: figure(|s| s.center_x),
            center_y: figure(|s| s.center_y),
            weight: figure(|s| s.weight),
        })
    }

    /// Packets that no decoder could use.
    #[napi(getter)]
    pub fn undecodable_packets(&self) -> f64 {
        self.0.undecodable_packets as f64
    }
}
