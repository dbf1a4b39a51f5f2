//! Items of image files (HEIF and AVIF, ISO/IEC 23008-12): sizes and places of pictures.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::codec::{self, PictureSize};
use super::super::facts::{Context, Facts, Track};
use super::super::window::fourcc;
use super::boxes::{BoxHeader, Strictness::Strict, children, find};
use super::metadata;
use crate::geometry::TrackKind;

/// Walks the `meta` box of a file. Where it describes no picture, it is read as any other metadata.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>, meta: &BoxHeader, facts: &mut Facts) -> io::Result<()> {
    // Handler box first, its type behind a version and a reserved word.
    let handler = cx.window.array::<4>(meta.body + 4 + 8 + 8)?;
    if handler.as_ref() != Some(b"pict") {
        return metadata::walk(cx, meta);
    }
    let all = children(cx, (meta.body + 4).min(meta.end), meta.end, Strict)?;
    facts.image_frames.get_or_insert(1);
    facts.metadata_bytes = facts.metadata_bytes.saturating_sub(meta.body_len());
    let kinds = match find(&all, b"iinf") {
        Some(iinf) => kinds(cx, &iinf)?,
        None => BTreeMap::new(),
    };
    match find(&all, b"pitm") {
        Some(pitm) => check_primary(cx, &pitm, &kinds)?,
        None => cx.findings.add(Code::BadBox, Some(meta.start), "no picture is the one that is shown (pitm)"),
    }
    if let Some(iprp) = find(&all, b"iprp") {
        sizes(cx, &iprp, facts)?;
    }
    match find(&all, b"iloc") {
        Some(iloc) => {
            let idat = find(&all, b"idat");
            let places = places(cx, &iloc, idat, &kinds)?;
            facts.metadata_bytes += places.descriptive_bytes;
            facts.tiled = kinds.values().any(|kind| kind == b"grid");
            if let Some(track) = facts.tracks.last_mut() {
                let (width, height) = (track.width, track.height);
                // The tiles of a picture that is put together are smaller than it.
                let is_tile = |size: &PictureSize| size.0 <= width && size.1 <= height;
                track.coded = places.coded.filter(|size| !facts.tiled || !is_tile(size));
            }
        }
        None => cx.findings.add(Code::BadBox, Some(meta.start), "no item has a place (iloc)"),
    }
    if facts.tracks.is_empty() {
        cx.findings.add(Code::NoTracks, Some(meta.start), "no picture with a size (ispe)");
    }
    Ok(())
}

/// Sizes of all pictures, tiles and thumbnails included.
fn sizes<R: Read + Seek>(cx: &mut Context<'_, R>, iprp: &BoxHeader, facts: &mut Facts) -> io::Result<()> {
    let Some(ipco) = find(&children(cx, iprp.body, iprp.end, Strict)?, b"ipco") else { return Ok(()) };
    let mut track = Track::new(TrackKind::Video);
    for property in children(cx, ipco.body, ipco.end, Strict)? {
        match &property.kind {
            b"ispe" => {
                let width = cx.window.u32_be(property.body + 4)?.unwrap_or(0);
                let height = cx.window.u32_be(property.body + 8)?.unwrap_or(0);
                if u64::from(width) * u64::from(height) > u64::from(track.width) * u64::from(track.height) {
                    (track.width, track.height) = (width, height);
                }
            }
            b"irot" => cx.findings.add(Code::Rotation, Some(property.start), "irot"),
            _ => {}
        }
    }
    if track.width > 0 {
        facts.tracks.push(track);
    }
    Ok(())
}

/// The types of all items, by number (`iinf`, ISO/IEC 14496-12, 8.11.6).
fn kinds<R: Read + Seek>(cx: &mut Context<'_, R>, iinf: &BoxHeader) -> io::Result<BTreeMap<u32, [u8; 4]>> {
    let version = cx.window.look(iinf.body, 1)?.first().copied().unwrap_or(0);
    let from = iinf.body + if version == 0 { 6 } else { 8 };
    let mut found = BTreeMap::new();
    for infe in children(cx, from.min(iinf.end), iinf.end, Strict)? {
        let version = cx.window.look(infe.body, 1)?.first().copied().unwrap_or(0);
        let (id, kind_at) = if version >= 3 {
            (cx.window.u32_be(infe.body + 4)?, infe.body + 10)
        } else {
            (cx.window.u32_be(infe.body + 4)?.map(|v| v >> 16), infe.body + 8)
        };
        if let (Some(id), Some(kind)) = (id, cx.window.array::<4>(kind_at)?) {
            found.insert(id, kind);
        }
    }
    Ok(found)
}

