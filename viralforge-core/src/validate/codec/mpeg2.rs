//! Sequence headers of MPEG-2 video (ISO/IEC 13818-2, 6.2.2.1).

use super::PictureSize;
use super::bits::Bits;

/// Size of the picture that the first sequence header announces.
pub(super) fn size(stream: &[u8]) -> Option<PictureSize> {
    let at = stream.windows(4).position(|w| w == [0, 0, 1, 0xb3])?;
    let mut bits = Bits::new(stream.get(at + 4..)?);
    Some((bits.take(12)?, bits.take(12)?))
}
