//! How much a DEFLATE stream unpacks to (RFC 1951): lengths are counted and nothing is kept, so a bomb costs its own
//! size and no more.

/// Longest code of a Huffman tree, in bits.
const MAX_BITS: usize = 15;
/// Order in which the lengths of the code length code come (RFC 1951, 3.2.7).
const LENGTH_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Bytes that a zlib stream (RFC 1950) unpacks to, counted up to just over `limit`; `None` where it is broken.
pub(super) fn zlib_len(stream: &[u8], limit: u64) -> Option<u64> {
    let mut bits = Bits { bytes: stream.get(2..)?, at: 0 };
    let mut out = 0u64;
    loop {
        let last = bits.take(1)?;
        match bits.take(2)? {
            0 => {
                bits.at = bits.at.next_multiple_of(8);
                let len = bits.take(16)?;
                bits.take(16)?;
                bits.at += len as usize * 8;
                out += u64::from(len);
            }
            1 => out += block(&mut bits, &fixed_literals(), &Tree::new(&[5; 30])?, limit - out.min(limit))?,
            2 => {
                let (literals, distances) = dynamic_trees(&mut bits)?;
                out += block(&mut bits, &literals, &distances, limit - out.min(limit))?;
            }
            _ => return None,
        }
        if last == 1 || out > limit {
            return Some(out);
        }
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next `count` bits, at most 16, the first one lowest.
    fn take(&mut self, count: usize) -> Option<u32> {
        let start = self.at / 8;
        let byte = |i: usize| u32::from(self.bytes.get(start + i).copied().unwrap_or(0));
        if self.at + count > self.bytes.len() * 8 {
            return None;
        }
        let word = byte(0) | byte(1) << 8 | byte(2) << 16;
        let value = word >> (self.at % 8) & ((1 << count) - 1);
        self.at += count;
        Some(value)
    }
}

/// A canonical Huffman code: how many codes there are of each length, and the symbols in the order of their codes.
struct Tree {
    counts: [u16; MAX_BITS + 1],
    symbols: Vec<u16>,
}

impl Tree {
    fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0u16; MAX_BITS + 1];
        for &length in lengths {
            *counts.get_mut(usize::from(length))? += 1;
        }
        counts[0] = 0;
        let mut symbols: Vec<u16> = (0..lengths.len() as u16).filter(|&s| lengths[usize::from(s)] > 0).collect();
        symbols.sort_by_key(|&s| lengths[usize::from(s)]);
        Some(Self { counts, symbols })
    }

    fn read(&self, bits: &mut Bits<'_>) -> Option<u16> {
        let (mut code, mut first, mut index) = (0usize, 0usize, 0usize);
        for count in &self.counts[1..] {
            code |= bits.take(1)? as usize;
            let count = usize::from(*count);
            if code < first + count {
                return self.symbols.get(index + code.checked_sub(first)?).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

fn fixed_literals() -> Tree {
    let lengths: Vec<u8> = [(8, 144), (9, 112), (7, 24), (8, 8)].iter().flat_map(|&(l, n)| vec![l; n]).collect();
    Tree::new(&lengths).unwrap_or(Tree { counts: [0; MAX_BITS + 1], symbols: Vec::new() })
}

fn dynamic_trees(bits: &mut Bits<'_>) -> Option<(Tree, Tree)> {
    let literals = bits.take(5)? as usize + 257;
    let distances = bits.take(5)? as usize + 1;
    let mut code_lengths = [0u8; 19];
    for place in LENGTH_ORDER.iter().take(bits.take(4)? as usize + 4) {
        code_lengths[*place] = bits.take(3)? as u8;
    }
    let code = Tree::new(&code_lengths)?;
    let mut lengths: Vec<u8> = Vec::with_capacity(literals + distances);
    while lengths.len() < literals + distances {
        let (value, times) = match code.read(bits)? {
            length @ 0..=15 => (length as u8, 1),
            16 => (*lengths.last()?, bits.take(2)? + 3),
            17 => (0, bits.take(3)? + 3),
            _ => (0, bits.take(7)? + 11),
        };
        lengths.extend((0..times).map(|_| value));
    }
    Some((Tree::new(lengths.get(..literals)?)?, Tree::new(lengths.get(literals..literals + distances)?)?))
}

/// Bytes of one compressed block, up to just over `limit`.
fn block(bits: &mut Bits<'_>, literals: &Tree, distances: &Tree, limit: u64) -> Option<u64> {
    let mut out = 0u64;
    while out <= limit {
        match literals.read(bits)? {
            0..=255 => out += 1,
            256 => return Some(out),
            // Base lengths double every four symbols (RFC 1951, 3.2.5).
            symbol @ 257..=264 => out += copy(bits, distances, u64::from(symbol) - 254)?,
            symbol @ 265..=284 => {
                let extra = usize::from(symbol - 261) / 4;
                let base = (u64::from(symbol - 261) % 4 + 4) << extra;
                let more = u64::from(bits.take(extra)?);
                out += copy(bits, distances, base + 3 + more)?;
            }
            285 => out += copy(bits, distances, 258)?,
            _ => return None,
        }
    }
    Some(out)
}

/// Skips the distance of a copy of `len` bytes.
fn copy(bits: &mut Bits<'_>, distances: &Tree, len: u64) -> Option<u64> {
    let symbol = usize::from(distances.read(bits)?);
    bits.take((symbol / 2).saturating_sub(1))?;
    Some(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stored_fixed_and_dynamic_blocks_are_counted() {
        // Python's zlib.compress of b"hello" at level 0, of b"a" * 1000 at level 9.
        assert_eq!(zlib_len(b"\x78\x01\x01\x05\0\xfa\xffhello\x06\x2c\x02\x15", 1 << 20), Some(5));
        assert_eq!(
            zlib_len(b"\x78\xda\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00\0\xf9\xd8\x7a\xf8", 1 << 20),
            Some(1000)
        );
    }

    #[test]
    fn a_block_with_its_own_codes_is_counted() {
        // Python's zlib.compress of 400 random choices of b"abcdefgh    " at level 9.
        let stream = b"\
            \x78\xda\x1d\x90\xc9\x11\x00\x30\x08\x02\x5b\xa1\x35\xf0\xec\xbf\x82\x60\x5e\x19\x51\x17\x4c\
            \x40\xa5\xdd\xc5\xa4\x96\x33\x20\xb6\x90\x50\x93\x04\x38\xc8\xd3\xd2\x13\xd9\xe9\xb7\x2c\x41\
            \x01\x94\xd0\x00\x5c\x65\x15\x0c\x00\x37\x61\x42\x9c\x8c\xd6\xfe\xb9\xe9\x75\x83\x85\x3f\x1b\
            \x81\x64\xe2\xa0\x8d\xde\xaf\x1e\x30\x4e\xe2\x7a\xd3\x88\xed\x69\x7e\x86\x57\xf3\x7a\x21\x14\
            \x21\x1d\x28\x6d\x1c\x5d\x8a\x28\xb7\x4c\xa8\xf5\xe0\x8a\x35\x3d\x6e\xd6\x67\x30\x39\x41\xc4\
            \x7e\x5b\x3b\xc2\xe1\xbe\x95\x3d\x86\xa8\x48\x96\xe4\xe4\x31\x2e\x78\x37\x62\xe3\xc7\xc9\x56\
            \xfe\xad\x15\xc6\xa7\xb1\xfd\x30\xb2\xed\x6b\x07\xe8\xc2\xfb\xe2\x14\xe8\x18\x3e\xa9\x5c\x57\
            \x77\xab\xbc\x78\x14\x7f\xdf\x68\x22\x5a\x06\xe9\x12\xa9\xda\xc9\xb4\xe5\xa0\xf7\xb1\x1a\x31\
            \x1d\x34\xe4\xf9\x0c\x43\x9d\x03\xf5\x00\xbc\x9c\x79\x61";
        assert_eq!(zlib_len(stream, 1 << 20), Some(400));
        assert_eq!(zlib_len(&stream[..100], 1 << 20), None);
    }

    #[test]
    fn counting_stops_at_the_limit() {
        let counted = zlib_len(b"\x78\xda\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00\0\xf9\xd8\x7a\xf8", 300).unwrap();
        assert!((301..=600).contains(&counted), "{counted}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_counted_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            zlib_len(&bytes, 10_000);
        }
    }
}
