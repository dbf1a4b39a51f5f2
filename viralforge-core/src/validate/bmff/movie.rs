//! The movie box: its tracks, and whether what they say of themselves can be true.

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::{Context, Facts, Track};
use super::boxes::{BoxHeader, Strictness::Strict, children, find};
use super::fragment::Fragments;
use super::{entry, metadata, table};
use crate::geometry::TrackKind;

/// Boxes that belong at the top of a file: inside the movie they mean that some size is wrong.
const MISPLACED: [&[u8; 4]; 5] = [b"mdat", b"ftyp", b"moof", b"moov", b"sidx"];

/// Entries of an edit list from which their sum is held against the policy: of one or two, the header may simply lie.
const MANY_EDITS: u64 = 2;

/// What the movie box says of the whole.
pub(super) struct Movie {
    pub(super) time_scale: u32,
}

/// Walks the movie box.
pub(super) fn walk<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    moov: &BoxHeader,
    fragments: &mut Fragments,
    facts: &mut Facts,
) -> io::Result<()> {
    // A movie box may be the last one and open-ended; what then follows is inside it.
    let all = children(cx, moov.body, moov.end, Strict)?;
    if let Some(cmov) = find(&all, b"cmov") {
        cx.findings.add(Code::CompressedHeader, Some(cmov.start), format!("cmov of {} bytes", cmov.body_len()));
    }
    // A reference movie (QuickTime File Format, "Reference Movies") is a list of other files to play instead.
    if let Some(rmra) = find(&all, b"rmra") {
        cx.findings.add(Code::ExternalData, Some(rmra.start), "a movie that refers to other movies");
    }
    for wrong in all.iter().filter(|b| MISPLACED.contains(&&b.kind)) {
        cx.findings.add(Code::BadBox, Some(wrong.start), format!("{} inside moov", wrong.name()));
    }
    check_single(cx, &all, &[b"mvhd"]);
    let movie = header(cx, find(&all, b"mvhd"), facts)?;
    fragments.begin(cx, find(&all, b"mvex"))?;
    facts.track_count = all.iter().filter(|b| &b.kind == b"trak").count() as u64;
    // One over the limit is enough to refuse, and a thousand copies of one table are worth no time.
    let walked = all.iter().filter(|b| &b.kind == b"trak").take(cx.policy.max_streams as usize + 1);
    let mut chapter_tracks = Vec::new();
    let mut ids = Vec::new();
    for (index, trak) in walked.enumerate() {
        cx.findings.set_track(Some(index));
        let (id, track) = walk_track(cx, trak, &movie, fragments, (&mut chapter_tracks, &mut facts.samples))?;
        ids.push(id);
        facts.tracks.push(track);
    }
    cx.findings.set_track(None);
    for (id, track) in ids.iter().zip(&mut facts.tracks) {
        track.attached_picture |= track.kind == TrackKind::Video && chapter_tracks.contains(id);
    }
    for other in &all {
        match &other.kind {
            b"udta" | b"meta" => metadata::walk(cx, other)?,
            b"mvhd" | b"trak" | b"mvex" => {}
            _ => metadata::search(cx, other)?,
        }
    }
    Ok(())
}

fn header<R: Read + Seek>(cx: &mut Context<'_, R>, mvhd: Option<BoxHeader>, facts: &mut Facts) -> io::Result<Movie> {
    let Some(mvhd) = mvhd else {
        cx.findings.add(Code::BadBox, None, "moov has no mvhd");
        return Ok(Movie { time_scale: 1000 });
    };
    let (time_scale, duration) = times(cx, &mvhd)?;
    if time_scale == 0 {
        cx.findings.add(Code::BadTimeScale, Some(mvhd.start), "time scale of the movie is 0");
    } else if duration > 0 {
        facts.seconds = Some(duration as f64 / f64::from(time_scale));
    }
    Ok(Movie { time_scale })
}

/// Time scale and duration of `mvhd` or `mdhd`; a duration of all ones is unknown and reads as 0.
fn times<R: Read + Seek>(cx: &mut Context<'_, R>, header: &BoxHeader) -> io::Result<(u32, u64)> {
    let version = cx.window.look(header.body, 1)?.first().copied().unwrap_or(0);
    let at = header.body + if version == 1 { 20 } else { 12 };
    let scale = cx.window.u32_be(at)?.unwrap_or(0);
    let duration = if version == 1 {
        cx.window.u64_be(at + 4)?.filter(|&d| d != u64::MAX)
    } else {
        cx.window.u32_be(at + 4)?.filter(|&d| d != u32::MAX).map(u64::from)
    };
    Ok((scale, duration.unwrap_or(0)))
}

