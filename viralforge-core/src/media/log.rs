//! FFmpeg's log, kept for error messages instead of printed.

use std::cell::RefCell;
#[cfg(target_arch = "x86_64")]
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Once;

use super::ffi;

thread_local! {
    /// The last error that FFmpeg logged on this thread.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

#[cfg(target_arch = "x86_64")]
/// Longest line that is kept; FFmpeg's own limit is the same.
const LINE_BYTES: usize = 1024;

/// Sends FFmpeg's log here. FFmpeg has one log for the whole process, so this happens once and stays; a host that
/// sets a callback of its own afterwards wins.
pub(super) fn capture() {
    static ONCE: Once = Once::new();
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the callback has the type that FFmpeg wants and lives as long as the program.
    ONCE.call_once(|| unsafe { ffi::av_log_set_callback(Some(callback)) });
    // C's argument lists have another shape on each processor; elsewhere the log is only silenced.
    #[cfg(not(target_arch = "x86_64"))]
    // SAFETY: sets one number.
    ONCE.call_once(|| unsafe { ffi::av_log_set_level(ffi::AV_LOG_QUIET) });
}

/// The last error that FFmpeg logged on this thread since the last call.
pub(super) fn take() -> Option<String> {
    LAST.with(|last| last.borrow_mut().take())
}

/// Forgets what was logged before.
pub(super) fn clear() {
    take();
}

#[cfg(target_arch = "x86_64")]
unsafe extern "C" fn callback(
    context: *mut c_void,
    level: c_int,
    format: *const c_char,
    arguments: *mut ffi::__va_list_tag,
) {
    if level > ffi::AV_LOG_ERROR as c_int {
        return;
    }
    let mut line = [0 as c_char; LINE_BYTES];
    let mut prefix: c_int = 0;
    // SAFETY: the arguments are FFmpeg's own, the buffer has the length given and is ended with NUL.
    let text = unsafe {
        ffi::av_log_format_line2(
            context,
            level,
            format,
            arguments,
            line.as_mut_ptr(),
            LINE_BYTES as c_int,
            &mut prefix,
        );
        CStr::from_ptr(line.as_ptr()).to_string_lossy()
    };
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    // Lines look like "[h264 @ 0x55d0c8] message"; an address means nothing to anybody.
    let text = match (text.starts_with('['), text.find(" @ 0x"), text.find("] ")) {
        (true, Some(at), Some(end)) if at < end => format!("{}: {}", &text[1..at], &text[end + 2..]),
        _ => text.to_owned(),
    };
    // A thread that is being torn down has no room for messages any more.
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(text);
        }
    });
}
