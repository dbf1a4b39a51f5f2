//! Tracks: which are kept, and what of them.

use super::super::Job;
use super::super::report::RemovedKind;
use super::build::{Boxes, ChunkTable};
use super::entry::{self, SoundFrames};
use super::movie::Movie;
use super::{discard, table};
use crate::error::Result;
use crate::validate::bmff::boxes::{BoxHeader, find};

/// References from one kept track to another that players follow: chapters, alternatives, depth, and layers.
const REFERENCES: [&[u8; 4]; 10] =
    [b"chap", b"auxl", b"forc", b"fall", b"subt", b"vdep", b"vplx", b"sbas", b"scal", b"tbas"];
/// Groups of samples that decoding and seeking use (ISO/IEC 14496-12, 10; 14496-15).
const GROUPS: [&[u8; 4]; 8] = [b"roll", b"prol", b"rap ", b"sync", b"tele", b"tsas", b"tscl", b"stsa"];

/// What becomes of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Keep,
    Drop(RemovedKind),
}

/// One track of the source.
pub(super) struct Track {
    pub(super) header: BoxHeader,
    pub(super) id: u32,
    handler: [u8; 4],
    /// Tracks with chapters of this one.
    chapters: Vec<u32>,
    children: Vec<BoxHeader>,
    media: Vec<BoxHeader>,
    info: Vec<BoxHeader>,
    pub(super) tables: Vec<BoxHeader>,
    pub(super) sound: SoundFrames,
    pub(super) fate: Fate,
}

impl Track {
    /// Whether its samples are text: subtitles, or titles of chapters.
    pub(super) fn is_text(&self) -> bool {
        matches!(&self.handler, b"text" | b"sbtl" | b"subt")
    }
}

/// Reads where the parts of a track are.
pub(super) fn read(job: &mut Job<'_>, trak: &BoxHeader) -> Result<Track> {
    let children = job.source.boxes(trak.body, trak.end)?;
    let id = match find(&children, b"tkhd") {
        Some(tkhd) => {
            let version = job.source.look(tkhd.body, 1)?.first().copied();
            job.source.u32(tkhd.body + if version == Some(1) { 20 } else { 12 })?
        }
        None => 0,
    };
    let mut chapters = Vec::new();
    if let Some(tref) = find(&children, b"tref") {
        for chap in job.source.boxes(tref.body, tref.end)?.iter().filter(|b| &b.kind == b"chap") {
            let bytes = job.source.bytes(chap.body, chap.end)?;
            chapters.extend(bytes.as_chunks().0.iter().map(|id| u32::from_be_bytes(*id)));
        }
    }
    let media = inside(job, &children, b"mdia")?;
    let handler = match find(&media, b"hdlr") {
        Some(hdlr) => job.source.array(hdlr.body + 8)?,
        None => [0; 4],
    };
    let info = inside(job, &media, b"minf")?;
    let tables = inside(job, &info, b"stbl")?;
    let sound = match find(&tables, b"stsd") {
        Some(stsd) if &handler == b"soun" => entry::sound_frames(job, &stsd)?,
        _ => SoundFrames::default(),
    };
    let header = *trak;
    Ok(Track { header, id, handler, chapters, children, media, info, tables, sound, fate: Fate::Keep })
}

fn inside(job: &mut Job<'_>, boxes: &[BoxHeader], kind: &[u8; 4]) -> Result<Vec<BoxHeader>> {
    find(boxes, kind).map_or(Ok(Vec::new()), |parent| job.source.boxes(parent.body, parent.end))
}

/// Keeps pictures, sound, subtitles and, where asked for, the titles of chapters.
pub(super) fn decide(tracks: &mut [Track], keep_chapters: bool) {
    let chapters: Vec<u32> = tracks.iter().flat_map(|track| &track.chapters).copied().collect();
    for track in tracks {
        let is_chapter = chapters.contains(&track.id);
        track.fate = match &track.handler {
            b"vide" if is_chapter => Fate::Drop(RemovedKind::Preview),
            b"vide" | b"auxv" | b"soun" => Fate::Keep,
            b"text" | b"sbtl" | b"subt" | b"subp" | b"clcp" if is_chapter && !keep_chapters => {
                Fate::Drop(RemovedKind::Chapters)
            }
            b"text" | b"sbtl" | b"subt" | b"subp" | b"clcp" => Fate::Keep,
            _ => Fate::Drop(RemovedKind::DataTrack),
        };
    }
}

/// Counts what is left out of a track that is kept.
pub(super) fn note(job: &mut Job<'_>, track: &Track) -> Result<()> {
    if track.fate != Fate::Keep {
        return Ok(());
    }
    for child in &track.children {
        match &child.kind {
            b"tkhd" | b"edts" | b"tref" | b"mdia" | b"tapt" => {}
            _ => discard::note(job, child)?,
        }
    }
    let lists: [(&[BoxHeader], &[&[u8; 4]]); 3] = [
        (&track.media, &[b"mdhd", b"hdlr", b"minf", b"elng"]),
        (&track.info, &[b"vmhd", b"smhd", b"nmhd", b"sthd", b"gmhd", b"hdlr", b"dinf", b"stbl"]),
        (&track.tables, &TABLES),
    ];
    for (boxes, kept) in lists {
        for header in boxes.iter().filter(|b| !kept.contains(&&b.kind)) {
            discard::note(job, header)?;
        }
    }
    Ok(())
}

