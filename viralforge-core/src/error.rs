//! What can go wrong, sorted by who must act.

use std::borrow::Cow;
use std::fmt;

use crate::geometry::TrackKind;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call did not do what it was asked.
///
/// The text is one line for a person and may change; [`Error::kind`] and its [`ErrorKind::code`] are stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An option has a value that the verb cannot work with: the caller must change it.
    #[error("{option} {problem}")]
    InvalidOption {
        /// Name of the option, as in JSON: that of the field, with `_seconds` behind it where it is a duration.
        option: Cow<'static, str>,
        /// The value and what is allowed: `1.5 is not in 0..=1`.
        problem: String,
    },
    /// The file is broken, cut short, or not what it claims to be: whoever made it must act.
    #[error("{input}: {problem}")]
    Malformed {
        /// Name of the source.
        input: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file may be fine, but this build cannot read or write such a thing.
    #[error("{input}: {problem}")]
    Unsupported {
        /// Name of the source or output.
        input: String,
        /// What is not supported.
        problem: String,
    },
    /// The verb needs a track that the file does not have.
    #[error("{input}: has no {track} track")]
    MissingTrack {
        /// Name of the source.
        input: String,
        /// The kind of track that is missing.
        track: TrackKind,
    },
    /// A limit of the source would be exceeded; see [`Limits`](crate::Limits).
    #[error("{input}: {limit} {actual} is over the limit of {allowed}")]
    LimitExceeded {
        /// Name of the source.
        input: String,
        /// Name of the limit, as in JSON: that of the field of [`Limits`](crate::Limits), with `_seconds` behind it
        /// where it is a duration.
        limit: &'static str,
        /// What the file asks for, with its unit.
        actual: String,
        /// What is allowed, with its unit.
        allowed: String,
    },
    /// The caller cancelled through a [`CancelToken`](crate::CancelToken).
    #[error("cancelled")]
    Cancelled,
    /// Reading the source or writing the output failed.
    #[error("{input}: {source}")]
    Io {
        /// Name of the source or output.
        input: String,
        /// The operating system's or the reader's own error.
        source: std::io::Error,
    },
    /// FFmpeg, or our use of it, failed in a way that neither the file nor the caller explains: please report it.
    #[error("{input}: {problem}")]
    Backend {
        /// Name of the source or output.
        input: String,
        /// What failed, with FFmpeg's own words.
        problem: String,
    },
}

impl Error {
    /// The stable class of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidOption { .. } => ErrorKind::InvalidOption,
            Self::Malformed { .. } => ErrorKind::Malformed,
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            Self::MissingTrack { .. } => ErrorKind::MissingTrack,
            Self::LimitExceeded { .. } => ErrorKind::LimitExceeded,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::Io { .. } => ErrorKind::Io,
            Self::Backend { .. } => ErrorKind::Backend,
        }
    }

    /// The stable code of this error's kind, as in Python, Node, HTTP and JSON.
    pub fn code(&self) -> &'static str {
        self.kind().code()
    }

    pub(crate) fn invalid_option(option: impl Into<Cow<'static, str>>, problem: impl fmt::Display) -> Self {
        Self::InvalidOption { option: option.into(), problem: one_line(problem) }
    }

    pub(crate) fn malformed(input: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::Malformed { input: one_line(input), problem: one_line(problem) }
    }

    pub(crate) fn unsupported(input: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::Unsupported { input: one_line(input), problem: one_line(problem) }
    }

    pub(crate) fn missing_track(input: impl fmt::Display, track: TrackKind) -> Self {
        Self::MissingTrack { input: one_line(input), track }
    }

    pub(crate) fn limit(
        input: impl fmt::Display,
        limit: &'static str,
        actual: impl fmt::Display,
        allowed: impl fmt::Display,
    ) -> Self {
        Self::LimitExceeded { input: one_line(input), limit, actual: one_line(actual), allowed: one_line(allowed) }
    }

    pub(crate) fn io(input: impl fmt::Display, source: std::io::Error) -> Self {
        Self::Io { input: one_line(input), source }
    }

    pub(crate) fn backend(input: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::Backend { input: one_line(input), problem: one_line(problem) }
    }
}

/// Names and messages may hold anything; an error is one line, and control characters could fool a terminal.
fn one_line(text: impl fmt::Display) -> String {
    text.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The stable class of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller must change an option.
    InvalidOption,
    /// The file is broken or not what it claims to be.
    Malformed,
    /// This build cannot read or write such a thing.
    Unsupported,
    /// The file lacks a track that the verb needs.
    MissingTrack,
    /// A limit would be exceeded.
    LimitExceeded,
    /// The caller cancelled.
    Cancelled,
    /// Reading or writing failed.
    Io,
    /// FFmpeg, or our use of it, failed.
    Backend,
}

impl ErrorKind {
    /// Every kind, for hosts that map them and for the tests that walk them.
    pub const ALL: [Self; 8] = [
        Self::InvalidOption,
        Self::Malformed,
        Self::Unsupported,
        Self::MissingTrack,
        Self::LimitExceeded,
        Self::Cancelled,
        Self::Io,
        Self::Backend,
    ];

    /// The stable name of this kind, the same in every language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidOption => "invalid_option",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::MissingTrack => "missing_track",
            Self::LimitExceeded => "limit_exceeded",
            Self::Cancelled => "cancelled",
            Self::Io => "io",
            Self::Backend => "backend",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_code() {
        let mut codes: Vec<_> = ErrorKind::ALL.iter().map(|k| k.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
    }

    #[test]
    fn an_error_is_one_line_whatever_the_name_holds() {
        let error = Error::malformed("a\nb\u{1b}[31m.mp4", "is\r\nbroken");
        assert_eq!(error.to_string(), "a b [31m.mp4: is  broken");
    }
}
