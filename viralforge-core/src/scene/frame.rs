//! One frame as the scene kernel compares it.

use super::likeness::{self, Blocks};
use super::plane::Plane;
use crate::picture::SmallPicture;

/// Where a picture is not black border, in pixels of the small picture; half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) right: usize,
    pub(super) bottom: usize,
}

/// Luma that a black border may reach, noise of the encoder included.
const BLACK: u8 = 24;

impl Bounds {
    fn whole(width: usize, height: usize) -> Self {
        Self { left: 0, top: 0, right: width, bottom: height }
    }

    /// The smallest rectangle that holds everything brighter than a border; `None` where nothing is.
    pub(super) fn of(picture: &SmallPicture) -> Option<Self> {
        let (luma, width, height) = (&picture.luma, picture.size.width as usize, picture.size.height as usize);
        let lit_row = |y: &usize| luma[y * width..][..width].iter().any(|v| *v > BLACK);
        let lit_column = |x: &usize| (0..height).any(|y| luma[y * width + x] > BLACK);
        Some(Self {
            left: (0..width).find(lit_column)?,
            top: (0..height).find(lit_row)?,
            right: (0..width).rev().find(lit_column)? + 1,
            bottom: (0..height).rev().find(lit_row)? + 1,
        })
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Itself, or the whole picture where it is so small that it says little about the frame.
    fn or_whole(self, width: usize, height: usize) -> Self {
        let enough = (self.right - self.left) * 4 >= width && (self.bottom - self.top) * 4 >= height;
        if enough { self } else { Self::whole(width, height) }
    }
}

/// Divisor for contrast below which a flat frame would be blown up into its noise, in luma levels.
const LEAST_CONTRAST: f32 = 4.0;
/// Contrast of the normalized luma, in levels.
const NORMAL_CONTRAST: f32 = 40.0;
/// Bins of the histogram, 8 levels each.
pub(super) const BINS: usize = 32;

/// One frame, ready for comparing with others of the same size.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) width: usize,
    pub(super) height: usize,
    /// The part that is compared.
    pub(super) bounds: Bounds,
    pub(super) luma: Plane,
    /// Luma with mean and contrast taken out, centred on 128: a light that goes on changes it little.
    pub(super) normalized: Plane,
    /// Luma at half the size, for tests of mixtures; only the part within the bounds.
    pub(super) half: Vec<u8>,
    /// The blocks of that.
    blocks: Blocks,
    /// Chroma at a quarter of the size: all of one difference, then all of the other.
    pub(super) chroma: Vec<u8>,
    /// Share of pixels in each bin of luma.
    pub(super) histogram: [f32; BINS],
    /// Mean and standard deviation of luma, in levels.
    pub(super) mean: f32,
    pub(super) contrast: f32,
}

impl Frame {
    /// Factor from luma to normalized luma.
    pub(super) fn normalizer(&self) -> f32 {
        normalizer(self.contrast)
    }

    pub(super) fn same_shape(&self, other: &Self) -> bool {
        (self.width, self.height) == (other.width, other.height)
    }

    /// Prepares `picture`; `shown` is what was not border lately.
    pub(super) fn new(picture: &SmallPicture, shown: Option<Bounds>) -> Self {
        let (width, height) = (picture.size.width as usize, picture.size.height as usize);
        let bounds = shown.map_or(Bounds::whole(width, height), |b| b.or_whole(width, height));
        let (mean, contrast, histogram) = statistics(&picture.luma, width, bounds);
        let scale = normalizer(contrast);
        let normalized: Vec<u8> = picture.luma.iter().map(|v| (128.0 + (f32::from(*v) - mean) * scale) as u8).collect();
        let chroma = [&picture.cb, &picture.cr].map(|plane| shrink(plane, width, height, 4)).concat();
        let half = shrink(&picture.luma, width, height, 2);
        let blocks = Blocks::of(&half, (width / 2).max(1));
        let (luma, normalized) = (Plane::of(&picture.luma, width), Plane::of(&normalized, width));
        Self { width, height, bounds, luma, normalized, half, blocks, chroma, histogram, mean, contrast }
    }

    /// How well this frame is known again in `other`; see [`likeness`](likeness::likeness).
    pub(super) fn likeness(&self, other: &Self) -> f32 {
        likeness::likeness(&self.blocks, &other.blocks, self.bounds.union(other.bounds))
    }
}

fn normalizer(contrast: f32) -> f32 {
    NORMAL_CONTRAST / contrast.max(LEAST_CONTRAST)
}

