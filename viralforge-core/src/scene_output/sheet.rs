//! A contact sheet of scenes: the first, the middle and the last frame of each.

use super::drawing::{Anchor, CHAR_WIDTH, Color, LINE_HEIGHT, Shape, draw};
use super::shot::{Shot, shots};
use crate::error::{Error, Result};
use crate::geometry::{Rect, Size};
use crate::media::{RgbPicture, encode_jpeg, encode_png};
use crate::monitor::{Monitor, Stage};
use crate::scene::SceneReport;
use crate::source::Source;
use crate::thumbnail::{Look, frames_at};
use crate::time::Timestamp;

/// How a contact sheet of scenes is made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SceneSheetOptions {
    /// The box that each frame fits into, sides of 16 to 640 pixels; tiles have the shape of the video. Default: 240 by
    /// 240.
    pub tile: Size,
    /// Scenes beside each other, 1 to 20; each takes three tiles. Default: 2.
    pub columns: u32,
    /// Scenes on one sheet, 1 to 400. Default: 100.
    pub max_scenes: u32,
    /// Which sheet, counted from 1, where there are more scenes than one holds. Default: 1.
    pub page: u32,
    /// Whether number, times and length of each scene, and how it begins, stand above its frames. Default: yes.
    pub labels: bool,
    /// What the picture is encoded as. Default: JPEG.
    pub format: SheetFormat,
    /// Quality of a JPEG, 1 (tiny) to 100 (best). Default: 80.
    pub jpeg_quality: u8,
}

/// What a contact sheet is encoded as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum SheetFormat {
    /// Small.
    #[default]
    Jpeg,
    /// Without loss.
    Png,
}

impl Default for SceneSheetOptions {
    fn default() -> Self {
        Self {
            tile: Size::new(240, 240),
            columns: 2,
            max_scenes: 100,
            page: 1,
            labels: true,
            format: SheetFormat::default(),
            jpeg_quality: 80,
        }
    }
}

/// Largest side of a sheet: what every program that shows pictures can show.
const MAX_SIDE: u32 = 16_384;
/// A sheet stays within this many pixels in all, about 200 MB while it is put together.
const MAX_PIXELS: u64 = 1 << 26;
/// Frames of each scene.
const FRAMES: usize = 3;
/// Pixels between scenes, and between the frames of one.
const SCENE_GAP: u32 = 8;
const FRAME_GAP: u32 = 2;
/// Pixels that a label takes above its frames.
const LABEL_HEIGHT: u32 = LINE_HEIGHT as u32 + 4;

const BACKGROUND: Color = [0x12, 0x12, 0x1a];
const TEXT: Color = [0xf0, 0xf0, 0xf6];

impl SceneSheetOptions {
    /// Sets [`tile`](Self::tile).
    #[must_use]
    pub fn with_tile(mut self, tile: Size) -> Self {
        self.tile = tile;
        self
    }

    /// Sets [`columns`](Self::columns).
    #[must_use]
    pub fn with_columns(mut self, columns: u32) -> Self {
        self.columns = columns;
        self
    }

    /// Sets [`max_scenes`](Self::max_scenes).
    #[must_use]
    pub fn with_max_scenes(mut self, max_scenes: u32) -> Self {
        self.max_scenes = max_scenes;
        self
    }

    /// Sets [`page`](Self::page).
    #[must_use]
    pub fn with_page(mut self, page: u32) -> Self {
        self.page = page;
        self
    }

    /// Sets [`labels`](Self::labels).
    #[must_use]
    pub fn with_labels(mut self, labels: bool) -> Self {
        self.labels = labels;
        self
    }

    /// Sets [`format`](Self::format).
    #[must_use]
    pub fn with_format(mut self, format: SheetFormat) -> Self {
        self.format = format;
        self
    }

    /// Sets [`jpeg_quality`](Self::jpeg_quality).
    #[must_use]
    pub fn with_jpeg_quality(mut self, jpeg_quality: u8) -> Self {
        self.jpeg_quality = jpeg_quality;
        self
    }

    /// Checks everything for a sheet of so many scenes.
    fn check(&self, scenes: usize) -> Result<()> {
        for (name, value, least, most) in [
            ("tile", self.tile.width, 16, 640),
            ("tile", self.tile.height, 16, 640),
            ("columns", self.columns, 1, 20),
            ("max_scenes", self.max_scenes, 1, 400),
            ("jpeg_quality", u32::from(self.jpeg_quality), 1, 100),
        ] {
            if !(least..=most).contains(&value) {
                return Err(Error::invalid_option(name, format!("{value} is not in {least}..={most}")));
            }
        }
        let Size { width, height } = self.grid(self.tile).sheet(scenes);
        if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
            let problem = format!(
                "{} may make a sheet of {width} by {height} pixels; at most {MAX_SIDE} a side and {MAX_PIXELS} in all are allowed",
                self.max_scenes
            );
            return Err(Error::invalid_option("max_scenes", problem));
        }
        Ok(())
    }

    fn grid(&self, tile: Size) -> Grid {
        Grid { tile, columns: self.columns, label: if self.labels { LABEL_HEIGHT } else { 0 } }
    }
}

