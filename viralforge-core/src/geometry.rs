//! Sizes, rectangles, shapes and orientation.

use std::fmt;
use std::str::FromStr;

/// The kinds of tracks a file may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum TrackKind {
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Text or pictures shown over the video.
    Subtitle,
    /// Anything with timing that is none of the above (timecode, telemetry).
    Data,
    /// A file inside the file (fonts, covers).
    Attachment,
}

impl fmt::Display for TrackKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Subtitle => "subtitle",
            Self::Data => "data",
            Self::Attachment => "attachment",
        })
    }
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Size {
    /// `width` by `height` pixels.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// How many pixels that is.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The size after a quarter turn where `rotation` is one.
    pub const fn rotated(self, rotation: Rotation) -> Self {
        match rotation {
            Rotation::Clockwise90 | Rotation::Clockwise270 => Self { width: self.height, height: self.width },
            Rotation::None | Rotation::Half => self,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A rectangle of whole pixels; the origin is the top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// A rectangle in fractional display pixels, as a crop path needs: rounded to whole pixels a slow move shakes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CropRect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Pixels from left to right.
    pub width: f64,
    /// Pixels from top to bottom.
    pub height: f64,
}

impl CropRect {
    /// The whole of a picture of that size.
    pub fn whole(size: Size) -> Self {
        Self { x: 0.0, y: 0.0, width: f64::from(size.width), height: f64::from(size.height) }
    }
}

/// A shape: width to height, as a reduced fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "String", try_from = "AspectForm")
)]
pub struct AspectRatio {
    width: u32,
    height: u32,
}

impl AspectRatio {
    /// 9:16, as TikTok, Reels and Shorts show.
    pub const PORTRAIT_9_16: Self = Self { width: 9, height: 16 };
    /// 16:9, as YouTube and television show.
    pub const LANDSCAPE_16_9: Self = Self { width: 16, height: 9 };
    /// 1:1.
    pub const SQUARE: Self = Self { width: 1, height: 1 };
    /// 4:5, the tallest shape of Instagram's feed.
    pub const PORTRAIT_4_5: Self = Self { width: 4, height: 5 };

    /// `width:height`, reduced; `None` where either is zero.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let (mut a, mut b) = (width, height);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        (width > 0 && height > 0).then(|| Self { width: width / a, height: height / a })
    }

    /// The wide part of the fraction.
    pub const fn width(self) -> u32 {
        self.width
    }

    /// The high part of the fraction.
    pub const fn height(self) -> u32 {
        self.height
    }

    /// Width divided by height.
    pub fn as_f64(self) -> f64 {
        f64::from(self.width) / f64::from(self.height)
    }

    /// The largest rectangle of this shape inside a picture, in fractional pixels: `(width, height)`.
    pub fn fit_inside(self, size: Size) -> (f64, f64) {
        let (w, h) = (f64::from(size.width), f64::from(size.height));
        let ratio = self.as_f64();
        if w / h > ratio { (h * ratio, h) } else { (w, w / ratio) }
    }
}

impl fmt::Display for AspectRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.width, self.height)
    }
}

impl FromStr for AspectRatio {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.split_once(':')
            .and_then(|(w, h)| Self::new(w.trim().parse().ok()?, h.trim().parse().ok()?))
            .ok_or_else(|| format!("{text:?} is not a shape such as 9:16"))
    }
}

impl From<AspectRatio> for String {
    fn from(ratio: AspectRatio) -> Self {
        ratio.to_string()
    }
}

/// How a shape may be written in JSON: `"9:16"`, as it is read back, or `[9, 16]`.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(untagged, expecting = "expected a shape such as \"9:16\" or [9, 16]")]
enum AspectForm {
    Text(#[cfg_attr(feature = "schema", schemars(regex(pattern = "^[1-9][0-9]{0,8}:[1-9][0-9]{0,8}$")))] String),
    Sides(#[cfg_attr(feature = "schema", schemars(inner(range(min = 1))))] [u32; 2]),
}

#[cfg(feature = "serde")]
impl TryFrom<AspectForm> for AspectRatio {
    type Error = String;
    fn try_from(form: AspectForm) -> Result<Self, String> {
        match form {
            AspectForm::Text(text) => text.parse(),
            AspectForm::Sides([w, h]) => Self::new(w, h).ok_or_else(|| format!("{w}:{h} is not a shape")),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for AspectRatio {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AspectRatio".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        AspectForm::json_schema(generator)
    }
}

/// How the stored picture must be turned to stand upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(into = "u16", try_from = "u16"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Rotation {
    /// It is upright as stored.
    #[default]
    None,
    /// A quarter turn clockwise.
    Clockwise90,
    /// Half a turn.
    Half,
    /// Three quarter turns clockwise.
    Clockwise270,
}

impl Rotation {
    /// Degrees clockwise: 0, 90, 180 or 270.
    pub const fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Clockwise90 => 90,
            Self::Half => 180,
            Self::Clockwise270 => 270,
        }
    }

    /// The nearest quarter turn to an angle in degrees clockwise.
    pub fn from_degrees(degrees: f64) -> Self {
        match (degrees / 90.0).round().rem_euclid(4.0) as u8 {
            1 => Self::Clockwise90,
            2 => Self::Half,
            3 => Self::Clockwise270,
            _ => Self::None,
        }
    }
}

impl From<Rotation> for u16 {
    fn from(rotation: Rotation) -> Self {
        rotation.degrees()
    }
}

impl TryFrom<u16> for Rotation {
    type Error = String;
    fn try_from(degrees: u16) -> Result<Self, String> {
        match degrees {
            0 | 90 | 180 | 270 => Ok(Self::from_degrees(f64::from(degrees))),
            _ => Err(format!("{degrees} is not 0, 90, 180 or 270")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_parse_and_reduce() {
        assert_eq!("18:32".parse(), Ok(AspectRatio::PORTRAIT_9_16));
        assert!("16x9".parse::<AspectRatio>().is_err());
        assert!("0:9".parse::<AspectRatio>().is_err());
    }

    #[cfg(feature = "serde")]
    #[test]
    fn shapes_are_read_from_text_and_from_two_numbers() {
        let read = |json: &str| serde_json::from_str::<AspectRatio>(json);
        assert_eq!(read("\"9:16\"").unwrap(), AspectRatio::PORTRAIT_9_16);
        assert_eq!(read("[9, 16]").unwrap(), AspectRatio::PORTRAIT_9_16);
        assert!(read("[0, 16]").is_err() && read("9").is_err() && read("\"tall\"").is_err());
    }

    #[test]
    fn the_largest_portrait_in_a_landscape_has_its_height() {
        assert_eq!(AspectRatio::PORTRAIT_9_16.fit_inside(Size::new(1280, 720)), (405.0, 720.0));
        assert_eq!(AspectRatio::LANDSCAPE_16_9.fit_inside(Size::new(720, 1280)), (720.0, 405.0));
    }

    #[test]
    fn angles_go_to_the_nearest_quarter_turn() {
        assert_eq!(Rotation::from_degrees(-90.0), Rotation::Clockwise270);
        assert_eq!(Rotation::from_degrees(359.0), Rotation::None);
        assert_eq!(Rotation::from_degrees(f64::NAN), Rotation::None);
    }
}
