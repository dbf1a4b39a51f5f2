//! The frames that are on screen at given moments.

use std::collections::HashMap;
use std::fmt;

use super::options::{FrameOptions, MAX_SIDE, within};
use crate::error::{Error, Result};
use crate::geometry::{CropRect, Size, TrackKind};
use crate::limits::Limits;
use crate::media::{Decoded, MediaReader, Picture, Request, RgbPicture, encode_jpeg, encode_png};
use crate::monitor::{Monitor, Stage};
use crate::reframe::ReframePlan;
use crate::source::Source;
use crate::time::{TimeRange, Timestamp};

/// One decoded frame, upright and with square pixels.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Frame {
    /// When the frame is shown: the last one at or before the moment that was asked for.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Time"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Time"))]
    pub time: Timestamp,
    /// Width and height of the picture.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub size: Size,
    /// Red, green and blue of each pixel, 0 to 255, from left to right and top to bottom without gaps; not part of
    /// the JSON.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub rgb: Vec<u8>,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("time", &self.time).field("size", &self.size).finish_non_exhaustive()
    }
}

impl Frame {
    /// The picture as a JPEG of that quality, 1 (tiny) to 100 (best).
    ///
    /// # Errors
    /// `invalid_option` for another quality, `backend` where the picture cannot be encoded.
    pub fn to_jpeg(&self, quality: u8) -> Result<Vec<u8>> {
        within("quality", quality.into(), 1, 100)?;
        encode_jpeg(&self.picture(), quality)
    }

    /// The picture as a PNG.
    ///
    /// # Errors
    /// `backend` where the picture cannot be encoded.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        encode_png(&self.picture())
    }

    fn picture(&self) -> RgbPicture {
        RgbPicture { size: self.size, data: self.rgb.clone() }
    }
}

/// Decodes the frames on screen at the moments of the options, in that order; nothing is analyzed. Seeks where the
/// moments lie far apart. All pictures are held in memory, which counts against
/// [`Limits::max_memory_bytes`](crate::Limits::max_memory_bytes).
///
/// # Errors
/// `invalid_option` for an option out of range, `missing_track` where there is no video, `malformed` where nothing
/// decodes, `limit_exceeded` and `cancelled` as everywhere.
///
/// # Examples
/// ```no_run
/// use viralforge_core::*;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let source = Source::from_path("talk.mp4")?;
/// let options = FrameOptions::at([Timestamp::from_millis(1500), Timestamp::from_millis(60_000)]);
/// for frame in extract_frames(&source, &options, &Monitor::new())? {
///     std::fs::write(format!("{}.png", frame.time.as_seconds_f64()), frame.to_png()?)?;
/// }
/// # Ok(())
/// # }
/// ```
pub fn extract_frames(source: &Source, options: &FrameOptions, monitor: &Monitor) -> Result<Vec<Frame>> {
    options.check()?;
    let side = options.max_side.unwrap_or(MAX_SIDE);
    let look = Look { fit: Size::new(side, side), reframe: options.reframe.as_ref() };
    let frames = frames_at(source, &options.times, &look, monitor, |time, picture| {
        // Known with the first picture, before the others are there.
        let bytes = picture.data.len() as u64 * options.times.len() as u64;
        Limits::check(source.name(), "max_memory_bytes", bytes, source.limits().max_memory_bytes)?;
        Ok(Frame { time, size: picture.size, rgb: picture.data })
    })?;
    monitor.report(Stage::Thumbnails, 1.0);
    Ok(frames)
}

/// How frames are cropped and scaled.
pub(crate) struct Look<'a> {
    pub(crate) fit: Size,
    pub(crate) reframe: Option<&'a ReframePlan>,
}

/// Frames closer than this are read in one go, in seconds: seeking would decode the stretch between them anyway.
const SAME_PASS_SECONDS: i64 = 3;
/// How far back the frame on screen may have begun, in seconds: first longer than frames usually last, then long
/// enough for slides, then from the beginning.
const LOOK_BACK_SECONDS: [i64; 3] = [1, 30, i64::MAX];

