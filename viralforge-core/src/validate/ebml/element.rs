//! Elements of EBML (RFC 8794): identifier, size, content.

use std::io::{self, Read, Seek};

use super::super::window::Window;

/// An element's header; its content may reach beyond its parent or the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) id: u32,
    pub(crate) start: u64,
    pub(crate) body: u64,
    /// `None` where the size is unknown, as live recordings write it.
    pub(crate) len: Option<u64>,
}

impl Element {
    /// Where it ends, in a parent that ends at `parent_end`.
    pub(crate) fn end(&self, parent_end: u64) -> u64 {
        self.len.map_or(parent_end, |len| self.body.saturating_add(len))
    }
}

/// Reads the header at `at`; `None` where there is none: the file ends, or the bytes are no header.
pub(crate) fn read<R: Read + Seek>(window: &mut Window<'_, R>, at: u64) -> io::Result<Option<Element>> {
    let bytes = window.look(at, 12)?;
    Ok(parse(bytes).map(|(id, len, header)| Element { id, start: at, body: at + header, len }))
}

/// Identifier, size and length of a header.
fn parse(bytes: &[u8]) -> Option<(u32, Option<u64>, u64)> {
    let id_len = bytes.first()?.leading_zeros() as usize + 1;
    if id_len > 4 {
        return None;
    }
    let id = bytes.get(..id_len)?.iter().fold(0u32, |sum, &b| sum << 8 | u32::from(b));
    let size = bytes.get(id_len..)?;
    let size_len = size.first()?.leading_zeros() as usize + 1;
    if size_len > 8 {
        return None;
    }
    let raw = size.get(..size_len)?.iter().fold(0u64, |sum, &b| sum << 8 | u64::from(b));
    let mask = (1u64 << (7 * size_len)) - 1;
    let len = raw & mask;
    Some((id, (len != mask).then_some(len), (id_len + size_len) as u64))
}

/// An unsigned number of up to 8 bytes.
pub(crate) fn unsigned<R: Read + Seek>(window: &mut Window<'_, R>, element: &Element) -> io::Result<u64> {
    let count = element.len.unwrap_or(0).min(8) as usize;
    Ok(window.look(element.body, count)?.iter().fold(0, |sum, &b| sum << 8 | u64::from(b)))
}

/// A floating-point number of 4 or 8 bytes; 0 where it has none.
pub(crate) fn float<R: Read + Seek>(window: &mut Window<'_, R>, element: &Element) -> io::Result<f64> {
    Ok(match element.len {
        Some(4) => window.array(element.body)?.map_or(0.0, |b| f64::from(f32::from_be_bytes(b))),
        Some(8) => window.array(element.body)?.map_or(0.0, f64::from_be_bytes),
        _ => 0.0,
    })
}

/// A short text.
pub(crate) fn text<R: Read + Seek>(window: &mut Window<'_, R>, element: &Element) -> io::Result<String> {
    let bytes = window.look(element.body, element.len.unwrap_or(0).min(256) as usize)?;
    Ok(String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_width_are_read() {
        assert_eq!(parse(&[0xa3, 0x82]), Some((0xa3, Some(2), 2)));
        assert_eq!(parse(&[0x1a, 0x45, 0xdf, 0xa3, 0x40, 0x02]), Some((0x1a45_dfa3, Some(2), 6)));
        assert_eq!(
            parse(&[0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Some((0x1f43_b675, None, 12))
        );
        assert_eq!(parse(&[0xa3, 0xff]), Some((0xa3, None, 2)));
        assert_eq!(parse(&[0x08, 1, 2, 3, 4, 5]), None);
        assert_eq!(parse(&[0xa3, 0x00]), None);
        assert_eq!(parse(&[0xa3, 0x40]), None);
    }
}