/// Boxes of a sample table that are kept.
const TABLES: [&[u8; 4]; 14] = [
    b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stps", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"sdtp",
    b"sgpd", b"sbgp",
];

/// Builds the box of a track that is kept.
pub(super) fn build(job: &mut Job<'_>, track: &Track, movie: &Movie, out: &mut Boxes) -> Result<()> {
    out.nest(*b"trak", |out| {
        for child in &track.children {
            match &child.kind {
                b"tkhd" => out.leaf(*b"tkhd", &timeless(job, child, [84, 96])?),
                b"tapt" => sized(job, child, &[(b"clef", 12), (b"prof", 12), (b"enof", 12)], out)?,
                b"edts" => edits(job, child, out)?,
                b"tref" => references(job, child, movie, out)?,
                b"mdia" => out.nest(*b"mdia", |out| media(job, track, out))?,
                _ => {}
            }
        }
        Ok(())
    })
}

/// A header with a version and two times in front, of that size in version 0 and 1, without the times.
pub(super) fn timeless(job: &mut Job<'_>, header: &BoxHeader, sizes: [u64; 2]) -> Result<Vec<u8>> {
    let long = job.source.look(header.body, 1)?.first() == Some(&1);
    let (size, times) = if long { (sizes[1], 16) } else { (sizes[0], 8) };
    if header.body_len() < size {
        return Err(job.source.broken(format_args!("{} has {} bytes", header.name(), header.body_len())));
    }
    let mut body = job.source.bytes(header.body, header.body + size)?;
    body.iter_mut().skip(4).take(times).for_each(|byte| *byte = 0);
    Ok(body)
}

/// A box of boxes of those kinds, each cut to its size; a shorter one is left out.
fn sized(job: &mut Job<'_>, parent: &BoxHeader, kinds: &[(&[u8; 4], u64)], out: &mut Boxes) -> Result<()> {
    let children = job.source.boxes(parent.body, parent.end)?;
    out.nest(parent.kind, |out| {
        for child in children {
            let size = kinds.iter().find(|(kind, _)| **kind == child.kind).map(|(_, size)| *size);
            if let Some(size) = size.filter(|size| *size <= child.body_len()) {
                out.leaf(child.kind, &job.source.bytes(child.body, child.body + size)?);
            }
        }
        Ok(())
    })
}

fn edits(job: &mut Job<'_>, edts: &BoxHeader, out: &mut Boxes) -> Result<()> {
    let Some(elst) = find(&job.source.boxes(edts.body, edts.end)?, b"elst") else { return Ok(()) };
    let long = job.source.look(elst.body, 1)?.first() == Some(&1);
    let list = table::counted(job, &elst, 4, if long { 20 } else { 12 })?;
    out.nest(*b"edts", |out| {
        out.leaf(*b"elst", &list);
        Ok(())
    })
}

fn references(job: &mut Job<'_>, tref: &BoxHeader, movie: &Movie, out: &mut Boxes) -> Result<()> {
    let mut lists = Vec::new();
    for child in job.source.boxes(tref.body, tref.end)?.iter().filter(|b| REFERENCES.contains(&&b.kind)) {
        let ids = job.source.bytes(child.body, child.end)?;
        let kept: Vec<u8> = ids
            .as_chunks::<4>()
            .0
            .iter()
            .filter(|id| movie.keeps(u32::from_be_bytes(**id)))
            .flatten()
            .copied()
            .collect();
        if !kept.is_empty() {
            lists.push((child.kind, kept));
        }
    }
    if lists.is_empty() {
        return Ok(());
    }
    out.nest(*b"tref", |out| {
        lists.iter().for_each(|(kind, ids)| out.leaf(*kind, ids));
        Ok(())
    })
}

fn media(job: &mut Job<'_>, track: &Track, out: &mut Boxes) -> Result<()> {
    for child in &track.media {
        match &child.kind {
            b"mdhd" => out.leaf(*b"mdhd", &timeless(job, child, [24, 36])?),
            b"hdlr" => handler(job, child, out)?,
            b"elng" => out.leaf(*b"elng", &job.source.bytes(child.body, child.end.min(child.body + 64))?),
            b"minf" => out.nest(*b"minf", |out| information(job, track, out))?,
            _ => {}
        }
    }
    Ok(())
}

