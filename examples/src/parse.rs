//! Values as people type them on a command line.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use viralforge_core::{Error, TimeRange, Timestamp, Transcript};

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
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=366.0 * 86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err(format!("{text:?} is not a number of seconds such as 0.5")),
    }
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
        assert_eq!(seconds("0.25"), Ok(0.25));
        assert!(seconds("-1").is_err() && seconds("NaN").is_err());
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
