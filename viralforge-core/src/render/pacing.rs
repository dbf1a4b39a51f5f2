//! Frames at even distances: which picture each of them shows.

use crate::time::{FrameRate, Timestamp};

/// Rates that players and platforms expect; one that is close to the source's is taken.
const STANDARD: [(u32, u32); 9] =
    [(24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1), (48, 1), (50, 1), (60_000, 1001), (60, 1)];
/// How far a measured rate may be from a standard one and still mean it: a phone's clock wanders about this much.
const CLOSE: f64 = 0.012;
/// What platforms take, in frames a second (TikTok and Reels: 23 to 60).
const SLOWEST: f64 = 23.0;
const FASTEST: f64 = 60.0;

/// The even rate for a source of that rate: the standard one it means, at most 60 a second; a slow one is multiplied
/// until it is fast enough.
pub(super) fn even_rate(source: FrameRate) -> FrameRate {
    let real = source.as_f64();
    let standard = STANDARD.iter().filter_map(|(num, den)| FrameRate::new(*num, *den));
    let distance = |rate: &FrameRate| (rate.as_f64() / real - 1.0).abs();
    let close = standard.filter(|rate| distance(rate) <= CLOSE).min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let rate = close.unwrap_or(source);
    if rate.as_f64() > FASTEST + 0.01 {
        return FrameRate::new(60, 1).unwrap_or(rate);
    }
    let times = (SLOWEST / rate.as_f64()).ceil().max(1.0) as u32;
    FrameRate::new(rate.num().saturating_mul(times), rate.den()).unwrap_or(rate)
}

/// Hands out the slots of an even rate. Each slot shows the last picture whose time rounds to it or to one before.
pub(super) struct Pacing {
    rate: FrameRate,
    begin: Timestamp,
    next: u64,
}

impl Pacing {
    /// `begin` is the time of slot 0.
    pub(super) fn new(rate: FrameRate, begin: Timestamp) -> Self {
        Self { rate, begin, next: 0 }
    }

    /// How long each slot lasts.
    pub(super) fn slot_duration(&self) -> Timestamp {
        self.rate.frame_duration()
    }

    /// The times of the slots that the picture before shows, once the next picture is known to be shown at `time`.
    pub(super) fn until(&mut self, time: Timestamp) -> impl Iterator<Item = Timestamp> + use<> {
        let slot = (time - self.begin).to_units(self.rate.den(), self.rate.num()).max(0) as u64;
        let (from, to) = (self.next, slot.max(self.next));
        self.next = to;
        let (rate, begin) = (self.rate, self.begin);
        (from..to).map(move |n| begin + Timestamp::from_units(n as i64 * i64::from(rate.den()), 1, rate.num()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(num: u32, den: u32) -> FrameRate {
        FrameRate::new(num, den).unwrap()
    }

    #[test]
    fn a_measured_rate_becomes_the_one_it_means() {
        assert_eq!(even_rate(rate(12_240, 409)), rate(30_000, 1001));
        assert_eq!(even_rate(rate(2983, 100)), rate(30_000, 1001));
        assert_eq!(even_rate(rate(30, 1)), rate(30, 1));
        assert_eq!(even_rate(rate(120, 1)), rate(60, 1));
        assert_eq!(even_rate(rate(10, 1)), rate(30, 1));
        assert_eq!(even_rate(rate(37, 1)), rate(37, 1));
    }

    #[test]
    fn even_frames_pass_one_by_one_and_a_hole_is_filled() {
        let mut pacing = Pacing::new(rate(25, 1), Timestamp::ZERO);
        let at = |n: i64| Timestamp::new(n, 25);
        assert_eq!(pacing.until(at(0)).count(), 0);
        assert_eq!(pacing.until(at(1)).collect::<Vec<_>>(), [at(0)]);
        assert_eq!(pacing.until(at(4)).collect::<Vec<_>>(), [at(1), at(2), at(3)]);
        // Two pictures for one slot: the later one is shown.
        assert_eq!(pacing.until(Timestamp::new(4_100, 25_000)).count(), 0);
    }

    proptest! {
        #[test]
        fn slots_are_neither_lost_nor_doubled(steps in proptest::collection::vec(1i64..200, 1..60)) {
            let mut pacing = Pacing::new(rate(30_000, 1001), Timestamp::ZERO);
            let (mut time, mut slots) = (Timestamp::ZERO, Vec::new());
            for step in steps {
                time = time + Timestamp::from_millis(step);
                slots.extend(pacing.until(time));
            }
            for (n, slot) in slots.iter().enumerate() {
                prop_assert_eq!(*slot, Timestamp::from_units(n as i64 * 1001, 1, 30_000));
            }
            let wanted = time.as_seconds_f64() * 30_000.0 / 1001.0;
            prop_assert!((slots.len() as f64 - wanted).abs() <= 0.51);
        }
    }
}
