//! How much of its picture a JPEG has: the codes of every scan are read, without making pixels of them.
//!
//! Decoders fill up what is missing with gray and say nothing, so a picture that was cut short and has its end mark put
//! back looks whole to them.

use super::super::window::u16_be;
use super::huffman::{Bits, Table};

/// Blocks that are visited in all: some progressive pictures have ten scans.
const MAX_VISITS: u64 = 100_000_000;
/// Pieces that may be missing at the end: encoders differ in how they fill the last one up.
const MAX_MISSING: u64 = 1;

/// Where picture data end too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Shortfall {
    /// Where the data end.
    pub(in super::super) at: u64,
    /// How much of the scan is there, in percent.
    pub(in super::super) percent: u64,
}

/// One component of the picture: brightness or color.
struct Component {
    id: u8,
    /// Blocks of one piece of an interleaved scan, across and down.
    sampling: (u64, u64),
    /// Blocks that the picture has, across and down.
    blocks: (u64, u64),
    /// Blocks from one row to the next.
    stride: u64,
    /// Of each block, which coefficients the scans so far have made nonzero; empty where no scan refines.
    nonzero: Vec<u64>,
}

/// What the header of the picture and the tables before a scan say.
#[derive(Default)]
struct Picture {
    progressive: bool,
    components: Vec<Component>,
    /// Pieces of an interleaved scan, across and down.
    pieces: (u64, u64),
    /// Tables of the first and of the other coefficients of blocks.
    tables: [[Option<Table>; 4]; 2],
    restart_interval: u64,
    visits: u64,
}

/// The first scan that ends before all of the picture has come; `None` where none does, and where the picture is of a
/// kind that this does not read (arithmetic coding, lossless, hierarchical) or its codes are broken.
pub(in super::super) fn shortfall(bytes: &[u8]) -> Option<Shortfall> {
    let mut picture = Picture::default();
    let mut at = 2;
    loop {
        let marker = *bytes.get(at + 1).filter(|_| bytes.get(at) == Some(&0xff))?;
        match marker {
            0xff => at += 1,
            0xd9 => return None,
            0x01 | 0xd0..=0xd8 => at += 2,
            _ => {
                let next = at + 2 + usize::from(u16_be(bytes, at + 2)?);
                let body = bytes.get(at + 4..next)?;
                match marker {
                    0xc4 => picture.take_tables(body)?,
                    0xc0..=0xc2 if picture.components.is_empty() => picture.take_header(body, marker == 0xc2)?,
                    0xc0..=0xcf => return None,
                    0xdd => picture.restart_interval = u16_be(body, 0)?.into(),
                    _ => {}
                }
                at = next;
                if marker == 0xda {
                    let mut bits = Bits::new(bytes, next);
                    let (done, all) = picture.take_scan(body, &mut bits)?;
                    at = bits.next_marker();
                    if done + MAX_MISSING < all {
                        return Some(Shortfall { at: at as u64, percent: done * 100 / all });
                    }
                }
            }
        }
    }
}

impl Picture {
    /// Reads `DHT` (B.2.4.2).
    fn take_tables(&mut self, mut body: &[u8]) -> Option<()> {
        while let [kind, rest @ ..] = body {
            let counts: &[u8; 16] = rest.first_chunk()?;
            let symbols = counts.iter().map(|&count| usize::from(count)).sum::<usize>();
            let slot = self.tables.get_mut(usize::from(kind >> 4))?.get_mut(usize::from(kind & 15))?;
            *slot = Some(Table::new(counts, rest.get(16..16 + symbols)?));
            body = rest.get(16 + symbols..)?;
        }
        Some(())
    }