fn statistics(luma: &[u8], width: usize, bounds: Bounds) -> (f32, f32, [f32; BINS]) {
    let (mut sum, mut squares, mut histogram) = (0u32, 0u64, [0f32; BINS]);
    for y in bounds.top..bounds.bottom {
        for &v in &luma[y * width + bounds.left..y * width + bounds.right] {
            sum += u32::from(v);
            squares += u64::from(v) * u64::from(v);
            histogram[usize::from(v) * BINS / 256] += 1.0;
        }
    }
    let count = ((bounds.right - bounds.left) * (bounds.bottom - bounds.top)).max(1) as f32;
    let mean = sum as f32 / count;
    let contrast = (squares as f32 / count - mean * mean).max(0.0).sqrt();
    (mean, contrast, histogram.map(|n| n / count))
}

/// Means of squares of `by` × `by` pixels; what does not fill a square at the right and bottom is left out.
fn shrink(plane: &[u8], width: usize, height: usize, by: usize) -> Vec<u8> {
    let (columns, rows) = ((width / by).max(1), (height / by).max(1));
    let mut out = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let mut sum = 0u32;
            let mut count = 0;
            for y in row * by..((row + 1) * by).min(height) {
                for &v in &plane[y * width + column * by..y * width + ((column + 1) * by).min(width)] {
                    sum += u32::from(v);
                    count += 1;
                }
            }
            out.push(((sum + count / 2) / count.max(1)) as u8);
        }
    }
    out
}

#[cfg(test)]
pub(in crate::scene) mod tests {
    use super::*;
    use crate::geometry::Size;

    pub(in crate::scene) const WIDTH: usize = 64;
    const HEIGHT: usize = 36;

    /// A picture of soft blobs, another one for each seed.
    pub(in crate::scene) fn texture(seed: u32) -> Vec<u8> {
        let phase = seed as f32 * 1.7;
        let pixel = |x: usize, y: usize| {
            let (x, y) = (x as f32, y as f32);
            let wave = (x * (0.21 + 0.05 * phase.sin()) + phase).sin() * (y * (0.3 + 0.08 * phase.cos()) - phase).cos()
                + 0.6 * (x * 0.53 + y * 0.41 * phase.sin() + 2.0 * phase).sin();
            (128.0 + 60.0 * wave).clamp(0.0, 255.0) as u8
        };
        (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| pixel(x, y))).collect()
    }

    /// A picture of that luma, colored by it.
    pub(in crate::scene) fn picture(luma: &[u8]) -> SmallPicture {
        let size = Size::new(WIDTH as u32, (luma.len() / WIDTH) as u32);
        let colored = |plus: bool| luma.iter().map(move |v| if plus { 64 + v / 2 } else { 191 - v / 2 });
        SmallPicture { size, luma: luma.to_vec(), cb: colored(true).collect(), cr: colored(false).collect() }
    }

    pub(in crate::scene) fn frame(luma: &[u8]) -> Frame {
        Frame::new(&picture(luma), None)
    }

    fn letterboxed(luma: &[u8]) -> Vec<u8> {
        let mut out = vec![10; luma.len()];
        out[6 * WIDTH..30 * WIDTH].copy_from_slice(&luma[6 * WIDTH..30 * WIDTH]);
        out
    }

    #[test]
    fn black_borders_are_left_out() {
        let boxed = picture(&letterboxed(&vec![120; WIDTH * HEIGHT]));
        let bounds = Bounds::of(&boxed).unwrap();
        assert_eq!(bounds, Bounds { left: 0, top: 6, right: WIDTH, bottom: 30 });
        let frame = Frame::new(&boxed, Some(bounds));
        assert_eq!((frame.mean, frame.contrast), (120.0, 0.0));
    }

    #[test]
    fn a_black_frame_has_no_bounds_and_a_tiny_light_does_not_become_the_picture() {
        let mut luma = vec![5; WIDTH * HEIGHT];
        assert_eq!(Bounds::of(&picture(&luma)), None);
        luma[700] = 250;
        let dot = Bounds::of(&picture(&luma));
        assert_eq!(Frame::new(&picture(&luma), dot).bounds, Bounds::whole(WIDTH, HEIGHT));
    }

    #[test]
    fn contrast_is_normalized_but_noise_is_not_blown_up() {
        let faint: Vec<u8> = texture(1).iter().map(|v| 60 + v / 10).collect();
        let pixels = |frame: &Frame| frame.normalized.samples();
        let (strong, weak) = (pixels(&frame(&texture(1))), pixels(&frame(&faint)));
        let off: f32 = strong.iter().zip(&weak).map(|(a, b)| f32::from(a.abs_diff(*b))).sum();
        assert!(off / (WIDTH * HEIGHT) as f32 <= 6.0);
        let flat: Vec<u8> = (0..WIDTH * HEIGHT).map(|i| 100 + (i % 2) as u8).collect();
        assert!(pixels(&frame(&flat)).iter().all(|v| v.abs_diff(128) <= 6));
    }
}
