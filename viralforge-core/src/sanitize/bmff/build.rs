//! Boxes of the output, built in memory.

use crate::error::Result;

/// Places of chunks within a box under construction, still those of the source.
pub(super) struct ChunkTable {
    /// Where the entries begin in the bytes that were built.
    pub(super) at: usize,
    /// Where each chunk begins and ends in the source.
    pub(super) chunks: Vec<(u64, u64)>,
}

/// Boxes under construction.
pub(super) struct Boxes {
    pub(super) bytes: Vec<u8>,
    /// Tables that are filled in once it is known where the media will stand.
    pub(super) tables: Vec<ChunkTable>,
    /// Whether places have 64 bits.
    pub(super) wide: bool,
}

impl Boxes {
    pub(super) fn new(wide: bool) -> Self {
        Self { bytes: Vec::new(), tables: Vec::new(), wide }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A box whose content `fill` writes.
    pub(super) fn nest(&mut self, kind: [u8; 4], fill: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let start = self.bytes.len();
        self.put(&[0; 4]);
        self.put(&kind);
        fill(self)?;
        let size = self.bytes.len() - start;
        if let Some(field) = self.bytes.get_mut(start..start + 4) {
            // Pieces of metadata are bounded, so that all of them stay far below 4 GiB.
            field.copy_from_slice(&u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes());
        }
        Ok(())
    }

    /// A box with that content.
    pub(super) fn leaf(&mut self, kind: [u8; 4], body: &[u8]) {
        self.put(&u32::try_from(body.len() + 8).unwrap_or(u32::MAX).to_be_bytes());
        self.put(&kind);
        self.put(body);
    }

    /// Fills in where each chunk begins in the output.
    pub(super) fn place(&mut self, place: impl Fn(u64) -> u64) {
        for table in &self.tables {
            let entries = self.bytes.get_mut(table.at..).unwrap_or_default();
            let width = if self.wide { 8 } else { 4 };
            for (entry, (start, _)) in entries.chunks_exact_mut(width).zip(&table.chunks) {
                let place = place(*start).to_be_bytes();
                entry.copy_from_slice(place.get(8 - width..).unwrap_or_default());
            }
        }
    }
}

/// The header of a box of that size, itself included.
pub(super) fn header(kind: [u8; 4], body_len: u64) -> Vec<u8> {
    match u32::try_from(body_len + 8) {
        Ok(size) => [size.to_be_bytes(), kind].concat(),
        Err(_) => [1u32.to_be_bytes().as_slice(), &kind, &(body_len + 16).to_be_bytes()].concat(),
    }
}
