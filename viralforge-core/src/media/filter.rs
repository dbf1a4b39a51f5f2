//! Turning a decoded picture into the one that is wanted: deinterlaced, upright, cropped, SDR, scaled, converted.

use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::ptr;

use super::ffi;
use super::frame::Frame;
use super::picture::{Picture, TrackGeometry, is_yuvj};
use crate::error::{Error, Result};
use crate::geometry::{CropRect, Rect, Rotation, Size};
use crate::time::Timestamp;

/// Pixel formats that come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PixelFormat {
    /// 8-bit planar 4:2:0 in limited range, as every player decodes.
    Yuv420p,
    /// 8-bit packed RGB.
    Rgb24,
}

impl PixelFormat {
    const fn name(self) -> &'static str {
        match self {
            Self::Yuv420p => "yuv420p",
            Self::Rgb24 => "rgb24",
        }
    }

    const fn id(self) -> ffi::AVPixelFormat {
        match self {
            Self::Yuv420p => ffi::AV_PIX_FMT_YUV420P,
            Self::Rgb24 => ffi::AV_PIX_FMT_RGB24,
        }
    }
}

/// What comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VideoFilterSpec {
    pub(crate) size: Size,
    pub(crate) format: PixelFormat,
}

/// What the graph was built for; another input or crop size needs another graph.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Built {
    width: i32,
    height: i32,
    format: i32,
    color_space: ffi::AVColorSpace,
    color_range: ffi::AVColorRange,
    transfer: ffi::AVColorTransferCharacteristic,
    crop: (u32, u32),
}

/// A filter graph that is rebuilt whenever its input changes.
pub(crate) struct VideoFilter {
    spec: VideoFilterSpec,
    graph: Option<(Built, Graph)>,
    ready: VecDeque<Frame>,
    /// Times of the pictures inside the graph: it gives out one for each that goes in, in the same order.
    times: VecDeque<(Timestamp, Timestamp)>,
    name: String,
}

impl VideoFilter {
    pub(crate) fn new(spec: VideoFilterSpec) -> Self {
        Self { spec, graph: None, ready: VecDeque::new(), times: VecDeque::new(), name: String::new() }
    }

    /// Puts a picture in, to be shown at `time` for `duration`; `crop` is the part to show, in display pixels.
    pub(crate) fn push(
        &mut self,
        picture: &Picture,
        crop: CropRect,
        time: Timestamp,
        duration: Timestamp,
    ) -> Result<()> {
        let (frame, track) = (picture.frame(), picture.track());
        self.name.clone_from(&track.name);
        let raw = frame.raw();
        let rect = stored_pixels(crop, track, Size::new(raw.width.max(1) as u32, raw.height.max(1) as u32));
        let built = Built {
            width: raw.width,
            height: raw.height,
            format: raw.format,
            color_space: raw.colorspace,
            color_range: raw.color_range,
            transfer: raw.color_trc,
            crop: (rect.width, rect.height),
        };
        if self.graph.as_ref().is_some_and(|(old, _)| *old != built) {
            self.finish()?;
        }
        if self.graph.is_none() {
            let graph = Graph::build(&description(&built, track, self.spec, rect), raw, &track.name)?;
            self.graph = Some((built, graph));
        }
        let Some((_, graph)) = &mut self.graph else { return Ok(()) };
        graph.move_crop(rect);
        graph.push(Some(frame), &self.name)?;
        self.times.push_back((time, duration));
        while let Some(frame) = graph.pull(&self.name)? {
            self.ready.push_back(frame);
        }
        Ok(())
    }

    /// Lets out what the graph still holds.
    pub(crate) fn finish(&mut self) -> Result<()> {
        if let Some((_, mut graph)) = self.graph.take() {
            graph.push(None, &self.name)?;
            while let Some(frame) = graph.pull(&self.name)? {
                self.ready.push_back(frame);
            }
        }
        Ok(())
    }

