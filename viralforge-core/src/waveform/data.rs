//! Waveform data files, as audiowaveform writes them.

use std::fmt::Write;

use super::Waveform;

/// How wide a value is in a data file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(into = "u8", try_from = "u8"))]
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

impl Waveform {
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
    fn json_has_the_fields_in_order_without_spaces() {
        let json = waveform(1, &[-300, 511]).to_json(WaveformBits::Eight);
        assert_eq!(
            json,
            "{\"version\":2,\"channels\":1,\"sample_rate\":44100,\"samples_per_pixel\":256,\"bits\":8,\"length\":1,\"data\":[-1,1]}\n"
        );
        assert!(waveform(1, &[]).to_json(WaveformBits::Sixteen).ends_with("\"length\":0,\"data\":[]}\n"));
    }
}
