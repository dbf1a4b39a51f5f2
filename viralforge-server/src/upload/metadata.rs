//! `Upload-Metadata` (tus 1.0, creation): pairs of a name and a value in Base64, separated by commas.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use viralforge_core::UploadSlot;

use crate::problem::{Problem, Result};

/// Longest header that is taken, in bytes.
const MAX_BYTES: usize = 4096;

/// What an upload may be for.
const SLOTS: [&str; 3] = ["video", "image", "audio"];

/// What a client says about its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata(Vec<(String, Vec<u8>)>);

impl Metadata {
    pub(crate) fn parse(header: &str) -> Result<Self> {
        if header.len() > MAX_BYTES {
            return Err(Problem::bad_request(format!("Upload-Metadata is longer than {MAX_BYTES} bytes")));
        }
        let mut pairs = Vec::new();
        for pair in header.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once(' ').unwrap_or((pair, ""));
            let value = STANDARD
                .decode(value.trim())
                .map_err(|_| Problem::bad_request(format!("Upload-Metadata: the value of {name:?} is not Base64")))?;
            if pairs.iter().any(|(known, _)| known == name) {
                return Err(Problem::bad_request(format!("Upload-Metadata has {name:?} twice")));
            }
            pairs.push((name.to_owned(), value));
        }
        Ok(Self(pairs))
    }

    /// The header for a file that came in another way.
    pub(crate) fn header(file_name: &str, slot: Option<&str>) -> Result<String> {
        let slot = slot.unwrap_or("video");
        if !SLOTS.contains(&slot) {
            return Err(Problem::invalid_option(format!("slot {slot:?} is not one of {}", SLOTS.join(", "))));
        }
        let header = format!("filename {},slot {}", STANDARD.encode(file_name), STANDARD.encode(slot));
        Self::parse(&header).map(|_| header).map_err(|_| Problem::bad_request("the name of the file is too long"))
    }

    fn text(&self, name: &str) -> Option<String> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// What the uploader calls the file; never part of a path.
    pub(crate) fn file_name(&self) -> String {
        self.text("filename").or_else(|| self.text("name")).unwrap_or_else(|| "upload".to_owned())
    }

    /// What it is for: `slot`, by default a video.
    pub(crate) fn slot(&self) -> UploadSlot {
        match self.text("slot").as_deref() {
            Some("image") => UploadSlot::Image,
            Some("audio") => UploadSlot::Audio,
            _ => UploadSlot::Video,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_nonsense_is_refused() {
        let metadata = Metadata::parse("filename aG9saWRheS5tcDQ=,slot aW1hZ2U=, is_confidential").unwrap();
        assert_eq!((metadata.file_name().as_str(), metadata.slot()), ("holiday.mp4", UploadSlot::Image));
        assert_eq!(Metadata::parse("").unwrap().file_name(), "upload");
        let made = Metadata::parse(&Metadata::header("räuber; a.mp4", Some("image")).unwrap()).unwrap();
        assert_eq!((made.file_name().as_str(), made.slot()), ("räuber; a.mp4", UploadSlot::Image));
        assert_eq!(Metadata::header("a", Some("document")).unwrap_err().status(), 422);
        assert_eq!(Metadata::header(&"x".repeat(4096), None).unwrap_err().status(), 400);
        for bad in ["filename !!!", "a YQ==,a YQ==", &"x ".repeat(5000)] {
            assert_eq!(Metadata::parse(bad).unwrap_err().status(), 400, "{bad:.20}");
        }
    }
}
