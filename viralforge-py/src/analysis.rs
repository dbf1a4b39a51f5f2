//! The result of `analyze` as a handle: its parts become Python objects when they are asked for.

use std::sync::Arc;

use numpy::ndarray::Ix1;
use pyo3::prelude::*;
use serde::Serialize;
use viralforge_core as core;
use viralforge_core::{AnalysisOptions, ClipOptions, FrameQuality, ReframeOptions, SubjectSample, Timestamp};

use crate::array::Owned;
use crate::call::Call;
use crate::detect::{self, Columns};
use crate::error::to_pyerr;
use crate::source::Origin;
use crate::waveform::{Header, split};
use crate::{job, json};

type F32s<'py> = Owned<'py, f32, Ix1>;
/// Numerators, denominators and seconds of moments.
type Times<'py> = (Owned<'py, i64, Ix1>, Owned<'py, u32, Ix1>, Owned<'py, f64, Ix1>);

/// What `analyze` found.
#[pyclass(frozen, eq, module = "viralforge._native")]
#[derive(PartialEq)]
pub(crate) struct Analysis(Arc<core::Analysis>);

impl Analysis {
    pub(crate) fn shared(&self) -> Arc<core::Analysis> {
        Arc::clone(&self.0)
    }
}

#[pymethods]
impl Analysis {
    /// Reads what `to_json` wrote.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let analysis = py.detach(|| json::document("analysis", text));
        analysis.map(|analysis| Self(Arc::new(analysis))).map_err(|error| to_pyerr(py, error))
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        text(py, &*self.0)
    }

    fn media(&self, py: Python<'_>) -> PyResult<String> {
        text(py, &self.0.media)
    }

    /// As `detect_scenes`.
    fn scenes<'py>(&self, py: Python<'py>) -> PyResult<Option<(String, Option<Columns<'py>>)>> {
        let scenes = py.detach(|| self.0.scenes.clone());
        scenes.map(|scenes| detect::split(py, scenes)).transpose()
    }

    fn loudness(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.0.loudness.as_ref().map(|part| text(py, part)).transpose()
    }

    fn silence(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.0.silence.as_ref().map(|part| text(py, part)).transpose()
    }

    fn waveform<'py>(&self, py: Python<'py>) -> Option<(Header, Owned<'py, i16, Ix1>)> {
        self.0.waveform.clone().map(|waveform| split(py, waveform))
    }

    /// Moments; brightness, contrast, sharpness, saturation, dark share, bright share, motion.
    fn quality<'py>(&self, py: Python<'py>) -> Option<(Times<'py>, Vec<F32s<'py>>)> {
        let all = self.0.quality.as_ref()?;
        let fields: [fn(&FrameQuality) -> f32; 7] = [
            |q| q.brightness,
            |q| q.contrast,
            |q| q.sharpness,
            |q| q.saturation,
            |q| q.dark_share,
            |q| q.bright_share,
            |q| q.motion,
        ];
        Some((times(py, all.iter().map(|q| q.time)), columns(py, all, &fields)))
    }

    /// Moments; center from left, center from top, weight.
    fn subject<'py>(&self, py: Python<'py>) -> Option<(Times<'py>, Vec<F32s<'py>>)> {
        let all = self.0.subject.as_ref()?;
        let fields: [fn(&SubjectSample) -> f32; 3] = [|s| s.center_x, |s| s.center_y, |s| s.weight];
        Some((times(py, all.iter().map(|s| s.time)), columns(py, all, &fields)))
    }

    #[getter]
    fn undecodable_packets(&self) -> u64 {
        self.0.undecodable_packets
    }
}

fn text(py: Python<'_>, part: &(impl Serialize + Sync)) -> PyResult<String> {
    py.detach(|| json::text(part)).map_err(|error| to_pyerr(py, error))
}

fn times<'py>(py: Python<'py>, all: impl Iterator<Item = Timestamp> + Clone) -> Times<'py> {
    let nums = all.clone().map(Timestamp::num).collect();
    let dens = all.clone().map(Timestamp::den).collect();
    (Owned::of(py, nums), Owned::of(py, dens), Owned::of(py, all.map(Timestamp::as_seconds_f64).collect()))
}

fn columns<'py, T>(py: Python<'py>, all: &[T], fields: &[fn(&T) -> f32]) -> Vec<F32s<'py>> {
    fields.iter().map(|field| Owned::of(py, all.iter().map(field).collect())).collect()
}

#[pyfunction]
pub(crate) fn analyze(py: Python<'_>, source: Origin, options: String, call: Call) -> PyResult<Analysis> {
    let analysis = job::run(py, call, move |job| {
        let options = json::options(AnalysisOptions::default(), &options)?;
        core::analyze(&job.open(source)?, &options, &job.monitor)
    })?;
    Ok(Analysis(Arc::new(analysis)))
}

#[pyfunction]
pub(crate) fn plan_reframe(py: Python<'_>, analysis: &Bound<'_, Analysis>, options: &str) -> PyResult<String> {
    let analysis = analysis.get().shared();
    py.detach(|| json::text(&core::plan_reframe(&analysis, &json::options(ReframeOptions::default(), options)?)?))
        .map_err(|error| to_pyerr(py, error))
}

#[pyfunction]
pub(crate) fn suggest_clips(py: Python<'_>, analysis: &Bound<'_, Analysis>, options: &str) -> PyResult<String> {
    let analysis = analysis.get().shared();
    py.detach(|| json::text(&core::suggest_clips(&analysis, &json::options(ClipOptions::default(), options)?)?))
        .map_err(|error| to_pyerr(py, error))
}
