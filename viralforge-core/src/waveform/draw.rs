//! The waveform as a picture: one shape a channel, the channels below each other.

use std::fmt::Write;

use super::Waveform;
use crate::error::{Error, Result};
use crate::geometry::Size;

/// How a picture of a waveform looks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct WaveformPicture {
    /// Pixels from left to right, 1 to 16,384. Default: 1600.
    pub width: u32,
    /// Pixels from top to bottom, 1 to 16,384. Default: 240.
    pub height: u32,
    /// Color of the wave at its center line, red, green and blue. Default: violet.
    pub color: [u8; 3],
    /// Color of the wave at full scale; between the two it blends. Default: pink.
    pub peak_color: [u8; 3],
    /// Color behind the wave. Default: nearly black.
    pub background: [u8; 3],
}

impl Default for WaveformPicture {
    fn default() -> Self {
        Self {
            width: 1600,
            height: 240,
            color: [0x7c, 0x5c, 0xff],
            peak_color: [0xff, 0x5c, 0xa8],
            background: [0x12, 0x12, 0x1a],
        }
    }
}

impl WaveformPicture {
    /// Sets [`width`](Self::width) and [`height`](Self::height).
    #[must_use]
    pub fn with_size(mut self, size: Size) -> Self {
        (self.width, self.height) = (size.width, size.height);
        self
    }

    pub(crate) fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    /// Sets [`color`](Self::color) and [`peak_color`](Self::peak_color).
    #[must_use]
    pub fn with_colors(mut self, center: [u8; 3], peak: [u8; 3]) -> Self {
        (self.color, self.peak_color) = (center, peak);
        self
    }

    /// Sets [`background`](Self::background).
    #[must_use]
    pub fn with_background(mut self, background: [u8; 3]) -> Self {
        self.background = background;
        self
    }

    pub(crate) fn validate(&self) -> Result<()> {
        for (side, pixels) in [("width", self.width), ("height", self.height)] {
            if !(1..=16_384).contains(&pixels) {
                return Err(Error::invalid_option(side, format!("{pixels} is not in 1..=16384")));
            }
        }
        Ok(())
    }
}

/// Half a line is drawn even where there is no sound, so that silence shows as a line and not as a gap.
const LEAST_HALF_HEIGHT: f32 = 0.5;
/// Share of a channel's height that full scale fills.
const FILL: f32 = 0.92;

