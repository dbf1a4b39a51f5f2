//! What a decoding pass is asked for, and what it gives.

use super::pcm::Sound;
use super::picture::Picture;
use crate::time::{TimeRange, Timestamp};

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
    /// Time zero in the file's own clock, where it is known already: sound by itself is told from it.
    pub(crate) zero: Option<Timestamp>,
    /// Only the keyframes, each by itself: the decoder then holds one picture at a time.
    pub(crate) keyframes_alone: bool,
    /// Decoding threads; `None` is one for each core.
    pub(crate) threads: Option<usize>,
    /// How many packets may be of no use before a pass ends as if the file did: nothing that comes out counts them.
    pub(crate) max_undecodable_packets: Option<u64>,
}

impl Request {
    /// Pictures only.
    pub(crate) fn video() -> Self {
        Self { video: true, ..Self::default() }
    }

    /// Whether so much damage is more than is wanted.
    pub(super) fn is_too_much(&self, damage: &Damage) -> bool {
        self.max_undecodable_packets.is_some_and(|max| damage.undecodable_packets >= max)
    }

    /// Sound only.
    pub(crate) fn audio() -> Self {
        Self { audio: true, ..Self::default() }
    }
}

/// Which pictures to decode, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct PictureRequest {
    /// Only those shown in here; everything where `None`.
    pub(crate) range: Option<TimeRange>,
    /// Leave the deblocking filter out: faster and good enough for analysis.
    pub(crate) skip_loop_filter: bool,
    /// Which of the pictures that no other needs are decoded.
    pub(crate) unneeded: Unneeded,
    /// Decoders side by side; `None` is one for each core, as far as memory allows.
    pub(crate) decoders: Option<u32>,
    /// What is made of a picture takes about so many bytes.
    pub(crate) value_bytes: usize,
}

/// What becomes of pictures that no other picture needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unneeded {
    /// They are decoded.
    #[default]
    Decoded,
    /// They are decoded unless the pictures around them are alike; what is made of them is then made from those.
    WhereNotAlike,
    /// They are not decoded.
    Skipped,
}

/// What may wait between a decoder and whoever takes from it, in bytes, and the fewest and most pictures.
const WAITING_BYTES: usize = 16 << 20;
const WAITING: (usize, usize) = (8, 2048);

impl PictureRequest {
    /// How many pictures may wait between a decoder and whoever takes from it.
    pub(super) fn waiting(&self) -> usize {
        (WAITING_BYTES / self.value_bytes.max(1)).clamp(WAITING.0, WAITING.1)
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
    /// Whether the pass ended before its range did, at [`Request::max_undecodable_packets`].
    pub(crate) gave_up: bool,
}

impl Damage {
    /// Adds what another decoder of the same file could not use.
    pub(super) fn add(&mut self, other: &Self) {
        self.picture_packets += other.picture_packets;
        self.frames += other.frames;
        self.corrupt_frames += other.corrupt_frames;
        self.undecodable_packets += other.undecodable_packets;
        self.gave_up |= other.gave_up;
    }
}
