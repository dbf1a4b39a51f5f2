//! A file for each scene.

use std::path::Path;

use super::shot::{Shot, shots};
use super::template::Template;
use crate::error::{Error, Result};
use crate::monitor::{Monitor, Stage};
use crate::output::Output;
use crate::render::{RenderReport, render};
use crate::scene::SceneReport;
use crate::source::Source;
use crate::time::TimeRange;
use crate::transcode::{TranscodeOptions, plan_render};

/// How a video is split into its scenes.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SplitOptions {
    /// What to make of each scene. What lies outside of a `range` is left out, be it of a scene or a whole one. Default:
    /// the defaults of a transcode.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub transcode: TranscodeOptions,
    /// Name of each file: `{number}` is the number of the scene from 1, `{number:03}` with zeros before it, `{name}` the
    /// name of the source without its ending. Two braces are one. Default: `{name}-scene-{number:03}.mp4`.
    pub template: String,
    /// Numbers of the scenes to write, counted from 1. Default: none, which means all.
    pub only: Vec<u64>,
}

impl Default for SplitOptions {
    fn default() -> Self {
        let template = "{name}-scene-{number:03}.mp4".to_owned();
        Self { transcode: TranscodeOptions::default(), template, only: Vec::new() }
    }
}

/// Most bytes of a file name on the file systems of today.
const MAX_NAME_BYTES: usize = 255;

impl SplitOptions {
    /// Sets [`transcode`](Self::transcode).
    #[must_use]
    pub fn with_transcode(mut self, transcode: TranscodeOptions) -> Self {
        self.transcode = transcode;
        self
    }

    /// Sets [`template`](Self::template).
    #[must_use]
    pub fn with_template(mut self, template: impl Into<String>) -> Self {
        self.template = template.into();
        self
    }

    /// Sets [`only`](Self::only).
    #[must_use]
    pub fn with_only(mut self, numbers: impl Into<Vec<u64>>) -> Self {
        self.only = numbers.into();
        self
    }

    /// What to write with the names of the files, all of them checked.
    fn files(&self, source_name: &str, shots: &[Shot<'_>]) -> Result<Vec<(TimeRange, String)>> {
        if let Some(number) = self.only.iter().find(|number| !(1..=shots.len() as u64).contains(number)) {
            return Err(Error::invalid_option("only", format!("{number} is not in 1..={}", shots.len())));
        }
        let part = |shot: &Shot<'_>| match self.transcode.range {
            _ if !self.only.is_empty() && !self.only.contains(&(shot.number as u64)) => None,
            Some(range) => Some((shot.number, shot.range.intersection(range)?)),
            None => Some((shot.number, shot.range)),
        };
        let wanted: Vec<_> = shots.iter().filter_map(part).collect();
        let template = Template::parse("template", &self.template, &["name"])?;
        if wanted.len() > 1 && !template.has_number() {
            let problem = format!("{:?} has no {{number}}: all files would have one name", self.template);
            return Err(Error::invalid_option("template", problem));
        }
        if self.template.contains(['/', '\\']) {
            let problem = format!("{:?} names a folder; it may only name a file", self.template);
            return Err(Error::invalid_option("template", problem));
        }
        let stem = stem(source_name);
        let file = |(number, range)| {
            let name = template.fill(number, |_| stem.clone());
            if name.is_empty() || name.starts_with('.') || name.len() > MAX_NAME_BYTES || name.contains('\0') {
                let problem = format!("makes {name:?}, which is no name for a file");
                return Err(Error::invalid_option("template", problem));
            }
            Ok((range, name))
        };
        wanted.into_iter().map(file).collect()
    }
}

/// The last part of a name without its ending, and without what could lead elsewhere.
fn stem(source_name: &str) -> String {
    let file = source_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| if stem.is_empty() { file } else { stem });
    let stem: String = stem.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    let stem = stem.trim_start_matches('.');
    if stem.is_empty() { "video".to_owned() } else { stem.to_owned() }
}

