//! The verbs whose reports are JSON and nothing else.

use pyo3::prelude::*;
use viralforge_core as core;
use viralforge_core::{LoudnessOptions, SanitizeOptions, SilenceOptions, TranscodeOptions, UploadPolicy};

use crate::call::Call;
use crate::output::Target;
use crate::source::Origin;
use crate::{job, json};

#[pyfunction]
pub(crate) fn probe(py: Python<'_>, source: Origin, call: Call) -> PyResult<String> {
    job::run(py, call, move |job| json::text(&core::probe(&job.open(source)?, &job.monitor)?))
}

#[pyfunction]
pub(crate) fn validate_upload(py: Python<'_>, source: Origin, policy: String, call: Call) -> PyResult<String> {
    job::run(py, call, move |job| {
        let policy = json::options(UploadPolicy::for_slot(json::slot(&policy)?), &policy)?;
        json::text(&core::validate_upload(&job.open(source)?, &policy, &job.monitor)?)
    })
}

#[pyfunction]
pub(crate) fn sanitize_upload(
    py: Python<'_>,
    source: Origin,
    output: Target,
    options: String,
    call: Call,
) -> PyResult<String> {
    job::run(py, call, move |job| {
        let options = json::options(SanitizeOptions::default(), &options)?;
        json::text(&core::sanitize_upload(&job.open(source)?, &output.open(&job.guard), &options, &job.monitor)?)
    })
}

#[pyfunction]
pub(crate) fn measure_loudness(py: Python<'_>, source: Origin, options: String, call: Call) -> PyResult<String> {
    job::run(py, call, move |job| {
        let options = json::options(LoudnessOptions::default(), &options)?;
        json::text(&core::measure_loudness(&job.open(source)?, &options, &job.monitor)?)
    })
}

#[pyfunction]
pub(crate) fn detect_silence(py: Python<'_>, source: Origin, options: String, call: Call) -> PyResult<String> {
    job::run(py, call, move |job| {
        let options = json::options(SilenceOptions::default(), &options)?;
        json::text(&core::detect_silence(&job.open(source)?, &options, &job.monitor)?)
    })
}

#[pyfunction]
pub(crate) fn render(py: Python<'_>, source: Origin, output: Target, plan: String, call: Call) -> PyResult<String> {
    job::run(py, call, move |job| {
        let plan = json::document("plan", &plan)?;
        json::text(&core::render(&job.open(source)?, &output.open(&job.guard), &plan, &job.monitor)?)
    })
}

#[pyfunction]
pub(crate) fn transcode(
    py: Python<'_>,
    source: Origin,
    output: Target,
    options: String,
    call: Call,
) -> PyResult<String> {
    job::run(py, call, move |job| {
        let options = json::options(TranscodeOptions::default(), &options)?;
        json::text(&core::transcode(&job.open(source)?, &output.open(&job.guard), &options, &job.monitor)?)
    })
}
