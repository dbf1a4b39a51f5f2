//! The source: small looks for headers, whole pieces of metadata, and long copies of media.

use std::io::{self, Read, Seek, SeekFrom};

use super::writer::Writer;
use crate::error::{Error, Result};
use crate::monitor::{Monitor, Stage};
use crate::source::{Input, Source};
use crate::validate::bmff::boxes::{self, BoxHeader, Next};
use crate::validate::ebml::element::{self, Element};
use crate::validate::window::Window;

/// The largest piece of metadata that is held in memory: a table of a day of video has a few megabytes.
const MAX_PIECE_BYTES: u64 = 64 << 20;
/// Bytes that are copied at once, and between two looks at the monitor.
const COPY_BYTES: usize = 256 << 10;
/// The most parts that one parent may have.
const MAX_PARTS: usize = 1_000_000;

/// The bytes of the source.
pub(super) struct Reader<'a> {
    name: &'a str,
    window: Window<'a, Input>,
    /// A second pass, so that copying does not push the headers out of the window.
    media: Input,
    /// Where `media` stands.
    media_at: u64,
    buffer: Vec<u8>,
    monitor: &'a Monitor,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source, monitor: &'a Monitor) -> Result<Self> {
        let window = Window::new(source.open()?, source.byte_len(), monitor);
        Ok(Self { name: source.name(), window, media: source.open()?, media_at: 0, buffer: Vec::new(), monitor })
    }

    /// Size of the file in bytes.
    pub(super) fn len(&self) -> u64 {
        self.window.len()
    }

    /// The error for a file that is not as its own numbers say.
    pub(super) fn broken(&self, problem: impl std::fmt::Display) -> Error {
        Error::malformed(self.name, format_args!("{problem}; please export it again"))
    }

    /// The error for a file that is fine but that this verb cannot rewrite.
    pub(super) fn unsupported(&self, problem: impl std::fmt::Display) -> Error {
        Error::unsupported(self.name, problem)
    }

    /// The bytes from `at`: `count` of them, fewer where the file ends or where `count` is over a mebibyte.
    pub(super) fn look(&mut self, at: u64, count: usize) -> Result<&[u8]> {
        let (name, monitor) = (self.name, self.monitor);
        self.window.look(at, count).map_err(|error| failed(name, monitor, error))
    }

    /// Exactly `N` bytes from `at`.
    pub(super) fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N]> {
        let found = self.window.array(at).map_err(|error| failed(self.name, self.monitor, error))?;
        found.ok_or_else(|| self.broken(format_args!("ends at byte {} in the middle of a header", self.window.len())))
    }

    /// A big-endian 32-bit number.
    pub(super) fn u32(&mut self, at: u64) -> Result<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    /// A whole piece of metadata from `from` up to `end`.
    pub(super) fn bytes(&mut self, from: u64, end: u64) -> Result<Vec<u8>> {
        let count = end.saturating_sub(from);
        if end > self.len() || count > MAX_PIECE_BYTES {
            return Err(self.broken(format_args!("{count} bytes of metadata at byte {from} cannot be")));
        }
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(0)];
        self.seek(from)?;
        self.media.read_exact(&mut bytes).map_err(|error| failed(self.name, self.monitor, error))?;
        self.media_at = end;
        Ok(bytes)
    }

    /// Copies the bytes from `from` up to `end` to the output.
    pub(super) fn copy(&mut self, from: u64, end: u64, out: &mut Writer) -> Result<()> {
        if end > self.len() {
            return Err(self.broken(format_args!("media up to byte {end}, and the file has {}", self.len())));
        }
        self.seek(from)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(COPY_BYTES, 0);
        while self.media_at < end {
            self.monitor.check()?;
            let count = usize::try_from(end - self.media_at).unwrap_or(COPY_BYTES).min(COPY_BYTES);
            let piece = buffer.get_mut(..count).unwrap_or_default();
            self.media.read_exact(piece).map_err(|error| failed(self.name, self.monitor, error))?;
            self.media_at += count as u64;
            out.write(piece)?;
            self.monitor.report(Stage::Sanitize, out.position() as f64 / self.len().max(1) as f64 * 0.99);
        }
        self.buffer = buffer;
        Ok(())
    }

    fn seek(&mut self, at: u64) -> Result<()> {
        if self.media_at != at {
            self.media.seek(SeekFrom::Start(at)).map_err(|error| failed(self.name, self.monitor, error))?;
            self.media_at = at;
        }
        Ok(())
    }

    /// The box at `at` in a parent that ends at `end`; `None` where there is none that lies within.
    pub(super) fn next_box(&mut self, at: u64, end: u64) -> Result<Option<BoxHeader>> {
        let next = boxes::next(&mut self.window, at, end).map_err(|error| failed(self.name, self.monitor, error))?;
        Ok(match next {
            // QuickTime ends some lists with a zero.
            Next::Box(header) if header.open_ended && header.kind == [0; 4] => None,
            Next::Box(header) => Some(header),
            Next::Over(_) | Next::BadSize(_) | Next::Short | Next::End => None,
        })
    }

    /// The boxes from `from` to `end`, as far as they make sense.
    pub(super) fn boxes(&mut self, from: u64, end: u64) -> Result<Vec<BoxHeader>> {
        let mut found = Vec::new();
        let mut at = from;
        while let Some(header) = self.next_box(at, end)? {
            at = header.end;
            found.push(header);
            if found.len() > MAX_PARTS {
                return Err(self.broken(format_args!("more than {MAX_PARTS} boxes in one")));
            }
        }
        Ok(found)
    }

    /// The EBML element whose header stands at `at`; `None` where none does.
    pub(super) fn element(&mut self, at: u64) -> Result<Option<Element>> {
        element::read(&mut self.window, at).map_err(|error| failed(self.name, self.monitor, error))
    }

    /// An unsigned number of EBML.
    pub(super) fn unsigned(&mut self, element: &Element) -> Result<u64> {
        element::unsigned(&mut self.window, element).map_err(|error| failed(self.name, self.monitor, error))
    }

    /// The elements from `from` to `end`, as far as they lie within it.
    pub(super) fn elements(&mut self, from: u64, end: u64) -> Result<Vec<Element>> {
        let mut found = Vec::new();
        let mut at = from;
        while at < end
            && let Some(child) = self.element(at)?.filter(|child| child.len.is_some() && child.end(end) <= end)
        {
            at = child.end(end);
            found.push(child);
            if found.len() > MAX_PARTS {
                return Err(self.broken(format_args!("more than {MAX_PARTS} elements in one")));
            }
        }
        Ok(found)
    }
}

/// A read that failed: because somebody cancelled, or because of the source.
fn failed(name: &str, monitor: &Monitor, error: io::Error) -> Error {
    match monitor.check() {
        Err(cancelled) => cancelled,
        Ok(()) => Error::io(name, error),
    }
}
