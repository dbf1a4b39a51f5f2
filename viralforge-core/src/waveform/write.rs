//! Writes waveforms: data for players, pictures for pages.

use std::io::Write;

use super::{Waveform, WaveformBits, WaveformPicture};
use crate::error::{Error, Result};
use crate::media::{self, RgbPicture};
use crate::output::Output;

/// What a waveform may be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum WaveformFormat {
    /// audiowaveform's binary data.
    Dat,
    /// audiowaveform's data as JSON.
    Json,
    /// A picture that scales.
    Svg,
    /// A picture in pixels.
    Png,
}

impl WaveformFormat {
    /// The format of that file extension, in any case; `None` where it is none of these.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "dat" => Some(Self::Dat),
            "json" => Some(Self::Json),
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }
}

/// How to write a waveform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct WriteWaveformOptions {
    /// As what. Default: what the output's extension says.
    pub format: Option<WaveformFormat>,
    /// How wide a value is in data files. Default: 16 bits.
    pub bits: WaveformBits,
    /// How pictures look.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub picture: WaveformPicture,
}

impl WriteWaveformOptions {
    /// Sets [`format`](Self::format).
    #[must_use]
    pub fn with_format(mut self, format: WaveformFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets [`bits`](Self::bits).
    #[must_use]
    pub fn with_bits(mut self, bits: WaveformBits) -> Self {
        self.bits = bits;
        self
    }

    /// Sets [`picture`](Self::picture).
    #[must_use]
    pub fn with_picture(mut self, picture: WaveformPicture) -> Self {
        self.picture = picture;
        self
    }
}

/// Writes `waveform` as data or as a picture, and returns the number of bytes.
///
/// # Errors
/// `invalid_option` where neither the options nor the output's extension name a format, or the picture's size is out
/// of range; `io` where writing fails.
pub fn write_waveform(waveform: &Waveform, output: &Output, options: &WriteWaveformOptions) -> Result<u64> {
    options.picture.validate()?;
    let extension = output.path().and_then(|path| path.extension()).and_then(|e| e.to_str());
    let format = options
        .format
        .or_else(|| extension.and_then(WaveformFormat::from_extension))
        .ok_or_else(|| Error::invalid_option("format", format!("{:?} is not dat, json, svg or png", output.name())))?;
    let bytes = match format {
        WaveformFormat::Dat => waveform.to_dat(options.bits),
        WaveformFormat::Json => waveform.to_json(options.bits).into_bytes(),
        WaveformFormat::Svg => waveform.to_svg(&options.picture)?.into_bytes(),
        WaveformFormat::Png => {
            media::encode_png(&RgbPicture { size: options.picture.size(), data: waveform.to_rgb(&options.picture) })?
        }
    };
    let mut sink = output.create()?;
    sink.write_all(&bytes).map_err(|error| Error::io(output.name(), error))?;
    sink.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waveform() -> Waveform {
        Waveform { sample_rate_hz: 8000, samples_per_pixel: 8, channels: 1, length: 2, data: vec![-5, 6, -700, 800] }
    }

    #[test]
    fn the_extension_decides_unless_the_options_do() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, options: &WriteWaveformOptions| {
            write_waveform(&waveform(), &Output::to_path(dir.path().join(name)), options)?;
            Ok::<_, Error>(std::fs::read(dir.path().join(name)).unwrap())
        };
        let options = WriteWaveformOptions::default();
        assert_eq!(write("a.DAT", &options).unwrap(), waveform().to_dat(WaveformBits::Sixteen));
        assert_eq!(write("a.png", &options.clone().with_format(WaveformFormat::Json)).unwrap()[0], b'{');
        assert!(write("a.svg", &options).unwrap().starts_with(b"<svg"));
        assert!(write("b.png", &options).unwrap().starts_with(b"\x89PNG"));
        assert_eq!(write("a.txt", &options).unwrap_err().code(), "invalid_option");
        assert!(!dir.path().join("a.txt").exists());
    }
}
