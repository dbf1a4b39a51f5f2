//! A report as scenes with the boundaries around them.

use crate::error::{Error, Result};
use crate::scene::{Boundary, BoundaryKind, SceneReport};
use crate::time::{TimeRange, Timestamp};

/// One scene, and how it begins and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shot<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) range: TimeRange,
    /// `None` at the beginning of the video, and where scenes were left out of the report.
    pub(super) begins: Option<&'a Boundary>,
    pub(super) ends: Option<&'a Boundary>,
}

/// The scenes of a report, which may have been edited, for example thinned out.
///
/// # Errors
/// `invalid_option` where a scene begins before the one before it ends.
pub(super) fn shots(report: &SceneReport) -> Result<Vec<Shot<'_>>> {
    if let Some(at) = report.scenes.windows(2).position(|w| w[1].range.start() < w[0].range.end()) {
        let problem = format!("overlap: number {} begins before number {} ends", at + 2, at + 1);
        return Err(Error::invalid_option("scenes", problem));
    }
    let shot = |(i, range): (usize, TimeRange)| Shot {
        number: i + 1,
        range,
        begins: boundary_at(report, range.start()),
        ends: boundary_at(report, range.end()),
    };
    Ok(report.scenes.iter().map(|s| s.range).enumerate().map(shot).collect())
}

/// The boundary on screen at that moment, where one scene may be taken to end and the next to begin.
fn boundary_at(report: &SceneReport, time: Timestamp) -> Option<&Boundary> {
    let begun = report.boundaries.partition_point(|b| b.range.start() <= time);
    report.boundaries[..begun].last().filter(|b| time <= b.range.end())
}

impl Shot<'_> {
    /// How it begins, by name.
    pub(super) fn beginning(&self) -> &'static str {
        self.begins.map_or("start", |b| b.kind.name())
    }

    /// The part that shows nothing of another scene; `None` where there is no such part.
    pub(super) fn clean(&self) -> Option<TimeRange> {
        let gradual = |b: &&Boundary| b.kind != BoundaryKind::Cut;
        let start = self.begins.filter(gradual).map_or(self.range.start(), |b| b.range.end().max(self.range.start()));
        let end = self.ends.filter(gradual).map_or(self.range.end(), |b| b.range.start().min(self.range.end()));
        TimeRange::new(start, end).filter(|range| range.duration() > Timestamp::ZERO)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::scene::Scene;
    use crate::time::FrameRate;

    /// A report of scenes that begin with these kinds at these frames and end at `end`; a gradual change lasts from
    /// five frames before to five after.
    pub(crate) fn report(rate: (u32, u32), begin: &[(BoundaryKind, i64)], end: i64) -> SceneReport {
        let rate = FrameRate::new(rate.0, rate.1).unwrap();
        let at = |frame: i64| Timestamp::from_units(frame, rate.den(), rate.num());
        let range = |from: i64, to: i64| TimeRange::new(at(from), at(to)).unwrap();
        let boundary = |(kind, frame): &(BoundaryKind, i64)| {
            let around = if *kind == BoundaryKind::Cut { 0 } else { 5 };
            Boundary {
                kind: *kind,
                start_frame: (frame - around) as u64,
                end_frame: (frame + around) as u64,
                range: range(frame - around, frame + around),
                confidence: 0.75,
            }
        };
        let starts = std::iter::once(0).chain(begin.iter().map(|b| b.1));
        let ends = begin.iter().map(|b| b.1).chain([end]);
        SceneReport {
            frame_rate: Some(rate),
            boundaries: begin.iter().map(boundary).collect(),
            scenes: starts.zip(ends).map(|(from, to)| Scene { range: range(from, to) }).collect(),
            statistics: None,
        }
    }

    #[test]
    fn a_scene_knows_its_boundaries_even_where_others_were_left_out() {
        let mut report = report((25, 1), &[(BoundaryKind::Cut, 50), (BoundaryKind::Dissolve, 100)], 150);
        report.scenes.remove(1);
        let shots = shots(&report).unwrap();
        assert_eq!(shots.iter().map(Shot::beginning).collect::<Vec<_>>(), ["start", "dissolve"]);
        assert_eq!(shots[0].ends.map(|b| b.kind), Some(BoundaryKind::Cut));
        assert_eq!(shots[1].ends, None);
        let clean = shots[1].clean().unwrap();
        assert_eq!((clean.start(), clean.end()), (Timestamp::new(105, 25), Timestamp::new(6, 1)));
    }

    #[test]
    fn scenes_that_overlap_are_refused() {
        let mut report = report((25, 1), &[(BoundaryKind::Cut, 50)], 150);
        report.scenes.swap(0, 1);
        assert_eq!(shots(&report).unwrap_err().to_string(), "scenes overlap: number 2 begins before number 1 ends");
    }
}
