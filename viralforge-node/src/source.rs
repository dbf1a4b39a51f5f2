//! What a call reads.

use std::fs::File;

use napi::bindgen_prelude::{Either, Uint8ArraySlice};
use viralforge_core as core;

/// A path or bytes, as JavaScript gives them.
pub(crate) type SourceArg<'a> = Either<String, Uint8ArraySlice<'a>>;

/// A source on its way to a job's thread, where files are opened.
pub(crate) enum Input {
    Path(String),
    Named(String, Content),
}

pub(crate) enum Content {
    /// A path under which an open file is found that has no name of its own any more.
    OpenFile(String),
    Bytes(Vec<u8>),
}

impl Input {
    /// Takes a copy of bytes: their owner may write to them or detach them as soon as the call returns. `name` stands
    /// in messages; with a path it says that the path is not what the caller knows the source by.
    pub(crate) fn new(source: &SourceArg<'_>, name: Option<String>) -> Self {
        match (source, name) {
            (Either::A(path), None) => Self::Path(path.clone()),
            (Either::A(path), Some(name)) => Self::Named(name, Content::OpenFile(path.clone())),
            (Either::B(bytes), name) => {
                Self::Named(name.unwrap_or_else(|| "bytes".into()), Content::Bytes(bytes.to_vec()))
            }
        }
    }

    pub(crate) fn open(self, limits: core::Limits) -> core::Result<core::Source> {
        let source = match self {
            Self::Path(path) => core::Source::from_path(path)?,
            Self::Named(name, Content::Bytes(bytes)) => core::Source::from_bytes(name, bytes),
            Self::Named(name, Content::OpenFile(path)) => {
                let file = File::open(path).map_err(|source| core::Error::Io { input: name.clone(), source })?;
                core::Source::from_reader(name, file)?
            }
        };
        Ok(source.with_limits(limits))
    }
}
