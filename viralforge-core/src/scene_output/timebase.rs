//! How a timeline counts: frames from times, timecode from frames.

use crate::error::{Error, Result};
use crate::time::{FrameRate, Timestamp};

/// Hours after which timecode begins again.
const DAY_HOURS: u64 = 24;
/// How far from a standard rate a rate may be to be called by it: more than 23.98 is from 24000/1001 (0.017 %) and
/// less than that is from 24 (0.1 %).
const SAME_RATE: f64 = 3e-4;

/// How a timeline counts frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timebase {
    /// The rate at which frames are counted, as exact as it is known.
    counted: FrameRate,
    /// What the timeline calls that rate.
    pub(super) rate: FrameRate,
    /// Frames in a second of timecode.
    pub(super) nominal: u32,
    /// Whether timecode leaves out numbers.
    pub(super) drop_frame: bool,
}

impl Timebase {
    /// # Errors
    /// `invalid_option` for drop-frame timecode at a rate that has none.
    pub(super) fn new(counted: FrameRate, drop_frame: Option<bool>) -> Result<Self> {
        let rate = standard(counted).unwrap_or(counted);
        let nominal = (rate.as_f64().round() as u32).max(1);
        let drops = rate.den() == 1001 && nominal.is_multiple_of(30);
        if drop_frame == Some(true) && !drops {
            let problem = format!("is for 29.97 and multiples, not for {:.3} frames a second", rate.as_f64());
            return Err(Error::invalid_option("drop_frame", problem));
        }
        Ok(Self { counted, rate, nominal, drop_frame: drop_frame.unwrap_or(drops) })
    }

    /// The one for formats that know timecode only: a rate that has none is counted at the nearest whole one.
    pub(super) fn of_timecode(self) -> Self {
        match (standard(self.rate), FrameRate::new(self.nominal, 1)) {
            (None, Some(whole)) => Self { counted: whole, rate: whole, ..self },
            _ => self,
        }
    }

    /// The frame that begins nearest to that moment, counted from 0.
    pub(super) fn frame(self, time: Timestamp) -> u64 {
        u64::try_from(time.to_units(self.counted.den(), self.counted.num())).unwrap_or(0)
    }

    /// `HH:MM:SS:FF`, with a semicolon before the frames where numbers are left out. Begins again after 24 hours.
    ///
    /// Drop-frame timecode (SMPTE ST 12-1) leaves out the first two numbers (four at 59.94) of every minute but each
    /// tenth.
    pub(super) fn timecode(self, frame: u64) -> String {
        let nominal = u64::from(self.nominal);
        let left_out = if self.drop_frame { nominal / 30 * 2 } else { 0 };
        let in_minute = nominal * 60 - left_out;
        let in_ten = nominal * 600 - 9 * left_out;
        let frame = frame % (in_ten * 6 * DAY_HOURS);
        let (tens, rest) = (frame / in_ten, frame % in_ten);
        let number = frame + left_out * (9 * tens + rest.saturating_sub(left_out) / in_minute);
        let (seconds, frames) = (number / nominal, number % nominal);
        let sign = if self.drop_frame { ';' } else { ':' };
        let width = if nominal > 100 { 3 } else { 2 };
        let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{h:02}:{m:02}:{s:02}{sign}{frames:0width$}")
    }
}