/// Writes each scene to a file of its own in `folder`, which must be there: every frame of a scene is in its file, and
/// in no other. Progress is that of all files together. Each file appears once it is complete; where the call fails or
/// is cancelled, those of the scenes before stay.
///
/// # Errors
/// `invalid_option` where the template leads out of the folder, makes no file name or the same one for all, a number of
/// [`only`](SplitOptions::only) is no scene, or scenes overlap; else as
/// [`render`](crate::render).
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// # fn main() -> Result<()> {
/// let source = Source::from_path("talk.mp4")?;
/// let report = detect_scenes(&source, &SceneOptions::default(), &Monitor::new())?;
/// split_scenes(&source, &report, "scenes", &SplitOptions::default(), &Monitor::new())?;
/// # Ok(())
/// # }
/// ```
pub fn split_scenes(
    source: &Source,
    report: &SceneReport,
    folder: impl AsRef<Path>,
    options: &SplitOptions,
    monitor: &Monitor,
) -> Result<Vec<RenderReport>> {
    let shots = shots(report)?;
    let files = options.files(source.name(), &shots)?;
    let all: f64 = files.iter().map(|(range, _)| range.duration().as_seconds_f64()).sum();
    monitor.begin(Stage::Render);
    let mut done = 0.0;
    let mut reports = Vec::with_capacity(files.len());
    for (range, name) in files {
        monitor.check()?;
        let from = done;
        done += range.duration().as_seconds_f64();
        let plan = plan_render(&options.transcode.clone().with_range(range))?;
        let output = Output::to_path(folder.as_ref().join(name));
        // The end is reported once, below.
        let part = monitor.part(from / all.max(1e-9) * 0.999, done / all.max(1e-9) * 0.999);
        reports.push(render(source, &output, &plan, &part)?);
    }
    monitor.report(Stage::Render, 1.0);
    Ok(reports)
}

#[cfg(test)]
mod tests {
    use super::super::shot::tests::report;
    use super::*;
    use crate::scene::BoundaryKind;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    fn names(options: &SplitOptions, source: &str) -> Result<Vec<String>> {
        let report = report((25, 1), &[(BoundaryKind::Cut, 50), (BoundaryKind::Cut, 80)], 100);
        let shots = shots(&report)?;
        Ok(options.files(source, &shots)?.into_iter().map(|(_, name)| name).collect())
    }

    #[test]
    fn files_are_named_by_source_and_number() {
        let options = SplitOptions::default();
        let expected = ["a.b-scene-001.mp4", "a.b-scene-002.mp4", "a.b-scene-003.mp4"];
        assert_eq!(names(&options, "x/y/a.b.mov").unwrap(), expected);
        assert_eq!(names(&options.with_only([3, 3]).with_template("x.mp4"), "a").unwrap(), ["x.mp4"]);
    }

    #[test]
    fn templates_that_cannot_work_are_refused() {
        let problem = |template: &str| names(&SplitOptions::default().with_template(template), "a").unwrap_err();
        assert_eq!(problem("a.mp4").to_string(), "template \"a.mp4\" has no {number}: all files would have one name");
        for template in ["../{number}.mp4", "a\\{number}.mp4", ".{number}", "{number", "{name}{numbr}"] {
            assert_eq!(problem(template).code(), "invalid_option", "{template}");
        }
        assert!(names(&SplitOptions::default().with_template("x".repeat(260) + "{number}"), "a").is_err());
        let error = names(&SplitOptions::default().with_only([4]), "a").unwrap_err();
        assert_eq!(error.to_string(), "only 4 is not in 1..=3");
    }

    #[test]
    fn a_range_cuts_scenes_off_and_leaves_others_out() {
        let report = report((25, 1), &[(BoundaryKind::Cut, 50), (BoundaryKind::Cut, 80)], 100);
        let range = TimeRange::new(Timestamp::new(1, 1), Timestamp::new(3, 1)).unwrap();
        let options = SplitOptions::default().with_transcode(TranscodeOptions::clip(range));
        let files = options.files("a", &shots(&report).unwrap()).unwrap();
        let times: Vec<_> =
            files.iter().map(|(range, _)| (range.start().as_seconds_f64(), range.end().as_seconds_f64())).collect();
        assert_eq!(times, [(1.0, 2.0), (2.0, 3.0)]);
        assert_eq!(files[1].1, "a-scene-002.mp4");
    }

    proptest! {
        #[test]
        fn no_name_of_a_source_leads_out_of_the_folder(source in any::<String>()) {
            for name in names(&SplitOptions::default().with_template("{name}{number}"), &source).into_iter().flatten() {
                prop_assert!(!name.contains(['/', '\\', '\0']) && !name.starts_with('.'), "{name:?}");
            }
        }
    }
}
