//! A file as it would be if its sound had no samples.
//!
//! FFmpeg builds the index of every track of an MP4 when it opens one. That of the sound is larger than that of the
//! pictures, is of no use to who reads pictures alone, and is there once for each of several readers: of four hours, tens
//! of megabytes each. There is no option to leave it out, so the tables are hidden: where their type stands in the file,
//! FFmpeg reads `free` (ISO/IEC 14496-12, 8.1.2), and passes over them.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use crate::source::Input;

const FREE: [u8; 4] = *b"free";
/// More boxes than this on the way to the tables are not looked through; then nothing is hidden.
const MAX_BOXES: usize = 10_000;

/// The bytes of a source, with the types of some boxes hidden.
pub(super) struct Unheard {
    input: Input,
    /// Where the types are, in order.
    hidden: Vec<u64>,
    position: u64,
}

impl Unheard {
    /// The file as it is.
    pub(super) fn nothing(input: Input) -> Self {
        Self { input, hidden: Vec::new(), position: 0 }
    }

    /// Hides the tables of sound, where this is an MP4 that has some.
    pub(super) fn sound(mut input: Input) -> io::Result<Self> {
        let hidden = sound_tables(&mut input)?;
        input.seek(SeekFrom::Start(0))?;
        Ok(Self { input, hidden, position: 0 })
    }
}

impl Read for Unheard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let from = self.position;
        self.position += count as u64;
        let first = self.hidden.partition_point(|at| at + 4 <= from);
        for at in self.hidden[first..].iter().take_while(|at| **at < self.position) {
            for (byte, free) in (*at..).zip(FREE) {
                if (from..self.position).contains(&byte) {
                    buffer[(byte - from) as usize] = free;
                }
            }
        }
        Ok(count)
    }
}

impl Seek for Unheard {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.input.seek(to)?;
        Ok(self.position)
    }
}

/// A box: its type, where that stands, and what is in the box.
struct Found {
    kind: [u8; 4],
    kind_at: u64,
    body: Range<u64>,
}

/// Where the types of the tables of sound stand. Nothing in a file that has fragments, which lean on the tables.
fn sound_tables(input: &mut Input) -> io::Result<Vec<u64>> {
    let mut walk = Walk { left: MAX_BOXES, len: input.byte_len(), input };
    let whole = 0..walk.len;
    let mut hidden = Vec::new();
    let Some(movie) = walk.child(whole, b"moov")? else { return Ok(hidden) };
    let tracks = walk.boxes(movie)?;
    if tracks.iter().any(|found| &found.kind == b"mvex") {
        return Ok(hidden);
    }
    for track in tracks.into_iter().filter(|found| &found.kind == b"trak") {
        let Some(media) = walk.child(track.body, b"mdia")? else { continue };
        let Some(handler) = walk.child(media.clone(), b"hdlr")? else { continue };
        // Version and flags, four bytes of zero, and what kind of media it is (8.4.3).
        if walk.bytes(handler.start + 8)? != Some(*b"soun") {
            continue;
        }
        let Some(information) = walk.child(media, b"minf")? else { continue };
        let Some(table) = walk.child(information, b"stbl")? else { continue };
        // What the samples are stays, so that the track is still one of sound.
        let tables = walk.boxes(table)?;
        hidden.extend(tables.iter().filter(|found| &found.kind != b"stsd").map(|found| found.kind_at));
    }
    hidden.sort_unstable();
    // One that did not end well may be something else.
    Ok(if walk.left == 0 { Vec::new() } else { hidden })
}

struct Walk<'a> {
    input: &'a mut Input,
    len: u64,
    left: usize,
}

