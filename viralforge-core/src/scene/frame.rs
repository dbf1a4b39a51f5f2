//! One frame as the scene kernel compares it.

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
    pub(super) luma: Vec<u8>,
    /// Luma with mean and contrast taken out, centred on 128: a light that goes on changes it little.
    pub(super) normalized: Vec<u8>,
    /// Luma at half the size, for tests of mixtures; only the part within the bounds.
    pub(super) half: Vec<f32>,
    /// Chroma at a quarter of the size: all of one difference, then all of the other.
    pub(super) chroma: Vec<u8>,
    /// Share of pixels in each bin of luma.
    pub(super) histogram: [f32; BINS],
    /// Mean and standard deviation of luma, in levels.
    pub(super) mean: f32,
    pub(super) contrast: f32,
}

impl Frame {
    /// Prepares `picture`; `shown` is what was not border lately.
    pub(super) fn new(picture: &SmallPicture, shown: Option<Bounds>) -> Self {
        let (width, height) = (picture.size.width as usize, picture.size.height as usize);
        let bounds = shown.map_or(Bounds::whole(width, height), |b| b.or_whole(width, height));
        let (mean, contrast, histogram) = statistics(&picture.luma, width, bounds);
        let scale = NORMAL_CONTRAST / contrast.max(LEAST_CONTRAST);
        let normalized = picture.luma.iter().map(|v| (128.0 + (f32::from(*v) - mean) * scale) as u8).collect();
        let chroma = [&picture.cb, &picture.cr].map(|plane| shrink(plane, width, height, 4)).concat();
        let half = shrink(&picture.luma, width, height, 2).into_iter().map(f32::from).collect();
        Self { width, height, bounds, luma: picture.luma.clone(), normalized, half, chroma, histogram, mean, contrast }
    }
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
