//! Waveforms: a header and one array of 16-bit samples.

use numpy::ndarray::Ix1;
use pyo3::prelude::*;
use viralforge_core as core;
use viralforge_core::{WaveformOptions, WriteWaveformOptions};

use crate::array::{Given, Owned};
use crate::call::Call;
use crate::error::to_pyerr;
use crate::output::Target;
use crate::source::Origin;
use crate::{job, json};

/// Sample rate in hertz, samples in a bucket, channels.
pub(crate) type Header = (u32, u32, u32);

/// A waveform's header, and its samples as numpy's own.
pub(crate) fn split<'py>(py: Python<'py>, waveform: core::Waveform) -> (Header, Owned<'py, i16, Ix1>) {
    let header = (waveform.sample_rate_hz, waveform.samples_per_pixel, waveform.channels);
    (header, Owned::of(py, waveform.data))
}

fn join(header: Header, data: &Given<'_, i16>) -> core::Result<core::Waveform> {
    core::Waveform::new(header.0, header.1, header.2, data.to_vec("waveform")?)
}

#[pyfunction]
pub(crate) fn analyze_waveform<'py>(
    py: Python<'py>,
    source: Origin,
    options: String,
    call: Call,
) -> PyResult<(Header, Owned<'py, i16, Ix1>)> {
    let waveform = job::run(py, call, move |job| {
        let options = json::options(WaveformOptions::default(), &options)?;
        core::analyze_waveform(&job.open(source)?, &options, &job.monitor)
    })?;
    Ok(split(py, waveform))
}

/// Minima and maxima from -1 to 1, bucket by bucket and channel by channel.
#[pyfunction]
pub(crate) fn waveform_extremes<'py>(
    py: Python<'py>,
    header: Header,
    data: Given<'py, i16>,
) -> PyResult<(Owned<'py, f32, Ix1>, Owned<'py, f32, Ix1>)> {
    let waveform = join(header, &data).map_err(|error| to_pyerr(py, error))?;
    Ok((Owned::of(py, waveform.minima_f32()), Owned::of(py, waveform.maxima_f32())))
}

#[pyfunction]
pub(crate) fn write_waveform<'py>(
    py: Python<'py>,
    header: Header,
    data: Given<'py, i16>,
    output: Target,
    options: String,
    call: Call,
) -> PyResult<u64> {
    let waveform = join(header, &data).map_err(|error| to_pyerr(py, error))?;
    job::run(py, call, move |job| {
        let options = json::options(WriteWaveformOptions::default(), &options)?;
        core::write_waveform(&waveform, &output.open(&job.guard), &options)
    })
}
