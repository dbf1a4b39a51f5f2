//! Walks a container from end to end, without FFmpeg.

use std::io::{self, Read, Seek};

use super::facts::{Context, Facts};
use super::kind::FileKind;
use super::{bmff, ebml, flac, frames, image, riff, signature, stream};

/// Walks a file of that kind; `None` where there is no walk for it.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>, kind: FileKind) -> io::Result<Option<Facts>> {
    use FileKind::*;
    // Images are often served as they came, so code in one matters wherever it lies.
    if kind.is_image() {
        image::search_code(cx)?;
    }
    Ok(Some(match kind {
        Mp4 | Mov | ThreeGp | M4a | M4v | Avif | Heif => bmff::walk(cx)?,
        Matroska | Webm => ebml::walk(cx)?,
        Avi => riff::walk_avi(cx)?,
        Wav => riff::walk_wav(cx)?,
        Webp => riff::walk_webp(cx)?,
        Jpeg => image::walk_jpeg(cx)?,
        Png => image::walk_png(cx)?,
        Gif => image::walk_gif(cx)?,
        MpegTs => {
            stream::check_transport(cx)?;
            return Ok(None);
        }
        Mp3 => {
            frames::check(cx, signature::mpeg_audio_frame_bytes)?;
            return Ok(None);
        }
        Adts => {
            frames::check(cx, signature::adts_frame_bytes)?;
            return Ok(None);
        }
        Flac => return Ok(Some(flac::walk(cx)?)),
        Ogg => {
            stream::check_ogg(cx)?;
            return Ok(None);
        }
        _ => return Ok(None),
    }))
}
