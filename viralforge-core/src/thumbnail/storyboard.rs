//! A contact sheet: small pictures of the whole video on one, and the text track that says which is when.

use super::frame::{Look, frames_at};
use super::options::StoryboardOptions;
use crate::error::{Error, Result};
use crate::geometry::{Rect, Size, TrackKind};
use crate::media::{RgbPicture, encode_jpeg};
use crate::monitor::{Monitor, Stage};
use crate::probe::probe;
use crate::source::Source;
use crate::time::Timestamp;

/// A contact sheet.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Storyboard {
    /// Width and height of the sheet.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub size: Size,
    /// The sheet as a JPEG; not part of the JSON.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub jpeg: Vec<u8>,
    /// Its tiles, in order of time, from left to right and top to bottom.
    pub tiles: Vec<StoryboardTile>,
    /// How long the video is.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Known"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Length"))]
    pub duration: Timestamp,
}

/// One picture on a contact sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct StoryboardTile {
    /// From when on it stands for the video, until the next tile does.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Start"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Start"))]
    pub start: Timestamp,
    /// When its frame is shown.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Time"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Time"))]
    pub time: Timestamp,
    /// Where it is on the sheet.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub place: Rect,
}

/// Makes a contact sheet of a video. Without moments given, each tile shows the middle of the stretch that it stands
/// for.
///
/// # Errors
/// `invalid_option` for an option out of range, `missing_track` where there is no video, `malformed` where it does not
/// decode, or does not say how long it is and no moments are given; `limit_exceeded` and `cancelled` as everywhere.
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let source = Source::from_path("talk.mp4")?;
/// let board = make_storyboard(&source, &StoryboardOptions::default(), &Monitor::new())?;
/// std::fs::write("talk-sheet.jpg", &board.jpeg)?;
/// std::fs::write("talk-sheet.vtt", board.to_web_vtt("talk-sheet.jpg"))?;
/// # Ok(())
/// # }
/// ```
pub fn make_storyboard(source: &Source, options: &StoryboardOptions, monitor: &Monitor) -> Result<Storyboard> {
    options.check()?;
    let info = probe(source, &monitor.part(0.0, 0.01))?;
    let video = info.video().ok_or_else(|| Error::missing_track(source.name(), TrackKind::Video))?;
    let known = video.duration.or(info.duration).filter(|d| *d > Timestamp::ZERO);
    let (starts, moments) = match known {
        _ if !options.times.is_empty() => (options.times.clone(), options.times.clone()),
        Some(duration) => spread(duration, options.count),
        None => return Err(Error::malformed(source.name(), "does not say how long it is")),
    };
    let monitor = monitor.part(0.01, 1.0);
    let look = Look { fit: options.tile, reframe: None };
    let frames = frames_at(source, &moments, &look, &monitor, |time, picture| Ok((time, picture)))?;
    let (times, pictures): (Vec<_>, Vec<_>) = frames.into_iter().unzip();
    let (sheet, places) = arranged(&pictures, options.columns as usize);
    let jpeg = encode_jpeg(&sheet, options.jpeg_quality)?;
    monitor.report(Stage::Thumbnails, 1.0);
    let tiles = starts.iter().zip(times).zip(places);
    let tiles = tiles.map(|((start, time), place)| StoryboardTile { start: *start, time, place }).collect();
    let last = starts.last().copied().unwrap_or(Timestamp::ZERO);
    Ok(Storyboard { size: sheet.size, jpeg, tiles, duration: known.unwrap_or(last).max(last) })
}

impl Storyboard {
    /// The text track that players show previews from: one cue a tile, each naming its rectangle of `image_url`
    /// (relative to the track) as a media fragment. The cues abut, begin at zero and end with the video.
    pub fn to_web_vtt(&self, image_url: &str) -> String {
        let starts = self.tiles.iter().enumerate().map(|(i, t)| if i == 0 { Timestamp::ZERO } else { t.start });
        let ends = self.tiles.iter().skip(1).map(|t| t.start).chain([self.duration]);
        let cues = starts.zip(ends).zip(&self.tiles).map(|((start, end), tile)| {
            let Rect { x, y, width, height } = tile.place;
            format!("\n{} --> {}\n{image_url}#xywh={x},{y},{width},{height}\n", clock(start), clock(end))
        });
        std::iter::once("WEBVTT\n".to_owned()).chain(cues).collect()
    }
}

/// `HH:MM:SS.mmm`; moments before zero are zero.
pub(crate) fn clock(t: Timestamp) -> String {
    let ms = t.to_units(1, 1000).max(0);
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}

/// Where each of `count` even parts begins, and its middle.
fn spread(duration: Timestamp, count: u32) -> (Vec<Timestamp>, Vec<Timestamp>) {
    let step = duration.as_seconds_f64() / f64::from(count);
    let at = |part: f64| Timestamp::from_seconds_f64(step * part);
    (0..count).map(|i| (at(f64::from(i)), at(f64::from(i) + 0.5))).unzip()
}

/// The pictures in rows, on black; each has the place of the largest.
fn arranged(pictures: &[RgbPicture], columns: usize) -> (RgbPicture, Vec<Rect>) {
    let width = pictures.iter().map(|p| p.size.width).max().unwrap_or(1) as usize;
    let height = pictures.iter().map(|p| p.size.height).max().unwrap_or(1) as usize;
    let columns = columns.min(pictures.len()).max(1);
    let rows = pictures.len().div_ceil(columns).max(1);
    let stride = columns * width * 3;
    let mut data = vec![0; stride * rows * height];
    let mut places = Vec::with_capacity(pictures.len());
    for (i, picture) in pictures.iter().enumerate() {
        let (x, y) = (i % columns * width, i / columns * height);
        let row_bytes = picture.size.width.max(1) as usize * 3;
        for (row, bytes) in picture.data.chunks_exact(row_bytes).take(height).enumerate() {
            let at = (y + row) * stride + x * 3;
            data[at..at + row_bytes].copy_from_slice(bytes);
        }
        let Size { width, height } = picture.size;
        places.push(Rect { x: x as u32, y: y as u32, width, height });
    }
    (RgbPicture { size: Size::new((columns * width) as u32, (rows * height) as u32), data }, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::seconds;

    #[test]
    fn tiles_stand_in_rows_from_left_to_right() {
        let tile = |value: u8| RgbPicture { size: Size::new(2, 1), data: vec![value; 6] };
        let (sheet, places) = arranged(&[tile(1), tile(2), tile(3)], 2);
        assert_eq!(sheet.size, Size::new(4, 2));
        assert_eq!(sheet.data, [[1; 6], [2; 6], [3; 6], [0; 6]].concat());
        assert_eq!(places[2], Rect { x: 0, y: 1, width: 2, height: 1 });
    }

    #[test]
    fn cues_abut_and_the_last_one_ends_with_the_video() {
        let tile = |start: f64, x: u32| StoryboardTile {
            start: seconds(start),
            time: seconds(start),
            place: Rect { x, y: 0, width: 2, height: 1 },
        };
        let tiles = vec![tile(1.0, 0), tile(3661.5, 2)];
        let board = Storyboard { size: Size::new(4, 1), jpeg: Vec::new(), tiles, duration: seconds(4000.0) };
        let expected = "WEBVTT\n\n00:00:00.000 --> 01:01:01.500\ns.jpg#xywh=0,0,2,1\n\n\
                        01:01:01.500 --> 01:06:40.000\ns.jpg#xywh=2,0,2,1\n";
        assert_eq!(board.to_web_vtt("s.jpg"), expected);
        assert_eq!(crate::Transcript::parse(expected).unwrap().cues.len(), 2);
    }
}
