//! Exif (CIPA DC-008): the two facts that matter here, orientation and place.

use super::super::code::Code;
use super::super::findings::Findings;
use super::super::policy::UploadPolicy;
use super::super::window::{u16_be, u16_le, u32_be, u32_le};

/// Entries of the first directory that are looked at; cameras write about fifteen.
const MAX_ENTRIES: u16 = 512;

/// Adds findings for what the Exif block `bytes` says; `at` is its place in the file. Tells the orientation, 0 where
/// there is none: broken Exif says nothing.
pub(in super::super) fn check(bytes: &[u8], at: u64, policy: &UploadPolicy, findings: &mut Findings) -> u16 {
    let tiff = bytes.strip_prefix(b"Exif\0\0").unwrap_or(bytes);
    let Some((orientation, has_place)) = read(tiff) else { return 0 };
    if (2..=8).contains(&orientation) {
        findings.add(Code::Rotation, Some(at), format!("orientation {orientation}"));
    }
    if has_place {
        findings.treat(policy.location, Code::Gps, Some(at), "Exif has a GPS directory");
    }
    orientation
}

pub(crate) fn read(tiff: &[u8]) -> Option<(u16, bool)> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at| if little { u16_le(tiff, at) } else { u16_be(tiff, at) };
    let u32_at = |at| if little { u32_le(tiff, at) } else { u32_be(tiff, at) };
    let directory = u32_at(4)? as usize;
    let (mut orientation, mut has_place) = (1, false);
    for entry in 0..usize::from(u16_at(directory)?.min(MAX_ENTRIES)) {
        let at = directory + 2 + entry * 12;
        match u16_at(at)? {
            0x0112 => orientation = u16_at(at + 8)?,
            // An empty GPS directory, as some phones write with places switched off, is no place.
            0x8825 => has_place = u32_at(at + 8).and_then(|gps| u16_at(gps as usize)).is_some_and(|n| n > 1),
            _ => {}
        }
    }
    Some((orientation, has_place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn orientation_and_place_are_found_in_either_byte_order() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big =
            b"MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\x88\x25\0\x04\0\0\0\x01\0\0\0\x22\0\x05\0\0";
        assert_eq!(read(little), Some((6, false)));
        assert_eq!(read(big), Some((8, true)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            read(&[b"II*\0".as_slice(), &bytes].concat());
            read(&bytes);
        }
    }
}
