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
