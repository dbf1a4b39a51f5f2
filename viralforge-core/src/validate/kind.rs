//! The kinds of media files, and what each is called.

use super::policy::UploadSlot;

/// The kinds of media files that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Mp4,
    Mov,
    ThreeGp,
    M4a,
    M4v,
    Matroska,
    Webm,
    Avi,
    MpegTs,
    MpegPs,
    Flv,
    H264,
    Mp3,
    Adts,
    Ogg,
    Flac,
    Wav,
    Aiff,
    Jpeg,
    Png,
    Gif,
    Webp,
    Avif,
    Heif,
    Bmp,
    Tiff,
}

impl FileKind {
    /// Its container's short name, as a policy lists it.
    pub(crate) const fn container(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::ThreeGp => "3gp",
            Self::M4a => "m4a",
            Self::M4v => "m4v",
            Self::Matroska => "matroska",
            Self::Webm => "webm",
            Self::Avi => "avi",
            Self::MpegTs => "mpegts",
            Self::MpegPs => "mpeg",
            Self::Flv => "flv",
            Self::H264 => "h264",
            Self::Mp3 => "mp3",
            Self::Adts => "adts",
            Self::Ogg => "ogg",
            Self::Flac => "flac",
            Self::Wav => "wav",
            Self::Aiff => "aiff",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Avif => "avif",
            Self::Heif => "heif",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
        }
    }

    /// Its media type (IANA where registered).
    pub(super) fn mime(self, slot: UploadSlot) -> &'static str {
        match self {
            Self::Mp4 if slot == UploadSlot::Audio => "audio/mp4",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::ThreeGp => "video/3gpp",
            Self::M4a => "audio/mp4",
            Self::M4v => "video/x-m4v",
            Self::Matroska if slot == UploadSlot::Audio => "audio/matroska",
            Self::Matroska => "video/matroska",
            Self::Webm if slot == UploadSlot::Audio => "audio/webm",
            Self::Webm => "video/webm",
            Self::Avi => "video/vnd.avi",
            Self::MpegTs => "video/mp2t",
            Self::MpegPs => "video/mpeg",
            Self::Flv => "video/x-flv",
            Self::H264 => "video/h264",
            Self::Mp3 => "audio/mpeg",
            Self::Adts => "audio/aac",
            Self::Ogg => "audio/ogg",
            Self::Flac => "audio/flac",
            Self::Wav => "audio/wav",
            Self::Aiff => "audio/aiff",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
            Self::Heif => "image/heif",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
        }
    }

    /// Endings that such a file has, the proper one first; `sister` are endings of formats so close that players read
    /// either.
    pub(super) const fn extensions(self) -> (&'static [&'static str], &'static [&'static str]) {
        const ISO: &[&str] = &["mp4", "m4v", "mov", "qt", "3gp", "3gpp", "3g2", "m4a", "m4b", "f4v", "mp4v", "mpg4"];
        const EBML: &[&str] = &["mkv", "webm", "mka", "mk3d", "weba"];
        match self {
            Self::Mp4 => (&["mp4", "m4v", "m4a", "m4b", "f4v", "mp4v", "mpg4"], ISO),
            Self::Mov => (&["mov", "qt"], ISO),
            Self::ThreeGp => (&["3gp", "3gpp", "3g2", "3gpp2", "3ga"], ISO),
            Self::M4a => (&["m4a", "m4b", "m4p", "aac"], ISO),
            Self::M4v => (&["m4v", "mp4"], ISO),
            Self::Matroska => (&["mkv", "mka", "mk3d", "mks"], EBML),
            Self::Webm => (&["webm", "weba"], EBML),
            Self::Avi => (&["avi", "divx"], &[]),
            Self::MpegTs => (&["ts", "mts", "m2ts", "m2t", "tp", "trp", "tsv", "tsa"], &[]),
            Self::MpegPs => (&["mpg", "mpeg", "vob", "m2p"], &[]),
            Self::Flv => (&["flv"], &["f4v"]),
            Self::H264 => (&["h264", "264", "h265", "265", "hevc", "avc"], &[]),
            Self::Mp3 => (&["mp3", "mp2", "mpga"], &[]),
            Self::Adts => (&["aac", "adts"], &[]),
            Self::Ogg => (&["ogg", "oga", "opus", "ogv", "ogx", "spx"], &[]),
            Self::Flac => (&["flac"], &[]),
            Self::Wav => (&["wav", "wave", "rf64", "bwf"], &[]),
            Self::Aiff => (&["aiff", "aif", "aifc"], &[]),
            Self::Jpeg => (&["jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp", "mpo", "thm"], &[]),
            Self::Png => (&["png", "apng"], &[]),
            Self::Gif => (&["gif"], &[]),
            Self::Webp => (&["webp"], &[]),
            Self::Avif => (&["avif", "avifs"], &["heif", "heic"]),
            Self::Heif => (&["heic", "heif", "hif", "heics", "heifs"], &["avif"]),
            Self::Bmp => (&["bmp", "dib"], &[]),
            Self::Tiff => (&["tif", "tiff", "dng"], &[]),
        }
    }

    /// The ending that a file of this kind gets in that slot.
    pub(super) fn extension(self, slot: UploadSlot) -> &'static str {
        match (self, slot) {
            (Self::Mp4, UploadSlot::Audio) => "m4a",
            _ => self.extensions().0.first().copied().unwrap_or("bin"),
        }
    }

    pub(crate) const fn is_image(self) -> bool {
        use FileKind::*;
        matches!(self, Jpeg | Png | Gif | Webp | Avif | Heif | Bmp | Tiff)
    }

    /// Whether it holds sound and no video, by its very format.
    pub(super) const fn is_sound(self) -> bool {
        matches!(self, Self::Mp3 | Self::Adts | Self::Flac | Self::Wav | Self::Aiff)
    }

    pub(crate) const fn is_iso(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mov | Self::ThreeGp | Self::M4a | Self::M4v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_of_video_has_the_media_type_of_sound_in_the_slot_for_sound() {
        assert_eq!(FileKind::Mp4.mime(UploadSlot::Audio), "audio/mp4");
        assert_eq!(FileKind::Mp4.extension(UploadSlot::Audio), "m4a");
        assert_eq!(FileKind::Webm.mime(UploadSlot::Video), "video/webm");
        assert_eq!(FileKind::Jpeg.extension(UploadSlot::Image), "jpg");
    }
}
