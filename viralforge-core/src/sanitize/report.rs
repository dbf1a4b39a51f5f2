//! What the cleaning of an upload removed.

/// What `sanitize_upload` did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SanitizeReport {
    /// The media type of both files.
    pub mime: String,
    /// Size of the source in bytes.
    pub bytes_in: u64,
    /// Size of the output in bytes. A header that grew can make it a little larger than the source.
    pub bytes_out: u64,
    /// Whether the source had its header behind the media, so that playing it over a network would start late; the
    /// output has it in front.
    pub header_was_last: bool,
    /// What was removed, one entry for each kind, in the order of [`RemovedKind`]. Times of recording and names of
    /// programs that are overwritten in place are not listed.
    pub removed: Vec<Removed>,
}

/// Everything of one kind that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Removed {
    /// The kind.
    pub what: RemovedKind,
    /// How many pieces.
    pub count: u64,
    /// Bytes of all of them, their headers included.
    pub bytes: u64,
}

/// Kinds of things that are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum RemovedKind {
    /// A place where it was recorded.
    Location,
    /// Exif, apart from the orientation.
    Exif,
    /// XMP.
    Xmp,
    /// Titles, names, dates and other tags.
    Tags,
    /// A comment.
    Comment,
    /// A cover.
    Cover,
    /// A smaller or further picture, or a video, beside the picture itself.
    Preview,
    /// Chapters, where they are not kept.
    Chapters,
    /// A file inside the file.
    Attachment,
    /// A track that is neither picture nor sound nor subtitle: positions, sensors, time codes.
    DataTrack,
    /// An index of a fragmented file, which the output does without.
    Index,
    /// Boxes, elements, chunks and segments that playing does not need.
    UnknownBox,
    /// Space that no reader reads.
    FreeSpace,
    /// Bytes of the media data that belong to no sample.
    UnreferencedBytes,
    /// Bytes after the end.
    TrailingBytes,
}

/// The tally of what was removed so far.
#[derive(Debug, Default)]
pub(super) struct Tally(std::collections::BTreeMap<RemovedKind, (u64, u64)>);

impl Tally {
    /// Counts one piece of `bytes`; nothing where there are none.
    pub(super) fn add(&mut self, what: RemovedKind, bytes: u64) {
        if bytes > 0 {
            let (count, sum) = self.0.entry(what).or_default();
            *count += 1;
            *sum = sum.saturating_add(bytes);
        }
    }

    pub(super) fn into_list(self) -> Vec<Removed> {
        self.0.into_iter().map(|(what, (count, bytes))| Removed { what, count, bytes }).collect()
    }
}