/// The item that is shown (`pitm`) must be of a type that a decoder or the format itself knows.
fn check_primary<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    pitm: &BoxHeader,
    kinds: &BTreeMap<u32, [u8; 4]>,
) -> io::Result<()> {
    let version = cx.window.look(pitm.body, 1)?.first().copied().unwrap_or(0);
    let word = cx.window.u32_be(pitm.body + 4)?;
    let id = if version == 0 { word.map(|v| v >> 16) } else { word };
    let kind = id.and_then(|id| kinds.get(&id));
    let is_known =
        |kind: &[u8; 4]| matches!(kind, b"av01" | b"hvc1" | b"avc1" | b"jpeg" | b"grid" | b"iden" | b"iovl" | b"tmap");
    match kind {
        None => cx.findings.add(Code::BadBox, Some(pitm.start), "the picture that is shown is not there"),
        Some(kind) if !is_known(kind) => {
            cx.findings.add(
                Code::VideoCodecNotAllowed,
                Some(pitm.start),
                format!("a picture of type {}", fourcc(kind)),
            );
        }
        Some(_) => {}
    }
    Ok(())
}

/// What the places of items told.
#[derive(Default)]
struct Places {
    /// Bytes of the items that are Exif or other text.
    descriptive_bytes: u64,
    /// The largest picture that the header of a coded item announces.
    coded: Option<PictureSize>,
}

/// Checks that every extent lies in the file (`iloc`, ISO/IEC 14496-12, 8.11.3).
fn places<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    iloc: &BoxHeader,
    idat: Option<BoxHeader>,
    kinds: &BTreeMap<u32, [u8; 4]>,
) -> io::Result<Places> {
    let head = cx.window.array::<6>(iloc.body)?.unwrap_or_default();
    let (version, widths) = (head[0], [head[4] >> 4, head[4] & 15, head[5] >> 4, head[5] & 15].map(u64::from));
    let [offset_bytes, length_bytes, base_bytes, index_bytes] = widths;
    let index_bytes = if version == 0 { 0 } else { index_bytes };
    let mut at = iloc.body + 6;
    let id_bytes = if version < 2 { 2 } else { 4 };
    let count = number(cx, &mut at, iloc.end, id_bytes)?.unwrap_or(0);
    let mut places = Places::default();
    let len = cx.window.len();
    'items: for _ in 0..count {
        let Some(id) = number(cx, &mut at, iloc.end, id_bytes)? else { break };
        let method = if version == 0 { Some(0) } else { number(cx, &mut at, iloc.end, 2)?.map(|m| m & 15) };
        at += 2;
        let base = number(cx, &mut at, iloc.end, base_bytes)?;
        let extents = number(cx, &mut at, iloc.end, 2)?;
        let (Some(method), Some(base), Some(extents)) = (method, base, extents) else { break };
        for _ in 0..extents {
            at += index_bytes;
            let offset = number(cx, &mut at, iloc.end, offset_bytes)?;
            let length = number(cx, &mut at, iloc.end, length_bytes)?;
            let (Some(offset), Some(length)) = (offset, length) else { break 'items };
            let end = base.saturating_add(offset).saturating_add(length);
            let limit = match method {
                0 => len,
                1 => idat.map_or(0, |b| b.body_len()),
                _ => u64::MAX,
            };
            if end > limit {
                let message = format!("item {id} ends at byte {end} of {limit}");
                cx.findings.add(Code::SampleOutsideFile, Some(at), message);
            }
            let kind = u32::try_from(id).ok().and_then(|id| kinds.get(&id));
            match kind {
                Some(b"Exif" | b"mime" | b"uri ") => {
                    places.descriptive_bytes = places.descriptive_bytes.saturating_add(length);
                }
                Some(b"av01") if method == 0 => {
                    let size = codec::in_packet("av1", cx.window.look(base.saturating_add(offset), codec::HEAD_BYTES)?);
                    let area = |size: PictureSize| u64::from(size.0) * u64::from(size.1);
                    places.coded = places.coded.into_iter().chain(size).max_by_key(|&size| area(size));
                }
                _ => {}
            }
        }
    }
    Ok(places)
}

/// A big-endian number of 0 to 8 bytes at `at`, which moves on; `None` at the end of the box.
fn number<R: Read + Seek>(cx: &mut Context<'_, R>, at: &mut u64, end: u64, width: u64) -> io::Result<Option<u64>> {
    let here = *at;
    *at += width;
    if *at > end {
        return Ok(None);
    }
    Ok(Some(cx.window.look(here, width as usize)?.iter().fold(0, |sum, &b| sum << 8 | u64::from(b))))
}