/// Of two boxes where the standard has one, one reader takes the first and another the last.
fn check_single<R: Read + Seek>(cx: &mut Context<'_, R>, boxes: &[BoxHeader], kinds: &[&[u8; 4]]) {
    for kind in kinds {
        if let Some(second) = boxes.iter().filter(|b| b.kind == **kind).nth(1) {
            cx.findings.add(Code::DuplicateHeader, Some(second.start), format!("a second {} box", second.name()));
        }
    }
}

/// The size in which a track is shown stands in the last eight bytes of its header, with 16 bits of fraction.
fn display_size<R: Read + Seek>(cx: &mut Context<'_, R>, tkhd: &BoxHeader) -> io::Result<()> {
    let at = tkhd.end.saturating_sub(8).max(tkhd.body);
    let side = |cx: &mut Context<'_, R>, at| Ok::<_, io::Error>(cx.window.u32_be(at)?.unwrap_or(0) >> 16);
    let (width, height) = (side(cx, at)?, side(cx, at + 4)?);
    let max = cx.policy.max_side;
    if width.max(height) > max {
        let message = format!("shown as {width}x{height}; {max} a side are allowed");
        cx.findings.add(Code::TooLarge, Some(tkhd.start), message);
    }
    Ok(())
}

fn walk_track<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    trak: &BoxHeader,
    movie: &Movie,
    fragments: &mut Fragments,
    (chapter_tracks, samples): (&mut Vec<u32>, &mut Option<(u64, u64)>),
) -> io::Result<(u32, Track)> {
    let mut track = Track::new(TrackKind::Data);
    let all = children(cx, trak.body, trak.end, Strict)?;
    let mut id = 0;
    if let Some(tkhd) = find(&all, b"tkhd") {
        let version = cx.window.look(tkhd.body, 1)?.first().copied().unwrap_or(0);
        id = cx.window.u32_be(tkhd.body + if version == 1 { 20 } else { 12 })?.unwrap_or(0);
    }
    if let Some(tkhd) = find(&all, b"tkhd") {
        display_size(cx, &tkhd)?;
    }
    if let Some(tref) = find(&all, b"tref") {
        for reference in children(cx, tref.body, tref.end, Strict)?.iter().filter(|b| &b.kind == b"chap") {
            for n in 0..(reference.body_len() / 4).min(8) {
                chapter_tracks.extend(cx.window.u32_be(reference.body + n * 4)?);
            }
        }
    }
    for other in all.iter().filter(|b| matches!(&b.kind, b"udta" | b"meta")) {
        metadata::walk(cx, other)?;
    }
    metadata::search_free(cx, &all)?;
    let Some(mdia) = find(&all, b"mdia") else {
        cx.findings.add(Code::BadBox, Some(trak.start), "track has no mdia");
        return Ok((id, track));
    };
    let media = children(cx, mdia.body, mdia.end, Strict)?;
    metadata::search_free(cx, &media)?;
    let time_scale = match find(&media, b"mdhd") {
        Some(mdhd) => times(cx, &mdhd)?.0,
        None => 0,
    };
    if time_scale == 0 {
        cx.findings.add(Code::BadTimeScale, Some(mdia.start), "time scale of a track is 0");
    }
    if let Some(hdlr) = find(&media, b"hdlr") {
        track.kind = match &cx.window.array::<4>(hdlr.body + 8)?.unwrap_or_default() {
            b"vide" | b"auxv" => TrackKind::Video,
            b"soun" => TrackKind::Audio,
            b"text" | b"sbtl" | b"subt" | b"subp" | b"clcp" => TrackKind::Subtitle,
            _ => TrackKind::Data,
        };
    }
    let Some(minf) = find(&media, b"minf") else {
        cx.findings.add(Code::BadBox, Some(mdia.start), "track has no minf");
        return Ok((id, track));
    };
    let info = children(cx, minf.body, minf.end, Strict)?;
    metadata::search_free(cx, &info)?;
    if let Some(dinf) = find(&info, b"dinf") {
        check_data_references(cx, &dinf)?;
    }
    let Some(stbl) = find(&info, b"stbl") else {
        cx.findings.add(Code::BadBox, Some(minf.start), "track has no stbl");
        return Ok((id, track));
    };
    let tables = children(cx, stbl.body, stbl.end, Strict)?;
    metadata::search_free(cx, &tables)?;
    check_single(cx, &tables, &[b"stsd", b"stts", b"ctts", b"stsz", b"stz2", b"stsc", b"stco", b"co64", b"stss"]);
    check_single(cx, &media, &[b"mdhd", b"hdlr", b"minf"]);
    check_single(cx, &all, &[b"tkhd", b"mdia"]);
    match find(&tables, b"stsd") {
        Some(stsd) => entry::walk(cx, &stsd, &mut track)?,
        None => cx.findings.add(Code::BadBox, Some(stbl.start), "track has no stsd"),
    }
    if let Some((first, last)) = table::walk(cx, &tables, time_scale, &mut track)? {
        let span = samples.get_or_insert((first, last));
        *span = (span.0.min(first), span.1.max(last));
    }
    if let Some(edits) = find(&all, b"edts") {
        let lists = children(cx, edits.body, edits.end, Strict)?;
        if let Some(elst) = find(&lists, b"elst") {
            check_edits(cx, &elst, movie, track.kind)?;
        }
    }
    fragments.add_track(id, time_scale, &track);
    if fragments.expected() && track.frames == Some(0) {
        (track.frames, track.seconds) = (None, None);
    }
    Ok((id, track))
}

