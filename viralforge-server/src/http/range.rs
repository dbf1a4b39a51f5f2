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
        let range = match (number(first), number(last)) {
            (None, Some(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
            (Some(first), None) if last.is_empty() => first..length,
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
            _ => return Ok(None),
        };
        if !range.is_empty() {
            parts.push(range);
        }
    }
    match (count, parts.len()) {
        (0, _) => Ok(None),
        (_, 0) => Err(Problem::new("range", "no part of that range exists")),
        (1..=MAX_PARTS, _) => Ok(Some(parts)),
        // Too many parts: the whole file is an answer that the standard allows.
        _ => Ok(None),
    }
}

/// A number too large for us is one behind every file.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
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
