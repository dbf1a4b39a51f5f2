//! How moments stand in JSON: seconds as a number for people and scripts, and the exact fraction beside it. Reading
//! takes the fraction where it is there, else the seconds.

use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::{TimeRange, Timestamp};

/// An exact number of seconds.
#[derive(serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
struct Exact {
    /// Numerator.
    num: i64,
    /// Denominator, at least 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    den: u32,
}

impl Exact {
    fn read<E: Error>(self) -> Result<Timestamp, E> {
        if self.den == 0 {
            return Err(E::custom("the denominator is zero"));
        }
        Ok(Timestamp::new(self.num, self.den))
    }
}

impl From<Timestamp> for Exact {
    fn from(t: Timestamp) -> Self {
        Self { num: t.num(), den: t.den() }
    }
}

fn read<E: Error>(exact: Option<Exact>, seconds: Option<f64>, name: &'static str) -> Result<Timestamp, E> {
    match (exact, seconds) {
        (Some(exact), _) => exact.read(),
        (None, Some(s)) if s.is_finite() => Ok(Timestamp::from_seconds_f64(s)),
        _ => Err(E::missing_field(name)),
    }
}

/// A moment that stands by itself: written as the fraction, read from a fraction or a number of seconds.
#[derive(serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(untagged, expecting = "expected a number of seconds or {num, den}")]
enum Moment {
    Exact(Exact),
    Seconds(f64),
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Exact::from(*self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Moment::deserialize(deserializer)? {
            Moment::Exact(exact) => exact.read(),
            Moment::Seconds(s) if s.is_finite() => Ok(Timestamp::from_seconds_f64(s)),
            Moment::Seconds(s) => Err(D::Error::custom(format!("{s} is not a number of seconds"))),
        }
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct RangeFields {
    /// First moment of the stretch, in seconds.
    start_seconds: Option<f64>,
    /// First moment after the stretch, in seconds.
    end_seconds: Option<f64>,
    /// First moment of the stretch, exactly; goes before `start_seconds`.
    start: Option<Exact>,
    /// First moment after the stretch, exactly; goes before `end_seconds`.
    end: Option<Exact>,
}

impl Serialize for TimeRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RangeFields {
            start_seconds: Some(self.start.as_seconds_f64()),
            end_seconds: Some(self.end.as_seconds_f64()),
            start: Some(self.start.into()),
            end: Some(self.end.into()),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TimeRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let f = RangeFields::deserialize(deserializer)?;
        let start = read(f.start, f.start_seconds, "start_seconds")?;
        let end = read(f.end, f.end_seconds, "end_seconds")?;
        TimeRange::new(start, end).ok_or_else(|| D::Error::custom(format!("end {end} lies before start {start}")))
    }
}

/// For a field `#[serde(flatten, with = "form::Time")]`: `time_seconds` and `time`.
#[derive(serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Time {
    /// The moment in seconds.
    time_seconds: Option<f64>,
    /// The moment, exactly.
    time: Option<Exact>,
}

impl Time {
    pub(crate) fn serialize<S: Serializer>(t: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = Self { time_seconds: Some(t.as_seconds_f64()), time: Some((*t).into()) };
        Serialize::serialize(&fields, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let f: Self = Deserialize::deserialize(deserializer)?;
        read(f.time, f.time_seconds, "time_seconds")
    }
}

/// For a field `#[serde(flatten, with = "form::Length")]`: `duration_seconds` and `duration`, both `null` where the
/// duration is not known.
#[derive(serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Length {
    /// The length in seconds; null where it is not known.
    duration_seconds: Option<f64>,
    /// The length, exactly.
    duration: Option<Exact>,
}

impl Length {
    pub(crate) fn serialize<S: Serializer>(t: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = Self { duration_seconds: t.map(Timestamp::as_seconds_f64), duration: t.map(Into::into) };
        Serialize::serialize(&fields, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let f: Self = Deserialize::deserialize(deserializer)?;
        if f.duration.is_none() && f.duration_seconds.is_none() {
            return Ok(None);
        }
        read(f.duration, f.duration_seconds, "duration_seconds").map(Some)
    }
}

/// As [`Length`], where the length is always known.
pub(crate) struct Known;

impl Known {
    pub(crate) fn serialize<S: Serializer>(t: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        Length::serialize(&Some(*t), serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Length::deserialize(deserializer)?.ok_or_else(|| D::Error::missing_field("duration_seconds"))
    }
}

/// For a field `#[serde(flatten, with = "form::Start")]`: `start_seconds` and `start`.
#[derive(serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Start {
    /// The moment in seconds.
    start_seconds: Option<f64>,
    /// The moment, exactly.
    start: Option<Exact>,
}

impl Start {
    pub(crate) fn serialize<S: Serializer>(t: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = Self { start_seconds: Some(t.as_seconds_f64()), start: Some((*t).into()) };
        Serialize::serialize(&fields, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let f: Self = Deserialize::deserialize(deserializer)?;
        read(f.start, f.start_seconds, "start_seconds")
    }
}

/// For a [`Duration`] under a name that ends in `_seconds`: a number that is not negative.
pub(crate) struct Seconds;

impl Seconds {
    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| D::Error::custom(format!("{seconds} is not a number of seconds from 0 on")))
    }
}

/// As [`Seconds`], where the duration may be missing.
pub(crate) struct MaybeSeconds;

impl MaybeSeconds {
    pub(crate) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(|d| d.as_secs_f64()).serialize(serializer)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{MaybeSeconds, Moment, RangeFields, Seconds, TimeRange, Timestamp};

    impl JsonSchema for Timestamp {
        fn schema_name() -> Cow<'static, str> {
            "Timestamp".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            Moment::json_schema(generator)
        }
    }

    impl JsonSchema for TimeRange {
        fn schema_name() -> Cow<'static, str> {
            "TimeRange".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            RangeFields::json_schema(generator)
        }
    }

    impl JsonSchema for Seconds {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> Cow<'static, str> {
            "Seconds".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "number", "minimum": 0 })
        }
    }

    impl JsonSchema for MaybeSeconds {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> Cow<'static, str> {
            "MaybeSeconds".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": ["number", "null"], "minimum": 0 })
        }
    }
}
