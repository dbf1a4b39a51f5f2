//! The verbs about waveforms, whose samples cross as typed arrays.

use napi::Result;
use napi::bindgen_prelude::{Env, Float32Array, Int16Array, Object};
use napi_derive::napi;
use viralforge_core as core;

use crate::call::Call;
use crate::error::rejection;
use crate::request::Request;
use crate::source::{Input, SourceArg};

/// A waveform as the face holds it.
#[napi(object)]
pub struct WaveformParts {
    /// Samples a second of the sound that was measured.
    pub sample_rate_hz: u32,
    /// Samples of one channel in one bucket.
    pub samples_per_pixel: u32,
    /// Channels in `data`.
    pub channels: u32,
    /// For each bucket, for each channel: minimum, then maximum.
    pub data: Int16Array,
}

impl From<core::Waveform> for WaveformParts {
    fn from(waveform: core::Waveform) -> Self {
        Self {
            sample_rate_hz: waveform.sample_rate_hz,
            samples_per_pixel: waveform.samples_per_pixel,
            channels: waveform.channels,
            data: Int16Array::new(waveform.data),
        }
    }
}

impl WaveformParts {
    fn checked(&self) -> core::Result<core::Waveform> {
        core::Waveform::new(self.sample_rate_hz, self.samples_per_pixel, self.channels, self.data.to_vec())
    }
}

/// Minima and maxima as numbers in -1 to 1.
#[napi(object, object_from_js = false)]
pub struct Extremes {
    /// For each bucket, for each channel.
    pub min: Float32Array,
    /// For each bucket, for each channel.
    pub max: Float32Array,
}

/// Fails where the parts are no waveform.
#[napi]
pub fn waveform_extremes(parts: WaveformParts) -> Result<Extremes> {
    let waveform = parts.checked().map_err(|error| rejection(&error))?;
    Ok(Extremes { min: Float32Array::new(waveform.minima_f32()), max: Float32Array::new(waveform.maxima_f32()) })
}

/// Minima and maxima of the sound.
#[napi(ts_return_type = "Promise<WaveformParts>")]
pub fn analyze_waveform<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    options: String,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let options = request.options(core::WaveformOptions::default())?;
        core::analyze_waveform(&input.open(request.limits()?)?, &options, monitor)
    };
    call.start(env, work, WaveformParts::from)
}

/// Writes a waveform as data or as a picture; answers with the number of bytes.
#[napi(ts_return_type = "Promise<number>")]
pub fn write_waveform<'env>(
    env: &'env Env,
    call: &Call,
    parts: WaveformParts,
    output: String,
    options: String,
) -> Result<Object<'env>> {
    let waveform = parts.checked();
    let work = move |monitor: &core::Monitor| {
        let options = Request::parse(&options)?.options(core::WriteWaveformOptions::default())?;
        monitor.check()?;
        core::write_waveform(&waveform?, &core::Output::to_path(output), &options)
    };
    call.start(env, work, |bytes| bytes as f64)
}