    pub(super) fn pull(&mut self) -> Result<Option<Frame>> {
        Ok(self.pull_timed().map(|(frame, ..)| frame))
    }

    /// The next finished picture with its time and duration.
    pub(super) fn pull_timed(&mut self) -> Option<(Frame, Timestamp, Timestamp)> {
        let frame = self.ready.pop_front()?;
        let (time, duration) = self.times.pop_front()?;
        Some((frame, time, duration))
    }
}

/// The crop in pixels of the upright but not yet squared picture, inside it and at least one pixel large. Edges are
/// even, as 4:2:0 needs.
fn stored_pixels(crop: CropRect, track: &TrackGeometry, stored: Size) -> Rect {
    let upright = stored.rotated(track.rotation);
    let fit = |at: f64, len: f64, display: u32, pixels: u32| {
        let scale = f64::from(pixels) / f64::from(display.max(1));
        let (at, len) = (at * scale, len * scale);
        if pixels < 4 {
            return (0, pixels);
        }
        let len = ((len / 2.0).round() as u32 * 2).clamp(2, pixels);
        let room = pixels - len;
        (((at / 2.0).round().max(0.0) as u32).saturating_mul(2).min(room / 2 * 2), len)
    };
    let (x, width) = fit(crop.x, crop.width, track.display_size.width, upright.width);
    let (y, height) = fit(crop.y, crop.height, track.display_size.height, upright.height);
    Rect { x, y, width, height }
}

fn description(built: &Built, track: &TrackGeometry, spec: VideoFilterSpec, rect: Rect) -> String {
    let mut steps: Vec<String> = Vec::new();
    if track.interlaced {
        steps.push("bwdif=mode=send_frame:deint=interlaced".into());
    }
    if track.mirrored {
        steps.push("hflip".into());
    }
    match track.rotation {
        Rotation::None => {}
        Rotation::Clockwise90 => steps.push("transpose=clock".into()),
        Rotation::Half => steps.push("hflip,vflip".into()),
        Rotation::Clockwise270 => steps.push("transpose=cclock".into()),
    }
    let upright = Size::new(built.width.max(1) as u32, built.height.max(1) as u32).rotated(track.rotation);
    if (rect.width, rect.height) != (upright.width, upright.height) {
        steps.push(format!("crop@path={}:{}:{}:{}", rect.width, rect.height, rect.x, rect.y));
    }
    let Size { width, height } = spec.size;
    if [ffi::AVCOL_TRC_SMPTE2084, ffi::AVCOL_TRC_ARIB_STD_B67].contains(&built.transfer) {
        // HDR to SDR: scale in linear light, then compress highlights (Hable's curve) into BT.709. A nominal peak of
        // 100 cd/m² is the reference white of SDR (ITU-R BT.1886).
        steps.push(format!("zscale=w={width}:h={height}:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709"));
        steps.push("tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv".into());
    } else {
        // Full range (JPEG's) becomes limited; saying so where nothing changes would cost a copy of each picture.
        let full = built.color_range == ffi::AVCOL_RANGE_JPEG || is_yuvj(built.format);
        let limit = full && spec.format == PixelFormat::Yuv420p;
        let same = (rect.width, rect.height) == (width, height) && built.format == spec.format.id() && !limit;
        if !same {
            steps.push(format!("scale={width}:{height}:flags=bicubic{}", if limit { ":out_range=tv" } else { "" }));
        }
    }
    steps.push("setsar=1".into());
    steps.push(format!("format={}", spec.format.name()));
    steps.join(",")
}

/// One configured graph from a buffer source to a buffer sink.
struct Graph {
    graph: *mut ffi::AVFilterGraph,
    source: *mut ffi::AVFilterContext,
    sink: *mut ffi::AVFilterContext,
    moved_to: Option<(u32, u32)>,
    /// Ours to count: the graph only needs times that grow.
    next_pts: i64,
}

// SAFETY: one thread at a time uses it, and it owns all that it refers to.
unsafe impl Send for Graph {}

