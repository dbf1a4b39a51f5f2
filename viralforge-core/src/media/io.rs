//! FFmpeg's input and output through our own reader and writer. It never sees a path and cannot open another file.

use std::ffi::{c_char, c_int, c_void};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use super::ffi;
use super::mux::SharedSink;
use super::unheard::Unheard;
use crate::error::Result;

/// Bytes that FFmpeg asks for at a time. Large enough that a call costs nothing, small enough for many readers.
const BUFFER_BYTES: usize = 64 << 10;

/// An `AVIOContext` over a stream of ours, with the first error that the stream gave.
pub(super) struct Avio<S> {
    context: *mut ffi::AVIOContext,
    state: Box<State<S>>,
}

struct State<S> {
    stream: S,
    error: Option<io::Error>,
}

// SAFETY: the context is used by one thread at a time and refers only to the boxed state, which goes with it.
unsafe impl<S: Send> Send for Avio<S> {}

impl Avio<Unheard> {
    pub(super) fn reader(input: Unheard, name: &str) -> Result<Self> {
        Self::new(input, name, false, Some(read::<Unheard>), None)
    }
}

impl Avio<SharedSink> {
    /// For writing a file, with seeking back.
    pub(super) fn shared(sink: SharedSink, name: &str) -> Result<Self> {
        Self::new(sink, name, true, None, Some(write::<SharedSink>))
    }

    /// For reading back what was written.
    pub(super) fn shared_reader(sink: SharedSink, name: &str) -> Result<Self> {
        Self::new(sink, name, false, Some(read::<SharedSink>), None)
    }

    /// Hands on what FFmpeg still holds.
    pub(super) fn flush(&mut self) {
        // SAFETY: the context is valid until it is dropped.
        unsafe { ffi::avio_flush(self.context) };
    }
}

type ReadCallback = unsafe extern "C" fn(*mut c_void, *mut u8, c_int) -> c_int;
#[cfg(not(feature = "ffmpeg6"))]
type WritePointer = *const u8;
#[cfg(feature = "ffmpeg6")]
type WritePointer = *mut u8;
type WriteCallback = unsafe extern "C" fn(*mut c_void, WritePointer, c_int) -> c_int;

impl<S: Seek> Avio<S> {
    fn new(
        stream: S,
        name: &str,
        writable: bool,
        read: Option<ReadCallback>,
        write: Option<WriteCallback>,
    ) -> Result<Self> {
        let mut state = Box::new(State { stream, error: None });
        let opaque = ptr::from_mut(&mut *state).cast();
        // SAFETY: the buffer is FFmpeg's own allocation, as it demands; the callbacks get the boxed state back, which
        // does not move while the context lives.
        let context = unsafe {
            let buffer = ffi::allocated(ffi::av_malloc(BUFFER_BYTES), name)?;
            let context = ffi::avio_alloc_context(
                buffer.cast(),
                BUFFER_BYTES as c_int,
                c_int::from(writable),
                opaque,
                read,
                write,
                Some(seek::<S>),
            );
            if context.is_null() {
                ffi::av_free(buffer);
            }
            ffi::allocated(context, name)?
        };
        Ok(Self { context, state })
    }
}

impl<S> Avio<S> {
    pub(super) fn as_ptr(&self) -> *mut ffi::AVIOContext {
        self.context
    }

    /// The stream's own error, which explains FFmpeg's bare "I/O error".
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.state.error.take()
    }

    fn free_context(&mut self) {
        // SAFETY: FFmpeg may have replaced the buffer, so the current one is freed, then the context.
        unsafe {
            if !self.context.is_null() {
                ffi::av_freep(ptr::from_mut(&mut (*self.context).buffer).cast());
                ffi::avio_context_free(&mut self.context);
            }
        }
    }
}

impl<S> Drop for Avio<S> {
    fn drop(&mut self) {
        self.free_context();
    }
}

/// Runs `work` on the state behind `opaque`. An error is kept for the caller; a panic must not unwind into C.
unsafe fn with_state<S, T>(opaque: *mut c_void, failed: T, work: impl FnOnce(&mut S) -> io::Result<T>) -> T {
    // SAFETY: `opaque` is the boxed state of the `Avio` whose callback runs, and nobody else uses it meanwhile.
    let state = unsafe { &mut *opaque.cast::<State<S>>() };
    let stream = &mut state.stream;
    let result = catch_unwind(AssertUnwindSafe(|| work(stream)))
        .unwrap_or_else(|_| Err(io::Error::other("the reader or writer panicked")));
    result.unwrap_or_else(|error| {
        state.error.get_or_insert(error);
        failed
    })
}

unsafe extern "C" fn read<S: Read>(opaque: *mut c_void, buffer: *mut u8, len: c_int) -> c_int {
    // SAFETY: FFmpeg gives a buffer of that length.
    let buffer = unsafe { std::slice::from_raw_parts_mut(buffer, len.max(0) as usize) };
    // SAFETY: called with the opaque pointer of our own context.
    unsafe {
        with_state::<S, c_int>(opaque, ffi::EIO_CODE, |stream| {
            loop {
                match stream.read(buffer) {
                    Ok(0) => return Ok(ffi::AVERROR_EOF),
                    Ok(got) => return Ok(got.min(buffer.len()) as c_int),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        })
    }
}

unsafe extern "C" fn write<S: Write>(opaque: *mut c_void, buffer: WritePointer, len: c_int) -> c_int {
    // SAFETY: FFmpeg gives a buffer of that length.
    let bytes = unsafe { std::slice::from_raw_parts(buffer, len.max(0) as usize) };
    // SAFETY: called with the opaque pointer of our own context.
    unsafe {
        with_state::<S, c_int>(opaque, ffi::EIO_CODE, |sink| sink.write_all(bytes).map(|()| bytes.len() as c_int))
    }
}

unsafe extern "C" fn seek<S: Seek>(opaque: *mut c_void, offset: i64, whence: c_int) -> i64 {
    // SAFETY: called with the opaque pointer of our own context.
    unsafe {
        with_state::<S, i64>(opaque, i64::from(ffi::EIO_CODE), |stream| {
            let at = match (whence & !(ffi::AVSEEK_FORCE as c_int)) as u32 {
                ffi::AVSEEK_SIZE => {
                    let here = stream.stream_position()?;
                    let len = stream.seek(SeekFrom::End(0))?;
                    stream.seek(SeekFrom::Start(here))?;
                    len
                }
                ffi::SEEK_SET if offset >= 0 => stream.seek(SeekFrom::Start(offset as u64))?,
                ffi::SEEK_CUR => stream.seek(SeekFrom::Current(offset))?,
                ffi::SEEK_END => stream.seek(SeekFrom::End(offset))?,
                // FFmpeg tries odd offsets on broken files; that is no error of the stream.
                _ => return Ok(i64::from(ffi::AVERROR(ffi::EINVAL))),
            };
            Ok(i64::try_from(at).unwrap_or(i64::MAX))
        })
    }
}

/// Refuses every file that a format wants to open besides the one that it was given: playlists, external data
/// references, key files, image sequences.
pub(super) unsafe extern "C" fn refuse_open(
    _: *mut ffi::AVFormatContext,
    _: *mut *mut ffi::AVIOContext,
    _: *const c_char,
    _: c_int,
    _: *mut *mut ffi::AVDictionary,
) -> c_int {
    ffi::AVERROR(ffi::EPERM)
}
