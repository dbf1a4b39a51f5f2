//! Writing an MP4 with its index in front.

use std::ffi::{c_char, c_int, c_void};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use super::encode::{EncodedPacket, TrackParameters};
use super::ffi::{self, Dictionary};
use super::io::Avio;
use crate::error::{Error, Result};
use crate::output::{Output, Sink};

/// One handle on the bytes that are being written, with a position of its own: moving the index to the front reads
/// what was written while it writes.
#[derive(Clone)]
pub(super) struct SharedSink {
    sink: Arc<Mutex<Option<Sink>>>,
    position: u64,
}

impl SharedSink {
    fn with<T>(&mut self, work: impl FnOnce(&mut Sink) -> io::Result<T>) -> io::Result<T> {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let sink = sink.as_mut().ok_or_else(|| io::Error::other("the output is closed"))?;
        sink.seek(SeekFrom::Start(self.position))?;
        work(sink)
    }
}

impl Read for SharedSink {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.with(|sink| sink.read(buffer))?;
        self.position += got as u64;
        Ok(got)
    }
}

impl Write for SharedSink {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let put = self.with(|sink| sink.write(buffer))?;
        self.position += put as u64;
        Ok(put)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(Sink::flush)
    }
}

impl Seek for SharedSink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.position.saturating_add_signed(by),
            SeekFrom::End(by) => self.with(|sink| sink.seek(SeekFrom::End(by)))?,
        };
        Ok(self.position)
    }
}

/// What FFmpeg may open while it writes: the very bytes that it is writing, to read them back.
struct Reopen {
    sink: SharedSink,
    open: Vec<Avio<SharedSink>>,
    name: String,
}

/// An MP4 that is being written.
pub(crate) struct Muxer {
    context: *mut ffi::AVFormatContext,
    io: Avio<SharedSink>,
    reopen: Box<Reopen>,
    tracks: Vec<u32>,
    name: String,
}

// SAFETY: one thread at a time uses it, and it owns all that it refers to.
unsafe impl Send for Muxer {}

impl Muxer {
    /// Begins an MP4 with these tracks, in this order.
    pub(crate) fn create(output: &Output, tracks: &[TrackParameters]) -> Result<Self> {
        let name = output.name();
        let sink = SharedSink { sink: Arc::new(Mutex::new(Some(output.create()?))), position: 0 };
        let io = Avio::shared(sink.clone(), &name)?;
        let reopen = Box::new(Reopen { sink, open: Vec::new(), name: name.clone() });
        let mut context = ptr::null_mut();
        // SAFETY: a plain allocation, owned by the muxer from here on.
        let code =
            unsafe { ffi::avformat_alloc_output_context2(&mut context, ptr::null(), c"mp4".as_ptr(), ptr::null()) };
        ffi::check(code, &name, "preparing an MP4")?;
        let mut muxer = Self { context, io, reopen, tracks: Vec::new(), name };
        muxer.begin(tracks)?;
        Ok(muxer)
    }

    fn begin(&mut self, tracks: &[TrackParameters]) -> Result<()> {
        // SAFETY: the context is ours; every field set here is the caller's to set before the header.
        unsafe {
            (*self.context).pb = self.io.as_ptr();
            (*self.context).flags |= ffi::AVFMT_FLAG_CUSTOM_IO as c_int;
            (*self.context).opaque = ptr::from_mut(&mut *self.reopen).cast();
            (*self.context).io_open = Some(open_again);
            (*self.context).io_close2 = Some(close_again);
            for track in tracks {
                let stream = ffi::allocated(ffi::avformat_new_stream(self.context, ptr::null()), &self.name)?;
                ffi::check(
                    ffi::avcodec_parameters_copy((*stream).codecpar, track.parameters),
                    &self.name,
                    "preparing a track",
                )?;
                (*(*stream).codecpar).codec_tag = 0;
                (*stream).time_base = ffi::AVRational { num: 1, den: track.ticks_per_second as c_int };
                if let Some(rate) = track.frame_rate {
                    (*stream).avg_frame_rate = ffi::AVRational { num: rate.num() as c_int, den: rate.den() as c_int };
                    (*stream).disposition = ffi::AV_DISPOSITION_DEFAULT as c_int;
                }
                self.tracks.push(track.ticks_per_second);
            }
            let mut options = Dictionary::new().with(c"movflags", "+faststart");
            let code = ffi::avformat_write_header(self.context, &mut options.0);
            self.check(code, "writing the header")
        }
    }