/// A contact sheet of scenes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SceneSheet {
    /// Width and height of the sheet.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub size: Size,
    /// The picture's bytes, in the format that was asked for; not part of the JSON.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub image: Vec<u8>,
    /// What they are encoded as.
    pub format: SheetFormat,
    /// Which sheet it is, counted from 1.
    pub page: u32,
    /// How many sheets all scenes take.
    pub pages: u32,
    /// Its tiles: three a scene, in order of time.
    pub tiles: Vec<SceneTile>,
}

/// One frame on a contact sheet of scenes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SceneTile {
    /// Number of the scene, counted from 1.
    pub scene: u64,
    /// Which frame of the scene.
    pub part: ScenePart,
    /// When its frame is shown.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Time"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Time"))]
    pub time: Timestamp,
    /// Where it is on the sheet.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub place: Rect,
}

/// A frame of a scene. First and last are frames that show nothing of another scene: a dissolve comes before the first
/// and after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum ScenePart {
    /// The first.
    First,
    /// The one in the middle between them.
    Middle,
    /// The last.
    Last,
}

/// Makes a contact sheet of scenes: a row of first, middle and last frame for each. Films with many scenes take
/// several sheets, one a call. The frames of a sheet are decoded in one pass, or by seeking where they lie far apart.
///
/// # Errors
/// `invalid_option` for an option out of range, a page that there is not, a sheet that would be too large, or a report
/// without scenes or with scenes that overlap; `missing_track` where there is no video, `malformed` where it does not
/// decode; `limit_exceeded` and `cancelled` as everywhere.
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let source = Source::from_path("talk.mp4")?;
/// let report = detect_scenes(&source, &SceneOptions::default(), &Monitor::new())?;
/// let sheet = make_scene_sheet(&source, &report, &SceneSheetOptions::default(), &Monitor::new())?;
/// std::fs::write("talk-scenes.jpg", &sheet.image)?;
/// # Ok(())
/// # }
/// ```
pub fn make_scene_sheet(
    source: &Source,
    report: &SceneReport,
    options: &SceneSheetOptions,
    monitor: &Monitor,
) -> Result<SceneSheet> {
    let shots = shots(report)?;
    let shown = options.max_scenes.clamp(1, MAX_SIDE) as usize;
    options.check(shots.len().min(shown))?;
    let pages = shots.len().div_ceil(shown);
    let page = (options.page as usize).checked_sub(1).and_then(|page| shots.chunks(shown).nth(page));
    let page = page.ok_or_else(|| match pages {
        0 => Error::invalid_option("scenes", "are none"),
        _ => Error::invalid_option("page", format!("{} is not in 1..={pages}", options.page)),
    })?;
    let moments: Vec<Timestamp> = page.iter().flat_map(moments).collect();
    let look = Look { fit: options.tile, reframe: None };
    let frames = frames_at(source, &moments, &look, monitor, |time, picture| Ok((time, picture)))?;
    let width = frames.iter().map(|(_, picture)| picture.size.width).max().unwrap_or(1);
    let height = frames.iter().map(|(_, picture)| picture.size.height).max().unwrap_or(1);
    let grid = options.grid(Size::new(width, height));
    let size = grid.sheet(page.len());
    let mut sheet = RgbPicture { size, data: BACKGROUND.repeat(size.width as usize * size.height as usize) };
    let mut tiles = Vec::with_capacity(frames.len());
    for (i, (shot, frames)) in page.iter().zip(frames.chunks(FRAMES)).enumerate() {
        if options.labels {
            draw(&mut sheet, &[grid.label(i, shot)]);
        }
        let parts = [ScenePart::First, ScenePart::Middle, ScenePart::Last];
        for (k, ((time, picture), part)) in frames.iter().zip(parts).enumerate() {
            let (x, y) = grid.frame(i, k);
            paste(&mut sheet, picture, x, y);
            let Size { width, height } = picture.size;
            let place = Rect { x, y, width, height };
            tiles.push(SceneTile { scene: shot.number as u64, part, time: *time, place });
        }
    }
    let image = match options.format {
        SheetFormat::Jpeg => encode_jpeg(&sheet, options.jpeg_quality)?,
        SheetFormat::Png => encode_png(&sheet)?,
    };
    monitor.report(Stage::Thumbnails, 1.0);
    Ok(SceneSheet { size, image, format: options.format, page: options.page, pages: pages as u32, tiles })
}

/// When the frames of a scene are on screen. A scene that is mixed with others throughout shows its middle.
fn moments(shot: &Shot<'_>) -> [Timestamp; FRAMES] {
    let between = |a: Timestamp, b: Timestamp| {
        let sum = a + b;
        Timestamp::new(sum.num(), sum.den().saturating_mul(2))
    };
    let Some(clean) = shot.clean() else {
        return [between(shot.range.start(), shot.range.end()); FRAMES];
    };
    // No frame is as short as a microsecond: just before the end the last one is on screen.
    let last = (clean.end() - Timestamp::new(1, 1_000_000)).max(clean.start());
    [clean.start(), between(clean.start(), last), last]
}

