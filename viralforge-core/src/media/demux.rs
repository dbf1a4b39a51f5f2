//! Opening a container and reading its packets.

use std::ffi::c_int;
use std::ptr;

use super::ffi::{self, Dictionary};
use super::frame::Packet;
use super::guard::Guard;
use super::io::{Avio, refuse_open};
use super::unheard::Unheard;
use super::{facts, log};
use crate::error::{Error, Result};
use crate::media_info::MediaInfo;
use crate::monitor::Monitor;
use crate::source::Source;
use crate::time::Timestamp;

/// Demuxers that read one file and nothing else. Anything that FFmpeg recognises beyond these is refused, playlists
/// and scripts (hls, dash, concat, sdp, image sequences) above all.
const ALLOWED: &str = "mov matroska avi flv mpegts mpeg asf ogg mp3 aac ac3 eac3 flac wav w64 aiff caf au amr amrnb \
                       amrwb dts dtshd truehd mlp tta wv h264 hevc m4v mpegvideo ivf obu av1 gif mxf dv yuv4mpegpipe";

/// Bytes that may be read to find out what the streams are; FFmpeg's own default.
const PROBE_BYTES: i64 = 5_000_000;

/// What the times of an index tell.
#[derive(Clone, Copy)]
enum IndexClock {
    /// When packets are decoded.
    Decoding,
    /// When they are shown.
    Showing,
}

/// An open container.
pub(crate) struct Demuxer {
    context: *mut ffi::AVFormatContext,
    io: Avio<Unheard>,
    info: MediaInfo,
    guard: Box<Guard>,
    source: Source,
}

// SAFETY: one thread at a time uses it, and all that it refers to goes with it.
unsafe impl Send for Demuxer {}

impl Demuxer {
    /// Opens `source` and finds out what is in it, within its limits.
    pub(crate) fn open(source: &Source, monitor: &Monitor) -> Result<Self> {
        Self::over(Unheard::nothing(source.open()?), source, monitor)
    }

    /// [`open`](Self::open) for who reads pictures alone: the tracks are the same, and sound may have no packets.
    pub(super) fn open_unheard(source: &Source, monitor: &Monitor) -> Result<Self> {
        let input = Unheard::sound(source.open()?).map_err(|error| Error::io(source.name(), error))?;
        Self::over(input, source, monitor)
    }

    fn over(input: Unheard, source: &Source, monitor: &Monitor) -> Result<Self> {
        log::capture();
        log::clear();
        let name = source.name();
        let guard = Box::new(Guard::new(source, monitor));
        guard.check()?;
        let mut io = Avio::reader(input, name)?;
        let format = recognise(&mut io, name)?;
        // SAFETY: a plain allocation; every field set here is ours to set before the context is opened.
        let context = unsafe {
            let context = ffi::allocated(ffi::avformat_alloc_context(), name)?;
            (*context).pb = io.as_ptr();
            (*context).flags |= ffi::AVFMT_FLAG_CUSTOM_IO as c_int;
            (*context).interrupt_callback = guard.interrupt();
            (*context).io_open = Some(refuse_open);
            // One more than allowed is let in, so that we can say how many there are instead of "out of memory".
            (*context).max_streams = i32::try_from(guard.limits.max_streams).unwrap_or(i32::MAX).saturating_add(1);
            (*context).probesize = PROBE_BYTES;
            context
        };
        let placeholder = facts::nothing();
        // From here on the context is freed whatever happens.
        let mut demuxer = Self { context, io, info: placeholder, guard, source: source.clone() };
        demuxer.open_input(format)?;
        demuxer.find_streams()?;
        demuxer.info = facts::media_info(&demuxer, source)?;
        Ok(demuxer)
    }

    fn open_input(&mut self, format: *const ffi::AVInputFormat) -> Result<()> {
        let mut options = Dictionary::new().with(c"protocol_whitelist", "").with(c"export_all", 1);
        // SAFETY: the context and the format are valid. On failure FFmpeg frees the context and nulls the pointer.
        let code = unsafe { ffi::avformat_open_input(&mut self.context, c"".as_ptr(), format, &mut options.0) };
        self.check(code, "not readable as a media file")
            .map_err(|error| self.too_many_streams(without_index(&self.guard.name, error)))?;
        self.check_streams()
    }

    fn find_streams(&mut self) -> Result<()> {
        let count = self.stream_count();
        let mut options: Vec<Dictionary> = (0..count)
            .map(|_| {
                Dictionary::new()
                    .with(c"max_pixels", self.guard.limits.max_frame_pixels.min(i64::MAX as u64))
                    .with(c"threads", 1)
            })
            .collect();
        let mut pointers: Vec<_> = options.iter_mut().map(|o| std::mem::replace(&mut o.0, ptr::null_mut())).collect();
        // SAFETY: one dictionary for each stream that is there; FFmpeg replaces the pointers by what it did not use.
        let code = unsafe { ffi::avformat_find_stream_info(self.context, pointers.as_mut_ptr()) };
        for (option, pointer) in options.iter_mut().zip(pointers) {
            option.0 = pointer;
        }
        self.check(code, "cannot find out what its tracks are").map_err(|error| self.too_many_streams(error))?;
        self.check_streams()
    }