impl Walk<'_> {
    fn bytes<const N: usize>(&mut self, at: u64) -> io::Result<Option<[u8; N]>> {
        if at.checked_add(N as u64).is_none_or(|end| end > self.len) {
            return Ok(None);
        }
        let mut bytes = [0; N];
        self.input.seek(SeekFrom::Start(at))?;
        self.input.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// The boxes within `range`, as far as they make sense.
    fn boxes(&mut self, range: Range<u64>) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        let mut at = range.start;
        while let Some(next) = self.next(at, range.end)? {
            at = next.body.end;
            found.push(next);
        }
        Ok(found)
    }

    fn child(&mut self, range: Range<u64>, kind: &[u8; 4]) -> io::Result<Option<Range<u64>>> {
        let mut at = range.start;
        while let Some(next) = self.next(at, range.end)? {
            if next.kind == *kind {
                return Ok(Some(next.body));
            }
            at = next.body.end;
        }
        Ok(None)
    }

    fn next(&mut self, at: u64, end: u64) -> io::Result<Option<Found>> {
        if self.left == 0 || at >= end {
            return Ok(None);
        }
        self.left -= 1;
        let Some([a, b, c, d, kind @ ..]) = self.bytes::<8>(at)? else { return Ok(None) };
        let (body, size) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (at + 8, end - at),
            1 => match self.bytes(at + 8)? {
                Some(large) => (at + 16, u64::from_be_bytes(large)),
                None => return Ok(None),
            },
            size => (at + 8, u64::from(size)),
        };
        let close = at.checked_add(size).filter(|close| *close <= end && *close >= body);
        Ok(close.map(|close| Found { kind, kind_at: at + 4, body: body..close }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn atom(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], body].concat()
    }

    fn track(handler: &[u8; 4]) -> Vec<u8> {
        let tables = [atom(b"stsd", b"what"), atom(b"stts", b"when"), atom(b"stco", b"where")].concat();
        let information = atom(b"minf", &atom(b"stbl", &tables));
        let told = atom(b"hdlr", &[&[0; 8], &handler[..], &[0; 12]].concat());
        atom(b"trak", &atom(b"mdia", &[told, information].concat()))
    }

    fn read(bytes: &[u8], chunk: usize) -> Vec<u8> {
        let source = Source::from_bytes("a.mp4", bytes.to_vec());
        let mut file = Unheard::sound(source.open().unwrap()).unwrap();
        let mut out = Vec::new();
        while out.len() < bytes.len() {
            let mut buffer = vec![0; chunk.min(bytes.len() - out.len())];
            let count = file.read(&mut buffer).unwrap();
            out.extend_from_slice(&buffer[..count]);
        }
        out
    }

    #[test]
    fn tables_of_sound_alone_read_free_however_they_are_read() {
        let movie = atom(b"moov", &[track(b"soun"), track(b"vide")].concat());
        let file = [atom(b"ftyp", b"isom"), movie, atom(b"mdat", b"stts stco")].concat();
        let seen = read(&file, file.len());
        let count = |kind: &[u8; 4]| seen.windows(4).filter(|four| four == kind).count();
        assert_eq!((count(b"free"), count(b"stsd"), count(b"stts"), count(b"stco")), (2, 2, 2, 2));
        for chunk in 1..20 {
            assert_eq!(read(&file, chunk), seen, "{chunk}");
        }
        let changed = file.iter().zip(&seen).filter(|(a, b)| a != b).count();
        assert!((1..=8).contains(&changed));
    }

    #[test]
    fn what_leans_on_the_tables_or_makes_no_sense_stays_as_it_is() {
        let fragmented = atom(b"moov", &[track(b"soun"), atom(b"mvex", b"")].concat());
        assert_eq!(read(&fragmented, 7), fragmented);
        for cut in 1..fragmented.len() {
            let whole = atom(b"moov", &track(b"soun"));
            let cut = &whole[..cut.min(whole.len())];
            assert_eq!(read(cut, 5).len(), cut.len());
        }
        let endless = [0, 0, 0, 8, b'f', b'r', b'e', b'e'].repeat(MAX_BOXES + 1);
        let file = [endless, atom(b"moov", &track(b"soun"))].concat();
        assert_eq!(read(&file, 4096), file);
    }
}
