//! ISO base media files (ISO/IEC 14496-12) and QuickTime movies: header first, then the media that samples refer to.

mod build;
mod discard;
mod entry;
mod fragment;
mod movie;
mod ranges;
mod table;
mod text;
mod track;
mod user_data;

use self::build::Boxes;
use self::ranges::Ranges;
use super::Job;
use super::report::RemovedKind;
use crate::error::Result;
use crate::validate::bmff::boxes::BoxHeader;

/// Brands that tell players how to read a file (MP4 registration authority); others name cameras and programs.
const BRANDS: [&[u8; 4]; 47] = [
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"isoa", b"isob", b"isoc",
    b"mp41", b"mp42", b"mp71", b"avc1", b"hvc1", b"hev1", b"av01", b"qt  ", b"M4A ", b"M4B ", b"M4P ", b"M4V ",
    b"M4VH", b"M4VP", b"3gp1", b"3gp2", b"3gp3", b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3gp8", b"3gp9", b"3gr6",
    b"3gs6", b"3g2a", b"3g2b", b"3g2c", b"dash", b"msdh", b"msix", b"cmfc", b"cmfs", b"dby1", b"f4v ",
];

/// The boxes of the file that matter.
#[derive(Default)]
struct File {
    ftyp: Option<BoxHeader>,
    moov: Option<BoxHeader>,
    fragments: Vec<BoxHeader>,
    /// Bytes of all media data, whether a sample refers to it or not.
    media_bytes: u64,
}

/// Bytes of media that went one way or the other.
#[derive(Default)]
struct Account {
    kept: u64,
    dropped: u64,
}

/// Rewrites the whole file.
pub(super) fn rewrite(job: &mut Job<'_>) -> Result<()> {
    let file = survey(job)?;
    let Some(moov) = file.moov else { return Err(job.source.broken("there is no header (moov)")) };
    let movie = movie::read(job, &moov)?;
    let mut boxes = movie::build(job, &movie, false)?;
    let media = kept(&boxes);
    let ftyp = file_type(job, file.ftyp)?;
    let fits = |boxes: &Boxes| u32::try_from((ftyp.len() + boxes.bytes.len()) as u64 + 8 + media.total()).is_ok();
    if !fits(&boxes) {
        boxes = movie::build(job, &movie, true)?;
    }
    movie::note(job, &movie)?;
    let header = build::header(*b"mdat", media.total());
    let start = (ftyp.len() + boxes.bytes.len() + header.len()) as u64;
    boxes.place(|at| start + media.moved(at));
    job.out.write(&ftyp)?;
    job.out.write(&boxes.bytes)?;
    let mut account = Account { kept: media.total(), dropped: movie::dropped(job, &movie, &media)? };
    if media.total() > 0 || file.fragments.is_empty() {
        job.out.write(&header)?;
        media.copy(job)?;
    }
    for moof in &file.fragments {
        fragment::rewrite(job, moof, &movie, &mut account)?;
    }
    let unreferenced = file.media_bytes.saturating_sub(account.kept + account.dropped);
    job.removed.add(RemovedKind::UnreferencedBytes, unreferenced);
    Ok(())
}

fn kept(boxes: &Boxes) -> Ranges {
    Ranges::new(boxes.tables.iter().flat_map(|table| &table.chunks).copied().collect())
}

/// Finds the boxes of the file; counts what is left out of them.
fn survey(job: &mut Job<'_>) -> Result<File> {
    let mut file = File::default();
    let len = job.source.len();
    let mut at = 0;
    while let Some(header) =
        job.source.next_box(at, len)?.filter(|b| b.kind.iter().all(|b| b.is_ascii_graphic() || *b == b' '))
    {
        match &header.kind {
            b"ftyp" if file.ftyp.is_none() => file.ftyp = Some(header),
            b"moov" if file.moov.is_none() => {
                job.header_was_last = file.media_bytes > 0;
                file.moov = Some(header);
            }
            b"moof" => file.fragments.push(header),
            b"mdat" | b"imda" => file.media_bytes += header.body_len(),
            _ => discard::note(job, &header)?,
        }
        at = header.end;
    }
    job.removed.add(RemovedKind::TrailingBytes, len.saturating_sub(at));
    Ok(file)
}

/// The first box: the major brand as it was, since it says what the file is, and of the others those that are known.
fn file_type(job: &mut Job<'_>, ftyp: Option<BoxHeader>) -> Result<Vec<u8>> {
    let Some(ftyp) = ftyp else { return Ok(Vec::new()) };
    let body = job.source.bytes(ftyp.body, ftyp.end)?;
    let mut boxes = Boxes::new(false);
    boxes.nest(*b"ftyp", |boxes| {
        boxes.put(body.get(..8).unwrap_or(&body));
        let mut written: Vec<&[u8]> = Vec::new();
        for brand in body.get(8..).unwrap_or_default().chunks_exact(4) {
            if BRANDS.iter().any(|known| known.as_slice() == brand) && !written.contains(&brand) {
                written.push(brand);
                boxes.put(brand);
            }
        }
        Ok(())
    })?;
    Ok(boxes.bytes)
}