    fn check(&mut self, code: c_int, doing: &str) -> Result<()> {
        if let Some(error) = self.io.take_error() {
            return Err(Error::io(&self.name, error));
        }
        ffi::check(code, &self.name, doing).map(drop)
    }

    /// Writes a packet of track `index`; packets of one track come in the order of decoding.
    pub(crate) fn write(&mut self, index: usize, encoded: EncodedPacket) -> Result<()> {
        // SAFETY: the header is written, so the streams are there; the packet is ours and FFmpeg takes it over.
        let code = unsafe {
            let stream = *(*self.context).streams.add(index.min(self.tracks.len().saturating_sub(1)));
            let packet = encoded.packet.as_ptr();
            let from = ffi::AVRational { num: 1, den: encoded.ticks_per_second as c_int };
            ffi::av_packet_rescale_ts(packet, from, (*stream).time_base);
            (*packet).stream_index = (*stream).index;
            ffi::av_interleaved_write_frame(self.context, packet)
        };
        self.check(code, "writing")
    }

    /// Writes the index and publishes the file. Returns its size in bytes.
    pub(crate) fn finish(mut self) -> Result<u64> {
        // SAFETY: the header is written.
        let code = unsafe { ffi::av_write_trailer(self.context) };
        self.check(code, "writing the index")?;
        self.io.flush();
        self.check(0, "writing the index")?;
        let sink = self.reopen.sink.sink.lock().unwrap_or_else(PoisonError::into_inner).take();
        sink.ok_or_else(|| Error::backend(&self.name, "the output is closed"))?.commit()
    }
}

impl Drop for Muxer {
    fn drop(&mut self) {
        // SAFETY: our I/O context frees itself afterwards and must not be closed by FFmpeg.
        unsafe {
            if !self.context.is_null() {
                (*self.context).pb = ptr::null_mut();
                ffi::avformat_free_context(self.context);
            }
        }
    }
}

unsafe extern "C" fn open_again(
    context: *mut ffi::AVFormatContext,
    io: *mut *mut ffi::AVIOContext,
    _: *const c_char,
    flags: c_int,
    _: *mut *mut ffi::AVDictionary,
) -> c_int {
    if flags & ffi::AVIO_FLAG_WRITE as c_int != 0 {
        return ffi::AVERROR(ffi::EPERM);
    }
    // SAFETY: `opaque` is the muxer's own box, used by this thread alone while FFmpeg runs.
    let reopen: &mut Reopen = unsafe { &mut *(*context).opaque.cast() };
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let sink = SharedSink { position: 0, ..reopen.sink.clone() };
        Avio::shared_reader(sink, &reopen.name)
    }));
    match opened {
        Ok(Ok(again)) => {
            // SAFETY: FFmpeg gives a place for the pointer; the box keeps the context alive until it is closed.
            unsafe { *io = again.as_ptr() };
            reopen.open.push(again);
            0
        }
        _ => ffi::ENOMEM_CODE,
    }
}

unsafe extern "C" fn close_again(context: *mut ffi::AVFormatContext, io: *mut ffi::AVIOContext) -> c_int {
    // SAFETY: as above.
    let reopen: &mut Reopen = unsafe { &mut *(*context).opaque.cast::<c_void>().cast() };
    reopen.open.retain(|avio| avio.as_ptr() != io);
    0
}
