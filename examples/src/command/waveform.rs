//! `viralforge waveform`

use std::path::PathBuf;

use clap::Args;
use viralforge_core::{
    Output, Timestamp, Waveform as Report, WaveformBits, WaveformOptions, WriteWaveformOptions, analyze_waveform,
    write_waveform,
};

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

    /// Samples that one pixel covers [default: 256].
    #[arg(long, value_name = "N", conflicts_with = "pixels_per_second")]
    samples_per_pixel: Option<u32>,

    /// Pixels that one second covers.
    #[arg(long, value_name = "N")]
    pixels_per_second: Option<u32>,

    /// Width of a value in .dat and .json.
    #[arg(long, value_name = "8|16", default_value = "16", value_parser = parse_bits)]
    bits: WaveformBits,

    /// Keep the channels apart instead of mixing them.
    #[arg(long)]
    split_channels: bool,

    /// Begin here.
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    start: Option<Timestamp>,

    /// End here.
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    end: Option<Timestamp>,
}

impl Waveform {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let source = session.source(&self.file)?;
        let mut options = WaveformOptions::default().with_split_channels(self.split_channels);
        if let Some(samples) = self.samples_per_pixel {
            options = options.with_samples_per_pixel(samples);
        }
        if let Some(pixels) = self.pixels_per_second {
            options = options.with_pixels_per_second(pixels);
        }
        if let Some(range) = parse::range(self.start, self.end)? {
            options = options.with_range(range);
        }
        let waveform = analyze_waveform(&source, &options, session.monitor())?;
        if let Some(path) = &self.output {
            let options = WriteWaveformOptions::default().with_bits(self.bits);
            write_waveform(&waveform, &Output::to_path(path), &options)?;
        }
        session.print_bulk(&waveform, || self.text(&waveform))
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
