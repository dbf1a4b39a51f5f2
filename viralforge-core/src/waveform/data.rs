//! Waveform data files, as audiowaveform writes them.

use std::fmt::Write;

use super::Waveform;
use crate::error::{Error, Result};

/// How wide a value is in a data file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(into = "u8", try_from = "u8"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum WaveformBits {
    /// A quarter of the precision that a screen can show, half the size.
    Eight,
    /// All of what was measured.
    #[default]
    Sixteen,
}

impl WaveformBits {
    fn reduce(self, value: i16) -> i16 {
        match self {
            // Toward zero, so that silence stays 0 and -1 does not become -1 of 127.
            Self::Eight => value / 256,
            Self::Sixteen => value,
        }
    }
}

impl From<WaveformBits> for u8 {
    fn from(bits: WaveformBits) -> Self {
        match bits {
            WaveformBits::Eight => 8,
            WaveformBits::Sixteen => 16,
        }
    }
}

impl TryFrom<u8> for WaveformBits {
    type Error = String;
    fn try_from(bits: u8) -> Result<Self, String> {
        match bits {
            8 => Ok(Self::Eight),
            16 => Ok(Self::Sixteen),
            _ => Err(format!("{bits} is not 8 or 16")),
        }
    }
}

/// Bit 0 of the flags: values have 8 bits.
const FLAG_8_BIT: u32 = 1;

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
pub(super) struct WaveformFields {
    sample_rate_hz: u32,
    samples_per_pixel: u32,
    channels: u32,
    data: Vec<i16>,
}

#[cfg(feature = "serde")]
impl TryFrom<WaveformFields> for Waveform {
    type Error = Error;
    fn try_from(f: WaveformFields) -> Result<Self> {
        Self::new(f.sample_rate_hz, f.samples_per_pixel, f.channels, f.data)
    }
}

/// What the lowest 16-bit sample counts as in the float samples of this crate: -1.
const FULL_SCALE: f32 = 32_768.0;

impl Waveform {
    /// A waveform from its parts; `data` has, for each bucket, for each channel, the minimum and then the maximum.
    ///
    /// # Errors
    /// `invalid_option` where a rate or the number of channels is zero, or where `data` does not hold whole buckets.
    pub fn new(sample_rate_hz: u32, samples_per_pixel: u32, channels: u32, data: Vec<i16>) -> Result<Self> {
        for (name, value) in
            [("sample_rate_hz", sample_rate_hz), ("samples_per_pixel", samples_per_pixel), ("channels", channels)]
        {
            if value == 0 {
                return Err(Error::invalid_option(name, "0 is not at least 1"));
            }
        }
        let (values, bucket) = (data.len() as u64, 2 * u64::from(channels));
        if values % bucket != 0 {
            let problem = format!("{values} values are no whole number of buckets of {bucket}");
            return Err(Error::invalid_option("data", problem));
        }
        Ok(Self { sample_rate_hz, samples_per_pixel, channels, length: values / bucket, data })
    }

    /// The minima, -1 to 1, for each bucket, for each channel.
    pub fn minima_f32(&self) -> Vec<f32> {
        self.data.chunks_exact(2).map(|pair| f32::from(pair[0]) / FULL_SCALE).collect()
    }

    /// The maxima, -1 to 1, for each bucket, for each channel.
    pub fn maxima_f32(&self) -> Vec<f32> {
        self.data.chunks_exact(2).map(|pair| f32::from(pair[1]) / FULL_SCALE).collect()
    }

    /// The waveform as audiowaveform's binary data file (`.dat`), little endian: version 1 for one channel, version
    /// 2 for more ([format](https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md)).
    pub fn to_dat(&self, bits: WaveformBits) -> Vec<u8> {
        let version: i32 = if self.channels > 1 { 2 } else { 1 };
        let flags = if bits == WaveformBits::Eight { FLAG_8_BIT } else { 0 };
        let mut out = Vec::with_capacity(24 + self.data.len() * 2);
        out.extend(version.to_le_bytes());
        out.extend(flags.to_le_bytes());
        out.extend(self.sample_rate_hz.to_le_bytes());
        out.extend(self.samples_per_pixel.to_le_bytes());
        out.extend(u32::try_from(self.length).unwrap_or(u32::MAX).to_le_bytes());
        if version == 2 {
            out.extend(self.channels.to_le_bytes());
        }
        match bits {
            WaveformBits::Eight => out.extend(self.data.iter().map(|v| bits.reduce(*v) as i8 as u8)),
            WaveformBits::Sixteen => out.extend(self.data.iter().flat_map(|v| v.to_le_bytes())),
        }
        out
    }

    /// The waveform as audiowaveform's JSON data file, version 2.
    pub fn to_json(&self, bits: WaveformBits) -> String {
        let mut out = String::with_capacity(120 + self.data.len() * 5);
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            r#"{{"version":2,"channels":{},"sample_rate":{},"samples_per_pixel":{},"bits":{},"length":{},"data":["#,
            self.channels,
            self.sample_rate_hz,
            self.samples_per_pixel,
            u8::from(bits),
            self.length
        );
        for (i, value) in self.data.iter().enumerate() {
            let _ = write!(out, "{}{}", if i > 0 { "," } else { "" }, bits.reduce(*value));
        }
        out.push_str("]}\n");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waveform(channels: u32, data: &[i16]) -> Waveform {
        let length = data.len() as u64 / u64::from(2 * channels);
        Waveform { sample_rate_hz: 44100, samples_per_pixel: 256, channels, length, data: data.to_vec() }
    }

    #[test]
    fn one_channel_is_version_1_and_more_are_version_2() {
        let mono = waveform(1, &[-300, 511]).to_dat(WaveformBits::Sixteen);
        let header = [1, 0, 0, 0, 0, 0, 0, 0, 0x44, 0xac, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0];
        assert_eq!(mono, [&header[..], &[0xd4, 0xfe, 0xff, 0x01]].concat());
        let stereo = waveform(2, &[-300, 511, -1, 256]).to_dat(WaveformBits::Eight);
        assert_eq!(stereo[..8], [2, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(stereo[20..], [2, 0, 0, 0, 0xff, 1, 0, 1]);
    }

    #[test]
    fn parts_that_do_not_fit_make_no_waveform() {
        let made = Waveform::new(44100, 256, 2, vec![-16384, 16384, -1, 32767]).unwrap();
        assert_eq!((made.length, made.minima_f32()[0], made.maxima_f32()[0]), (1, -0.5, 0.5));
        assert_eq!(Waveform::new(44100, 256, 2, vec![0; 6]).unwrap_err().code(), "invalid_option");
        assert_eq!(
            Waveform::new(44100, 0, 1, vec![]).unwrap_err().to_string(),
            "samples_per_pixel 0 is not at least 1"
        );
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_waveform_in_json_keeps_its_promise() {
        let whole = waveform(1, &[-300, 511]);
        let json = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<Waveform>(&json).unwrap(), whole);
        assert!(serde_json::from_str::<Waveform>(&json.replace("-300,", "")).is_err());
    }

    #[test]
    fn json_has_the_fields_in_order_without_spaces() {
        let json = waveform(1, &[-300, 511]).to_json(WaveformBits::Eight);
        assert_eq!(
            json,
            "{\"version\":2,\"channels\":1,\"sample_rate\":44100,\"samples_per_pixel\":256,\"bits\":8,\"length\":1,\"data\":[-1,1]}\n"
        );
        assert!(waveform(1, &[]).to_json(WaveformBits::Sixteen).ends_with("\"length\":0,\"data\":[]}\n"));
    }
}
