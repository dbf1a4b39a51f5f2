//! Sample descriptions of subtitles and titles of chapters.

use super::super::Job;
use super::build::Boxes;
use super::entry::{head, settings};
use crate::error::Result;
use crate::validate::bmff::boxes::BoxHeader;

/// Bytes of a description that is a few names, such as the namespaces of TTML.
const MAX_NAMES_BYTES: u64 = 4 << 10;

/// Builds the description of a format of text; of an unknown one nothing but its name.
pub(super) fn build(job: &mut Job<'_>, entry: &BoxHeader, out: &mut Boxes) -> Result<()> {
    match &entry.kind {
        // Timed text: how it looks by default, and its fonts (3GPP TS 26.245, 5.16).
        b"tx3g" => {
            out.put(&head(job, entry, 38)?);
            settings(job, entry, entry.body + 38, &[b"ftab"], out)
        }
        // QuickTime's: the same, and the name of a font behind its length, which is left empty.
        b"text" if entry.body_len() >= 51 => {
            out.put(&head(job, entry, 51)?);
            out.put(&[0]);
            Ok(())
        }
        b"wvtt" => {
            out.put(&head(job, entry, 8)?);
            settings(job, entry, entry.body + 8, &[b"vttC"], out)
        }
        b"mp4s" => {
            out.put(&head(job, entry, 8)?);
            settings(job, entry, entry.body + 8, &[b"esds"], out)
        }
        b"stpp" | b"sbtt" | b"stxt" => {
            out.put(&head(job, entry, entry.body_len().min(MAX_NAMES_BYTES))?);
            Ok(())
        }
        _ => {
            out.put(&head(job, entry, 8)?);
            Ok(())
        }
    }
}

/// Whether text is the log of a drone, which some write as subtitles: looks at the first samples for a position as such
/// logs have it, `GPS (2.35, 48.85, 20)` or `[latitude: 48.85]`.
pub(super) fn tells_places(job: &mut Job<'_>, chunks: &[(u64, u64)]) -> Result<bool> {
    const CHUNKS: usize = 16;
    const BYTES: u64 = 4 << 10;
    for (start, end) in chunks.iter().take(CHUNKS) {
        let bytes = job.source.look(*start, end.saturating_sub(*start).min(BYTES) as usize)?;
        let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
        let is_number = |rest: &str| {
            let rest = rest.trim_start_matches([' ', ':', '(', '=']);
            rest.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '+')
        };
        let says = |word: &str, then: &[char]| {
            text.match_indices(word)
                .filter_map(|(at, _)| text.get(at + word.len()..))
                .any(|rest| rest.trim_start_matches(' ').starts_with(then) && is_number(rest))
        };
        if says("gps", &['(', ':']) || says("latitude", &[':', '=']) || says("longitude", &[':', '=']) {
            return Ok(true);
        }
    }
    Ok(false)
}