/// Where things lie on a sheet.
struct Grid {
    tile: Size,
    columns: u32,
    label: u32,
}

impl Grid {
    fn scene_width(&self) -> u32 {
        FRAMES as u32 * (self.tile.width + FRAME_GAP) - FRAME_GAP
    }

    fn scene_height(&self) -> u32 {
        self.label + self.tile.height
    }

    /// The size of a sheet of so many scenes.
    fn sheet(&self, scenes: usize) -> Size {
        let scenes = scenes as u32;
        let columns = self.columns.min(scenes).max(1);
        let rows = scenes.div_ceil(columns).max(1);
        let width = columns * (self.scene_width() + SCENE_GAP) + SCENE_GAP;
        Size::new(width, rows * (self.scene_height() + SCENE_GAP) + SCENE_GAP)
    }

    /// The top left of a scene.
    fn scene(&self, i: usize) -> (u32, u32) {
        let (column, row) = (i as u32 % self.columns, i as u32 / self.columns);
        let x = SCENE_GAP + column * (self.scene_width() + SCENE_GAP);
        (x, SCENE_GAP + row * (self.scene_height() + SCENE_GAP))
    }

    /// The top left of one of its frames.
    fn frame(&self, i: usize, k: usize) -> (u32, u32) {
        let (x, y) = self.scene(i);
        (x + k as u32 * (self.tile.width + FRAME_GAP), y + self.label)
    }

    fn label(&self, i: usize, shot: &Shot<'_>) -> Shape {
        let (x, y) = self.scene(i);
        let range = shot.range;
        let length = range.duration().as_seconds_f64();
        let text =
            format!("#{}  {} - {}  {length:.2} s  {}", shot.number, range.start(), range.end(), shot.beginning());
        let room = self.scene_width() as usize / CHAR_WIDTH as usize;
        let text = text.chars().take(room).collect();
        Shape::Text { x: x as i32, y: y as i32, text, anchor: Anchor::Start, color: TEXT }
    }
}

fn paste(sheet: &mut RgbPicture, picture: &RgbPicture, x: u32, y: u32) {
    let stride = sheet.size.width as usize * 3;
    let row_bytes = picture.size.width.max(1) as usize * 3;
    for (row, bytes) in picture.data.chunks_exact(row_bytes).take(picture.size.height as usize).enumerate() {
        let at = (y as usize + row) * stride + x as usize * 3;
        if let Some(place) = sheet.data.get_mut(at..at + row_bytes) {
            place.copy_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shot::tests::report;
    use super::*;
    use crate::scene::BoundaryKind;

    #[test]
    fn frames_of_a_dissolve_are_neither_first_nor_last() {
        let report = report((25, 1), &[(BoundaryKind::Dissolve, 50), (BoundaryKind::Cut, 100)], 150);
        let seconds = |shot: &Shot<'_>| moments(shot).map(Timestamp::as_seconds_f64);
        let shots = shots(&report).unwrap();
        let [first, middle, last] = seconds(&shots[0]);
        assert!(first == 0.0 && (middle - 0.9).abs() < 1e-5 && (1.799..1.8).contains(&last));
        let [first, _, last] = seconds(&shots[1]);
        assert!(first == 2.2 && (3.999..4.0).contains(&last));
    }

    #[test]
    fn a_scene_that_is_mixed_throughout_shows_its_middle() {
        let report = report((25, 1), &[(BoundaryKind::Dissolve, 50), (BoundaryKind::Dissolve, 58)], 150);
        let moments = moments(&shots(&report).unwrap()[1]);
        assert_eq!(moments, [Timestamp::new(54, 25); 3]);
    }

    #[test]
    fn scenes_stand_in_rows_and_frames_beside_each_other() {
        let grid = SceneSheetOptions::default().grid(Size::new(100, 50));
        assert_eq!(grid.sheet(3), Size::new(2 * (304 + 8) + 8, 2 * (17 + 50 + 8) + 8));
        assert_eq!(grid.sheet(1).width, 304 + 16);
        assert_eq!((grid.frame(0, 0), grid.frame(3, 2)), ((8, 25), (8 + 312 + 204, 25 + 75)));
    }

    #[test]
    fn a_sheet_that_would_be_too_large_is_refused_before_decoding() {
        let begin: Vec<_> = (1..300).map(|i| (BoundaryKind::Cut, i * 10)).collect();
        let report = report((25, 1), &begin, 3000);
        let source = Source::from_bytes("no video", &b"x"[..]);
        let problem = |options: SceneSheetOptions| {
            make_scene_sheet(&source, &report, &options, &Monitor::new()).unwrap_err().to_string()
        };
        let tall = problem(SceneSheetOptions::default().with_columns(1).with_max_scenes(400));
        assert!(tall.starts_with("max_scenes 400 may make a sheet of "), "{tall}");
        assert_eq!(problem(SceneSheetOptions::default().with_page(4)), "page 4 is not in 1..=3");
        assert_eq!(problem(SceneSheetOptions::default().with_page(0)), "page 0 is not in 1..=3");
        assert!(problem(SceneSheetOptions::default().with_tile(Size::new(240, 8))).starts_with("tile 8"));
    }
}
