//! Writes scenes.

use std::io::Write as _;

use super::chapters::{ffmetadata, web_vtt};
use super::edl::edl;
use super::fcpxml::fcpxml;
use super::format::{SceneFormat, WriteScenesOptions};
use super::list::csv;
use super::otio::otio;
use super::shot::shots;
use super::timebase::Timebase;
use super::timeline::{Timeline, timebase};
use crate::error::{Error, Result};
use crate::output::Output;
use crate::scene::SceneReport;

/// Writes scenes for other programs, and returns the number of bytes. What a report leaves out (somebody may have
/// taken scenes away) is left out; scenes keep their place.
///
/// # Errors
/// `invalid_option` where neither the options nor the output's extension name a format, frames are to be counted and
/// there is no frame rate, drop-frame timecode is asked for at a rate that has none, the title of a chapter holds an
/// unknown word, or the scenes of the report overlap; `io` where writing fails.
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// # fn main() -> Result<()> {
/// let source = Source::from_path("talk.mp4")?;
/// let report = detect_scenes(&source, &SceneOptions::default(), &Monitor::new())?;
/// let options = WriteScenesOptions::default().with_media_name("talk.mp4");
/// write_scenes(&report, &Output::to_path("talk.edl"), &options)?;
/// write_scenes(&report, &Output::to_path("talk-chapters.vtt"), &options)?;
/// # Ok(())
/// # }
/// ```
pub fn write_scenes(report: &SceneReport, output: &Output, options: &WriteScenesOptions) -> Result<u64> {
    let format = options.format.or_else(|| extension(output).and_then(SceneFormat::from_extension));
    let format = format.ok_or_else(|| {
        let known = "json, csv, edl, fcpxml, otio, vtt or ffmetadata";
        Error::invalid_option("format", format!("{:?} is not {known}", output.name()))
    })?;
    let failed = |problem: &dyn std::fmt::Display| Error::backend(output.name(), problem);
    let json = |bytes: serde_json::Result<Vec<u8>>| bytes.map_err(|error| failed(&error));
    let timeline = |base| Timeline::new(report, base, options);
    let bytes = match format {
        #[cfg(feature = "serde")]
        SceneFormat::Json => json(serde_json::to_vec_pretty(report))?,
        SceneFormat::Csv => {
            let rate = options.frame_rate.or(report.frame_rate);
            csv(&shots(report)?, rate.map(|rate| Timebase::new(rate, options.drop_frame)).transpose()?)?
        }
        SceneFormat::Edl => edl(&timeline(timebase(report, options)?.of_timecode())?).into_bytes(),
        SceneFormat::Fcpxml => {
            let timeline = timeline(timebase(report, options)?)?;
            fcpxml(&timeline, options.media_size, options.media_has_audio).map_err(|error| failed(&error))?
        }
        SceneFormat::Otio => json(serde_json::to_vec_pretty(&otio(&timeline(timebase(report, options)?)?)))?,
        SceneFormat::WebVtt => web_vtt(&shots(report)?, options)?.into_bytes(),
        SceneFormat::FfMetadata => ffmetadata(&shots(report)?, options)?.into_bytes(),
    };
    publish(output, &bytes)
}

/// The extension that an output's path has.
pub(super) fn extension(output: &Output) -> Option<&str> {
    output.path().and_then(|path| path.extension()).and_then(|extension| extension.to_str())
}

/// Writes all of it, or nothing.
pub(super) fn publish(output: &Output, bytes: &[u8]) -> Result<u64> {
    let mut sink = output.create()?;
    sink.write_all(bytes).map_err(|error| Error::io(output.name(), error))?;
    sink.commit()
}

#[cfg(test)]
mod tests {
    use super::super::shot::tests::report;
    use super::*;
    use crate::scene::BoundaryKind;

    #[test]
    fn the_extension_decides_unless_the_options_do() {
        let dir = tempfile::tempdir().unwrap();
        let report = report((25, 1), &[(BoundaryKind::Cut, 50)], 100);
        let write = |name: &str, options: &WriteScenesOptions| {
            let path = dir.path().join(name);
            let bytes = write_scenes(&report, &Output::to_path(&path), options)?;
            let text = std::fs::read_to_string(path).unwrap();
            assert_eq!(bytes, text.len() as u64);
            Ok::<_, Error>(text)
        };
        let options = WriteScenesOptions::default();
        for (name, start) in [
            ("a.csv", "Scene Number,"),
            ("a.EDL", "TITLE: Scenes\n"),
            ("a.fcpxml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE fcpxml>\n<fcpxml version=\"1.11\">"),
            ("a.otio", "{\n"),
            ("a.vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nScene 1\n"),
            ("a.ffmetadata", ";FFMETADATA1\n"),
        ] {
            let text = write(name, &options).unwrap();
            assert!(text.starts_with(start), "{name}: {text}");
        }
        let csv = write("b.edl", &options.clone().with_format(SceneFormat::Csv)).unwrap();
        assert!(csv.starts_with("Scene Number,"));
        assert_eq!(write("a.txt", &options).unwrap_err().code(), "invalid_option");
        assert!(!dir.path().join("a.txt").exists());
    }

    #[test]
    #[cfg(feature = "serde")]
    fn json_comes_back_as_the_same_report() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scenes.json");
        let report = report((30000, 1001), &[(BoundaryKind::Dissolve, 50)], 100);
        write_scenes(&report, &Output::to_path(&path), &WriteScenesOptions::default()).unwrap();
        assert_eq!(serde_json::from_slice::<SceneReport>(&std::fs::read(path).unwrap()).unwrap(), report);
    }

    #[test]
    fn without_a_frame_rate_only_formats_that_count_no_frames_can_be_written() {
        let mut report = report((25, 1), &[(BoundaryKind::Cut, 50)], 100);
        report.frame_rate = None;
        let output = |name: &str| Output::to_writer(name, std::io::sink());
        for format in [SceneFormat::Edl, SceneFormat::Fcpxml, SceneFormat::Otio] {
            let error = write_scenes(&report, &output("x"), &WriteScenesOptions::default().with_format(format));
            assert_eq!(
                error.unwrap_err().to_string(),
                "frame_rate is not known: neither the options nor the scenes have one"
            );
        }
        for format in [SceneFormat::Csv, SceneFormat::WebVtt, SceneFormat::FfMetadata] {
            write_scenes(&report, &output("x"), &WriteScenesOptions::default().with_format(format)).unwrap();
        }
    }
}
