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
