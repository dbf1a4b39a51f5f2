//! A gradual change that may hold, and what becomes of two that are close to each other.

use super::evidence::Extent;
use super::report::BoundaryKind;
use crate::time::Timestamp;

/// Frames around a gradual change that belong to no cut.
pub(super) const MARGIN: u64 = 2;
/// Two gradual changes are at least this far apart, in milliseconds; what is closer are pieces of one.
const APART_MS: i64 = 200;
/// Two wipes that are no further apart, in milliseconds, are one change: a graphic that wipes in and out again, a
/// stinger. No shot is that short between two wipes.
pub(super) const STINGER_MS: i64 = 300;
/// Shortest gradual change, in milliseconds: two frames of film.
const LEAST_MS: i64 = 100;

/// A gradual change as it is told from one frame, where it is surest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gradual {
    pub(super) extent: Extent,
    /// When that frame is shown, and half the span that was looked at.
    pub(super) time: Timestamp,
    pub(super) reach: Timestamp,
    pub(super) kind: BoundaryKind,
    pub(super) probability: f32,
}

impl Gradual {
    /// Whether it is long enough to be gradual; what is not is a cut, a flash, or nothing.
    pub(super) fn lasts(&self) -> bool {
        let Extent { first, last, start, end, .. } = self.extent;
        last > first && end.is_none_or(|end| end - start > Timestamp::from_millis(LEAST_MS))
    }

    /// When it may matter to another boundary.
    pub(super) fn matters(&self) -> (Timestamp, Timestamp) {
        let Extent { first, last, start, end, .. } = self.extent;
        let long = end.map_or(Timestamp::ZERO, |end| end - start).as_seconds_f64();
        let frames = (last - first + 1) as f64;
        // Cuts within so many frames are part of it.
        let frames_near = Timestamp::from_seconds_f64(long / frames * (MARGIN + 1) as f64);
        let apart = if self.kind == BoundaryKind::Wipe { STINGER_MS } else { APART_MS };
        let apart = Timestamp::from_millis(apart).max(frames_near);
        let until = end.map_or(self.time, |end| end + apart);
        ((start - apart).min(self.time - self.reach), until.max(self.time + self.reach))
    }

    /// Whether a weaker one may hold beside it.
    pub(super) fn leaves_room_for(&self, weaker: &Self) -> bool {
        let apart = Timestamp::from_millis(APART_MS);
        let ends_after = |a: &Extent, b: &Extent| a.end.is_none_or(|end| end + apart > b.start);
        let meet = ends_after(&self.extent, &weaker.extent) && ends_after(&weaker.extent, &self.extent);
        let inside = self.time - self.reach <= weaker.time && weaker.time <= self.time + self.reach;
        !meet && !inside
    }
}

/// What two changes are together of which the second begins so soon after the first that no shot is between them.
pub(super) fn joined(first: &Gradual, second: &Gradual) -> Option<Gradual> {
    let are_wipes = [first, second].iter().all(|g| g.kind == BoundaryKind::Wipe);
    let end = first.extent.end.filter(|end| *end + Timestamp::from_millis(STINGER_MS) >= second.extent.start)?;
    are_wipes.then(|| {
        let surer = if first.probability >= second.probability { first } else { second };
        let extent = Extent { first: first.extent.first, start: first.extent.start, middle: end, ..second.extent };
        Gradual { extent, ..*surer }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graphic_that_wipes_in_and_soon_out_again_is_one_change() {
        let time = |frame: u64| Timestamp::new(frame as i64, 25);
        let gradual = |kind, first: u64, last: u64, probability| Gradual {
            extent: Extent {
                first,
                last,
                start: time(first),
                middle: time((first + last) / 2),
                end: Some(time(last + 1)),
            },
            time: time((first + last) / 2),
            reach: time(3),
            kind,
            probability,
        };
        let (wipe, dissolve) = (BoundaryKind::Wipe, BoundaryKind::Dissolve);
        let into = gradual(wipe, 60, 67, 0.7);
        let both = joined(&into, &gradual(wipe, 75, 80, 0.9)).unwrap();
        assert_eq!((both.extent.first, both.extent.last, both.kind, both.probability), (60, 80, wipe, 0.9));
        assert_eq!((both.extent.start, both.extent.middle, both.extent.end), (time(60), time(68), Some(time(81))));
        // A picture that is held for longer is a shot, and one between two dissolves may be as short.
        assert!(joined(&into, &gradual(wipe, 76, 80, 0.9)).is_none());
        assert!(joined(&into, &gradual(dissolve, 75, 80, 0.9)).is_none());
        assert!(joined(&gradual(dissolve, 60, 67, 0.7), &gradual(wipe, 75, 80, 0.9)).is_none());
    }
}