/// `hdlr` without the names of its maker (ISO/IEC 14496-12, 8.4.3; in QuickTime the name stands behind its length). One
/// zero is an empty name in both.
fn handler(job: &mut Job<'_>, hdlr: &BoxHeader, out: &mut Boxes) -> Result<()> {
    let [component, kind] = [job.source.array::<4>(hdlr.body + 4)?, job.source.array::<4>(hdlr.body + 8)?];
    let component = if matches!(&component, b"mhlr" | b"dhlr") { component } else { [0; 4] };
    out.leaf(*b"hdlr", &[[0; 4].as_slice(), &component, &kind, &[0; 13]].concat());
    Ok(())
}

fn information(job: &mut Job<'_>, track: &Track, out: &mut Boxes) -> Result<()> {
    for child in &track.info {
        let size = match &child.kind {
            b"vmhd" => 12,
            b"smhd" => 8,
            b"nmhd" | b"sthd" => 4,
            _ => 0,
        };
        match &child.kind {
            b"gmhd" => sized(job, child, &[(b"gmin", 16), (b"text", 36)], out)?,
            b"hdlr" => handler(job, child, out)?,
            // One reference, to the file itself: others were refused.
            b"dinf" => out.nest(*b"dinf", |out| {
                out.leaf(*b"dref", b"\0\0\0\0\0\0\0\x01\0\0\0\x0curl \0\0\0\x01");
                Ok(())
            })?,
            b"stbl" => out.nest(*b"stbl", |out| sample_tables(job, track, out))?,
            _ if size > 0 && child.body_len() >= size => {
                out.leaf(child.kind, &job.source.bytes(child.body, child.body + size)?);
            }
            _ => {}
        }
    }
    Ok(())
}

fn sample_tables(job: &mut Job<'_>, track: &Track, out: &mut Boxes) -> Result<()> {
    for child in &track.tables {
        let body = match &child.kind {
            b"stsd" => {
                entry::build(job, child, track.handler, out)?;
                continue;
            }
            b"stco" | b"co64" => {
                chunk_places(job, track, out)?;
                continue;
            }
            b"stts" | b"ctts" => table::counted(job, child, 4, 8)?,
            b"stss" | b"stps" => table::counted(job, child, 4, 4)?,
            b"stsc" => table::counted(job, child, 4, 12)?,
            b"stsz" => {
                let equal = job.source.u32(child.body + 4)? > 0;
                table::counted(job, child, 8, if equal { 0 } else { 4 })?
            }
            b"stz2" => table::small_sizes(job, child)?,
            _ => {
                let samples = table::sample_count(job, &track.tables)?;
                optional(job, child, samples, out)?;
                continue;
            }
        };
        out.leaf(child.kind, &body);
    }
    Ok(())
}

fn chunk_places(job: &mut Job<'_>, track: &Track, out: &mut Boxes) -> Result<()> {
    // A second table of places would be read by nobody.
    let chunks = table::chunks(job, &track.tables, track.sound)?;
    let (kind, width) = if out.wide { (*b"co64", 8) } else { (*b"stco", 4) };
    out.nest(kind, |out| {
        out.put(&[0; 4]);
        out.put(&u32::try_from(chunks.len()).unwrap_or(u32::MAX).to_be_bytes());
        let at = out.bytes.len();
        out.bytes.resize(at + chunks.len() * width, 0);
        out.tables.push(ChunkTable { at, chunks });
        Ok(())
    })
}

/// Boxes that a table or a track fragment can do without: written where they are known and whole.
pub(super) fn optional(job: &mut Job<'_>, header: &BoxHeader, samples: u64, out: &mut Boxes) -> Result<()> {
    let version = job.source.look(header.body, 1)?.first().copied().unwrap_or(0);
    let size = match &header.kind {
        b"cslg" => Some(if version == 0 { 24 } else { 44 }),
        b"sdtp" => Some(4 + samples),
        b"sbgp" | b"sgpd" => {
            let kind: [u8; 4] = job.source.array(header.body + 4)?;
            let known = GROUPS.contains(&&kind);
            if known { group_size(job, header, version, kind)? } else { None }
        }
        _ => None,
    };
    if let Some(size) = size.filter(|size| *size <= header.body_len()) {
        out.leaf(header.kind, &job.source.bytes(header.body, header.body + size)?);
    }
    Ok(())
}

/// Size of a table of groups without anything behind it (ISO/IEC 14496-12, 8.9); `None` where it cannot be told.
fn group_size(job: &mut Job<'_>, header: &BoxHeader, version: u8, kind: [u8; 4]) -> Result<Option<u64>> {
    if &header.kind == b"sbgp" {
        let at = if version == 1 { 12 } else { 8 };
        return Ok(Some(at + 4 + u64::from(job.source.u32(header.body + at)?) * 8));
    }
    let count = u64::from(job.source.u32(header.body + if version == 0 { 8 } else { 12 })?);
    // Version 0 has no sizes; these kinds have one.
    let entry = match (version, &kind) {
        (0, b"roll" | b"prol") => 2,
        (0, b"rap " | b"sync" | b"tele") => 1,
        (1, _) => u64::from(job.source.u32(header.body + 8)?),
        _ => 0,
    };
    Ok((entry > 0).then(|| if version == 0 { 12 } else { 16 } + count * entry))
}
