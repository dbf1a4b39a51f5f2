//! Sequence parameter sets of HEVC (ITU-T H.265, 7.3.2.2).

use super::PictureSize;
use super::bits::{Bits, unescaped};
use crate::validate::window::u16_be;

/// Type of a NAL unit that is a sequence parameter set.
const SEQUENCE: u8 = 33;

/// Parameter sets of an `hvcC` record: arrays of units of one type each.
pub(super) fn parameter_sets(record: &[u8]) -> impl Iterator<Item = &[u8]> {
    let arrays = record.get(22).copied().unwrap_or(0);
    let mut at = 23;
    let mut found = Vec::new();
    'arrays: for _ in 0..arrays {
        let (Some(kind), Some(count)) = (record.get(at).map(|b| b & 63), u16_be(record, at + 1)) else { break };
        at += 3;
        for _ in 0..count {
            let unit = u16_be(record, at).and_then(|len| record.get(at + 2..at + 2 + usize::from(len)));
            let Some(unit) = unit else { break 'arrays };
            at += 2 + unit.len();
            if kind == SEQUENCE {
                found.push(unit);
            }
        }
    }
    found.into_iter()
}

/// Size of the picture that a sequence parameter set announces, cropped as it is shown.
pub(super) fn size(unit: &[u8]) -> Option<PictureSize> {
    let payload = unescaped(unit.get(2..)?);
    let mut bits = Bits::new(&payload);
    bits.skip(4);
    let sub_layers = bits.take(3)?;
    bits.skip(1);
    profile_tier_level(&mut bits, sub_layers)?;
    bits.unsigned()?;
    let chroma = bits.unsigned()?;
    if chroma == 3 {
        bits.skip(1);
    }
    let (width, height) = (u64::from(bits.unsigned()?), u64::from(bits.unsigned()?));
    let mut window = [0u64; 4];
    if bits.flag()? {
        for edge in &mut window {
            *edge = bits.unsigned()?.into();
        }
    }
    let unit_x = if matches!(chroma, 1 | 2) { 2 } else { 1 };
    let unit_y = if chroma == 1 { 2 } else { 1 };
    let shown = |whole: u64, edges: u64| u32::try_from(whole.checked_sub(edges)?).ok();
    Some((shown(width, (window[0] + window[1]) * unit_x)?, shown(height, (window[2] + window[3]) * unit_y)?))
}

/// Skips `profile_tier_level` (7.3.3): 88 bits and a level of 8, then the same of sub-layers that have it.
fn profile_tier_level(bits: &mut Bits<'_>, sub_layers: u32) -> Option<()> {
    bits.skip(96);
    if sub_layers == 0 {
        return Some(());
    }
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((bits.flag()?, bits.flag()?));
    }
    bits.skip(2 * (8 - sub_layers as usize));
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 });
    }
    Some(())
}
