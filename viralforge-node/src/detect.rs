//! Scenes: told one by one as they are found, and what was measured of each frame as typed arrays.

use std::mem::take;

use napi::Result;
use napi::bindgen_prelude::{Env, Float32Array, Float64Array, Object, Uint32Array};
use napi_derive::napi;
use viralforge_core as core;

use crate::call::{Call, Teller};
use crate::json;
use crate::request::Request;
use crate::source::{Input, SourceArg};

/// What was measured of each frame.
#[napi(object)]
pub struct StatisticsArrays {
    /// Number of each frame.
    pub frames: Uint32Array,
    /// When each frame is shown, in seconds.
    pub times_seconds: Float64Array,
    /// The values of each column.
    pub columns: Vec<Float32Array>,
}

/// A report, whose statistics have names and thresholds alone, and their arrays.
#[napi(object, object_from_js = false)]
pub struct Scenes {
    /// The report as JSON.
    pub report: String,
    /// The arrays of its statistics, where it has any.
    pub statistics: Option<StatisticsArrays>,
}

/// [`StatisticsArrays`] on their way to JavaScript's thread.
type Arrays = (Vec<u64>, Vec<f64>, Vec<Vec<f32>>);
/// [`Scenes`] on the same way.
pub(crate) type Parts = (String, Option<Arrays>);

/// Takes the arrays out of a report.
pub(crate) fn split(mut report: core::SceneReport) -> core::Result<Parts> {
    let arrays = report.statistics.as_mut().map(|statistics| {
        let columns = statistics.columns.iter_mut().map(|column| take(&mut column.values)).collect();
        (take(&mut statistics.frames), take(&mut statistics.times_seconds), columns)
    });
    Ok((json::to_js(&report)?, arrays))
}

impl From<Parts> for Scenes {
    fn from((report, arrays): Parts) -> Self {
        Self { report, statistics: arrays.map(StatisticsArrays::from) }
    }
}

impl From<Arrays> for StatisticsArrays {
    fn from((frames, times_seconds, columns): Arrays) -> Self {
        let frames = frames.into_iter().map(|frame| frame.try_into().unwrap_or(u32::MAX));
        Self {
            frames: Uint32Array::new(frames.collect()),
            times_seconds: Float64Array::new(times_seconds),
            columns: columns.into_iter().map(Float32Array::new).collect(),
        }
    }
}

/// Statistics with the arrays that [`split`] took out of them.
pub(crate) fn join(text: &str, arrays: &StatisticsArrays) -> core::Result<core::SceneStatistics> {
    let mut statistics: core::SceneStatistics = json::read(text, "statistics")?;
    statistics.frames = arrays.frames.iter().map(|frame| u64::from(*frame)).collect();
    statistics.times_seconds = arrays.times_seconds.to_vec();
    for (column, values) in statistics.columns.iter_mut().zip(&arrays.columns) {
        column.values = values.to_vec();
    }
    Ok(statistics)
}

/// The shots and the boundaries between them. Where it is `telling`, each scene is told with the boundary that it ends
/// with, as JSON: a list of two.
#[napi(ts_return_type = "Promise<Scenes>")]
pub fn detect_scenes<'env>(
    env: &'env Env,
    call: &Call,
    #[napi(ts_arg_type = "string | Uint8Array")] source: SourceArg<'_>,
    name: Option<String>,
    options: String,
    telling: bool,
) -> Result<Object<'env>> {
    let input = Input::new(&source, name);
    let teller = telling.then(|| call.teller());
    let work = move |monitor: &core::Monitor| {
        let request = Request::parse(&options)?;
        let options = request.options(core::SceneOptions::default())?;
        let source = input.open(request.limits()?)?;
        split(match teller {
            Some(teller) => tell(&teller, &source, &options, monitor)?,
            None => core::detect_scenes(&source, &options, monitor)?,
        })
    };
    call.start(env, work, Scenes::from)
}

fn tell(
    teller: &Teller,
    source: &core::Source,
    options: &core::SceneOptions,
    monitor: &core::Monitor,
) -> core::Result<core::SceneReport> {
    let mut told = Ok(0);
    let report = core::detect_scenes_with(source, options, monitor, &mut |scene, ends| {
        if let Ok(count) = told {
            told = json::to_js(&(scene, ends)).map(|text| teller.tell(text)).map(|()| count + 1);
        }
    })?;
    // What became known with the end of the video, and the last scene, which no boundary ends.
    for (number, scene) in report.scenes.iter().enumerate().skip(told?) {
        teller.tell(json::to_js(&(scene, report.boundaries.get(number)))?);
    }
    Ok(report)
}
