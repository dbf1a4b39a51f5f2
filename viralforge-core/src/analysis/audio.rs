//! What is measured of sound.

use super::AnalysisOptions;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::loudness::{LoudnessMeter, LoudnessReport, channel_weights};
use crate::media::Sound;
use crate::media_info::StreamInfo;
use crate::silence::{Silence, SilenceReport, SilentRuns};
use crate::source::Source;
use crate::time::{TimeRange, Timestamp};
use crate::waveform::{Peaks, SampleRule, Waveform};

/// Hands each block of samples to what wants it.
pub(super) struct AudioAnalysis {
    source: String,
    max_bytes: u64,
    sample_rate_hz: u32,
    channels: usize,
    /// When sample 0 sounds; known once there is one.
    zero: Option<Timestamp>,
    waveform: Option<(Peaks, u32, Option<TimeRange>)>,
    loudness: Option<LoudnessMeter>,
    silence: Option<SilentRuns>,
}

pub(super) type AudioParts = (Option<Waveform>, Option<LoudnessReport>, Option<SilenceReport>);

impl AudioAnalysis {
    pub(super) fn new(source: &Source, stream: &StreamInfo, options: &AnalysisOptions) -> Result<Self> {
        let facts = stream.audio.as_ref();
        let sample_rate_hz = facts.map_or(0, |a| a.sample_rate_hz);
        let channels = facts.map_or(0, |a| a.channels) as usize;
        if sample_rate_hz == 0 || channels == 0 {
            return Err(Error::malformed(source.name(), "its sound track has no sample rate or no channels"));
        }
        let waveform = match &options.waveform {
            Some(options) => {
                let per_pixel = options.bucket_samples(sample_rate_hz)?;
                let peaks = Peaks::new(channels, per_pixel, options.split_channels, sample_rule(&stream.codec));
                Some((peaks, per_pixel, options.range))
            }
            None => None,
        };
        let loudness = options.loudness.as_ref().map(|options| {
            let weights = channel_weights(facts.and_then(|a| a.channel_layout.as_deref()), channels);
            LoudnessMeter::new(sample_rate_hz, &weights, options.true_peak)
        });
        let silence = options.silence.as_ref().map(|options| {
            // Rounded up: a silence is at least as long as asked for.
            let min_len = (options.min_duration.as_nanos() * u128::from(sample_rate_hz)).div_ceil(1_000_000_000);
            SilentRuns::new(options.threshold_dbfs, u64::try_from(min_len).unwrap_or(u64::MAX))
        });
        let (source, max_bytes) = (source.name().to_owned(), source.limits().max_memory_bytes);
        Ok(Self { source, max_bytes, sample_rate_hz, channels, zero: None, waveform, loudness, silence })
    }

    pub(super) fn push(&mut self, mut sound: Sound) -> Result<()> {
        if sound.sample_rate_hz != self.sample_rate_hz || sound.channels.len() != self.channels {
            let problem = format!(
                "its sound turns from {} channels at {} Hz to {} at {} Hz",
                self.channels,
                self.sample_rate_hz,
                sound.channels.len(),
                sound.sample_rate_hz
            );
            return Err(Error::unsupported(&self.source, problem));
        }
        let before = Timestamp::from_units(sound.first_sample as i64, 1, self.sample_rate_hz);
        self.zero.get_or_insert(sound.start - before);
        let channels: Vec<&[f32]> = sound.channels.iter().map(Vec::as_slice).collect();
        if let Some(loudness) = &mut self.loudness {
            loudness.push(&channels);
        }
        if let Some(silence) = &mut self.silence {
            silence.push(&channels);
        }
        if let Some((peaks, _, range)) = &mut self.waveform {
            if let Some(range) = range {
                sound.trim(range.start(), Some(range.end()));
            }
            let channels: Vec<&[f32]> = sound.channels.iter().map(Vec::as_slice).collect();
            peaks.push(&channels);
            Limits::check(&self.source, "max_memory_bytes", peaks.byte_len() as u64, self.max_bytes)?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> AudioParts {
        let sample_rate_hz = self.sample_rate_hz;
        let waveform = self.waveform.map(|(peaks, samples_per_pixel, _)| {
            let channels = peaks.channels() as u32;
            let data = peaks.finish();
            let length = data.len() as u64 / u64::from(2 * channels);
            Waveform { sample_rate_hz, samples_per_pixel, channels, length, data }
        });
        let zero = self.zero.unwrap_or(Timestamp::ZERO);
        let at = |sample: u64| zero + Timestamp::from_units(sample as i64, 1, sample_rate_hz);
        let silence = self.silence.map(|runs| {
            let ranges = runs.finish().into_iter().filter_map(|run| TimeRange::new(at(run.start), at(run.end)));
            SilenceReport { silences: ranges.map(|range| Silence { range }).collect() }
        });
        (waveform, self.loudness.map(LoudnessMeter::finish), silence)
    }
}

/// PCM that stores floats is scaled as audiowaveform scales it; all else as whole numbers. (What a lossy codec
/// decodes to differs between decoders by more than the two rules do.)
fn sample_rule(codec: &str) -> SampleRule {
    if codec.starts_with("pcm_f") { SampleRule::Float } else { SampleRule::Integer }
}
