//! Exact time: fractions of seconds, never frame counts and never floats.

#[cfg(feature = "serde")]
pub(crate) mod form;

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Neg, Sub};
use std::time::Duration;

/// A moment, as an exact fraction of seconds. Zero is the first presented frame (or, without video, the first
/// sample); moments before it are negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp {
    num: i64,
    den: u32,
}

impl Timestamp {
    /// The first presented frame.
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// `num / den` seconds, reduced.
    ///
    /// A value that does not fit after reduction (a denominator over 2³²−1, or more than 2⁶³ units) is rounded to
    /// the nearest nanosecond, or saturates; no real time base comes near either. A `den` of zero counts as one.
    pub fn new(num: i64, den: u32) -> Self {
        Self::from_wide(i128::from(num), i128::from(den.max(1)))
    }

    /// `units` of a time base of `num / den` seconds each, as container formats count.
    pub fn from_units(units: i64, num: u32, den: u32) -> Self {
        Self::from_wide(i128::from(units) * i128::from(num), i128::from(den.max(1)))
    }

    /// The nearest whole number of microseconds to `seconds`: for values that people type. Not a number and
    /// infinities become zero and the largest moment of that sign.
    pub fn from_seconds_f64(seconds: f64) -> Self {
        Self::from_wide((seconds * 1e6).round() as i128, 1_000_000)
    }

    /// Whole milliseconds.
    pub fn from_millis(ms: i64) -> Self {
        Self::new(ms, 1000)
    }

    fn from_wide(num: i128, den: i128) -> Self {
        let divisor = gcd(num.unsigned_abs(), den.unsigned_abs()).max(1) as i128;
        let (num, den) = (num / divisor, den / divisor);
        match (i64::try_from(num), u32::try_from(den)) {
            (Ok(num), Ok(den)) => Self { num, den },
            (Err(_), Ok(1)) => Self { num: if num < 0 { i64::MIN + 1 } else { i64::MAX }, den: 1 },
            _ => {
                let nanos = num
                    .checked_mul(1_000_000_000)
                    .map_or((num / den).saturating_mul(1_000_000_000), |n| div_round(n, den));
                let divisor = gcd(nanos.unsigned_abs(), 1_000_000_000).max(1) as i128;
                match i64::try_from(nanos / divisor) {
                    Ok(num) => Self { num, den: (1_000_000_000 / divisor) as u32 },
                    Err(_) => Self::from_wide(num / den, 1),
                }
            }
        }
    }

    /// Numerator of the reduced fraction.
    pub const fn num(self) -> i64 {
        self.num
    }

    /// Denominator of the reduced fraction, at least 1.
    pub const fn den(self) -> u32 {
        self.den
    }

    /// Seconds, to the precision of a double.
    pub fn as_seconds_f64(self) -> f64 {
        self.num as f64 / f64::from(self.den)
    }

    /// The nearest whole number of units of `num / den` seconds each, halves away from zero.
    pub fn to_units(self, num: u32, den: u32) -> i64 {
        let n = i128::from(self.num) * i128::from(den);
        let d = i128::from(self.den) * i128::from(num.max(1));
        div_round(n, d).clamp(i128::from(i64::MIN + 1), i128::from(i64::MAX)) as i64
    }

    /// The distance from zero; negative moments give zero.
    pub fn to_duration(self) -> Duration {
        if self.num <= 0 {
            return Duration::ZERO;
        }
        let nanos = i128::from(self.num) * 1_000_000_000 / i128::from(self.den);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The earlier of two moments.
    pub fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    /// The later of two moments.
    pub fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn div_round(n: i128, d: i128) -> i128 {
    let half = d.abs() / 2;
    if (n < 0) == (d < 0) { (n.abs() + half) / d.abs() } else { -((n.abs() + half) / d.abs()) }
}

impl Default for Timestamp {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        (i128::from(self.num) * i128::from(other.den)).cmp(&(i128::from(other.num) * i128::from(self.den)))
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Add for Timestamp {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (a, b) = (i128::from(self.den), i128::from(other.den));
        Self::from_wide(i128::from(self.num) * b + i128::from(other.num) * a, a * b)
    }
}

impl Neg for Timestamp {
    type Output = Self;
    fn neg(self) -> Self {
        Self { num: self.num.saturating_neg(), den: self.den }
    }
}

impl Sub for Timestamp {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl From<Duration> for Timestamp {
    fn from(duration: Duration) -> Self {
        Self::from_wide(i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX), 1_000_000_000)
    }
}

impl fmt::Display for Timestamp {
    /// `h:mm:ss.mmm`, hours only where there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.to_units(1, 1000);
        let (sign, ms) = (if ms < 0 { "-" } else { "" }, ms.unsigned_abs());
        let (h, m, s, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
        if h > 0 { write!(f, "{sign}{h}:{m:02}:{s:02}.{ms:03}") } else { write!(f, "{sign}{m}:{s:02}.{ms:03}") }
    }
}

/// A half-open stretch of time: `start` belongs to it, `end` does not, and `start <= end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeRange {
    start: Timestamp,
    end: Timestamp,
}

impl TimeRange {
    /// The stretch from `start` up to `end`; `None` where `end` lies before `start`.
    pub fn new(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start <= end).then_some(Self { start, end })
    }

    /// Its first moment.
    pub const fn start(self) -> Timestamp {
        self.start
    }

