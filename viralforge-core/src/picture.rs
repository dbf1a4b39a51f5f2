//! Pictures as the kernels see them: numbers in rows, upright, in display orientation.

use crate::geometry::Size;

/// One plane of 8-bit samples, borrowed from a decoded picture. Rows are `stride` bytes apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) stride: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl<'a> Plane<'a> {
    /// Row `y`, without padding.
    pub(crate) fn row(&self, y: usize) -> &'a [u8] {
        &self.data[y * self.stride..][..self.width]
    }
}

/// A whole picture scaled down for analysis: luma and both chroma differences at the same size, full range of
/// 0 to 255 (chroma centred on 128), upright.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SmallPicture {
    pub(crate) size: Size,
    pub(crate) luma: Vec<u8>,
    pub(crate) cb: Vec<u8>,
    pub(crate) cr: Vec<u8>,
}

/// Mean difference of luma up to which two pictures may be of one shot, in levels.
const ALIKE: u64 = 16;

impl SmallPicture {
    /// What is to be expected `share` (0 to 1) of the way from this picture to `other`: a mixture where they are alike,
    /// else the nearer one, as at a cut.
    pub(crate) fn between(&self, other: &Self, share: f64) -> Self {
        let difference: u64 = self.luma.iter().zip(&other.luma).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        if self.size != other.size || difference > ALIKE * self.luma.len() as u64 {
            return if share < 0.5 { self.clone() } else { other.clone() };
        }
        let weight = (share.clamp(0.0, 1.0) * 256.0) as u32;
        let mix = |a: &[u8], b: &[u8]| {
            let pixels = a.iter().zip(b);
            pixels.map(|(a, b)| ((u32::from(*a) * (256 - weight) + u32::from(*b) * weight + 128) >> 8) as u8).collect()
        };
        let (luma, cb, cr) = (mix(&self.luma, &other.luma), mix(&self.cb, &other.cb), mix(&self.cr, &other.cr));
        Self { size: self.size, luma, cb, cr }
    }
}
