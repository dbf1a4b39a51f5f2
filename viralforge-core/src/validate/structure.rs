//! Walks a container from end to end, without FFmpeg.

use std::io::{self, Read, Seek};

use super::facts::{Context, Facts};
use super::signature::FileKind;
use super::{bmff, ebml, image, riff, stream};

/// Walks a file of that kind; `None` where there is no walk for it.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>, kind: FileKind) -> io::Result<Option<Facts>> {
    use FileKind::*;
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
        Ogg => {
            stream::check_ogg(cx)?;
            return Ok(None);
        }
        _ => return Ok(None),
    }))
}