    /// The first moment after it.
    pub const fn end(self) -> Timestamp {
        self.end
    }

    /// `end - start`.
    pub fn duration(self) -> Timestamp {
        self.end - self.start
    }

    /// Whether `at` lies in it.
    pub fn contains(self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// What both ranges share; `None` where that is nothing.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }
}

/// Frames per second, as an exact fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!try_from))]
#[cfg_attr(feature = "serde", serde(try_from = "FrameRateFields"))]
pub struct FrameRate {
    num: u32,
    den: u32,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct FrameRateFields {
    num: u32,
    den: u32,
}

#[cfg(feature = "serde")]
impl TryFrom<FrameRateFields> for FrameRate {
    type Error = String;
    fn try_from(f: FrameRateFields) -> Result<Self, String> {
        Self::new(f.num, f.den).ok_or_else(|| format!("{}/{} is not a frame rate", f.num, f.den))
    }
}

impl FrameRate {
    /// `num / den` frames a second, reduced; `None` where either is zero.
    pub fn new(num: u32, den: u32) -> Option<Self> {
        if num == 0 || den == 0 {
            return None;
        }
        let divisor = gcd(u128::from(num), u128::from(den)) as u32;
        Some(Self { num: num / divisor, den: den / divisor })
    }

    /// Numerator of the reduced fraction.
    pub const fn num(self) -> u32 {
        self.num
    }

    /// Denominator of the reduced fraction.
    pub const fn den(self) -> u32 {
        self.den
    }

    /// Frames per second, to the precision of a double.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// How long one frame lasts.
    pub fn frame_duration(self) -> Timestamp {
        Timestamp::from_units(i64::from(self.den), 1, self.num)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fractions_are_reduced_and_compare_by_value() {
        assert_eq!(Timestamp::new(2, 4), Timestamp::new(1, 2));
        assert!(Timestamp::new(1, 3) < Timestamp::new(1, 2));
        assert!(Timestamp::new(-1, 2) < Timestamp::ZERO);
    }

    #[test]
    fn ntsc_frames_add_up_without_error() {
        let frame = FrameRate::new(30000, 1001).unwrap().frame_duration();
        let sum = (0..30000).fold(Timestamp::ZERO, |t, _| t + frame);
        assert_eq!(sum, Timestamp::new(1001, 1));
    }

    #[test]
    fn absurd_values_saturate_instead_of_overflowing() {
        let huge = Timestamp::new(i64::MAX, 1);
        assert_eq!(huge + huge, huge);
        assert!(Timestamp::from_seconds_f64(f64::INFINITY) > Timestamp::new(1 << 40, 1));
        assert_eq!(Timestamp::from_seconds_f64(f64::NAN), Timestamp::ZERO);
        assert!(Timestamp::new(1, u32::MAX) + Timestamp::new(1, u32::MAX - 1) >= Timestamp::ZERO);
    }

    #[test]
    fn it_prints_as_a_clock() {
        assert_eq!(Timestamp::from_millis(3_723_004).to_string(), "1:02:03.004");
        assert_eq!(Timestamp::from_millis(-1500).to_string(), "-0:01.500");
    }

    proptest! {
        #[test]
        fn units_survive_the_way_there_and_back(units in -1_000_000_000_000i64..1_000_000_000_000, den in 1u32..200_000) {
            prop_assert_eq!(Timestamp::from_units(units, 1, den).to_units(1, den), units);
        }

        #[test]
        fn subtraction_undoes_addition(a in -1_000_000i64..1_000_000, b in -1_000_000i64..1_000_000, d in 1u32..100_000, e in 1u32..30_000) {
            let (a, b) = (Timestamp::new(a, d), Timestamp::new(b, e));
            prop_assert_eq!(a + b - b, a);
        }

        #[test]
        fn nothing_overflows(a: i64, d: u32, b: i64, e: u32) {
            let (a, b) = (Timestamp::new(a, d), Timestamp::new(b, e));
            let _ = (a + b, a - b, a < b, a.to_units(1, 90_000), a.to_duration());
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn ranges_round_trip_through_json_exactly() {
        let range = TimeRange::new(Timestamp::new(1001, 30000), Timestamp::new(1, 3)).unwrap();
        let json = serde_json::to_string(&range).unwrap();
        assert_eq!(serde_json::from_str::<TimeRange>(&json).unwrap(), range);
        let by_hand: TimeRange = serde_json::from_str(r#"{"start_seconds": 1.5, "end_seconds": 2}"#).unwrap();
        assert_eq!(by_hand.start(), Timestamp::new(3, 2));
        assert!(serde_json::from_str::<TimeRange>(r#"{"start_seconds": 3, "end_seconds": 2}"#).is_err());
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_moment_is_read_from_seconds_or_a_fraction() {
        let read = |json: &str| serde_json::from_str::<Timestamp>(json);
        assert_eq!(read("1.5").unwrap(), Timestamp::new(3, 2));
        assert_eq!(read("2").unwrap(), Timestamp::new(2, 1));
        assert_eq!(read(r#"{"num": 1001, "den": 30000}"#).unwrap(), Timestamp::new(1001, 30000));
        assert!(read(r#"{"num": 1, "den": 0}"#).is_err() && read("null").is_err());
        assert_eq!(serde_json::to_string(&Timestamp::new(1, 3)).unwrap(), r#"{"num":1,"den":3}"#);
    }
}