impl Waveform {
    /// The waveform as an SVG document.
    ///
    /// # Errors
    /// `invalid_option` where the size is out of range.
    pub fn to_svg(&self, picture: &WaveformPicture) -> Result<String> {
        picture.validate()?;
        let (width, height) = (picture.width, picture.height);
        let mut out = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" aria-label="waveform">"#
        );
        let [center, peak] = [picture.color, picture.peak_color].map(hex);
        // Writing to a string cannot fail.
        let _ = write!(out, r#"<rect width="100%" height="100%" fill="{}"/><defs>"#, hex(picture.background));
        let lanes = self.lanes(picture.size());
        for (i, lane) in lanes.iter().enumerate() {
            let _ = write!(
                out,
                r#"<linearGradient id="g{i}" gradientUnits="userSpaceOnUse" x1="0" x2="0" y1="{:.2}" y2="{:.2}"><stop offset="0" stop-color="{peak}"/><stop offset=".5" stop-color="{center}"/><stop offset="1" stop-color="{peak}"/></linearGradient>"#,
                lane.middle - lane.full,
                lane.middle + lane.full
            );
        }
        out.push_str("</defs>");
        for (i, lane) in lanes.iter().enumerate() {
            let _ = write!(out, r#"<path fill="url(#g{i})" d="M0 {:.2}"#, lane.middle);
            for (x, (top, _)) in lane.columns.iter().enumerate() {
                let _ = write!(out, "L{x}.5 {top:.2}");
            }
            let _ = write!(out, "L{width} {:.2}", lane.middle);
            for (x, (_, bottom)) in lane.columns.iter().enumerate().rev() {
                let _ = write!(out, "L{x}.5 {bottom:.2}");
            }
            out.push_str("Z\"/>");
        }
        out.push_str("</svg>\n");
        Ok(out)
    }

    /// The waveform as rows of red, green and blue bytes, with smooth edges.
    pub(crate) fn to_rgb(&self, picture: &WaveformPicture) -> Vec<u8> {
        let (width, height) = (picture.width as usize, picture.height as usize);
        let mut pixels = picture.background.repeat(width * height);
        for lane in self.lanes(picture.size()) {
            for (x, (top, bottom)) in lane.columns.into_iter().enumerate() {
                let rows = (top.floor().max(0.0) as usize)..(bottom.ceil() as usize).min(height);
                for y in rows {
                    let (above, below) = (y as f32, y as f32 + 1.0);
                    let covered = (bottom.min(below) - top.max(above)).clamp(0.0, 1.0);
                    let away = ((y as f32 + 0.5 - lane.middle).abs() / lane.full).min(1.0);
                    let pixel = &mut pixels[(y * width + x) * 3..][..3];
                    for (i, value) in pixel.iter_mut().enumerate() {
                        let wave = blend(picture.color[i], picture.peak_color[i], away);
                        *value = blend(*value, wave as u8, covered) as u8;
                    }
                }
            }
        }
        pixels
    }

    fn lanes(&self, size: Size) -> Vec<Lane> {
        let channels = self.channels.max(1) as usize;
        let lane_height = size.height as f32 / channels as f32;
        let full = lane_height / 2.0 * FILL;
        (0..channels)
            .map(|channel| {
                let middle = lane_height * (channel as f32 + 0.5);
                let to_y = |value: i16| middle - f32::from(value) / 32768.0 * full;
                let columns = (0..size.width as usize)
                    .map(|x| {
                        let (low, high) = self.column(channel, x, size.width as usize);
                        (to_y(high).min(middle - LEAST_HALF_HEIGHT), to_y(low).max(middle + LEAST_HALF_HEIGHT))
                    })
                    .collect();
                Lane { middle, full, columns }
            })
            .collect()
    }

    /// Minimum and maximum of the buckets that column `x` of `columns` shows.
    fn column(&self, channel: usize, x: usize, columns: usize) -> (i16, i16) {
        let channels = self.channels.max(1) as usize;
        let buckets = self.data.len() / (2 * channels);
        let first = x * buckets / columns;
        let last = ((x + 1) * buckets / columns).max(first + 1).min(buckets);
        let of = |bucket: usize, i: usize| self.data[(bucket * channels + channel) * 2 + i];
        let low = (first..last).map(|b| of(b, 0)).min().unwrap_or(0);
        let high = (first..last).map(|b| of(b, 1)).max().unwrap_or(0);
        (low, high)
    }
}

/// One channel in the picture, in pixels from the top.
struct Lane {
    middle: f32,
    /// Distance from the middle to full scale.
    full: f32,
    /// Upper and lower end of the wave in each column.
    columns: Vec<(f32, f32)>,
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn blend(from: u8, to: u8, share: f32) -> f32 {
    (f32::from(from) + (f32::from(to) - f32::from(from)) * share).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loud_then_silent() -> Waveform {
        let data = [[-32768, 32767]; 10].iter().chain(&[[0, 0]; 10]).flatten().copied().collect();
        Waveform { sample_rate_hz: 8000, samples_per_pixel: 8, channels: 1, length: 20, data }
    }

    fn picture(width: u32, height: u32) -> WaveformPicture {
        WaveformPicture::default().with_size(Size::new(width, height)).with_background([0; 3])
    }

    #[test]
    fn loud_columns_are_high_and_silence_is_a_line() {
        let pixels = loud_then_silent().to_rgb(&picture(40, 50));
        let lit = |x: usize| (0..50).filter(|y| pixels[(y * 40 + x) * 3..][..3] != [0; 3]).count();
        assert!(lit(5) >= 45, "{}", lit(5));
        assert!((1..=2).contains(&lit(30)), "{}", lit(30));
    }

    #[test]
    fn the_wave_takes_its_peak_color_far_from_the_middle() {
        let pixels = loud_then_silent().to_rgb(&picture(20, 100).with_colors([0, 255, 0], [255, 0, 0]));
        let at = |y: usize| &pixels[(y * 20 + 2) * 3..][..3];
        assert!(at(50)[1] > 240 && at(50)[0] < 15, "{:?}", at(50));
        assert!(at(5)[0] > 240 && at(5)[1] < 15, "{:?}", at(5));
    }

    #[test]
    fn fewer_buckets_than_columns_leave_no_gap() {
        let data = vec![-20000, 20000, -20000, 20000, -20000, 20000];
        let wave = Waveform { sample_rate_hz: 8000, samples_per_pixel: 8, channels: 1, length: 3, data };
        let pixels = wave.to_rgb(&picture(100, 20));
        assert!((0..100).all(|x| pixels[(5 * 100 + x) * 3..][..3] != [0; 3]));
    }

    #[test]
    fn the_svg_has_a_shape_for_each_channel_and_stays_in_its_box() {
        let mut wave = loud_then_silent();
        wave.channels = 2;
        wave.length = 10;
        let svg = wave.to_svg(&picture(30, 40)).unwrap();
        assert_eq!(svg.matches("<path").count(), 2);
        assert_eq!(svg.matches("<linearGradient").count(), 2);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        assert_eq!(wave.to_svg(&picture(0, 40)).unwrap_err().code(), "invalid_option");
    }

    #[test]
    fn an_empty_waveform_draws_a_line() {
        let wave = Waveform { sample_rate_hz: 8000, samples_per_pixel: 8, channels: 1, length: 0, data: vec![] };
        assert!(wave.to_rgb(&picture(10, 10)).iter().any(|v| *v > 0));
        assert!(wave.to_svg(&picture(10, 10)).is_ok());
    }
}
