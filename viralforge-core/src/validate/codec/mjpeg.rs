//! Frames of Motion JPEG (ITU-T T.81, B.2.2).

use super::PictureSize;
use crate::validate::window::u16_be;

/// Size of the picture that a JPEG image announces.
pub(super) fn size(image: &[u8]) -> Option<PictureSize> {
    let mut at = 2;
    image.starts_with(&[0xff, 0xd8]).then_some(())?;
    loop {
        let (mark, marker) = (*image.get(at)?, *image.get(at + 1)?);
        if mark != 0xff {
            return None;
        }
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return Some((u16_be(image, at + 7)?.into(), u16_be(image, at + 5)?.into()));
        }
        at += 2 + usize::from(u16_be(image, at + 2)?);
    }
}
