//! `viralforge waveform`

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{
    Output, Size, Waveform as Report, WaveformBits, WaveformFormat, WaveformOptions, WaveformPicture,
    WriteWaveformOptions, analyze_waveform, write_waveform,
};

use super::stretch::Stretch;
use crate::failure::Failure;
use crate::parse;
use crate::session::Session;
use crate::table::Table;

/// Measure the waveform of the sound, for a player or an editor to draw.
#[derive(Args)]
#[command(after_help = "\
Examples:
  viralforge waveform talk.mp4 -o talk.dat                              for peaks.js, 256 samples a pixel
  viralforge waveform talk.mp4 -o talk.json --pixels-per-second 20 --bits 8
  viralforge waveform talk.mp4 -o talk.svg --start 1:00 --end 1:30

The data files are audiowaveform's, bit for bit the same format.")]
pub(crate) struct Waveform {
    /// The video or sound file.
    file: PathBuf,

    /// Where to write: .dat, .json, .png or .svg. Without it, only the report is printed.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    /// Samples that one pixel covers.
    #[arg(long, value_name = "N", conflicts_with = "pixels_per_second", default_value_t = WaveformOptions::default().samples_per_pixel)]
    samples_per_pixel: u32,

    /// Pixels that one second covers, instead.
    #[arg(long, value_name = "N")]
    pixels_per_second: Option<u32>,

    /// Keep the channels apart instead of mixing them.
    #[arg(long)]
    split_channels: bool,

    #[command(flatten)]
    stretch: Stretch,

    /// What to write: dat, json, png or svg [default: what the name of the output says].
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    format: Option<WaveformFormat>,

    /// Width of a value in .dat and .json.
    #[arg(long, value_name = "8|16", default_value = "16", value_parser = parse_bits)]
    bits: WaveformBits,

    /// Width of the picture in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = WaveformPicture::default().width)]
    width: u32,

    /// Height of the picture in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = WaveformPicture::default().height)]
    height: u32,

    /// Color of the wave at its center line.
    #[arg(long, value_name = "RRGGBB", default_value = parse::hex_of(WaveformPicture::default().color), value_parser = parse::color)]
    color: [u8; 3],

    /// Color of the wave at full scale.
    #[arg(long, value_name = "RRGGBB", default_value = parse::hex_of(WaveformPicture::default().peak_color), value_parser = parse::color)]
    peak_color: [u8; 3],

    /// Color behind the wave.
    #[arg(long, value_name = "RRGGBB", default_value = parse::hex_of(WaveformPicture::default().background), value_parser = parse::color)]
    background: [u8; 3],
}

impl Waveform {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let mut options = WaveformOptions::default()
            .with_samples_per_pixel(self.samples_per_pixel)
            .with_split_channels(self.split_channels);
        options.pixels_per_second = self.pixels_per_second;
        options.range = self.stretch.range()?;
        let waveform = analyze_waveform(&source, &options, session.monitor())?;
        if let Some(path) = &self.output {
            write_waveform(&waveform, &Output::to_path(path), &self.writing())?;
        }
        session.print_bulk(&waveform, || self.text(&waveform))
    }

    fn writing(&self) -> WriteWaveformOptions {
        let picture = WaveformPicture::default()
            .with_size(Size::new(self.width, self.height))
            .with_colors(self.color, self.peak_color)
            .with_background(self.background);
        let mut options = WriteWaveformOptions::default().with_bits(self.bits).with_picture(picture);
        options.format = self.format;
        options
    }

    fn text(&self, waveform: &Report) -> String {
        let mut table = Table::facts();
        table.fact("sample rate", format!("{} Hz", waveform.sample_rate_hz));
        table.fact("channels", waveform.channels.to_string());
        table.fact("samples a pixel", waveform.samples_per_pixel.to_string());
        table.fact("pixels", waveform.length.to_string());
        if let Some(path) = &self.output {
            table.fact("written to", path.display().to_string());
        }
        table.render()
    }
}

fn parse_bits(text: &str) -> Result<WaveformBits, String> {
    match text {
        "8" => Ok(WaveformBits::Eight),
        "16" => Ok(WaveformBits::Sixteen),
        _ => Err("8 and 16 are possible".to_owned()),
    }
}

fn parse_format(text: &str) -> Result<WaveformFormat, String> {
    WaveformFormat::from_extension(text).ok_or_else(|| "dat, json, png and svg are possible".to_owned())
}