/// Gives each frame to `take` as soon as it is known, so that only one full-size picture is held, and returns what
/// `take` made of them in the order of `times`.
pub(crate) fn frames_at<T: Clone>(
    source: &Source,
    times: &[Timestamp],
    look: &Look<'_>,
    monitor: &Monitor,
    mut take: impl FnMut(Timestamp, RgbPicture) -> Result<T>,
) -> Result<Vec<T>> {
    monitor.begin(Stage::Thumbnails);
    let asked: Vec<Timestamp> = times.iter().map(|t| (*t).max(Timestamp::ZERO)).collect();
    let mut wanted = asked.clone();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found: HashMap<Timestamp, T> = HashMap::new();
    let near = |a: &Timestamp, b: &Timestamp| *b - *a <= Timestamp::new(SAME_PASS_SECONDS, 1);
    for group in wanted.chunk_by(near) {
        let mut missing = group;
        for look_back in LOOK_BACK_SECONDS {
            let Some(first) = missing.first() else { break };
            let from = (*first - Timestamp::new(look_back, 1)).max(Timestamp::ZERO);
            missing = read(source, from, missing, monitor, &mut |moment, picture| {
                let time = picture.time();
                found.insert(moment, take(time, look.render(picture)?)?);
                monitor.report(Stage::Thumbnails, found.len() as f64 / wanted.len() as f64 * 0.99);
                Ok(())
            })?;
        }
        if let Some(moment) = missing.first() {
            return Err(Error::malformed(source.name(), format!("no picture at {moment} can be decoded")));
        }
    }
    Ok(asked.iter().filter_map(|t| found.get(t).cloned()).collect())
}

impl Look<'_> {
    fn render(&self, picture: &mut Picture) -> Result<RgbPicture> {
        let Some(plan) = self.reframe else { return picture.to_rgb(self.fit) };
        // A plan may have been made on a smaller copy of the same video.
        let (planned, display) = (plan.source_size, picture.display_size());
        let across = f64::from(display.width) / f64::from(planned.width);
        let down = f64::from(display.height) / f64::from(planned.height);
        let CropRect { x, y, width, height } = plan.crop_at(picture.time());
        let crop = CropRect { x: x * across, y: y * down, width: width * across, height: height * down };
        picture.to_rgb_cropped(crop, self.fit)
    }
}

/// Decodes from `from` on until every wanted moment (they are in order) has its frame: the last one that begins at or
/// before it. Returns the moments for which none did.
fn read<'t>(
    source: &Source,
    from: Timestamp,
    mut wanted: &'t [Timestamp],
    monitor: &Monitor,
    take: &mut dyn FnMut(Timestamp, &mut Picture) -> Result<()>,
) -> Result<&'t [Timestamp]> {
    let range = TimeRange::new(from, Timestamp::new(i64::MAX, 1));
    let mut reader = MediaReader::open(source, &Request { range, ..Request::video() }, monitor)?;
    if reader.info().video().is_none() {
        return Err(Error::missing_track(source.name(), TrackKind::Video));
    }
    let mut on_screen: Option<Picture> = None;
    while !wanted.is_empty() {
        let next = next_picture(&mut reader)?;
        let until = next.as_ref().map(Picture::time);
        let due = wanted.iter().take_while(|t| until.is_none_or(|until| **t < until)).count();
        if due > 0 {
            let shown = match (on_screen.as_mut(), next) {
                (Some(picture), next) => {
                    wanted = give(wanted, due, picture, take)?;
                    next
                }
                // Nothing is shown before the first frame of all, so it stands for that time, too.
                (None, Some(mut first)) if from == Timestamp::ZERO => {
                    wanted = give(wanted, due, &mut first, take)?;
                    Some(first)
                }
                (None, _) => return Ok(wanted),
            };
            on_screen = shown;
        } else {
            on_screen = next;
        }
        if on_screen.is_none() {
            break;
        }
    }
    Ok(wanted)
}

fn give<'t>(
    wanted: &'t [Timestamp],
    count: usize,
    picture: &mut Picture,
    take: &mut dyn FnMut(Timestamp, &mut Picture) -> Result<()>,
) -> Result<&'t [Timestamp]> {
    let (now, later) = wanted.split_at(count);
    now.iter().try_for_each(|moment| take(*moment, picture))?;
    Ok(later)
}

fn next_picture(reader: &mut MediaReader) -> Result<Option<Picture>> {
    for decoded in reader {
        if let Decoded::Picture(picture) = decoded? {
            return Ok(Some(picture));
        }
    }
    Ok(None)
}
