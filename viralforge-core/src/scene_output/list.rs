//! Scenes as a table, a row each.

use super::shot::Shot;
use super::timebase::Timebase;
use crate::error::{Error, Result};
use crate::thumbnail::clock;

/// The titles that PySceneDetect gives its columns, and two of ours.
const TITLES: [&str; 12] = [
    "Scene Number",
    "Start Frame",
    "Start Timecode",
    "Start Time (seconds)",
    "End Frame",
    "End Timecode",
    "End Time (seconds)",
    "Length (frames)",
    "Length (timecode)",
    "Length (seconds)",
    "Begins With",
    "Confidence",
];

/// The scenes as CSV; without a time base the columns in frames are empty.
pub(super) fn csv(shots: &[Shot<'_>], base: Option<Timebase>) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Error::backend("CSV", error);
    table.write_record(TITLES).map_err(failed)?;
    for shot in shots {
        let (start, end) = (shot.range.start(), shot.range.end());
        let length = shot.range.duration();
        let frame = |time| base.map(|base| base.frame(time));
        let text = |frame: Option<u64>| frame.map_or_else(String::new, |frame| frame.to_string());
        let frames = frame(end).zip(frame(start)).map(|(end, start)| end.saturating_sub(start));
        let seconds = |time: crate::Timestamp| format!("{:.3}", time.as_seconds_f64());
        table
            .write_record([
                shot.number.to_string(),
                // Counted from 1 and to the last one inclusively, as PySceneDetect counts.
                text(frame(start).map(|frame| frame + 1)),
                clock(start),
                seconds(start),
                text(frame(end)),
                clock(end),
                seconds(end),
                text(frames),
                clock(length),
                seconds(length),
                shot.beginning().to_owned(),
                shot.begins.map_or_else(String::new, |b| format!("{:.3}", b.confidence)),
            ])
            .map_err(failed)?;
    }
    table.into_inner().map_err(|error| Error::backend("CSV", error.error()))
}

#[cfg(test)]
mod tests {
    use super::super::shot::{shots, tests::report};
    use super::*;
    use crate::scene::BoundaryKind;

    #[test]
    fn a_row_has_frames_from_one_and_times_to_the_millisecond() {
        let mut report = report((24000, 1001), &[(BoundaryKind::Wipe, 48)], 100);
        let base = Timebase::new(report.frame_rate.unwrap(), None).unwrap();
        let text = |report: &crate::SceneReport, base| {
            String::from_utf8(csv(&shots(report).unwrap(), base).unwrap())
                .unwrap()
                .lines()
                .skip(1)
                .collect::<Vec<_>>()
                .join("\n")
        };
        let expected = "\
1,1,00:00:00.000,0.000,48,00:00:02.002,2.002,48,00:00:02.002,2.002,start,
2,49,00:00:02.002,2.002,100,00:00:04.171,4.171,52,00:00:02.169,2.169,wipe,0.750";
        assert_eq!(text(&report, Some(base)), expected);
        report.scenes.truncate(1);
        assert_eq!(text(&report, None), "1,,00:00:00.000,0.000,,00:00:02.002,2.002,,00:00:02.002,2.002,start,");
    }
}
