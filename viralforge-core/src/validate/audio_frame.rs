//! Headers of frames of MPEG audio: MP3 with its sister layers, and AAC in ADTS.

use super::facts::Track;
use super::window::u32_be;
use crate::geometry::TrackKind;

/// What the header of one frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AudioFrame {
    /// Bytes of the frame, header included.
    pub(super) bytes: usize,
    /// FFmpeg's name of the codec.
    pub(super) codec: &'static str,
    pub(super) sample_rate_hz: u32,
    pub(super) channels: u32,
    /// Samples of each channel.
    pub(super) samples: u32,
}

impl AudioFrame {
    /// The track that begins with this frame.
    pub(super) fn track(self) -> Track {
        let mut track = Track::new(TrackKind::Audio);
        track.codec = Some(self.codec.to_owned());
        (track.channels, track.sample_rate_hz) = (self.channels, self.sample_rate_hz);
        track
    }
}

/// The ADTS frame that starts here (ISO/IEC 14496-3, 1.A.2.2).
pub(super) fn adts(frame: &[u8]) -> Option<AudioFrame> {
    const HERTZ: [u32; 13] =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];
    let bytes = frame.get(..7)?;
    let size = (usize::from(bytes[3] & 3) << 11) | (usize::from(bytes[4]) << 3) | usize::from(bytes[5] >> 5);
    let is_frame = bytes[0] == 0xff && bytes[1] & 0xf6 == 0xf0 && size >= 7;
    is_frame.then_some(())?;
    let channels = u32::from(bytes[2] & 1) << 2 | u32::from(bytes[3] >> 6);
    Some(AudioFrame {
        bytes: size,
        codec: "aac",
        sample_rate_hz: *HERTZ.get(usize::from(bytes[2] >> 2 & 15))?,
        // Configuration 7 is 7.1; with 0 the stream itself tells.
        channels: if channels == 7 { 8 } else { channels },
        samples: 1024 * (u32::from(bytes[6] & 3) + 1),
    })
}

/// The MPEG audio frame that starts here (ISO/IEC 11172-3, 2.4.2.3, and 13818-3 for low rates).
pub(super) fn mpeg(frame: &[u8]) -> Option<AudioFrame> {
    const KBPS: [[usize; 15]; 5] = [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let word = u32_be(frame, 0)?;
    let (version, layer) = ((word >> 19) & 3, 4 - ((word >> 17) & 3));
    let (rate, hertz) = (((word >> 12) & 15) as usize, ((word >> 10) & 3) as usize);
    if word >> 21 != 0x7ff || version == 1 || layer == 4 || rate == 0 || rate == 15 || hertz == 3 {
        return None;
    }
    let first = version == 3;
    let table = match (first, layer) {
        (true, 1) => 0,
        (true, 2) => 1,
        (true, _) => 2,
        (false, 1) => 3,
        (false, _) => 4,
    };
    let bps = KBPS[table][rate] * 1000;
    let halvings = match version {
        3 => 0,
        2 => 1,
        _ => 2,
    };
    let hertz = [44_100, 48_000, 32_000][hertz] >> halvings;
    let padding = ((word >> 9) & 1) as usize;
    let (codec, bytes, samples) = match layer {
        1 => ("mp1", (12 * bps / hertz + padding) * 4, 384),
        2 => ("mp2", 144 * bps / hertz + padding, 1152),
        _ if first => ("mp3", 144 * bps / hertz + padding, 1152),
        _ => ("mp3", 72 * bps / hertz + padding, 576),
    };
    let channels = if word >> 6 & 3 == 3 { 1 } else { 2 };
    Some(AudioFrame { bytes, codec, sample_rate_hz: hertz as u32, channels, samples })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_of_each_kind_are_read() {
        let mp3 = mpeg(&[0xff, 0xfb, 0x90, 0x00]).unwrap();
        assert_eq!(
            (mp3.bytes, mp3.codec, mp3.sample_rate_hz, mp3.channels, mp3.samples),
            (417, "mp3", 44_100, 2, 1152)
        );
        let low = mpeg(&[0xff, 0xf3, 0x40, 0xc4]).unwrap();
        assert_eq!((low.bytes, low.sample_rate_hz, low.channels, low.samples), (104, 22_050, 1, 576));
        assert_eq!(mpeg(&[0xff, 0xfd, 0xa4, 0x00]).unwrap().codec, "mp2");
        let aac = adts(&[0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc]).unwrap();
        assert_eq!((aac.bytes, aac.sample_rate_hz, aac.channels, aac.samples), (371, 44_100, 2, 1024));
        assert_eq!(mpeg(b"\xff\xff\xff\xff"), None);
    }

    proptest! {
        #[test]
        fn a_frame_is_never_empty(bytes in prop::collection::vec(any::<u8>(), 0..10)) {
            for frame in [adts(&bytes), mpeg(&bytes)].into_iter().flatten() {
                prop_assert!(frame.bytes > 0 && frame.sample_rate_hz > 0);
            }
        }
    }
}
