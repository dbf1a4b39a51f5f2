//! What a decoding pass is asked for, and what it gives.

use super::pcm::Sound;
use super::picture::Picture;
use crate::time::TimeRange;

/// What to decode.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// The pictures of the video track.
    pub(crate) video: bool,
    /// The samples of the sound track.
    pub(crate) audio: bool,
    /// Only what is shown or sounds in here; everything where `None`.
    pub(crate) range: Option<TimeRange>,
    /// Leave the deblocking filter out: faster and good enough for analysis.
    pub(crate) skip_loop_filter: bool,
    /// Only the keyframes, each by itself: the decoder then holds one picture at a time.
    pub(crate) keyframes_alone: bool,
    /// Decoding threads; `None` is one for each core.
    pub(crate) threads: Option<usize>,
}

impl Request {
    /// Pictures only.
    pub(crate) fn video() -> Self {
        Self { video: true, ..Self::default() }
    }

    /// Sound only.
    pub(crate) fn audio() -> Self {
        Self { audio: true, ..Self::default() }
    }
}

/// One thing that came out of a decoder.
pub(crate) enum Decoded {
    Picture(Picture),
    Sound(Sound),
}

/// How much of the file did not decode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Packets of pictures that were decoded, empty ones aside.
    pub(crate) picture_packets: u64,
    /// Pictures that came out.
    pub(crate) frames: u64,
    /// Pictures that came out with visible errors.
    pub(crate) corrupt_frames: u64,
    /// Packets that no decoder could use, pictures and sound.
    pub(crate) undecodable_packets: u64,
}
