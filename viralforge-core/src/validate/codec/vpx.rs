//! Key frames of VP8 (RFC 6386, 9.1) and VP9 (VP9 Bitstream Specification, 7.2).

use super::PictureSize;
use super::bits::Bits;
use crate::validate::window::u16_le;

/// Size of the picture of a VP8 key frame.
pub(super) fn vp8_size(frame: &[u8]) -> Option<PictureSize> {
    let is_key = frame.first()? & 1 == 0 && frame.get(3..6)? == [0x9d, 0x01, 0x2a];
    // Two bits above each say how to scale.
    let side = |at| Some(u32::from(u16_le(frame, at)? & 0x3fff));
    is_key.then_some(())?;
    Some((side(6)?, side(8)?))
}

/// Size of the picture of a VP9 key frame.
pub(super) fn vp9_size(frame: &[u8]) -> Option<PictureSize> {
    let mut bits = Bits::new(frame);
    (bits.take(2)? == 2).then_some(())?;
    let profile = bits.take(1)? | bits.take(1)? << 1;
    if profile == 3 {
        bits.skip(1);
    }
    let (shows_another, is_inter) = (bits.flag()?, bits.flag()?);
    if shows_another || is_inter {
        return None;
    }
    bits.skip(2);
    (bits.take(24)? == 0x49_8342).then_some(())?;
    if profile >= 2 {
        bits.skip(1);
    }
    let is_rgb = bits.take(3)? == 7;
    match (is_rgb, profile % 2 == 1) {
        (false, false) => bits.skip(1),
        (false, true) => bits.skip(4),
        (true, true) => bits.skip(1),
        (true, false) => {}
    }
    Some((bits.take(16)? + 1, bits.take(16)? + 1))
}
