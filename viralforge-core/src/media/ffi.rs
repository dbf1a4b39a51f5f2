//! Small helpers around FFmpeg's C interface: owned dictionaries, strings, error codes.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;

pub(super) use rsmpeg::ffi::*;

use super::log;
use crate::error::{Error, Result};

/// Text that FFmpeg hands out. Bytes that are not UTF-8 are replaced.
///
/// # Safety
/// `text` is null or points to a string that ends with NUL and lives through the call.
pub(super) unsafe fn text(text: *const c_char) -> Option<String> {
    // SAFETY: as the caller promises.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// A dictionary of options, freed when dropped.
pub(super) struct Dictionary(pub(super) *mut AVDictionary);

impl Dictionary {
    pub(super) fn new() -> Self {
        Self(ptr::null_mut())
    }

    /// Sets `key`; a value with a NUL in it is left out, as no option of ours has one.
    pub(super) fn set(&mut self, key: &CStr, value: impl ToString) {
        let Ok(value) = CString::new(value.to_string()) else { return };
        // SAFETY: both strings live through the call, which copies them.
        unsafe { av_dict_set(&mut self.0, key.as_ptr(), value.as_ptr(), 0) };
    }

    pub(super) fn with(mut self, key: &CStr, value: impl ToString) -> Self {
        self.set(key, value);
        self
    }
}

impl Drop for Dictionary {
    fn drop(&mut self) {
        // SAFETY: the dictionary is ours; FFmpeg replaces the pointer when it takes entries out.
        unsafe { av_dict_free(&mut self.0) };
    }
}

/// The entries of a dictionary that FFmpeg owns.
///
/// # Safety
/// `dictionary` is null or valid for the call.
pub(super) unsafe fn entries(dictionary: *const AVDictionary) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut entry: *const AVDictionaryEntry = ptr::null();
    loop {
        // SAFETY: as the caller promises; `entry` is null or came from this dictionary.
        entry = unsafe { av_dict_iterate(dictionary, entry) };
        if entry.is_null() {
            return all;
        }
        // SAFETY: an entry's strings are valid while its dictionary is.
        if let (Some(key), Some(value)) = unsafe { (text((*entry).key), text((*entry).value)) } {
            all.push((key, value));
        }
    }
}

pub(super) const EAGAIN_CODE: c_int = AVERROR(EAGAIN);
pub(super) const ENOMEM_CODE: c_int = AVERROR(ENOMEM);
pub(super) const EIO_CODE: c_int = AVERROR(EIO);

/// FFmpeg's words for an error code.
pub(super) fn describe(code: c_int) -> String {
    let mut buffer = [0 as c_char; AV_ERROR_MAX_STRING_SIZE as usize];
    // SAFETY: the buffer has the length given and the call ends it with NUL.
    unsafe {
        av_strerror(code, buffer.as_mut_ptr(), buffer.len());
        text(buffer.as_ptr()).unwrap_or_default()
    }
}

/// Turns a negative code into an error about `name`; what FFmpeg logged meanwhile is its explanation.
pub(super) fn check(code: c_int, name: &str, doing: &str) -> Result<c_int> {
    if code >= 0 { Ok(code) } else { Err(failure(code, name, doing)) }
}

/// The error for a negative code of FFmpeg.
pub(super) fn failure(code: c_int, name: &str, doing: &str) -> Error {
    let said = log::take().map_or_else(|| describe(code), |line| format!("{} ({line})", describe(code)));
    match code {
        AVERROR_INVALIDDATA | AVERROR_EOF | AVERROR_STREAM_NOT_FOUND => {
            Error::malformed(name, format_args!("{doing}: {said}"))
        }
        AVERROR_DECODER_NOT_FOUND
        | AVERROR_DEMUXER_NOT_FOUND
        | AVERROR_ENCODER_NOT_FOUND
        | AVERROR_PATCHWELCOME
        | AVERROR_MUXER_NOT_FOUND => Error::unsupported(name, format_args!("{doing}: {said}")),
        ENOMEM_CODE => Error::limit(name, "max_memory_bytes", "more than is available", "what FFmpeg could allocate"),
        AVERROR_EXIT => Error::Cancelled,
        _ => Error::backend(name, format_args!("{doing}: {said}")),
    }
}

/// `None` for a null pointer where FFmpeg means "out of memory".
pub(super) fn allocated<T>(pointer: *mut T, name: &str) -> Result<*mut T> {
    if pointer.is_null() { Err(failure(ENOMEM_CODE, name, "allocating")) } else { Ok(pointer) }
}