impl Graph {
    fn build(description: &str, input: &ffi::AVFrame, name: &str) -> Result<Self> {
        // SAFETY: a plain allocation, owned from here on.
        let graph = ffi::allocated(unsafe { ffi::avfilter_graph_alloc() }, name)?;
        let mut this = Self { graph, source: ptr::null_mut(), sink: ptr::null_mut(), moved_to: None, next_pts: 0 };
        // SAFETY: the graph is ours; every pointer that goes in lives through its call.
        unsafe {
            // The caller runs decode, filter and encode side by side already.
            (*graph).nb_threads = 1;
            this.source = this.add(c"buffer", c"in", name)?;
            let parameters = ffi::av_buffersrc_parameters_alloc();
            ffi::allocated(parameters, name)?;
            (*parameters).format = input.format;
            (*parameters).width = input.width;
            (*parameters).height = input.height;
            (*parameters).time_base = ffi::AVRational { num: 1, den: 1000 };
            (*parameters).sample_aspect_ratio = ffi::AVRational { num: 1, den: 1 };
            #[cfg(any(feature = "ffmpeg7", feature = "ffmpeg7_1", feature = "ffmpeg8"))]
            {
                (*parameters).color_space = input.colorspace;
                (*parameters).color_range = input.color_range;
            }
            let code = ffi::av_buffersrc_parameters_set(this.source, parameters);
            ffi::av_free(parameters.cast());
            ffi::check(code, name, "preparing a filter")?;
            ffi::check(ffi::avfilter_init_str(this.source, ptr::null()), name, "preparing a filter")?;
            this.sink = this.add(c"buffersink", c"out", name)?;
            ffi::check(ffi::avfilter_init_str(this.sink, ptr::null()), name, "preparing a filter")?;
            this.parse(description, name)?;
            ffi::check(ffi::avfilter_graph_config(graph, ptr::null_mut()), name, "preparing a filter")?;
        }
        Ok(this)
    }

    /// # Safety
    /// The graph must not be configured yet.
    unsafe fn add(&mut self, filter: &CStr, label: &CStr, name: &str) -> Result<*mut ffi::AVFilterContext> {
        // SAFETY: names are static strings; an unknown filter gives null, which is refused with null.
        let context = unsafe {
            ffi::avfilter_graph_alloc_filter(self.graph, ffi::avfilter_get_by_name(filter.as_ptr()), label.as_ptr())
        };
        if context.is_null() {
            return Err(Error::backend(name, "the linked FFmpeg lacks the buffer filters"));
        }
        Ok(context)
    }

    /// # Safety
    /// Source and sink must be initialised.
    unsafe fn parse(&mut self, description: &str, name: &str) -> Result<()> {
        let text = CString::new(description).map_err(|_| Error::backend(name, "a filter description with a NUL"))?;
        // SAFETY: the in/out lists are freed below whatever happens: the parser takes them over and gives back what
        // it did not use (rsmpeg's wrapper frees them twice on failure; docs/adr).
        unsafe {
            let (mut outputs, mut inputs) = (ffi::avfilter_inout_alloc(), ffi::avfilter_inout_alloc());
            let mut code = ffi::ENOMEM_CODE;
            if !outputs.is_null() && !inputs.is_null() {
                (*outputs).name = ffi::av_strdup(c"in".as_ptr());
                (*outputs).filter_ctx = self.source;
                (*inputs).name = ffi::av_strdup(c"out".as_ptr());
                (*inputs).filter_ctx = self.sink;
                code = ffi::avfilter_graph_parse_ptr(
                    self.graph,
                    text.as_ptr(),
                    &mut inputs,
                    &mut outputs,
                    ptr::null_mut(),
                );
            }
            ffi::avfilter_inout_free(&mut inputs);
            ffi::avfilter_inout_free(&mut outputs);
            ffi::check(code, name, "preparing a filter").map(drop)
        }
    }

