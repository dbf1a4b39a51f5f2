//! Sequence parameter sets of H.264 (ITU-T H.264, 7.3.2.1.1).

use super::PictureSize;
use super::bits::{Bits, unescaped};
use crate::validate::window::u16_be;

/// Profiles whose parameter sets tell of chroma and bit depth.
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// Parameter sets of an `avcC` record.
pub(super) fn parameter_sets(record: &[u8]) -> impl Iterator<Item = &[u8]> {
    let count = record.get(5).map_or(0, |b| b & 31);
    let mut at = 6;
    (0..count).map_while(move |_| {
        let len = usize::from(u16_be(record, at)?);
        let unit = record.get(at + 2..at + 2 + len)?;
        at += 2 + len;
        Some(unit)
    })
}

/// Size of the picture that a sequence parameter set announces, cropped as it is shown.
pub(super) fn size(unit: &[u8]) -> Option<PictureSize> {
    let payload = unescaped(unit.get(1..)?);
    let mut bits = Bits::new(&payload);
    let profile = bits.take(8)?;
    bits.skip(16);
    bits.unsigned()?;
    let mut chroma = 1;
    if HIGH_PROFILES.contains(&profile) {
        chroma = bits.unsigned()?;
        if chroma == 3 {
            bits.skip(1);
        }
        bits.skip_unsigned(2)?;
        bits.skip(1);
        if bits.flag()? {
            scaling_lists(&mut bits, if chroma == 3 { 12 } else { 8 })?;
        }
    }
    bits.unsigned()?;
    match bits.unsigned()? {
        0 => bits.skip_unsigned(1)?,
        1 => {
            bits.skip(1);
            bits.skip_unsigned(2)?;
            let cycle = bits.unsigned()?.min(255);
            bits.skip_unsigned(cycle as usize)?;
        }
        _ => {}
    }
    bits.unsigned()?;
    bits.skip(1);
    let width = u64::from(bits.unsigned()?) * 16 + 16;
    let map_height = u64::from(bits.unsigned()?) * 16 + 16;
    let fields = if bits.flag()? { 1 } else { 2 };
    if fields == 2 {
        bits.skip(1);
    }
    bits.skip(1);
    let height = map_height * fields;
    let mut crop = [0u64; 4];
    if bits.flag()? {
        for edge in &mut crop {
            *edge = bits.unsigned()?.into();
        }
    }
    let unit_x = if matches!(chroma, 1 | 2) { 2 } else { 1 };
    let unit_y = if chroma == 1 { 2 } else { 1 } * fields;
    let shown = |whole: u64, edges: u64| u32::try_from(whole.checked_sub(edges)?).ok();
    Some((shown(width, (crop[0] + crop[1]) * unit_x)?, shown(height, (crop[2] + crop[3]) * unit_y)?))
}

fn scaling_lists(bits: &mut Bits<'_>, count: usize) -> Option<()> {
    for list in 0..count {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8, 8);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.signed()?.rem_euclid(256)) % 256;
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}
