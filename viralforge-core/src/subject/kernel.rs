//! Finds the subject: what moves against the background, and what stands out from it.

use super::SubjectSample;
use super::map::{Focus, Map};
use crate::picture::SmallPicture;
use crate::time::Timestamp;

/// How far the whole picture may move from one frame to the next, in pixels of the small picture.
const CAMERA_REACH: isize = 6;
/// Differences up to this are noise, in luma levels.
const NOISE: f32 = 4.0;
/// Mean leftover motion from which on it is another shot and not a subject, in luma levels.
const OTHER_SHOT: f32 = 24.0;
/// Time in which the memory of motion halves, in seconds: a person who talks rests between gestures.
const MEMORY_SECONDS: f32 = 0.5;
/// Mean leftover motion at which it counts half, in luma levels.
const HALF_MOTION: f32 = 0.15;
/// How much what stands out counts beside motion.
const SALIENCY_WEIGHT: f32 = 0.12;
/// Motion and what stands out belong together up to this distance, as a share of the picture's width.
const TOGETHER: f32 = 0.15;
/// Reach of the surroundings that a spot is compared with, in pixels of the small picture.
const SURROUNDINGS: usize = 8;
/// How fast attention falls off from the middle of the picture, as a share of its sides.
const ATTENTION: f32 = 0.35;

/// Follows the subject through frames in order of presentation.
#[derive(Debug, Default)]
pub(crate) struct SubjectTracker {
    previous: Option<(Timestamp, SmallPicture)>,
    motion: Map,
}

impl SubjectTracker {
    /// The subject of the frame that is shown at `time`.
    pub(crate) fn follow(&mut self, time: Timestamp, picture: &SmallPicture) -> SubjectSample {
        let (width, height) = (picture.size.width as usize, picture.size.height as usize);
        let same_shape = |p: &(Timestamp, SmallPicture)| p.1.size == picture.size;
        match self.previous.as_ref().filter(|p| same_shape(p)) {
            Some((before, previous)) => {
                let fresh = leftover_motion(&previous.luma, &picture.luma, width, height);
                if fresh.focus().mean > OTHER_SHOT {
                    self.motion = Map::zero(width, height);
                } else {
                    let seconds = (time - *before).as_seconds_f64().max(0.0) as f32;
                    let keep = 0.5f32.powf(seconds / MEMORY_SECONDS);
                    for (memory, fresh) in self.motion.values.iter_mut().zip(&fresh.values) {
                        *memory = *memory * keep + fresh * (1.0 - keep);
                    }
                }
            }
            None => self.motion = Map::zero(width, height),
        }
        self.previous = Some((time, picture.clone()));
        let motion = self.motion.focus();
        let salient = saliency(picture, width, height).focus();
        blend(time, motion, salient)
    }
}

/// What moves and what stands out are one subject where they are close; else the surer of the two is.
fn blend(time: Timestamp, motion: Focus, salient: Focus) -> SubjectSample {
    let by_motion = motion.concentration * motion.mean / (motion.mean + HALF_MOTION);
    let by_saliency = SALIENCY_WEIGHT * salient.concentration;
    let sum = by_motion + by_saliency;
    if sum <= 0.0 {
        return SubjectSample { time, center_x: 0.5, center_y: 0.5, weight: 0.0 };
    }
    let share = match (motion.x - salient.x).abs() < TOGETHER {
        true => by_motion / sum,
        false if by_motion >= by_saliency => 1.0,
        false => 0.0,
    };
    let mix = |m: f32, s: f32| (s + (m - s) * share).clamp(0.0, 1.0);
    SubjectSample {
        time,
        center_x: mix(motion.x, salient.x),
        center_y: mix(motion.y, salient.y),
        weight: sum.clamp(0.0, 1.0),
    }
}

/// What moves once the motion of the camera is taken out.
fn leftover_motion(before: &[u8], now: &[u8], width: usize, height: usize) -> Map {
    let (dx, dy) = camera_motion(before, now, width, height);
    let mut map = Map::zero(width, height);
    for y in 0..height {
        for x in 0..width {
            let value = i32::from(now[y * width + x]);
            let mut least = i32::MAX;
            // One pixel of play, so that edges which a slow zoom or rounding shifts a little do not light up.
            for py in -1..=1 {
                for px in -1..=1 {
                    let (sx, sy) = (x.checked_add_signed(dx + px), y.checked_add_signed(dy + py));
                    if let (Some(sx), Some(sy)) = (sx.filter(|v| *v < width), sy.filter(|v| *v < height)) {
                        least = least.min((value - i32::from(before[sy * width + sx])).abs());
                    }
                }
            }
            // What the camera uncovers at the border has nothing to be compared with.
            if least != i32::MAX {
                map.values[y * width + x] = (least as f32 - NOISE).max(0.0);
            }
        }
    }
    map
}

