//! What a source may cost.

use std::time::Duration;

use crate::error::{Error, Result};

/// Upper bounds for reading one source. Every decode runs under them; the defaults are safe for uploads from
/// strangers and roomy for real media.
///
/// Each bound is inclusive and is checked before the work or the allocation that it guards. Exceeding one is
/// [`Error::LimitExceeded`] with its name; nothing is ever cut short silently. There is no way to say "unlimited":
/// whoever needs more says how much.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Limits {
    /// Size of the file in bytes. Default: 16 GiB.
    pub max_input_bytes: u64,
    /// Length of the media. Default: 12 hours.
    #[cfg_attr(feature = "serde", serde(rename = "max_duration_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub max_duration: Duration,
    /// Tracks in the file, attachments included. Default: 64.
    pub max_streams: u32,
    /// Pixels of one picture. Default: 8192 × 4320.
    pub max_frame_pixels: u64,
    /// Decoded pictures. Default: 5 million (12 hours at 120 a second).
    pub max_frames: u64,
    /// Channels of one sound track. Default: 64.
    pub max_audio_channels: u32,
    /// Samples a second of one sound track, in hertz. Default: 768,000.
    pub max_sample_rate_hz: u32,
    /// Bytes of decoded pictures and sound, summed over the whole call. Default: 64 TiB (12 hours of 8K at 30 frames
    /// a second), so that the smaller bounds speak first.
    pub max_decoded_bytes: u64,
    /// Memory that the pictures of one decoder may take, in bytes: reference pictures and those in flight between
    /// threads, reckoned before the decoder is opened. Default: 4 GiB.
    pub max_memory_bytes: u64,
    /// How long one call may take. Default: 6 hours.
    #[cfg_attr(feature = "serde", serde(rename = "max_wall_time_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub max_wall_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_input_bytes: 16 << 30,
            max_duration: Duration::from_secs(12 * 3600),
            max_streams: 64,
            max_frame_pixels: 8192 * 4320,
            max_frames: 5_000_000,
            max_audio_channels: 64,
            max_sample_rate_hz: 768_000,
            max_decoded_bytes: 64 << 40,
            max_memory_bytes: 4 << 30,
            max_wall_time: Duration::from_secs(6 * 3600),
        }
    }
}

macro_rules! setters {
    ($($name:ident $field:ident: $kind:ty;)*) => {$(
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $name(mut self, $field: $kind) -> Self {
            self.$field = $field;
            self
        }
    )*};
}

impl Limits {
    setters! {
        with_max_input_bytes max_input_bytes: u64;
        with_max_duration max_duration: Duration;
        with_max_streams max_streams: u32;
        with_max_frame_pixels max_frame_pixels: u64;
        with_max_frames max_frames: u64;
        with_max_audio_channels max_audio_channels: u32;
        with_max_sample_rate_hz max_sample_rate_hz: u32;
        with_max_decoded_bytes max_decoded_bytes: u64;
        with_max_memory_bytes max_memory_bytes: u64;
        with_max_wall_time max_wall_time: Duration;
    }

    /// As [`check`](Self::check), for a time.
    pub(crate) fn check_duration(input: &str, limit: &'static str, actual: Duration, allowed: Duration) -> Result<()> {
        if actual > allowed {
            return Err(Error::limit(input, limit, actual.as_secs_f64(), allowed.as_secs_f64()));
        }
        Ok(())
    }

    /// Fails where `actual` is over `allowed`; `input` and `limit` say whose and which.
    pub(crate) fn check(input: &str, limit: &'static str, actual: u64, allowed: u64) -> Result<()> {
        if actual > allowed { Err(Error::limit(input, limit, actual, allowed)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_inclusive() {
        assert!(Limits::check("a.mp4", "max_streams", 3, 3).is_ok());
        let error = Limits::check("a.mp4", "max_streams", 4, 3).unwrap_err();
        assert_eq!(error.to_string(), "a.mp4: max_streams 4 is over the limit of 3");
        assert_eq!(error.code(), "limit_exceeded");
    }

    #[test]
    fn a_fraction_of_a_second_over_is_over() {
        let check = |ms| {
            let (actual, allowed) = (Duration::from_millis(ms), Duration::from_millis(9500));
            Limits::check_duration("a.mp4", "max_duration_seconds", actual, allowed)
        };
        assert!(check(9500).is_ok());
        let error = check(9501).unwrap_err();
        assert_eq!(error.to_string(), "a.mp4: max_duration_seconds 9.501 is over the limit of 9.5");
    }
}