/// Every data reference must be to this file (ISO/IEC 14496-12, 8.7.2): flag 1.
fn check_data_references<R: Read + Seek>(cx: &mut Context<'_, R>, dinf: &BoxHeader) -> io::Result<()> {
    let boxes = children(cx, dinf.body, dinf.end, Strict)?;
    let Some(dref) = find(&boxes, b"dref") else { return Ok(()) };
    let entries = children(cx, dref.body + 8, dref.end, Strict)?;
    if entries.len() as u64 > u64::from(cx.window.u32_be(dref.body + 4)?.unwrap_or(0)) {
        cx.findings.add(Code::BadTable, Some(dref.start), "more data references than counted");
    }
    for entry in entries {
        let flags = cx.window.u32_be(entry.body)?.unwrap_or(0);
        if flags & 1 == 0 {
            let text = cx.window.look(entry.body + 4, entry.body_len().saturating_sub(4).min(200) as usize)?;
            let text = String::from_utf8_lossy(text).into_owned();
            cx.findings.add(Code::ExternalData, Some(entry.start), format!("{} reference {text:?}", entry.name()));
        }
    }
    Ok(())
}

/// An empty edit holds the first picture or the sound back; a long one is a gap like any other.
fn check_edits<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    elst: &BoxHeader,
    movie: &Movie,
    kind: TrackKind,
) -> io::Result<()> {
    let version = cx.window.look(elst.body, 1)?.first().copied().unwrap_or(0);
    let width = if version == 1 { 20 } else { 12 };
    let Some(edits) = table::Table::read(cx, elst, 4, width)? else { return Ok(()) };
    let mut shown = 0u64;
    for index in 0..edits.count {
        let at = edits.at(index);
        let (length, start) = if version == 1 {
            (cx.window.u64_be(at)?, cx.window.u64_be(at + 8)?.map(|v| v as i64))
        } else {
            (cx.window.u32_be(at)?.map(u64::from), cx.window.u32_be(at + 4)?.map(|v| i64::from(v as i32)))
        };
        let (Some(length), Some(start)) = (length, start) else { break };
        shown = shown.saturating_add(length);
        if start != 0 {
            cx.findings.add(Code::EditList, Some(elst.start), "the media does not start at its first sample");
        }
        let seconds = length as f64 / f64::from(movie.time_scale.max(1));
        // Subtitles and data come when they come.
        let is_media = matches!(kind, TrackKind::Video | TrackKind::Audio);
        if start == -1 && is_media && seconds > cx.policy.max_frame_gap.as_secs_f64() {
            cx.findings.add(Code::gap(kind), Some(at), format!("an empty edit of {seconds:.1} s"));
        }
    }
    // A list of many entries may show the same pictures again and again.
    let seconds = shown as f64 / f64::from(movie.time_scale.max(1));
    let max = cx.policy.max_duration.as_secs_f64();
    if edits.count > MANY_EDITS && seconds > max {
        cx.findings.add(Code::TooLong, Some(elst.start), format!("edits of {seconds:.0} s; {max} s are allowed"));
    }
    Ok(())
}
