//! `Range` (RFC 9110, 14): which bytes of a file are wanted.

use std::ops::Range;

use crate::problem::{Problem, Result};

/// Most parts of one answer: more is how servers are kept busy with nothing.
const MAX_PARTS: usize = 16;

/// The parts that the header asks for, in its order and inside the file; `None` where it is no header that we act on,
/// which means the whole file.
pub(super) fn parse(header: &str, length: u64) -> Result<Option<Vec<Range<u64>>>> {
    let Some(list) = header.trim().strip_prefix("bytes=") else { return Ok(None) };
    let mut parts = Vec::new();
    let mut count = 0;
    for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        count += 1;
        let Some((first, last)) = part.split_once('-') else { return Ok(None) };
        let number =
            |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().unwrap_or(u64::MAX));
        let range = match (first, last) {
            ("", "") => return Ok(None),
            ("", suffix) => {
                let Some(suffix) = number(suffix) else { return Ok(None) };
                length.saturating_sub(suffix)..length
            }
            (first, last) => {
                let (Some(first), Some(last)) =
                    (number(first), if last.is_empty() { Some(u64::MAX) } else { number(last) })
                else {
                    return Ok(None);
                };
                if last < first {
                    return Ok(None);
                }
                first..last.saturating_add(1).min(length)
            }
        };
        if range.start < range.end {
            parts.push(range);
        }
    }
    match (count, parts.len()) {
        (0, _) => Ok(None),
        (_, 0) => Err(Problem::range_not_satisfiable()),
        (1..=MAX_PARTS, _) => Ok(Some(parts)),
        // Too many parts: the whole file is an answer that the standard allows.
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_standard() {
        let some = |header: &str| {
            let parts = parse(header, 1000).unwrap();
            parts.map(|parts| parts.into_iter().map(|part| (part.start, part.end)).collect::<Vec<_>>())
        };
        assert_eq!(some("bytes=0-499"), Some(vec![(0, 500)]));
        assert_eq!(some("bytes=500-"), Some(vec![(500, 1000)]));
        assert_eq!(some("bytes=-200"), Some(vec![(800, 1000)]));
        assert_eq!(some("bytes=-2000"), Some(vec![(0, 1000)]));
        assert_eq!(some("bytes=0-0, -1"), Some(vec![(0, 1), (999, 1000)]));
        assert_eq!(some("bytes=900-5000"), Some(vec![(900, 1000)]));
        assert_eq!(some("bytes=0-1,5000-6000"), Some(vec![(0, 2)]));
        for ignored in ["items=0-1", "bytes=", "bytes=a-b", "bytes=5-2", "bytes=-", "0-1"] {
            assert_eq!(some(ignored), None, "{ignored}");
        }
        let many = format!("bytes={}", (0..50).map(|i| format!("{i}-{i}")).collect::<Vec<_>>().join(","));
        assert_eq!(some(&many), None);
        for outside in ["bytes=1000-", "bytes=5000-6000", "bytes=-0"] {
            assert_eq!(parse(outside, 1000).unwrap_err().status(), 416, "{outside}");
        }
        assert_eq!(parse("bytes=0-", 0).unwrap_err().status(), 416);
    }
}
