//! What is made of scenes, which come back from Python as documents.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use viralforge_core as core;
use viralforge_core::{SceneSheetOptions, SplitOptions, WriteScenesOptions, WriteStatisticsOptions};

use crate::call::Call;
use crate::error::to_pyerr;
use crate::output::Target;
use crate::source::Origin;
use crate::{job, json};

#[pyfunction]
pub(crate) fn write_scenes(
    py: Python<'_>,
    scenes: String,
    output: Target,
    options: String,
    call: Call,
) -> PyResult<u64> {
    job::run(py, call, move |job| {
        let options = json::options(WriteScenesOptions::default(), &options)?;
        core::write_scenes(&json::document("scenes", &scenes)?, &output.open(&job.guard), &options)
    })
}

#[pyfunction]
pub(crate) fn write_scene_statistics(
    py: Python<'_>,
    statistics: String,
    output: Target,
    options: String,
    call: Call,
) -> PyResult<u64> {
    job::run(py, call, move |job| {
        let options = json::options(WriteStatisticsOptions::default(), &options)?;
        let statistics = json::document("statistics", &statistics)?;
        core::write_scene_statistics(&statistics, &output.open(&job.guard), &options)
    })
}

/// The sheet, and its picture.
#[pyfunction]
pub(crate) fn make_scene_sheet<'py>(
    py: Python<'py>,
    source: Origin,
    scenes: String,
    options: String,
    call: Call,
) -> PyResult<(String, Bound<'py, PyBytes>)> {
    let sheet = job::run(py, call, move |job| {
        let options = json::options(SceneSheetOptions::default(), &options)?;
        let scenes = json::document("scenes", &scenes)?;
        core::make_scene_sheet(&job.open(source)?, &scenes, &options, &job.monitor)
    })?;
    Ok((json::text(&sheet).map_err(|error| to_pyerr(py, error))?, PyBytes::new(py, &sheet.image)))
}

/// The reports, as a list.
#[pyfunction]
pub(crate) fn split_scenes(
    py: Python<'_>,
    source: Origin,
    scenes: String,
    folder: PathBuf,
    options: String,
    call: Call,
) -> PyResult<String> {
    job::run(py, call, move |job| {
        let options = json::options(SplitOptions::default(), &options)?;
        let scenes = json::document("scenes", &scenes)?;
        json::text(&core::split_scenes(&job.open(source)?, &scenes, &folder, &options, &job.monitor)?)
    })
}
