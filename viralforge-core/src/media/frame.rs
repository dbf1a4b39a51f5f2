//! Owned packets and frames.

use super::ffi;
use crate::error::Result;

/// A reference-counted packet.
pub(super) struct Packet(*mut ffi::AVPacket);

// SAFETY: the packet is owned and its data is reference counted with atomics.
unsafe impl Send for Packet {}

impl Packet {
    pub(super) fn new(name: &str) -> Result<Self> {
        // SAFETY: a plain allocation.
        ffi::allocated(unsafe { ffi::av_packet_alloc() }, name).map(Self)
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::AVPacket {
        self.0
    }

    pub(super) fn stream(&self) -> usize {
        // SAFETY: the packet is valid while it is owned.
        unsafe { (*self.0).stream_index }.max(0) as usize
    }

    pub(super) fn is_key(&self) -> bool {
        // SAFETY: as above.
        unsafe { (*self.0).flags & ffi::AV_PKT_FLAG_KEY as i32 != 0 }
    }

    /// When it is shown, in units of its stream's time base, where the file tells.
    pub(super) fn shown_at(&self) -> Option<i64> {
        // SAFETY: as above.
        Some(unsafe { (*self.0).pts }).filter(|pts| *pts != ffi::AV_NOPTS_VALUE)
    }

    /// Whether a picture or sound is to come of it: it has bytes (AVI files repeat a picture by a packet without), and no
    /// edit list leaves it out.
    pub(super) fn is_shown(&self) -> bool {
        // SAFETY: as above.
        unsafe { (*self.0).size > 0 && (*self.0).flags & ffi::AV_PKT_FLAG_DISCARD as i32 == 0 }
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        // SAFETY: the packet is ours and freed once.
        unsafe { ffi::av_packet_free(&mut self.0) };
    }
}

/// A reference-counted frame: a picture or a block of sound.
pub(super) struct Frame(*mut ffi::AVFrame);

// SAFETY: the frame is owned and its data is reference counted with atomics.
unsafe impl Send for Frame {}

impl Frame {
    pub(super) fn new(name: &str) -> Result<Self> {
        // SAFETY: a plain allocation.
        ffi::allocated(unsafe { ffi::av_frame_alloc() }, name).map(Self)
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::AVFrame {
        self.0
    }

    pub(super) fn raw(&self) -> &ffi::AVFrame {
        // SAFETY: the frame is valid while it is owned.
        unsafe { &*self.0 }
    }

    pub(super) fn raw_mut(&mut self) -> &mut ffi::AVFrame {
        // SAFETY: the frame is valid while it is owned, and borrowed here alone.
        unsafe { &mut *self.0 }
    }

    /// A second reference to the same data.
    pub(super) fn reference(&self, name: &str) -> Result<Self> {
        let copy = Self::new(name)?;
        // SAFETY: both frames are valid and the copy is empty.
        ffi::check(unsafe { ffi::av_frame_ref(copy.0, self.0) }, name, "referencing a frame")?;
        Ok(copy)
    }

    /// `plane` as bytes: `rows` rows of `bytes` each, `linesize` apart.
    pub(super) fn plane(&self, plane: usize, rows: usize) -> Option<(&[u8], usize)> {
        let raw = self.raw();
        let (data, stride) = (*raw.data.get(plane)?, *raw.linesize.get(plane)?);
        if data.is_null() || stride <= 0 || rows == 0 {
            return None;
        }
        // SAFETY: a decoded plane holds `linesize` bytes for each row; the last may be shorter than the padding, but
        // FFmpeg allocates whole rows and padding behind them.
        Some((unsafe { std::slice::from_raw_parts(data, stride as usize * rows) }, stride as usize))
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // SAFETY: the frame is ours and freed once.
        unsafe { ffi::av_frame_free(&mut self.0) };
    }
}
