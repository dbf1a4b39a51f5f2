//! Sound files decoded in pure Rust: WAV, FLAC and Vorbis in Ogg. For these symphonia gives the same samples as
//! FFmpeg; for the rest it does not (encoder delay, edit lists, SBR, streams without an index) or it is slower.

use std::io::Read;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

use super::pcm::Sound;
use crate::error::Result;
use crate::source::{Input, Source};
use crate::time::Timestamp;

/// Whether the first bytes are those of a file that symphonia decodes as well as FFmpeg.
pub(super) fn reads(source: &Source) -> Result<bool> {
    let mut head = [0; 64];
    let mut read = 0;
    let mut input = source.open()?;
    while read < head.len() {
        match input.read(&mut head[read..]) {
            Ok(0) | Err(_) => break,
            Ok(n) => read += n,
        }
    }
    let head = &head[..read];
    let wav = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE");
    let vorbis = head.starts_with(b"OggS") && head.windows(7).any(|w| w == b"\x01vorbis");
    Ok(wav || vorbis || head.starts_with(b"fLaC"))
}

impl MediaSource for Input {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(Input::byte_len(self))
    }
}

/// A sound file that symphonia decodes.
pub(super) struct SymphoniaReader {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    sample_rate_hz: u32,
    channels: usize,
    next_sample: u64,
    damaged: u64,
}

/// What came of reading on.
pub(super) enum Step {
    Sound(Sound),
    End,
    /// It cannot go on from here; FFmpeg may.
    Stuck,
}

impl SymphoniaReader {
    /// `None` where symphonia cannot make sense of the file after all.
    pub(super) fn open(source: &Source) -> Result<Option<Self>> {
        let stream = MediaSourceStream::new(Box::new(source.open()?), Default::default());
        let opened = symphonia::default::get_probe().probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        );
        let Ok(format) = opened else { return Ok(None) };
        let Some(track) = format.default_track(TrackType::Audio) else { return Ok(None) };
        let Some(parameters) = track.codec_params.as_ref().and_then(|p| p.audio()) else { return Ok(None) };
        let channels = parameters.channels.as_ref().map_or(0, |c| c.count());
        let (Some(sample_rate_hz), 1..) = (parameters.sample_rate, channels) else { return Ok(None) };
        let Ok(decoder) =
            symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default())
        else {
            return Ok(None);
        };
        let track = track.id;
        Ok(Some(Self { format, decoder, track, sample_rate_hz, channels, next_sample: 0, damaged: 0 }))
    }

    pub(super) fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    pub(super) fn next_sample(&self) -> u64 {
        self.next_sample
    }

    pub(super) fn damaged(&self) -> u64 {
        self.damaged
    }

    pub(super) fn step(&mut self) -> Step {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return Step::End,
                Err(_) => return Step::Stuck,
            };
            let mut channels: Vec<Vec<f32>> = Vec::new();
            match self.decoder.decode(&packet) {
                Ok(samples) if samples.spec().rate() == self.sample_rate_hz => {
                    samples.copy_to_vecs_planar(&mut channels);
                }
                Ok(_) | Err(SymphoniaError::ResetRequired | SymphoniaError::IoError(_)) => return Step::Stuck,
                // The packet is lost, its time is not.
                Err(_) => {
                    self.damaged += 1;
                    let len = usize::try_from(packet.dur.get()).unwrap_or(0).min(1 << 20);
                    channels = vec![vec![0.0; len]; self.channels];
                }
            }
            for channel in &mut channels {
                channel.iter_mut().filter(|s| !s.is_finite()).for_each(|s| *s = 0.0);
            }
            let sound = Sound {
                start: Timestamp::from_units(self.next_sample as i64, 1, self.sample_rate_hz),
                sample_rate_hz: self.sample_rate_hz,
                channels,
                first_sample: self.next_sample,
            }
            .with_channels(self.channels);
            self.next_sample += sound.len() as u64;
            if sound.len() > 0 {
                return Step::Sound(sound);
            }
        }
    }
}