/// The whole rate, or whole rate times 1000/1001, that this is meant to be.
fn standard(rate: FrameRate) -> Option<FrameRate> {
    let value = rate.as_f64();
    let whole = value.round().max(1.0);
    let ntsc = (value * 1.001).round().max(1.0);
    let near = |standard: f64| (value / standard - 1.0).abs() < SAME_RATE;
    if near(whole) {
        FrameRate::new(whole as u32, 1)
    } else if near(ntsc / 1.001) {
        FrameRate::new((ntsc as u32).checked_mul(1000)?, 1001)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base(num: u32, den: u32, drop_frame: Option<bool>) -> Timebase {
        Timebase::new(FrameRate::new(num, den).unwrap(), drop_frame).unwrap()
    }

    /// The frame that has this timecode, by counting as a person would: every number, less those that are left out.
    fn frame_of(timecode: &str, nominal: u64, left_out: u64) -> u64 {
        let parts: Vec<u64> = timecode.split([':', ';']).map(|part| part.parse().unwrap()).collect();
        let minutes = parts[0] * 60 + parts[1];
        (minutes * 60 + parts[2]) * nominal + parts[3] - left_out * (minutes - minutes / 10)
    }

    #[test]
    fn drop_frame_timecode_leaves_out_what_the_standard_says() {
        let base = base(30000, 1001, None);
        let expected = [
            (0, "00:00:00;00"),
            (1799, "00:00:59;29"),
            (1800, "00:01:00;02"),
            (17981, "00:09:59;29"),
            (17982, "00:10:00;00"),
            (107_892, "01:00:00;00"),
            (2_589_407, "23:59:59;29"),
            (2_589_408, "00:00:00;00"),
        ];
        for (frame, timecode) in expected {
            assert_eq!(base.timecode(frame), timecode);
        }
        assert_eq!(super::tests::base(60000, 1001, None).timecode(3600), "00:01:00;04");
        assert_eq!(super::tests::base(30000, 1001, Some(false)).timecode(1800), "00:01:00:00");
    }

    #[test]
    fn film_rate_counts_every_frame_and_does_not_drift() {
        let base = base(24000, 1001, None);
        let two_hours = 172_800;
        let time = Timestamp::from_units(two_hours, 1001, 24000);
        assert_eq!(base.frame(time), 172_800);
        assert_eq!(base.timecode(base.frame(time)), "02:00:00:00");
    }

    #[test]
    fn rates_are_called_by_their_standard_names() {
        let name = |num, den| base(num, den, None).rate;
        let rate = |num, den| FrameRate::new(num, den).unwrap();
        assert_eq!(name(2997, 100), rate(30000, 1001));
        assert_eq!(name(2398, 100), rate(24000, 1001));
        assert_eq!(name(999_999, 40_000), rate(25, 1));
        assert_eq!(name(25, 2), rate(25, 2));
        assert_eq!(base(25, 2, None).of_timecode().rate, rate(13, 1));
        assert_eq!(base(25, 2, None).frame(Timestamp::new(10, 1)), 125);
        assert_eq!(base(25, 2, None).of_timecode().frame(Timestamp::new(10, 1)), 130);
    }

    #[test]
    fn drop_frame_at_another_rate_is_refused() {
        let error = Timebase::new(FrameRate::new(25, 1).unwrap(), Some(true)).unwrap_err();
        assert_eq!(error.to_string(), "drop_frame is for 29.97 and multiples, not for 25.000 frames a second");
    }

    proptest! {
        #[test]
        fn timecode_names_exactly_one_frame(frame in 0u64..2_589_408, double in any::<bool>(), drop_frame in any::<bool>()) {
            let nominal = if double { 60 } else { 30 };
            let base = base(nominal * 1000, 1001, Some(drop_frame));
            let left_out = if drop_frame { u64::from(nominal) / 15 } else { 0 };
            let timecode = base.timecode(frame);
            prop_assert_eq!(frame_of(&timecode, u64::from(nominal), left_out), frame);
            let parts: Vec<u64> = timecode.split([':', ';']).map(|part| part.parse().unwrap()).collect();
            prop_assert!(parts[1] < 60 && parts[2] < 60 && parts[3] < u64::from(nominal));
            if parts[2] == 0 && !parts[1].is_multiple_of(10) {
                prop_assert!(parts[3] >= left_out);
            }
        }

        #[test]
        fn every_frame_is_counted_where_it_begins(
            frame in 0i64..10_000_000,
            rate in prop::sample::select(vec![(24, 1), (24000, 1001), (25, 1), (30000, 1001), (50, 1), (60000, 1001), (25, 2)]),
        ) {
            let base = base(rate.0, rate.1, None);
            prop_assert_eq!(base.frame(Timestamp::from_units(frame, rate.1, rate.0)), frame as u64);
            // Matroska rounds times to milliseconds.
            let rounded = Timestamp::from_millis(Timestamp::from_units(frame, rate.1, rate.0).to_units(1, 1000));
            prop_assert_eq!(base.frame(rounded), frame as u64);
        }
    }
}
