//! Bits of codec headers: fixed numbers, and the variable ones of H.264 and HEVC.

/// Bytes of one header that are read: real ones have some dozens.
const MAX_HEADER_BYTES: usize = 4096;

/// Bits, the highest of each byte first.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `count` bits, at most 32, as a number; `None` at the end.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0u64;
        for _ in 0..count.min(32) {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        u32::try_from(value).ok()
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        Some(self.take(1)? == 1)
    }

    /// Skips so many bits; reading ends behind the last.
    pub(super) fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count);
    }

    /// An unsigned Exp-Golomb code (H.264 and HEVC, 9.1).
    pub(super) fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1u32 << zeros) - 1 + self.take(zeros)?)
    }

    /// A signed Exp-Golomb code.
    pub(super) fn signed(&mut self) -> Option<i32> {
        let code = i64::from(self.unsigned()?);
        let value = if code % 2 == 1 { code / 2 + 1 } else { -(code / 2) };
        i32::try_from(value).ok()
    }

    /// As many codes, read past.
    pub(super) fn skip_unsigned(&mut self, count: usize) -> Option<()> {
        for _ in 0..count {
            self.unsigned()?;
        }
        Some(())
    }
}

/// The payload of a NAL unit: without the bytes that keep start codes out of it (H.264, 7.4.1: the 3 behind two zeros).
pub(super) fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let is_payload = |&byte: &u8| {
        let escape = zeros >= 2 && byte == 3;
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        !escape
    };
    unit.iter().take(MAX_HEADER_BYTES).copied().filter(is_payload).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_of_the_standard_are_read() {
        // H.264, table 9-2: 1, 010, 011, 00100 are 0 to 3; as signed ones 0, 1, -1, 2.
        let bytes = [0b1010_0110, 0b0100_0000];
        let mut bits = Bits::new(&bytes);
        assert_eq!([bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()], [0, 1, 2, 3].map(Some));
        let mut bits = Bits::new(&bytes);
        assert_eq!([bits.signed(), bits.signed(), bits.signed(), bits.signed()], [0, 1, -1, 2].map(Some));
        assert_eq!(Bits::new(&[0; 9]).unsigned(), None);
    }

    #[test]
    fn escapes_are_dropped_and_nothing_else() {
        assert_eq!(unescaped(&[1, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3]), [1, 0, 0, 1, 0, 0, 0, 0, 3]);
        assert_eq!(unescaped(&[3, 0, 3, 0]), [3, 0, 3, 0]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), skip: usize) {
            let mut bits = Bits::new(&bytes);
            while bits.signed().is_some() {}
            bits.skip(skip);
            bits.take(32);
            unescaped(&bytes);
        }
    }
}
