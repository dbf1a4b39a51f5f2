//! How pictures that stand for a video are chosen, arranged and encoded.

use crate::error::{Error, Result};
use crate::geometry::Size;
use crate::reframe::ReframePlan;
use crate::time::{TimeRange, Timestamp};

/// How thumbnails are chosen and encoded.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ThumbnailOptions {
    /// How many, 1 to 100; fewer where the video has fewer frames. Default: 3.
    pub count: u32,
    /// The longer side of the pictures in pixels, 16 to 8192; a smaller source is not enlarged. Default: 1280.
    pub max_side: u32,
    /// Quality of the JPEG, 1 (tiny) to 100 (best). Default: 85.
    pub jpeg_quality: u8,
    /// Choose only from this stretch, as for the cover of a clip. Default: the whole video.
    pub range: Option<TimeRange>,
    /// Show only the crop of that moment, so that a clip of 9:16 gets a cover of 9:16. Default: the whole picture.
    pub reframe: Option<ReframePlan>,
}

impl Default for ThumbnailOptions {
    fn default() -> Self {
        Self { count: 3, max_side: 1280, jpeg_quality: 85, range: None, reframe: None }
    }
}

impl ThumbnailOptions {
    /// Sets [`count`](Self::count).
    #[must_use]
    pub fn with_count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    /// Sets [`max_side`](Self::max_side).
    #[must_use]
    pub fn with_max_side(mut self, max_side: u32) -> Self {
        self.max_side = max_side;
        self
    }

    /// Sets [`jpeg_quality`](Self::jpeg_quality).
    #[must_use]
    pub fn with_jpeg_quality(mut self, jpeg_quality: u8) -> Self {
        self.jpeg_quality = jpeg_quality;
        self
    }

    /// Sets [`range`](Self::range).
    #[must_use]
    pub fn with_range(mut self, range: TimeRange) -> Self {
        self.range = Some(range);
        self
    }

    /// Sets [`reframe`](Self::reframe).
    #[must_use]
    pub fn with_reframe(mut self, reframe: ReframePlan) -> Self {
        self.reframe = Some(reframe);
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        within("count", self.count, 1, 100)?;
        within("max_side", self.max_side, 16, MAX_SIDE)?;
        within("jpeg_quality", self.jpeg_quality.into(), 1, 100)?;
        self.reframe.as_ref().map_or(Ok(()), ReframePlan::check)
    }
}

/// How a contact sheet is made.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct StoryboardOptions {
    /// Moments to show, in order of time, at most 400. Default: none, which spreads [`count`](Self::count) tiles
    /// evenly over the video.
    pub times: Vec<Timestamp>,
    /// How many tiles where no moments are given, 1 to 400. Default: 25.
    pub count: u32,
    /// Tiles in a row, 1 to 20. Default: 5.
    pub columns: u32,
    /// The box that each tile fits into, sides of 16 to 640 pixels; tiles have the shape of the video. Default:
    /// 160 by 160.
    pub tile: Size,
    /// Quality of the JPEG, 1 (tiny) to 100 (best). Default: 80.
    pub jpeg_quality: u8,
}

impl Default for StoryboardOptions {
    fn default() -> Self {
        Self { times: Vec::new(), count: 25, columns: 5, tile: Size::new(160, 160), jpeg_quality: 80 }
    }
}

/// Which frames to take out of a video.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FrameOptions {
    /// The moments, in any order, at most 10,000. One before the first frame means the first frame, one after the
    /// last frame the last. Default: none, which is an error.
    pub times: Vec<Timestamp>,
    /// The longer side of the pictures in pixels, 16 to 8192; a smaller source is not enlarged. Default: as the
    /// source.
    pub max_side: Option<u32>,
    /// Show only the crop of that moment. Default: the whole picture.
    pub reframe: Option<ReframePlan>,
}

impl FrameOptions {
    /// The frames at these moments, whole and in full size.
    pub fn at(times: impl Into<Vec<Timestamp>>) -> Self {
        Self { times: times.into(), ..Self::default() }
    }

    /// Sets [`max_side`](Self::max_side).
    #[must_use]
    pub fn with_max_side(mut self, max_side: u32) -> Self {
        self.max_side = Some(max_side);
        self
    }