    fn check_streams(&self) -> Result<()> {
        let limit = u64::from(self.guard.limits.max_streams);
        self.guard.limit("max_streams", self.stream_count() as u64, limit)
    }

    /// FFmpeg calls a stream too many an allocation that failed.
    fn too_many_streams(&self, error: Error) -> Error {
        match error {
            Error::LimitExceeded { limit: "max_memory_bytes", .. } => {
                let allowed = self.guard.limits.max_streams;
                Error::limit(&self.guard.name, "max_streams", format_args!("of more than {allowed}"), allowed)
            }
            other => other,
        }
    }

    /// Turns a code of FFmpeg into an error, with the reader's or the guard's own reason where there is one.
    fn check(&mut self, code: c_int, doing: &str) -> Result<()> {
        if code >= 0 {
            return Ok(());
        }
        if let Some(error) = self.io.take_error() {
            return Err(Error::io(&self.guard.name, error));
        }
        self.guard.check()?;
        // Reading went well, so whatever FFmpeg dislikes is in the file: it says "I/O error" of a header cut short.
        Err(match ffi::failure(code, &self.guard.name, doing) {
            Error::Backend { input, problem } => Error::Malformed { input, problem },
            other => other,
        })
    }

    /// The next packet of any stream; `None` at the end of the file.
    pub(super) fn read(&mut self) -> Result<Option<Packet>> {
        let packet = Packet::new(&self.guard.name)?;
        loop {
            self.guard.check()?;
            // SAFETY: the context is open and the packet is empty.
            let code = unsafe { ffi::av_read_frame(self.context, packet.as_ptr()) };
            if code == ffi::EAGAIN_CODE {
                continue;
            }
            if code < 0 {
                // A reader that fails is an error; a container that stops making sense has simply ended.
                if let Some(error) = self.io.take_error() {
                    return Err(Error::io(&self.guard.name, error));
                }
                self.guard.check()?;
                self.source.check()?;
                return Ok(None);
            }
            return Ok(Some(packet));
        }
    }

    /// Goes to the last keyframe of `stream` at or before `units` (of that stream's time base).
    pub(super) fn seek(&mut self, stream: usize, units: i64) -> Result<()> {
        // SAFETY: the context is open; a wrong index or time is refused with a code.
        let code =
            unsafe { ffi::av_seek_frame(self.context, stream as c_int, units, ffi::AVSEEK_FLAG_BACKWARD as c_int) };
        self.check(code, "cannot seek")
    }

    /// The keyframes of `stream` by the container's own index, in order: ticks of the clock that [`seek`](Self::seek) takes.
    /// Empty where there is no index, or none that can be relied on. Where the file is read next is undefined after it.
    pub(super) fn keyframes(&mut self, stream: usize) -> Result<Vec<i64>> {
        let index = match self.index_clock() {
            None => return Ok(Vec::new()),
            Some(IndexClock::Decoding) => self.stream_ptr(stream),
            Some(IndexClock::Showing) => {
                // Matroska keeps its index (cues) at the end: the first search reads it.
                match self.seek(stream, i64::MAX / 2) {
                    Err(error @ (Error::Cancelled | Error::Io { .. } | Error::LimitExceeded { .. })) => {
                        return Err(error);
                    }
                    _ => self.stream_ptr(stream),
                }
            }
        };
        // SAFETY: the stream is valid while the context is open; an entry is valid until the index changes.
        let mut keyframes: Vec<i64> = unsafe {
            let count = ffi::avformat_index_get_entries_count(index);
            let entries = (0..count).filter_map(|i| ffi::avformat_index_get_entry(index, i).as_ref());
            let wanted = entries.filter(|e| e.flags() & ffi::AVINDEX_KEYFRAME as i32 != 0);
            wanted.filter(|e| e.flags() & ffi::AVINDEX_DISCARD_FRAME as i32 == 0).map(|e| e.timestamp).collect()
        };
        keyframes.sort_unstable();
        keyframes.dedup();
        Ok(keyframes)
    }

    /// How many packets of other streams than `stream` the container's index lists.
    pub(super) fn indexed_beside(&self, stream: usize) -> usize {
        let others = (0..self.stream_count()).filter(|index| *index != stream);
        // SAFETY: the stream is valid while the context is open.
        let count = |index| unsafe { ffi::avformat_index_get_entries_count(self.stream_ptr(index)) };
        others.map(|index| count(index).max(0) as usize).sum()
    }

    /// Whether `packet` is the keyframe that the index has at `units`, or one behind it.
    pub(super) fn is_keyframe_at(&self, packet: &Packet, units: i64) -> bool {
        let clock = match self.index_clock() {
            Some(IndexClock::Decoding) => packet.decoded_at(),
            _ => packet.shown_at(),
        };
        packet.is_keyframe() && clock.is_some_and(|at| at >= units)
    }

