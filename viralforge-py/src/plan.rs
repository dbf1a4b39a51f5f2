//! What needs no media: plans, transcripts, names, the schema.

use pyo3::prelude::*;
use viralforge_core as core;
use viralforge_core::{
    AspectRatio, ClipSuggestion, MediaInfo, RenderPlan, Result, Size, Storyboard, TimeRange, Timestamp,
    TranscodeOptions, Transcript, UploadPolicy, UploadSlot,
};

use crate::error::to_pyerr;
use crate::json;

/// Runs `work` detached.
fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    py.detach(work).map_err(|error| to_pyerr(py, error))
}

#[pyfunction]
pub(crate) fn plan_render(py: Python<'_>, options: &str) -> PyResult<String> {
    detached(py, || json::text(&core::plan_render(&json::options(TranscodeOptions::default(), options)?)?))
}

/// A reframe plan whose invariants hold.
#[pyclass(frozen, module = "viralforge._native")]
pub(crate) struct ReframePlan(core::ReframePlan);

#[pymethods]
impl ReframePlan {
    #[new]
    fn new(py: Python<'_>, text: &str) -> PyResult<Self> {
        detached(py, || json::document("reframe", text)).map(Self)
    }

    /// Left, top, width and height of the crop at `num / den` seconds, in display pixels.
    fn crop_at(&self, num: i64, den: u32) -> (f64, f64, f64, f64) {
        let crop = self.0.crop_at(Timestamp::new(num, den));
        (crop.x, crop.y, crop.width, crop.height)
    }
}

/// A plan that holds the middle of the picture.
#[pyfunction]
pub(crate) fn center_reframe(py: Python<'_>, width: u32, height: u32, aspect: &str, range: &str) -> PyResult<String> {
    detached(py, || {
        let aspect: AspectRatio = json::document("aspect", aspect)?;
        let range: TimeRange = json::document("range", range)?;
        json::text(&core::ReframePlan::centered(Size::new(width, height), aspect, range)?)
    })
}

/// The plan as this version of the library writes it.
#[pyfunction]
pub(crate) fn check_render_plan(py: Python<'_>, text: &str) -> PyResult<String> {
    detached(py, || json::text(&json::document::<RenderPlan>("plan", text)?))
}

/// Place of the track that a player shows or plays.
#[pyfunction]
pub(crate) fn best_stream(py: Python<'_>, media: &str, kind: &str) -> PyResult<Option<usize>> {
    detached(py, || {
        let media: MediaInfo = json::document("media", media)?;
        let best = if kind == "audio" { media.audio() } else { media.video() };
        Ok(best.and_then(|best| media.streams.iter().position(|stream| stream == best)))
    })
}

#[pyfunction]
pub(crate) fn clip_file_name(py: Python<'_>, suggestion: &str, extension: &str) -> PyResult<String> {
    detached(py, || Ok(json::document::<ClipSuggestion>("suggestion", suggestion)?.file_name(extension)))
}

#[pyfunction]
pub(crate) fn storyboard_web_vtt(py: Python<'_>, storyboard: &str, image_url: &str) -> PyResult<String> {
    detached(py, || Ok(json::document::<Storyboard>("storyboard", storyboard)?.to_web_vtt(image_url)))
}

#[pyfunction]
pub(crate) fn parse_transcript(py: Python<'_>, text: &str) -> PyResult<String> {
    detached(py, || json::text(&Transcript::parse(text)?))
}

#[pyfunction]
pub(crate) fn words_in(py: Python<'_>, transcript: &str, range: &str) -> PyResult<f64> {
    detached(py, || {
        let range: TimeRange = json::document("range", range)?;
        Ok(json::document::<Transcript>("transcript", transcript)?.words_in(range))
    })
}

/// The policy of a slot, with what `overrides` names instead.
#[pyfunction]
pub(crate) fn upload_policy(py: Python<'_>, slot: &str, overrides: &str) -> PyResult<String> {
    detached(py, || {
        let slot: UploadSlot = json::document("slot", slot)?;
        json::text(&json::options(UploadPolicy::for_slot(slot), overrides)?)
    })
}

#[pyfunction]
pub(crate) fn schema(py: Python<'_>) -> PyResult<String> {
    detached(py, || json::text(&core::schema()))
}