    /// Sets [`reframe`](Self::reframe).
    #[must_use]
    pub fn with_reframe(mut self, reframe: ReframePlan) -> Self {
        self.reframe = Some(reframe);
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.times.is_empty() || self.times.len() > MAX_FRAMES {
            let problem = format!("{} moments are not in 1..={MAX_FRAMES}", self.times.len());
            return Err(Error::invalid_option("times", problem));
        }
        self.max_side.map_or(Ok(()), |side| within("max_side", side, 16, MAX_SIDE))?;
        self.reframe.as_ref().map_or(Ok(()), ReframePlan::check)
    }
}

/// Most frames in one call, and their largest side in pixels.
const MAX_FRAMES: usize = 10_000;
pub(super) const MAX_SIDE: u32 = 8192;

/// Most tiles on one sheet, and the largest side of one.
const MAX_TILES: u32 = 400;
const MAX_TILE_SIDE: u32 = 640;
/// A sheet stays within this many pixels in all, about 200 MB while it is put together.
const MAX_SHEET_PIXELS: u64 = 1 << 26;

impl StoryboardOptions {
    /// Sets [`times`](Self::times).
    #[must_use]
    pub fn with_times(mut self, times: impl Into<Vec<Timestamp>>) -> Self {
        self.times = times.into();
        self
    }

    /// Sets [`count`](Self::count).
    #[must_use]
    pub fn with_count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    /// Sets [`columns`](Self::columns).
    #[must_use]
    pub fn with_columns(mut self, columns: u32) -> Self {
        self.columns = columns;
        self
    }

    /// Sets [`tile`](Self::tile).
    #[must_use]
    pub fn with_tile(mut self, tile: Size) -> Self {
        self.tile = tile;
        self
    }

    /// Sets [`jpeg_quality`](Self::jpeg_quality).
    #[must_use]
    pub fn with_jpeg_quality(mut self, jpeg_quality: u8) -> Self {
        self.jpeg_quality = jpeg_quality;
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        within("count", self.count, 1, MAX_TILES)?;
        within("columns", self.columns, 1, 20)?;
        within("tile", self.tile.width, 16, MAX_TILE_SIDE)?;
        within("tile", self.tile.height, 16, MAX_TILE_SIDE)?;
        within("jpeg_quality", self.jpeg_quality.into(), 1, 100)?;
        if self.times.len() > MAX_TILES as usize {
            let problem = format!("{} moments are over the {MAX_TILES} of one sheet", self.times.len());
            return Err(Error::invalid_option("times", problem));
        }
        if let Some(pair) = self.times.windows(2).find(|t| t[0] >= t[1]) {
            return Err(Error::invalid_option("times", format!("{} stands before {}", pair[0], pair[1])));
        }
        let tiles = if self.times.is_empty() { u64::from(self.count) } else { self.times.len() as u64 };
        if tiles * self.tile.pixels() > MAX_SHEET_PIXELS {
            let problem = format!("{} for each of {tiles} tiles makes over {MAX_SHEET_PIXELS} pixels", self.tile);
            return Err(Error::invalid_option("tile", problem));
        }
        Ok(())
    }
}

pub(super) fn within(option: &'static str, value: u32, min: u32, max: u32) -> Result<()> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(Error::invalid_option(option, format!("{value} is not in {min}..={max}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::seconds;

    #[test]
    fn every_bound_says_what_is_allowed() {
        let thumbnails = ThumbnailOptions::default;
        assert!(thumbnails().check().is_ok() && StoryboardOptions::default().check().is_ok());
        let text = |r: Result<()>| r.unwrap_err().to_string();
        assert_eq!(text(thumbnails().with_count(0).check()), "count 0 is not in 1..=100");
        assert_eq!(text(thumbnails().with_max_side(9000).check()), "max_side 9000 is not in 16..=8192");
        assert_eq!(text(thumbnails().with_jpeg_quality(0).check()), "jpeg_quality 0 is not in 1..=100");
        let board = StoryboardOptions::default;
        assert_eq!(text(board().with_tile(Size::new(8, 90)).check()), "tile 8 is not in 16..=640");
        let backwards = board().with_times([seconds(2.0), seconds(1.0)]);
        assert_eq!(text(backwards.check()), "times 0:02.000 stands before 0:01.000");
        let huge = board().with_count(400).with_tile(Size::new(640, 640));
        assert!(text(huge.check()).starts_with("tile 640x640 for each of 400 tiles"));
    }
}