    /// Reads `SOF` (B.2.2).
    fn take_header(&mut self, body: &[u8], progressive: bool) -> Option<()> {
        let (height, width) = (u64::from(u16_be(body, 1)?), u64::from(u16_be(body, 3)?));
        let parts = body.get(6..)?.chunks_exact(3).take(usize::from(*body.get(5)?));
        let parts: Vec<(u8, u64, u64)> =
            parts.map(|part| (part[0], u64::from(part[1] >> 4), u64::from(part[1] & 15))).collect();
        let across = parts.iter().map(|part| part.1).max()?;
        let down = parts.iter().map(|part| part.2).max()?;
        let is_odd = |part: &(u8, u64, u64)| !(1..=4).contains(&part.1) || !(1..=4).contains(&part.2);
        if height == 0 || width == 0 || parts.len() > 4 || parts.iter().any(is_odd) {
            return None;
        }
        self.progressive = progressive;
        self.pieces = (width.div_ceil(8 * across), height.div_ceil(8 * down));
        for (id, h, v) in parts {
            let stride = self.pieces.0 * h;
            let blocks = ((width * h).div_ceil(across).div_ceil(8), (height * v).div_ceil(down).div_ceil(8));
            let nonzero = if progressive { vec![0; (stride * self.pieces.1 * v) as usize] } else { Vec::new() };
            self.components.push(Component { id, sampling: (h, v), blocks, stride, nonzero });
        }
        Some(())
    }

    /// Reads the data of a scan (B.2.3); tells how many of its pieces came, and how many it should have.
    fn take_scan(&mut self, header: &[u8], bits: &mut Bits<'_>) -> Option<(u64, u64)> {
        let count = usize::from(*header.first()?);
        let [first, last, approximation] = *header.get(1 + 2 * count..)?.first_chunk()?;
        let mut parts = Vec::new();
        for part in header.get(1..1 + 2 * count)?.chunks_exact(2) {
            parts.push((self.components.iter().position(|c| c.id == part[0])?, part[1] >> 4, part[1] & 15));
        }
        let mut coder =
            Coder { progressive: self.progressive, first, last: last.min(63), refines: approximation >> 4 > 0, run: 0 };
        let (across, down) = match parts.as_slice() {
            [] => return None,
            [(index, ..)] => self.components[*index].blocks,
            _ => self.pieces,
        };
        let all = across * down;
        let mut done = 0;
        for piece in 0..all {
            if self.restart_interval > 0 && piece > 0 && piece % self.restart_interval == 0 {
                if !bits.restart() {
                    break;
                }
                coder.run = 0;
            }
            // The rest of an interval that broke off is lost; the next one may be whole.
            if !bits.ended() {
                done += u64::from(self.take_piece(&parts, piece % across, piece / across, &mut coder, bits)?);
            } else if self.restart_interval == 0 {
                break;
            }
        }
        Some((done, all))
    }

    /// Reads the blocks of one piece; `false` where the data end before.
    fn take_piece(
        &mut self,
        parts: &[(usize, u8, u8)],
        x: u64,
        y: u64,
        coder: &mut Coder,
        bits: &mut Bits<'_>,
    ) -> Option<bool> {
        let alone = parts.len() == 1;
        for &(index, first, others) in parts {
            let [firsts, rests] = &self.tables;
            let tables = [firsts.get(usize::from(first))?.as_ref(), rests.get(usize::from(others))?.as_ref()];
            let component = self.components.get_mut(index)?;
            let (h, v) = if alone { (1, 1) } else { component.sampling };
            self.visits += h * v;
            if self.visits > MAX_VISITS {
                return None;
            }
            for block in 0..h * v {
                let place = (y * v + block / h) * component.stride + x * h + block % h;
                let nonzero = component.nonzero.get_mut(place as usize);
                if coder.take_block(tables, nonzero, bits).is_none() {
                    return bits.ended().then_some(false);
                }
            }
        }
        Some(true)
    }
}

/// How the blocks of one scan are coded.
struct Coder {
    progressive: bool,
    /// First and last coefficient that the scan has.
    first: u8,
    last: u8,
    /// Whether it adds a bit to what scans before it told.
    refines: bool,
    /// Blocks to come that have no new coefficient.
    run: u32,
}

