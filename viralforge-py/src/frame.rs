//! The verbs that give pictures.

use numpy::ndarray::{Array3, Ix3};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use viralforge_core as core;
use viralforge_core::{Error, FrameOptions, StoryboardOptions, ThumbnailOptions};

use crate::analysis::Analysis;
use crate::array::Owned;
use crate::call::Call;
use crate::error::to_pyerr;
use crate::source::Origin;
use crate::{job, json};

/// A moment as numerator and denominator, and height × width × 3 values of red, green and blue.
type Frame<'py> = ((i64, u32), Owned<'py, u8, Ix3>);

#[pyfunction]
pub(crate) fn extract_frames<'py>(
    py: Python<'py>,
    source: Origin,
    options: String,
    call: Call,
) -> PyResult<Vec<Frame<'py>>> {
    let frames = job::run(py, call, move |job| {
        let options = json::options(FrameOptions::default(), &options)?;
        let frames = core::extract_frames(&job.open(source)?, &options, &job.monitor)?;
        frames.into_iter().map(|frame| Ok((frame.time, pixels(frame)?))).collect::<core::Result<Vec<_>>>()
    })?;
    Ok(frames.into_iter().map(|(time, p)| ((time.num(), time.den()), Owned::picture(py, p))).collect())
}

fn pixels(frame: core::Frame) -> core::Result<Array3<u8>> {
    let shape = (frame.size.height as usize, frame.size.width as usize, 3);
    Array3::from_shape_vec(shape, frame.rgb)
        .map_err(|problem| Error::Backend { input: "frame".into(), problem: problem.to_string() })
}

/// The report, and the JPEG of each thumbnail. With an analysis, nothing is analyzed again.
#[pyfunction]
pub(crate) fn extract_thumbnails<'py>(
    py: Python<'py>,
    source: Origin,
    analysis: Option<&Bound<'py, Analysis>>,
    options: String,
    call: Call,
) -> PyResult<(String, Vec<Bound<'py, PyBytes>>)> {
    let analysis = analysis.map(|analysis| analysis.get().shared());
    let report = job::run(py, call, move |job| {
        let options = json::options(ThumbnailOptions::default(), &options)?;
        let source = job.open(source)?;
        match analysis {
            Some(analysis) => core::extract_thumbnails_from(&source, &analysis, &options, &job.monitor),
            None => core::extract_thumbnails(&source, &options, &job.monitor),
        }
    })?;
    let text = json::text(&report).map_err(|error| to_pyerr(py, error))?;
    Ok((text, report.thumbnails.iter().map(|thumbnail| PyBytes::new(py, &thumbnail.jpeg)).collect()))
}

/// The storyboard, and its JPEG.
#[pyfunction]
pub(crate) fn make_storyboard<'py>(
    py: Python<'py>,
    source: Origin,
    options: String,
    call: Call,
) -> PyResult<(String, Bound<'py, PyBytes>)> {
    let board = job::run(py, call, move |job| {
        let options = json::options(StoryboardOptions::default(), &options)?;
        core::make_storyboard(&job.open(source)?, &options, &job.monitor)
    })?;
    Ok((json::text(&board).map_err(|error| to_pyerr(py, error))?, PyBytes::new(py, &board.jpeg)))
}