/// The shift that explains most of the picture: where in `before` the pixels of `now` come from.
fn camera_motion(before: &[u8], now: &[u8], width: usize, height: usize) -> (isize, isize) {
    let cost = |dx: isize, dy: isize| {
        let (mut sum, mut count) = (0u64, 0u64);
        for y in (0..height).step_by(2) {
            let Some(sy) = y.checked_add_signed(dy).filter(|v| *v < height) else { continue };
            for x in (0..width).step_by(2) {
                let Some(sx) = x.checked_add_signed(dx).filter(|v| *v < width) else { continue };
                sum += u64::from(now[y * width + x].abs_diff(before[sy * width + sx]));
                count += 1;
            }
        }
        sum as f32 / count.max(1) as f32
    };
    let mut best = (cost(0, 0), (0, 0));
    for dy in -CAMERA_REACH..=CAMERA_REACH {
        for dx in -CAMERA_REACH..=CAMERA_REACH {
            let here = cost(dx, dy);
            // A shift must be clearly better than none, or noise would shake still pictures.
            if here < best.0 * 0.98 {
                best = (here, (dx, dy));
            }
        }
    }
    best.1
}

/// What stands out from its surroundings in light or color, more so near the middle.
fn saliency(picture: &SmallPicture, width: usize, height: usize) -> Map {
    let planes = [&picture.luma, &picture.cb, &picture.cr].map(|plane| {
        let map = Map { width, height, values: plane.iter().map(|v| f32::from(*v)).collect() };
        let around = map.blurred(SURROUNDINGS);
        (map, around)
    });
    let mut map = Map::zero(width, height);
    for (i, value) in map.values.iter_mut().enumerate() {
        let [luma, cb, cr] = planes.each_ref().map(|(map, around)| (map.values[i] - around.values[i]).abs());
        let x = (i % width) as f32 / width as f32 - 0.5;
        let y = (i / width) as f32 / height as f32 - 0.5;
        let attention = (-(x * x + y * y) / (2.0 * ATTENTION * ATTENTION)).exp();
        // Chroma varies about half as far as luma does.
        *value = (luma + 2.0 * (cb + cr)) * attention;
    }
    let mut map = map.blurred(1);
    let mean = map.values.iter().sum::<f32>() / map.values.len().max(1) as f32;
    for value in &mut map.values {
        *value = (*value - mean).max(0.0).powi(2);
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use proptest::prelude::*;

    const W: usize = 64;
    const H: usize = 36;

    /// A textured background, moved by `camera`, with a bright square whose left top corner is at `subject`.
    fn scene(camera: usize, subject: Option<(usize, usize)>) -> SmallPicture {
        let mut luma = vec![0u8; W * H];
        for y in 0..H {
            for x in 0..W {
                let (tx, ty) = ((x + camera) as f32, y as f32);
                luma[y * W + x] = (100.0 + 25.0 * (tx * 0.5).sin() + 20.0 * (ty * 0.4 + tx * 0.13).cos()) as u8;
                if subject.is_some_and(|(sx, sy)| (sx..sx + 8).contains(&x) && (sy..sy + 8).contains(&y)) {
                    luma[y * W + x] = 220;
                }
            }
        }
        SmallPicture { size: Size::new(W as u32, H as u32), luma, cb: vec![128; W * H], cr: vec![128; W * H] }
    }

    fn follow(frames: impl Iterator<Item = SmallPicture>) -> SubjectSample {
        let mut tracker = SubjectTracker::default();
        let mut last = None;
        for (i, frame) in frames.enumerate() {
            last = Some(tracker.follow(Timestamp::new(i as i64, 25), &frame));
        }
        last.unwrap()
    }

    #[test]
    fn a_square_that_moves_is_the_subject() {
        let left = follow((0..20).map(|i| scene(0, Some((4 + i % 3, 14)))));
        assert!(left.center_x < 0.35, "{left:?}");
        let right = follow((0..20).map(|i| scene(0, Some((50 + i % 3, 14)))));
        assert!(right.center_x > 0.65, "{right:?}");
        assert!(right.weight > 0.2);
    }

    #[test]
    fn it_is_found_while_the_camera_pans() {
        let right = follow((0..20).map(|i| scene(2 * i, Some((48 + i % 3, 14)))));
        assert!(right.center_x > 0.65, "{right:?}");
    }

    #[test]
    fn the_motion_of_the_camera_is_found() {
        let (before, now) = (scene(0, None), scene(3, None));
        assert_eq!(camera_motion(&before.luma, &now.luma, W, H), (3, 0));
        assert_eq!(camera_motion(&before.luma, &before.luma, W, H), (0, 0));
    }

    #[test]
    fn where_nothing_stands_out_it_is_the_middle_without_weight() {
        let gray = SmallPicture { luma: vec![90; W * H], ..scene(0, None) };
        let sample = follow((0..5).map(|_| gray.clone()));
        assert_eq!((sample.center_x, sample.center_y, sample.weight), (0.5, 0.5, 0.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_subject_is_always_inside_the_picture(pixels in proptest::collection::vec(any::<u8>(), 12 * 7 * 2)) {
            let frame = |luma: &[u8]| SmallPicture {
                size: Size::new(12, 7),
                luma: luma.to_vec(),
                cb: luma.iter().rev().copied().collect(),
                cr: luma.to_vec(),
            };
            let sample = follow(pixels.chunks(12 * 7).map(frame));
            for value in [sample.center_x, sample.center_y, sample.weight] {
                prop_assert!((0.0..=1.0).contains(&value));
            }
        }
    }
}
