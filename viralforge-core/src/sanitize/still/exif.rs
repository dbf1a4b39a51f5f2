//! Exif (CIPA DC-008) with nothing but how to turn the picture.

use crate::validate::image::exif;

/// A block of Exif without a signature that says how to turn the picture, if `tiff` does.
pub(super) fn orientation_only(tiff: &[u8]) -> Option<Vec<u8>> {
    let (orientation, _) = exif::read(tiff)?;
    let turned = u8::try_from(orientation).ok().filter(|o| (2..=8).contains(o))?;
    // Big-endian; one directory at byte 8 with one entry: tag 0x112, of the type "short", one value; no further one.
    let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([turned, 0, 0, 0, 0, 0, 0]);
    Some(block)
}

/// Whether `tiff` says where the picture was taken.
pub(super) fn has_place(tiff: &[u8]) -> bool {
    exif::read(tiff).is_some_and(|(_, has_place)| has_place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_orientation_is_kept() {
        let tiff = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x31\x01\x02\0\x04\0\0\0Cam\0\0\0\0\0";
        let block = orientation_only(tiff).unwrap();
        assert_eq!(exif::read(&block), Some((6, false)));
        assert_eq!(orientation_only(&block).as_deref(), Some(block.as_slice()));
        let upright = [&tiff[..18], &[1], &tiff[19..]].concat();
        assert_eq!((orientation_only(&upright), orientation_only(b"II*")), (None, None));
    }
}
