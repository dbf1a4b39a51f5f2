//! Matroska and WebM (RFC 9559): header, tracks, chapters, clusters without what is no block, and a new index.

mod cluster;
mod cue;
mod filter;
mod survey;
mod write;

use self::cue::Cues;
use self::survey::Segment;
use super::Job;
use super::report::RemovedKind;
use crate::error::Result;
use crate::validate::ebml::element::Element;
use crate::validate::ebml::id;

/// Name of this program where the format asks for one.
const PROGRAM: &[u8] = b"viralforge";

/// A track that is kept.
struct Track {
    number: u64,
    is_video: bool,
}

/// Rewrites the whole file.
pub(super) fn rewrite(job: &mut Job<'_>) -> Result<()> {
    let len = job.source.len();
    let Some(header) = job.source.element(0)?.filter(|e| e.id == id::EBML) else {
        return Err(job.source.broken("there is no EBML header"));
    };
    let outer = job.source.element(header.end(len))?.filter(|e| e.id == id::SEGMENT);
    let Some(outer) = outer else { return Err(job.source.broken("there is no segment")) };
    let segment = survey::read(job, &outer)?;
    let (Some(info), Some(tracks)) = (segment.info, segment.tracks) else {
        return Err(job.source.broken("there is no description of the tracks"));
    };
    let (tracks, kept) = build_tracks(job, &tracks)?;
    let mut info = filter::content(job, &info, filter::INFO)?;
    info.extend([write::element(0x4d80, PROGRAM), write::element(0x5741, PROGRAM)].concat());
    let header = filter::content(job, &header, filter::HEADER)?;
    job.out.write(&write::element(id::EBML, &header))?;
    job.out.write(&write::id(id::SEGMENT))?;
    let size_at = job.out.position();
    job.out.write(&write::size(0, 8))?;
    let start = job.out.position();
    let parts = write_head(job, &segment, start, [info, tracks])?;
    let mut cues = Cues::new(start);
    for (cluster, end) in &segment.clusters {
        cluster::rewrite(job, cluster, *end, &kept, &mut cues)?;
    }
    let cues_at = job.out.position();
    let Some(cues) = cues.build() else { return Err(job.source.broken("there is no picture or sound in it")) };
    job.out.write(&cues)?;
    job.out.rewrite(parts.seek_at, &seek_head(&[parts.found, vec![(id::CUES, cues_at - start)]].concat()))?;
    job.out.rewrite(size_at, &write::size(job.out.position() - start, 8))
}

/// What stands in front of the clusters.
struct Head {
    /// Where the list of positions stands in the output.
    seek_at: u64,
    /// Elements and their positions, counted from the start of the segment's content.
    found: Vec<(u32, u64)>,
}

fn write_head(job: &mut Job<'_>, segment: &Segment, start: u64, [info, tracks]: [Vec<u8>; 2]) -> Result<Head> {
    let mut parts = vec![(id::INFO, info), (id::TRACKS, tracks)];
    if let Some(chapters) = segment.chapters {
        if job.keep_chapters {
            let chapters = filter::content(job, &chapters, filter::CHAPTERS)?;
            parts.push((id::CHAPTERS, chapters));
        } else {
            job.removed.add(RemovedKind::Chapters, chapters.end(job.source.len()) - chapters.start);
        }
    }
    let seek_at = job.out.position();
    // Positions are of a fixed size, so that the list can be filled in later; the index is the last of them.
    let blank: Vec<_> = parts.iter().map(|(id, _)| (*id, 0)).chain([(id::CUES, 0)]).collect();
    job.out.write(&seek_head(&blank))?;
    let mut found = Vec::new();
    for (id, body) in parts {
        found.push((id, job.out.position() - start));
        job.out.write(&write::element(id, &body))?;
    }
    Ok(Head { seek_at, found })
}

/// `SeekHead`: where elements stand.
fn seek_head(found: &[(u32, u64)]) -> Vec<u8> {
    let entries = found.iter().map(|(element, at)| {
        let fields = [write::element(0x53ab, &write::id(*element)), write::wide(0x53ac, *at)].concat();
        write::element(0x4dbb, &fields)
    });
    write::element(id::SEEK_HEAD, &entries.collect::<Vec<_>>().concat())
}

/// `Tracks`, and which of them are kept: pictures, sound and subtitles.
fn build_tracks(job: &mut Job<'_>, tracks: &Element) -> Result<(Vec<u8>, Vec<Track>)> {
    let (mut out, mut kept, mut uid) = (Vec::new(), Vec::new(), 0);
    let end = tracks.end(job.source.len());
    for entry in job.source.elements(tracks.body, end)? {
        let entry_end = entry.end(end);
        let (mut number, mut kind) = (0, 0);
        let mut name_bytes = 0;
        if entry.id == 0xae {
            for field in job.source.elements(entry.body, entry_end)? {
                match field.id {
                    0xd7 => number = job.source.unsigned(&field)?,
                    0x83 => kind = job.source.unsigned(&field)?,
                    0x536e => name_bytes = field.end(entry_end) - field.start,
                    _ => {}
                }
            }
        }
        match (entry.id, kind) {
            (0xae, 1 | 2 | 0x11) => {
                kept.push(Track { number, is_video: kind == 1 });
                let body = filter::build(job, entry.body, entry_end, filter::TRACK, &mut uid)?;
                out.extend(write::element(0xae, &body));
                job.removed.add(RemovedKind::Tags, name_bytes);
            }
            (0xae, _) => job.removed.add(RemovedKind::DataTrack, entry_end - entry.start),
            (id::VOID, _) => job.removed.add(RemovedKind::FreeSpace, entry_end - entry.start),
            (id::CRC_32, _) => {}
            _ => job.removed.add(RemovedKind::UnknownBox, entry_end - entry.start),
        }
    }
    Ok((out, kept))
}