    /// Moves the window of the crop filter, if the graph has one.
    fn move_crop(&mut self, rect: Rect) {
        let to = (rect.x, rect.y);
        if self.moved_to == Some(to) {
            return;
        }
        let first = self.moved_to.replace(to).is_none();
        if first {
            return;
        }
        for (command, value) in [(c"x", rect.x), (c"y", rect.y)] {
            let Ok(value) = CString::new(value.to_string()) else { continue };
            // SAFETY: all strings live through the call; a graph without that filter answers with a code.
            unsafe {
                ffi::avfilter_graph_send_command(
                    self.graph,
                    c"crop@path".as_ptr(),
                    command.as_ptr(),
                    value.as_ptr(),
                    ptr::null_mut(),
                    0,
                    0,
                )
            };
        }
    }

    fn push(&mut self, frame: Option<&Frame>, name: &str) -> Result<()> {
        let reference = frame.map(|f| f.reference(name)).transpose()?;
        let pointer = reference.as_ref().map_or(ptr::null_mut(), |f| f.as_ptr());
        // SAFETY: the graph is configured; the reference is ours and the graph takes what it needs of it.
        unsafe {
            if let Some(frame) = pointer.as_mut() {
                frame.pts = self.next_pts;
                // The stored shape of pixels is in the display size already; setsar declares the result square.
                frame.sample_aspect_ratio = ffi::AVRational { num: 1, den: 1 };
                self.next_pts += 1;
            }
            ffi::check(ffi::av_buffersrc_add_frame_flags(self.source, pointer, 0), name, "filtering").map(drop)
        }
    }

    fn pull(&mut self, name: &str) -> Result<Option<Frame>> {
        let frame = Frame::new(name)?;
        // SAFETY: the graph is configured and the frame is empty.
        match unsafe { ffi::av_buffersink_get_frame(self.sink, frame.as_ptr()) } {
            0.. => Ok(Some(frame)),
            ffi::EAGAIN_CODE | ffi::AVERROR_EOF => Ok(None),
            code => Err(ffi::failure(code, name, "filtering")),
        }
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // SAFETY: the graph is ours and frees its filters.
        unsafe { ffi::avfilter_graph_free(&mut self.graph) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(rotation: Rotation, display_size: Size) -> TrackGeometry {
        TrackGeometry { name: "t".into(), rotation, mirrored: false, display_size, interlaced: false }
    }

    #[test]
    fn a_crop_in_display_pixels_becomes_even_stored_pixels_inside_the_picture() {
        let crop = CropRect { x: 437.4, y: 0.0, width: 405.0, height: 720.0 };
        let rect = stored_pixels(crop, &track(Rotation::None, Size::new(1280, 720)), Size::new(1280, 720));
        assert_eq!((rect.x, rect.width, rect.height), (438, 406, 720));
        let far = CropRect { x: 1e9, y: -5.0, width: 1e9, height: f64::NAN };
        let rect = stored_pixels(far, &track(Rotation::None, Size::new(1280, 720)), Size::new(1280, 720));
        assert!(rect.x + rect.width <= 1280 && rect.y + rect.height <= 720 && rect.width > 0 && rect.height > 0);
    }

    #[test]
    fn wide_pixels_are_taken_into_account() {
        // 720x576 with pixels of 16:15 shows as 768x576.
        let crop = CropRect { x: 384.0, y: 0.0, width: 384.0, height: 576.0 };
        let rect = stored_pixels(crop, &track(Rotation::None, Size::new(768, 576)), Size::new(720, 576));
        assert_eq!((rect.x, rect.width), (360, 360));
    }

    #[test]
    fn a_filter_that_cannot_be_parsed_is_an_error_and_not_a_crash() {
        let mut input = Frame::new("t").unwrap();
        let raw = input.raw_mut();
        (raw.width, raw.height, raw.format) = (64, 64, ffi::AV_PIX_FMT_YUV420P);
        for bad in ["volume=1", "nosuchfilter", "scale=w=", "crop=9999:9999", "]["] {
            assert!(Graph::build(bad, input.raw(), "t").is_err(), "{bad}");
        }
    }
}
