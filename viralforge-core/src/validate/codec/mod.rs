//! Sizes of pictures as the codecs' own headers state them: decoders go by these, whatever the container says.

mod av1;
mod bits;
mod h264;
mod hevc;
mod mpeg2;
mod vpx;

/// Bytes of a configuration or first packet that are worth reading.
pub(super) const HEAD_BYTES: usize = 4096;

/// A size in pixels, width and height.
pub(super) type PictureSize = (u32, u32);

/// The largest picture that a decoder configuration record announces: `avcC`, `hvcC` (ISO/IEC 14496-15, 5.3.3 and
/// 8.3.3) or `av1C`.
pub(super) fn in_configuration(codec: &str, record: &[u8]) -> Option<PictureSize> {
    match codec {
        "h264" => largest(h264::parameter_sets(record).filter_map(h264::size)),
        "hevc" => largest(hevc::parameter_sets(record).filter_map(hevc::size)),
        "av1" => av1::size(record.get(4..)?),
        _ => None,
    }
}

/// The largest picture that the first packet of a track announces.
pub(super) fn in_packet(codec: &str, packet: &[u8]) -> Option<PictureSize> {
    match codec {
        "h264" => largest(nal_units(packet).filter(|u| u.first().is_some_and(|b| b & 31 == 7)).filter_map(h264::size)),
        "hevc" => {
            largest(nal_units(packet).filter(|u| u.first().is_some_and(|b| b >> 1 & 63 == 33)).filter_map(hevc::size))
        }
        "av1" => av1::size(packet),
        "vp8" => vpx::vp8_size(packet),
        "vp9" => vpx::vp9_size(packet),
        "mpeg2video" => mpeg2::size(packet),
        _ => None,
    }
}

fn largest(sizes: impl Iterator<Item = PictureSize>) -> Option<PictureSize> {
    sizes.max_by_key(|&(width, height)| u64::from(width) * u64::from(height))
}

/// Units between start codes (Annex B of H.264 and HEVC).
fn nal_units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        let begin = rest.windows(3).position(|w| w == [0, 0, 1])? + 3;
        let unit = rest.get(begin..)?;
        let len = unit.windows(3).position(|w| w == [0, 0, 1]).unwrap_or(unit.len());
        rest = unit.get(len..)?;
        unit.get(..len)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn start_codes_part_a_stream() {
        let units: Vec<&[u8]> = nal_units(b"xx\0\0\x01ab\0\0\0\x01c\0\0\x01").collect();
        assert_eq!(units, [b"ab\0".as_slice(), b"c", b""]);
    }

    #[test]
    fn configurations_that_encoders_write_have_their_size() {
        // Of x264, x265 and libaom, from files that FFmpeg made: progressive, interlaced, 4:4:4 with odd edges.
        let records = [
            ("h264", "01640028ffe1001b67640028acd940780227e5c044000003000400000300c83c60c658", (1920, 1080)),
            ("h264", "01f40028ffe1001b67f40028919b280f0089f97011000003000100000300321f162d96", (1920, 1080)),
            ("h264", "01f4000affe1001a67f4000a919b28e4f173e022000003000200000300641e244b2c", (102, 58)),
            (
                "hevc",
                "0104080000009e080000000078f000fcfff8f800000f01210001002e4201010408000003009e080000030000789000781002\
                 1cb2cacd24995e02dc080800100000030010000003019080",
                (1920, 1080),
            ),
            ("av1", "812000000a0d200000043d06d4daf92021a004", (322, 182)),
        ];
        for (codec, hex, size) in records {
            let bytes: Vec<u8> =
                (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
            assert_eq!(in_configuration(codec, &bytes), Some(size), "{codec} {size:?}");
            assert_eq!(in_configuration(codec, &bytes[..bytes.len() / 2]), None);
        }
    }

    #[test]
    fn first_packets_have_their_size() {
        assert_eq!(in_packet("vp8", b"\x10\x02\0\x9d\x01\x2a\x40\x01\xf0\x40"), Some((320, 240)));
        assert_eq!(in_packet("vp9", b"\x82\x49\x83\x42\0\x13\xf0\x0e\xf0"), Some((320, 240)));
        assert_eq!(in_packet("mpeg2video", b"\0\0\x01\xb3\x2d\x02\x40"), Some((720, 576)));
        assert_eq!(in_packet("vp9", b"\x86\0\x40"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_of_any_codec_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for codec in ["h264", "hevc", "av1", "vp8", "vp9", "mpeg2video", "mpeg4"] {
                in_configuration(codec, &bytes);
                in_packet(codec, &bytes);
                in_packet(codec, &[b"\0\0\x01\x67\0\0\x01\x42\x01".as_slice(), &bytes].concat());
            }
        }
    }
}
