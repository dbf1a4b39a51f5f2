//! The movie box: its header, the tracks that are kept, and what its fragments leave out.

use super::super::Job;
use super::super::report::RemovedKind;
use super::build::Boxes;
use super::ranges::Ranges;
use super::track::{self, Fate, Track};
use super::{discard, table, text, user_data};
use crate::error::Result;
use crate::validate::bmff::boxes::{BoxHeader, find};

/// What the movie box holds.
pub(super) struct Movie {
    boxes: Vec<BoxHeader>,
    pub(super) tracks: Vec<Track>,
    /// Defaults of fragments (`trex`).
    pub(super) defaults: Vec<Defaults>,
}

/// What the fragments of a track leave out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Defaults {
    pub(super) track: u32,
    /// Bytes of a sample.
    pub(super) size: u32,
}

/// Reads the movie box and decides the fate of each track.
pub(super) fn read(job: &mut Job<'_>, moov: &BoxHeader) -> Result<Movie> {
    let boxes = job.source.boxes(moov.body, moov.end)?;
    let mut tracks = Vec::new();
    for trak in boxes.iter().filter(|b| &b.kind == b"trak") {
        tracks.push(track::read(job, trak)?);
    }
    track::decide(&mut tracks, job.keep_chapters);
    for track in tracks.iter_mut().filter(|track| track.fate == Fate::Keep && track.is_text()) {
        let chunks = table::chunks(job, &track.tables, track.sound)?;
        if text::tells_places(job, &chunks)? {
            track.fate = Fate::Drop(RemovedKind::Location);
        }
    }
    let mut defaults = Vec::new();
    if let Some(mvex) = find(&boxes, b"mvex") {
        for trex in job.source.boxes(mvex.body, mvex.end)?.iter().filter(|b| &b.kind == b"trex") {
            let (track, size) = (job.source.u32(trex.body + 4)?, job.source.u32(trex.body + 16)?);
            defaults.push(Defaults { track, size });
        }
    }
    if !tracks.iter().any(|track| track.fate == Fate::Keep) {
        return Err(job.source.broken("there is no picture or sound in it"));
    }
    Ok(Movie { boxes, tracks, defaults })
}

impl Movie {
    /// Whether that track is kept.
    pub(super) fn keeps(&self, id: u32) -> bool {
        self.tracks.iter().any(|track| track.id == id && track.fate == Fate::Keep)
    }
}

/// Builds the movie box of the output; its chunks still stand where they do in the source.
pub(super) fn build(job: &mut Job<'_>, movie: &Movie, wide: bool) -> Result<Boxes> {
    let mut out = Boxes::new(wide);
    out.nest(*b"moov", |out| {
        for header in &movie.boxes {
            match &header.kind {
                b"mvhd" => movie_header(job, header, out)?,
                b"mvex" => extends(job, header, movie, out)?,
                b"trak" => {
                    let track = movie.tracks.iter().find(|t| t.header == *header && t.fate == Fate::Keep);
                    if let Some(track) = track {
                        track::build(job, track, movie, out)?;
                    }
                }
                b"udta" => user_data::build(job, header, out)?,
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(out)
}

/// Counts what [`build`] leaves out.
pub(super) fn note(job: &mut Job<'_>, movie: &Movie) -> Result<()> {
    for header in &movie.boxes {
        match &header.kind {
            b"mvhd" | b"mvex" | b"trak" => {}
            b"udta" => user_data::note(job, header)?,
            _ => discard::note(job, header)?,
        }
    }
    for track in &movie.tracks {
        track::note(job, track)?;
    }
    Ok(())
}

/// Counts the tracks that are left out; tells the bytes of their samples that no kept track shares.
pub(super) fn dropped(job: &mut Job<'_>, movie: &Movie, kept: &Ranges) -> Result<u64> {
    let mut sum = 0;
    for track in &movie.tracks {
        let Fate::Drop(what) = track.fate else { continue };
        let chunks = table::chunks(job, &track.tables, track.sound)?;
        let own = Ranges::new(chunks);
        let shared: u64 = own.pieces().map(|(start, end)| kept.kept(start, end)).sum();
        let bytes = own.total().saturating_sub(shared);
        job.removed.add(what, track.header.end - track.header.start + bytes);
        sum += bytes;
    }
    Ok(sum)
}

/// `mvhd` without times of recording, and without the times of preview, poster and selection that QuickTime's editor
/// remembers (reserved in ISO/IEC 14496-12, 8.2.2).
fn movie_header(job: &mut Job<'_>, mvhd: &BoxHeader, out: &mut Boxes) -> Result<()> {
    let mut body = track::timeless(job, mvhd, [100, 112])?;
    let at = body.len() - 28;
    body.get_mut(at..at + 24).unwrap_or_default().fill(0);
    out.leaf(*b"mvhd", &body);
    Ok(())
}

/// `mvex`: the length of the whole and the defaults of kept tracks.
fn extends(job: &mut Job<'_>, mvex: &BoxHeader, movie: &Movie, out: &mut Boxes) -> Result<()> {
    let children = job.source.boxes(mvex.body, mvex.end)?;
    out.nest(*b"mvex", |out| {
        for child in children {
            let version = job.source.look(child.body, 1)?.first().copied().unwrap_or(0);
            let (bytes, kept) = match &child.kind {
                b"mehd" => (if version == 1 { 12 } else { 8 }, true),
                b"trex" => (24, movie.keeps(job.source.u32(child.body + 4)?)),
                _ => (0, false),
            };
            if kept && child.body_len() >= bytes {
                out.leaf(child.kind, &job.source.bytes(child.body, child.body + bytes)?);
            }
        }
        Ok(())
    })
}
