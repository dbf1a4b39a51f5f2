//! Values as people type them on a command line.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use serde::de::DeserializeOwned;
use viralforge_core::{Error, FrameRate, Size, TimeRange, Timestamp, Transcript};

use crate::failure::Failure;

/// Seconds (`83.5`) or a clock (`1:23.5`, `1:02:03`), not negative.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("{text:?} is not a time such as 83.5 or 1:23.5");
    let parts: Vec<&str> = text.split(':').collect();
    let (seconds, whole) = parts.split_last().ok_or_else(wrong)?;
    let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !digits(seconds) || whole.len() > 2 || !whole.iter().all(|part| digits(part)) {
        return Err(wrong());
    }
    let mut total = 0.0;
    for part in whole {
        total = (total + f64::from(part.parse::<u32>().map_err(|_| wrong())?)) * 60.0;
    }
    total += seconds.parse::<f64>().map_err(|_| wrong())?;
    Ok(Timestamp::from_seconds_f64(total))
}

/// A number of seconds, not negative and at most a year.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=366.0 * 86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("{text:?} is not a number of seconds such as 0.5")),
    }
}

/// A duration as [`duration`] reads it.
pub(crate) fn seconds_of(duration: Duration) -> String {
    duration.as_secs_f64().to_string()
}

/// Width and height, such as `1080x1920`.
pub(crate) fn size(text: &str) -> Result<Size, String> {
    text.split_once('x')
        .and_then(|(w, h)| Some(Size::new(w.parse().ok()?, h.parse().ok()?)))
        .ok_or_else(|| format!("{text:?} is not a size such as 1080x1920"))
}

/// A size, or one number for both sides.
pub(crate) fn tile(text: &str) -> Result<Size, String> {
    text.parse().map(|side| Size::new(side, side)).or_else(|_| size(text))
}

/// Frames a second: whole (`25`), with thousandths (`29.97`) or as a fraction (`30000/1001`).
pub(crate) fn frame_rate(text: &str) -> Result<FrameRate, String> {
    let fraction = match text.split_once('/') {
        Some((num, den)) => num.parse().ok().zip(den.parse().ok()),
        None => text.parse::<f64>().ok().map(|rate| ((rate * 1000.0).round() as u32, 1000)),
    };
    fraction
        .and_then(|(num, den)| FrameRate::new(num, den))
        .ok_or_else(|| format!("{text:?} is not a frame rate such as 25, 29.97 or 30000/1001"))
}

/// A color, such as `7c5cff`, with or without `#`.
pub(crate) fn color(text: &str) -> Result<[u8; 3], String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let number = u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.len() == 6 && digits.starts_with(|c: char| c.is_ascii_hexdigit()));
    let [_, r, g, b] = number.ok_or_else(|| format!("{text:?} is not a color such as 7c5cff"))?.to_be_bytes();
    Ok([r, g, b])
}

/// A color as [`color`] reads it.
pub(crate) fn hex_of([r, g, b]: [u8; 3]) -> String {
    format!("{r:02x}{g:02x}{b:02x}")
}

/// What `--start` and `--end` leave of a file; `None` where neither is given.
pub(crate) fn range(start: Option<Timestamp>, end: Option<Timestamp>) -> Result<Option<TimeRange>, Failure> {
    if start.is_none() && end.is_none() {
        return Ok(None);
    }
    let (start, end) = (start.unwrap_or(Timestamp::ZERO), end.unwrap_or(Timestamp::new(END_OF_TIME_SECONDS, 1)));
    match TimeRange::new(start, end) {
        Some(range) if start < end => Ok(Some(range)),
        _ => Err(Failure::Usage(format!("--end {end} is not after --start {start}"))),
    }
}

/// Later than the end of any file: ten years.
const END_OF_TIME_SECONDS: i64 = 10 * 365 * 86_400;

/// Read no more of a plan than this, in bytes: one of twelve hours with a keyframe a second is a tenth of it.
const MAX_JSON_BYTES: u64 = 64 << 20;

/// A plan from a JSON file.
pub(crate) fn json_file<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let name = path.display().to_string();
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_JSON_BYTES).read_to_string(&mut text))
        .map_err(|error| Failure::File(name.clone(), error))?;
    serde_json::from_str(&text).map_err(|error| Failure::Usage(format!("{name}: {error}")))
}

/// Read no more of a transcript than this, in bytes: the library takes 16 MiB.
const MAX_TRANSCRIPT_BYTES: u64 = (16 << 20) + 1;

/// A transcript from a file. Bytes that are not UTF-8 are replaced: a few wrong letters do not move a clip.
pub(crate) fn transcript(path: &Path) -> Result<Transcript, Failure> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_TRANSCRIPT_BYTES).read_to_end(&mut bytes))
        .map_err(|error| Failure::File(name.clone(), error))?;
    Transcript::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| match error {
        Error::Malformed { problem, .. } => Failure::Verb(Error::Malformed { input: name, problem }),
        error => error.into(),
    })
}

/// The name of an upload; `\0` stands for a NUL byte, which no command line can carry.
pub(crate) fn upload_name(text: &str) -> String {
    text.replace("\\0", "\0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_clocks_mean_the_same() {
        assert_eq!(time("83.5"), time("1:23.5"));
        assert_eq!(time("1:02:03"), Ok(Timestamp::new(3723, 1)));
        assert_eq!(time("0"), Ok(Timestamp::ZERO));
        assert_eq!(duration("0.25"), Ok(Duration::from_millis(250)));
        assert!(duration("-1").is_err() && duration("NaN").is_err());
    }

    #[test]
    fn sizes_and_colors_are_read_as_people_write_them() {
        assert_eq!((size("1080x1920"), tile("240")), (Ok(Size::new(1080, 1920)), Ok(Size::new(240, 240))));
        assert!(size("1080").is_err() && size("-1x2").is_err() && tile("x").is_err());
        assert_eq!((color("#7c5cff"), color("000001")), (Ok([0x7c, 0x5c, 0xff]), Ok([0, 0, 1])));
        assert!(color("red").is_err() && color("7c5cf").is_err() && color("+c5cff").is_err());
        assert_eq!(hex_of([1, 2, 255]), "0102ff");
    }

    #[test]
    fn frame_rates_are_numbers_or_fractions() {
        assert_eq!(frame_rate("25").unwrap(), FrameRate::new(25, 1).unwrap());
        assert_eq!(frame_rate("29.97").unwrap(), FrameRate::new(2997, 100).unwrap());
        assert_eq!(frame_rate("30000/1001").unwrap(), FrameRate::new(30000, 1001).unwrap());
        for text in ["", "0", "-25", "25/0", "NaN", "x", "25/x", "1/2/3"] {
            assert!(frame_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_may_be_open_at_either_end_but_not_empty() {
        let at = |s| Some(Timestamp::new(s, 1));
        assert_eq!(range(None, None).unwrap(), None);
        assert_eq!(range(None, at(2)).unwrap().unwrap().start(), Timestamp::ZERO);
        assert!(range(at(5), None).unwrap().unwrap().contains(Timestamp::new(86_400, 1)));
        assert_eq!(range(at(5), at(5)).err().unwrap().exit_status(), 2);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "-1", "x", "1:", ":5", "1:2:3:4", "inf", "NaN", "1e9", "1.5:20"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
