//! What ends a command early: one line for standard error and an exit status.

use std::fmt::Display;
use std::io;

use viralforge_core::{Error, ErrorKind};

/// Exit status of wrong usage, as clap and most shells' own commands have it.
pub(crate) const USAGE: u8 = 2;
const INPUT: u8 = 3;
const IO: u8 = 4;
const OTHER: u8 = 5;
/// What a shell reports of a command that SIGINT ended (128 + 2).
const INTERRUPTED: u8 = 130;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A verb failed.
    Verb(Error),
    /// An upload did not pass: the report is printed, this is the summary.
    Rejected(String),
    /// The command line is wrong in a way that clap cannot see.
    Usage(String),
    /// Standard output failed.
    Output(io::Error),
    /// A file beside the media could not be read or written.
    File(String, io::Error),
    /// Something that must not happen: please report it.
    Other(String),
}

impl Failure {
    /// The exit status, as `--help` lists it.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::Verb(error) => exit_status_of(error.kind()),
            Self::Rejected(_) => INPUT,
            Self::Usage(_) => USAGE,
            Self::Output(_) | Self::File(..) => IO,
            Self::Other(_) => OTHER,
        }
    }
}

fn exit_status_of(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::InvalidOption => USAGE,
        ErrorKind::Malformed | ErrorKind::Unsupported | ErrorKind::MissingTrack | ErrorKind::LimitExceeded => INPUT,
        ErrorKind::Io => IO,
        ErrorKind::Cancelled => INTERRUPTED,
        _ => OTHER,
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Verb(error) => write!(f, "{error}"),
            Self::Rejected(text) | Self::Usage(text) | Self::Other(text) => f.write_str(text),
            Self::Output(error) => write!(f, "standard output: {error}"),
            Self::File(path, error) => write!(f, "{path}: {error}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Verb(error)
    }
}

/// Text for a terminal: names and tags come from strangers, and control characters could fool it.
pub(crate) fn one_line(text: impl Display) -> String {
    text.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// clap's message as one line: its first paragraph, and its tip where it has one.
pub(crate) fn usage_line(message: &str) -> String {
    let mut paragraphs = message.split("\n\n").map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "));
    let first = paragraphs.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(&first).to_owned();
    match paragraphs.find_map(|p| p.strip_prefix("tip: ").map(ToOwned::to_owned)) {
        Some(tip) => format!("{first} ({tip}); try --help"),
        None => format!("{first}; try --help"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_the_exit_status_that_help_lists() {
        let listed = ErrorKind::ALL.map(|kind| (kind.code(), exit_status_of(kind)));
        let expected = [
            ("invalid_option", 2),
            ("malformed", 3),
            ("unsupported", 3),
            ("missing_track", 3),
            ("limit_exceeded", 3),
            ("cancelled", 130),
            ("io", 4),
            ("backend", 5),
        ];
        assert_eq!(listed, expected);
    }

    #[test]
    fn a_mistake_in_the_arguments_is_one_line() {
        let clap = "error: unrecognized subcommand 'prob'\n\n  tip: a similar subcommand exists: 'probe'\n\nUsage: x\n";
        assert_eq!(
            usage_line(clap),
            "unrecognized subcommand 'prob' (a similar subcommand exists: 'probe'); try --help"
        );
        let missing = "error: the following required arguments were not provided:\n  <FILE>\n\nUsage: x\n";
        assert_eq!(usage_line(missing), "the following required arguments were not provided: <FILE>; try --help");
    }
}
