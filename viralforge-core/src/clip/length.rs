//! How long clips of a source may be.

use super::ClipOptions;
use crate::time::Timestamp;

/// Bounds, inclusive, and how many clips of such lengths to look for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lengths {
    pub(super) min: Timestamp,
    pub(super) max: Timestamp,
    pub(super) count: usize,
}

/// Share of the shortest duration that several clips from a short source may have.
const SHORTER: f64 = 2.0 / 3.0;
/// Share of a short source, or of the part that each of several clips could take, that a clip has at least: natural
/// places to cut are rarely where arithmetic wants them.
const ROOM: f64 = 0.6;

/// Adapts the bounds to a source that is too short for `count` clips of the shortest duration.
pub(super) fn lengths(source: Timestamp, options: &ClipOptions) -> Lengths {
    let length = source.as_seconds_f64();
    let (min, max) = (options.min_duration.as_secs_f64(), options.max_duration.as_secs_f64());
    let count = ((length * ROOM / (min * SHORTER)).floor()).clamp(1.0, f64::from(options.count));
    let part = length / count;
    let shortest = min.min(part * ROOM);
    let longest = max.min(part.max(min));
    Lengths {
        min: Timestamp::from_seconds_f64(shortest),
        max: Timestamp::from_seconds_f64(longest).min(options.max_duration.into()),
        count: count as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::seconds;

    fn bounds(source: f64, count: u32) -> (f64, f64, usize) {
        let l = lengths(seconds(source), &ClipOptions::default().with_count(count));
        (l.min.as_seconds_f64(), l.max.as_seconds_f64(), l.count)
    }

    #[test]
    fn a_long_source_gets_clips_within_the_bounds_that_were_asked_for() {
        assert_eq!(bounds(600.0, 3), (15.0, 60.0, 3));
    }

    #[test]
    fn a_short_source_gets_one_clip_and_a_trailer_several_shorter_ones() {
        assert_eq!(bounds(12.0, 3), (7.2, 15.0, 1));
        let (min, max, count) = bounds(52.0, 3);
        assert_eq!(count, 3);
        assert!((10.0..10.5).contains(&min) && (17.3..17.4).contains(&max), "{min} {max}");
        assert_eq!(bounds(52.0, 1), (15.0, 52.0, 1));
    }
}