    /// By which clock the container's index is kept; `None` for containers whose index is not to be relied on.
    fn index_clock(&self) -> Option<IndexClock> {
        // SAFETY: an open context has a format, whose name lives as long as the program.
        let names = unsafe { ffi::text((*self.raw().iformat).name) }.unwrap_or_default();
        match names.split(',').next() {
            Some("mov") => Some(IndexClock::Decoding),
            Some("matroska") => Some(IndexClock::Showing),
            _ => None,
        }
    }

    /// Tells FFmpeg to drop the packets of every stream but these before it parses them.
    pub(super) fn keep_only(&mut self, wanted: &[usize]) {
        for index in 0..self.stream_count() {
            if !wanted.contains(&index) {
                // SAFETY: the stream is valid while the context is open.
                unsafe { (*self.stream_ptr(index)).discard = ffi::AVDISCARD_ALL };
            }
        }
    }

    pub(crate) fn info(&self) -> &MediaInfo {
        &self.info
    }

    /// When each stream begins, in seconds of the file's own clock, where it tells.
    pub(crate) fn starts(&self) -> Vec<Option<f64>> {
        let start = |index| {
            let (units, (num, den)) = (self.stream(index).start_time, self.time_base(index));
            (units != ffi::AV_NOPTS_VALUE).then(|| Timestamp::from_units(units, num, den).as_seconds_f64())
        };
        (0..self.stream_count()).map(start).collect()
    }

    pub(super) fn guard(&self) -> &Guard {
        &self.guard
    }

    pub(super) fn raw(&self) -> &ffi::AVFormatContext {
        // SAFETY: the context is valid while the demuxer lives; `open` does not hand out a demuxer without one.
        unsafe { &*self.context }
    }

    pub(super) fn stream_count(&self) -> usize {
        if self.context.is_null() { 0 } else { self.raw().nb_streams as usize }
    }

    pub(super) fn stream(&self, index: usize) -> &ffi::AVStream {
        // SAFETY: as below.
        unsafe { &*self.stream_ptr(index) }
    }

    pub(super) fn stream_ptr(&self, index: usize) -> *mut ffi::AVStream {
        assert!(index < self.stream_count(), "stream {index} is not there");
        // SAFETY: the index was checked, so the array is not null and holds a valid stream there.
        unsafe { *self.raw().streams.add(index) }
    }

    /// Numerator and denominator of a stream's time base.
    pub(super) fn time_base(&self, index: usize) -> (u32, u32) {
        let base = self.stream(index).time_base;
        (base.num.max(1) as u32, base.den.max(1) as u32)
    }

    /// Share of the file's bytes that were read, 0 to 1.
    pub(super) fn bytes_fraction(&self) -> f64 {
        // SAFETY: the I/O context lives as long as the demuxer; avio_tell is a seek by nothing.
        let at = unsafe { ffi::avio_seek(self.io.as_ptr(), 0, ffi::SEEK_CUR as c_int) };
        (at.max(0) as f64 / self.source.byte_len() as f64).clamp(0.0, 1.0)
    }
}

impl Drop for Demuxer {
    fn drop(&mut self) {
        // SAFETY: closes the context if it was opened and frees it; our I/O context outlives it and frees itself.
        unsafe {
            if !self.context.is_null() {
                ffi::avformat_close_input(&mut self.context);
            }
        }
    }
}

/// The commonest broken upload, in words for the person who made it.
fn without_index(name: &str, error: Error) -> Error {
    match error {
        Error::Malformed { problem, .. } if problem.contains("moov atom not found") => Error::malformed(
            name,
            "is cut short or was never finished: its index (moov) is missing; export or upload it again",
        ),
        other => other,
    }
}

/// Which demuxer fits, judged by content alone: a name from a stranger proves nothing.
fn recognise(io: &mut Avio<Unheard>, name: &str) -> Result<*const ffi::AVInputFormat> {
    let mut format = ptr::null();
    // SAFETY: the I/O context is valid; the empty name keeps FFmpeg from guessing by extension.
    let code = unsafe { ffi::av_probe_input_buffer2(io.as_ptr(), &mut format, c"".as_ptr(), ptr::null_mut(), 0, 0) };
    if let Some(error) = io.take_error() {
        return Err(Error::io(name, error));
    }
    if code < 0 || format.is_null() {
        return Err(Error::malformed(name, "is not a media file (no known container)"));
    }
    // SAFETY: a format's name is a string that lives as long as the program.
    let names = unsafe { ffi::text((*format).name) }.unwrap_or_default();
    if names.split(',').any(|n| ALLOWED.split_whitespace().any(|allowed| allowed == n)) {
        return Ok(format);
    }
    Err(Error::unsupported(name, format_args!("is {names}, which is not among the accepted containers")))
}

/// The name of a codec, as FFmpeg's descriptors spell it.
pub(super) fn codec_name(id: ffi::AVCodecID) -> String {
    // SAFETY: descriptors are static; null for an unknown codec.
    unsafe { ffi::avcodec_descriptor_get(id).as_ref().and_then(|d| ffi::text(d.name)) }
        .unwrap_or_else(|| "unknown".to_owned())
}
