//! Huffman codes of JPEG (ITU-T T.81, annexes C and F) and the bits that they are read from.

/// Bits that one look-up decides: nearly all codes are no longer.
const FAST_BITS: u32 = 9;

/// One table: which symbol each code stands for.
pub(super) struct Table {
    symbols: Vec<u8>,
    /// Length and symbol by the next [`FAST_BITS`] bits; length 0 where the code is longer.
    fast: Vec<(u8, u8)>,
    /// For each length of code: one more than its last code, aligned to 16 bits, and what to add for the symbol's index.
    lengths: [(u32, i32); 17],
}

impl Table {
    /// From the number of codes of each length and the symbols in the order of the codes (annex C.2).
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Self {
        let mut fast = vec![(0, 0); 1 << FAST_BITS];
        let mut lengths = [(0, 0); 17];
        let (mut code, mut index) = (0u32, 0usize);
        for (length, &count) in (1u32..).zip(counts) {
            let first = index as i32 - code as i32;
            for _ in 0..count {
                let symbol = symbols.get(index).copied().unwrap_or(0);
                if length <= FAST_BITS {
                    let from = (code << (FAST_BITS - length)) as usize;
                    for slot in fast.iter_mut().skip(from).take(1 << (FAST_BITS - length)) {
                        *slot = (length as u8, symbol);
                    }
                }
                (code, index) = (code + 1, index + 1);
            }
            lengths[length as usize] = (code << (16 - length), first);
            code <<= 1;
        }
        Self { symbols: symbols.to_vec(), fast, lengths }
    }

    /// The next symbol; `None` where the bits are no code or end.
    pub(super) fn read(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let next = bits.peek_16();
        let (length, symbol) = self.fast.get((next >> (16 - FAST_BITS)) as usize).copied().unwrap_or_default();
        if length > 0 {
            return bits.skip(length.into()).then_some(symbol);
        }
        let length = (FAST_BITS + 1..=16).find(|&length| next < self.lengths[length as usize].0)?;
        let index = (next >> (16 - length)) as i32 + self.lengths[length as usize].1;
        let symbol = usize::try_from(index).ok().and_then(|index| self.symbols.get(index)).copied()?;
        bits.skip(length).then_some(symbol)
    }
}

/// The bits of picture data, without the bytes that are stuffed between them (F.1.2.3).
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte to take.
    at: usize,
    buffer: u64,
    count: u32,
    /// Whether more was asked for than there is up to the next marker.
    ended: bool,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, count: 0, ended: false }
    }

    /// Whether the data ended before what was asked for.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Drops the rest of the bits up to the next marker; tells where that stands.
    pub(super) fn next_marker(&mut self) -> usize {
        (self.buffer, self.count) = (0, 0);
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let marker = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff));
        self.at = marker.map_or(self.bytes.len(), |skip| self.at + skip);
        self.at
    }

    /// Goes on behind a marker that restarts the data, if one stands here.
    pub(super) fn restart(&mut self) -> bool {
        let at = self.next_marker();
        let restarts = self.bytes.get(at + 1).is_some_and(|marker| matches!(marker, 0xd0..=0xd7));
        if restarts {
            (self.at, self.ended) = (at + 2, false);
        }
        restarts
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = match self.bytes.get(self.at) {
                Some(0xff) => match self.bytes.get(self.at + 1) {
                    Some(0) => {
                        self.at += 2;
                        0xff
                    }
                    // Fill bytes before a marker.
                    Some(0xff) => {
                        self.at += 1;
                        continue;
                    }
                    _ => return,
                },
                Some(&byte) => {
                    self.at += 1;
                    byte
                }
                None => return,
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next 16 bits, zeros behind the end.
    fn peek_16(&mut self) -> u32 {
        if self.count < 16 {
            self.fill();
        }
        (self.buffer >> 48) as u32
    }

    /// Skips bits; `false` where the data end before.
    pub(super) fn skip(&mut self, mut count: u32) -> bool {
        loop {
            if self.count < count {
                self.fill();
            }
            let step = count.min(self.count);
            self.buffer = self.buffer.checked_shl(step).unwrap_or(0);
            self.count -= step;
            count -= step;
            if count == 0 {
                return true;
            }
            if step == 0 {
                self.ended = true;
                return false;
            }
        }
    }

    /// A number of up to 16 bits.
    pub(super) fn number(&mut self, count: u32) -> Option<u32> {
        let value = if count == 0 { 0 } else { self.peek_16() >> (16 - count.min(16)) };
        self.skip(count).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_short_and_long_are_read_up_to_the_marker() {
        // 0 stands for 7, 10 for 8, and twelve bits 1100_0000_0000 for 9.
        let mut counts = [0; 16];
        (counts[0], counts[1], counts[11]) = (1, 1, 1);
        let table = Table::new(&counts, &[7, 8, 9]);
        let mut bits = Bits::new(&[0b0101_1000, 0b0000_0001, 0xff, 0xd9], 0);
        let read: Vec<_> = (0..3).map_while(|_| table.read(&mut bits)).collect();
        assert_eq!(read, [7, 8, 9]);
        assert_eq!(bits.number(1), Some(1));
        assert!(!bits.ended());
        assert!(!bits.skip(1) && bits.ended());
        assert_eq!(bits.next_marker(), 2);
    }

    #[test]
    fn stuffed_bytes_are_one_byte_and_a_restart_is_passed() {
        let mut bits = Bits::new(&[0xff, 0, 0xff, 0xd3, 0x80, 0xff, 0xd9], 0);
        assert_eq!(bits.number(8), Some(0xff));
        assert_eq!(bits.number(1), None);
        assert!(bits.restart() && !bits.ended());
        assert_eq!(bits.number(1), Some(1));
        assert!(!bits.restart());
    }

    #[test]
    fn more_bits_than_are_kept_can_be_skipped_at_once() {
        let mut bits = Bits::new(&[0, 0, 0, 0, 0, 0, 0, 0, 0b0100_0000], 0);
        assert!(bits.skip(1) && bits.skip(64));
        assert_eq!(bits.number(1), Some(1));
        assert!(!bits.skip(64));
    }
}
