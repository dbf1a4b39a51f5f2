//! Scenes: told one by one as they are found, and what was measured of each frame as arrays.

use std::mem::take;

use numpy::ndarray::Ix1;
use pyo3::prelude::*;
use viralforge_core as core;
use viralforge_core::{Result, SceneOptions, SceneReport, SceneStatistics, Source};

use crate::array::{Given, Owned};
use crate::call::Call;
use crate::error::to_pyerr;
use crate::job::{self, Job};
use crate::json;
use crate::source::Origin;

/// Numbers of frames, their moments in seconds, and the values of each column.
pub(crate) type Columns<'py> = (Owned<'py, i64, Ix1>, Owned<'py, f64, Ix1>, Vec<Owned<'py, f32, Ix1>>);
/// The same on its way back.
pub(crate) type GivenColumns<'py> = (Given<'py, i64>, Given<'py, f64>, Vec<Given<'py, f32>>);

/// The report, whose statistics have names and thresholds alone, and their arrays. `on_scene` is called with each scene
/// and the boundary that it ends with, as JSON: a list of two.
#[pyfunction]
pub(crate) fn detect_scenes<'py>(
    py: Python<'py>,
    source: Origin,
    options: String,
    on_scene: Option<Py<PyAny>>,
    call: Call,
) -> PyResult<(String, Option<Columns<'py>>)> {
    let telling = on_scene.is_some();
    let report = job::run_telling(py, call, on_scene.as_ref(), move |job| {
        let options = json::options(SceneOptions::default(), &options)?;
        let source = job.open(source)?;
        if telling { tell(job, &source, &options) } else { core::detect_scenes(&source, &options, &job.monitor) }
    })?;
    split(py, report)
}

fn tell(job: &Job, source: &Source, options: &SceneOptions) -> Result<SceneReport> {
    let mut told = Ok(0);
    let report = core::detect_scenes_with(source, options, &job.monitor, &mut |scene, ends| {
        if let Ok(count) = told {
            told = json::text(&(scene, ends)).map(|text| job.tell(text)).map(|()| count + 1);
        }
    })?;
    // What became known with the end of the video, and the last scene, which no boundary ends.
    for (number, scene) in report.scenes.iter().enumerate().skip(told?) {
        job.tell(json::text(&(scene, report.boundaries.get(number)))?);
    }
    Ok(report)
}

/// A report as [`detect_scenes`] gives it.
pub(crate) fn split(py: Python<'_>, mut report: SceneReport) -> PyResult<(String, Option<Columns<'_>>)> {
    let columns = report.statistics.as_mut().map(|statistics| {
        let frames = take(&mut statistics.frames).into_iter().map(|frame| frame.try_into().unwrap_or(i64::MAX));
        let times = take(&mut statistics.times_seconds);
        let values = statistics.columns.iter_mut().map(|column| Owned::of(py, take(&mut column.values)));
        (Owned::of(py, frames.collect()), Owned::of(py, times), values.collect())
    });
    Ok((json::text(&report).map_err(|error| to_pyerr(py, error))?, columns))
}

/// Statistics with the arrays that [`split`] took out of them.
pub(crate) fn join(text: &str, columns: &GivenColumns<'_>) -> Result<SceneStatistics> {
    let mut statistics: SceneStatistics = json::document("statistics", text)?;
    let (frames, times, values) = columns;
    let frames = frames.to_vec("frames")?.into_iter().map(|frame| frame.try_into());
    let frames: std::result::Result<_, _> = frames.collect();
    statistics.frames = frames.map_err(|problem| json::invalid("frames", problem))?;
    statistics.times_seconds = times.to_vec("times_seconds")?;
    for (column, values) in statistics.columns.iter_mut().zip(values) {
        column.values = values.to_vec("columns")?;
    }
    Ok(statistics)
}
