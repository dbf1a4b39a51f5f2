//! Sequence headers of AV1 (AV1 Bitstream & Decoding Process Specification, 5.5).

use super::PictureSize;
use super::bits::Bits;

/// Type of an open bitstream unit that is a sequence header (6.2.2).
const SEQUENCE_HEADER: u8 = 1;

/// Largest size of the first sequence header in a row of open bitstream units.
pub(super) fn size(units: &[u8]) -> Option<PictureSize> {
    let mut at = 0;
    loop {
        let head = *units.get(at)?;
        let (has_extension, has_size) = (head & 4 != 0, head & 2 != 0);
        at += 1 + usize::from(has_extension);
        let len = if has_size { leb128(units, &mut at)? } else { units.len().saturating_sub(at) };
        let unit = units.get(at..at.saturating_add(len).min(units.len()))?;
        if head >> 3 & 15 == SEQUENCE_HEADER {
            return sequence(unit);
        }
        at = at.checked_add(len)?;
    }
}

/// A number of seven bits a byte, the lowest first (4.10.5).
fn leb128(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0u64;
    for place in 0..8 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 127) << (7 * place);
        if byte & 128 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

fn sequence(unit: &[u8]) -> Option<PictureSize> {
    let mut bits = Bits::new(unit);
    bits.skip(4);
    if bits.flag()? {
        bits.skip(5);
    } else {
        operating_points(&mut bits)?;
    }
    let (width_bits, height_bits) = (bits.take(4)? + 1, bits.take(4)? + 1);
    Some((bits.take(width_bits)? + 1, bits.take(height_bits)? + 1))
}

/// Skips timing and operating points (5.5.1).
fn operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut delay_bits = None;
    if bits.flag()? {
        bits.skip(64);
        if bits.flag()? {
            // A variable-length code of as many bits again as it has leading zeros.
            bits.unsigned()?;
        }
        if bits.flag()? {
            delay_bits = Some(bits.take(5)? as usize + 1);
            bits.skip(42);
        }
    }
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.take(5)? {
        bits.skip(12);
        if bits.take(5)? > 7 {
            bits.skip(1);
        }
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits + 1);
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4);
        }
    }
    Some(())
}
