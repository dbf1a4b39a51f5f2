//! How an upload is cleaned.

use crate::validate::{Treatment, UploadPolicy, ValidationDepth};

/// How an upload is cleaned.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SanitizeOptions {
    /// What the source is held against first, at the depth of its structure. Locations, attachments, other tracks and
    /// trailing bytes are taken whatever it says, since they are removed. Default: that of the slot the file fits.
    pub policy: Option<UploadPolicy>,
    /// Keep chapters with their titles; pictures of chapters go in any case. Default: yes.
    pub keep_chapters: bool,
}

impl Default for SanitizeOptions {
    fn default() -> Self {
        Self { policy: None, keep_chapters: true }
    }
}

impl SanitizeOptions {
    /// Sets [`policy`](Self::policy).
    #[must_use]
    pub fn with_policy(mut self, policy: UploadPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Sets [`keep_chapters`](Self::keep_chapters).
    #[must_use]
    pub fn with_keep_chapters(mut self, keep_chapters: bool) -> Self {
        self.keep_chapters = keep_chapters;
        self
    }
}

/// `policy` without objections to what is removed anyway, and no deeper than this verb reads.
pub(super) fn lenient(policy: UploadPolicy) -> UploadPolicy {
    policy
        .with_depth(ValidationDepth::Structure)
        .with_location(Treatment::Allow)
        .with_attachments(Treatment::Allow)
        .with_data_tracks(Treatment::Allow)
        .with_trailing_bytes(Treatment::Allow)
}