impl Coder {
    /// Reads one block; `None` where the data end before or are no code.
    fn take_block(
        &mut self,
        tables: [Option<&Table>; 2],
        nonzero: Option<&mut u64>,
        bits: &mut Bits<'_>,
    ) -> Option<()> {
        let [firsts, others] = tables;
        if !self.progressive {
            let length = firsts?.read(bits)?;
            bits.skip(length.into()).then_some(())?;
            return self.take_band(others?, 1, 63, &mut 0, bits);
        }
        match (self.first, self.refines) {
            (0, true) => bits.skip(1).then_some(()),
            (0, false) => {
                let length = firsts?.read(bits)?;
                bits.skip(length.into()).then_some(())
            }
            (first, false) => self.take_band(others?, first, self.last, nonzero?, bits),
            (first, true) => self.refine(others?, first, nonzero?, bits),
        }
    }

    /// Coefficients that come for the first time (F.2.2.2, G.1.2.2).
    fn take_band(&mut self, table: &Table, first: u8, last: u8, nonzero: &mut u64, bits: &mut Bits<'_>) -> Option<()> {
        if self.run > 0 {
            self.run -= 1;
            return Some(());
        }
        let mut place = first;
        while place <= last {
            let symbol = table.read(bits)?;
            let (zeros, length) = (symbol >> 4, symbol & 15);
            if length > 0 {
                place += zeros;
                *nonzero |= 1u64.checked_shl(place.into()).unwrap_or(0);
                bits.skip(length.into()).then_some(())?;
                place += 1;
            } else if zeros == 15 {
                place += 16;
            } else {
                // A baseline picture has only the run of this block.
                self.run = if self.progressive { (1 << zeros) - 1 + bits.number(zeros.into())? } else { 0 };
                break;
            }
        }
        Some(())
    }

    /// Another bit for coefficients that are there, with new ones between them (G.1.2.3).
    fn refine(&mut self, table: &Table, first: u8, nonzero: &mut u64, bits: &mut Bits<'_>) -> Option<()> {
        let mut place = first;
        while self.run == 0 && place <= self.last {
            let symbol = table.read(bits)?;
            let (mut zeros, length) = (symbol >> 4, symbol & 15);
            if length > 0 {
                bits.skip(1).then_some(())?;
            } else if zeros < 15 {
                self.run = (1 << zeros) + bits.number(zeros.into())?;
                break;
            }
            while place <= self.last {
                if *nonzero >> place & 1 == 1 {
                    bits.skip(1).then_some(())?;
                } else if zeros == 0 {
                    *nonzero |= u64::from(length > 0) << place;
                    place += 1;
                    break;
                } else {
                    zeros -= 1;
                }
                place += 1;
            }
        }
        if self.run > 0 {
            self.run -= 1;
            let rest = (u64::MAX << place.min(63)) & (u64::MAX >> (63 - self.last));
            let rest = if place > self.last { 0 } else { rest };
            bits.skip((*nonzero & rest).count_ones()).then_some(())?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A picture of noise, as the encoder of the image crate packs it.
    fn picture(width: u32, height: u32) -> Vec<u8> {
        let mut seed = 1u32;
        let pixels = (0..width * height * 3).map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        });
        let picture =
            crate::media::RgbPicture { size: crate::geometry::Size::new(width, height), data: pixels.collect() };
        crate::media::encode_jpeg(&picture, 85).unwrap()
    }

    #[test]
    fn a_whole_picture_lacks_nothing_and_one_that_was_cut_lacks_what_was_cut() {
        let whole = picture(160, 120);
        assert_eq!(shortfall(&whole), None);
        for percent in [30, 50, 90] {
            let mut cut = whole[..whole.len() * percent / 100].to_vec();
            let end = cut.len() as u64;
            cut.extend(b"\xff\xd9");
            let found = shortfall(&cut).unwrap();
            assert!(found.at.abs_diff(end) <= 1, "{found:?} of {end}");
            assert!(found.percent.abs_diff(percent as u64) < 15, "{found:?} of {percent}");
        }
    }

    proptest! {
        #[test]
        fn any_change_is_read_without_panic(changes in prop::collection::vec((0usize..4000, any::<u8>()), 1..6)) {
            let mut bytes = picture(48, 40);
            for (at, byte) in changes {
                let len = bytes.len();
                bytes[at % len] = byte;
            }
            shortfall(&bytes);
        }
    }
}
