//! What decoding may still give out under the limits of a source.

use super::pcm::Sound;
use super::picture::Picture;
use crate::error::Result;
use crate::limits::Limits;
use crate::source::Source;
use crate::time::Timestamp;

/// Counts what comes out of the decoders of one pass.
pub(super) struct Allowance {
    name: String,
    limits: Limits,
    frames: u64,
    bytes: u64,
}

impl Allowance {
    pub(super) fn new(source: &Source) -> Self {
        Self { name: source.name().to_owned(), limits: source.limits().clone(), frames: 0, bytes: 0 }
    }

    /// Pictures so far.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Fails where a picture shown at `time` is one too many. `bytes` is what it takes: [`picture_bytes`].
    pub(super) fn take_picture(&mut self, time: Timestamp, bytes: u64) -> Result<()> {
        self.frames += 1;
        self.take(time, bytes)?;
        Limits::check(&self.name, "max_frames", self.frames, self.limits.max_frames)
    }

    /// Fails where the sound is too much.
    pub(super) fn take_sound(&mut self, sound: &Sound) -> Result<()> {
        self.take(sound.start, (sound.len() * sound.channels.len() * 4) as u64)
    }

    fn take(&mut self, time: Timestamp, bytes: u64) -> Result<()> {
        self.bytes += bytes;
        Limits::check(&self.name, "max_decoded_bytes", self.bytes, self.limits.max_decoded_bytes)?;
        Limits::check_duration(&self.name, "max_duration_seconds", time.to_duration(), self.limits.max_duration)
    }
}

/// Three half-size planes of 8-bit 4:2:0, the least that a picture takes.
pub(super) fn picture_bytes(picture: &Picture) -> u64 {
    let size = picture.stored_size();
    u64::from(size.width) * u64::from(size.height) * 3 / 2
}
