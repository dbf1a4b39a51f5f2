//! Walks a container from end to end, without FFmpeg.

use std::io::{self, Read, Seek};

use super::facts::{Context, Facts};
use super::kind::FileKind;
use super::{aiff, audio_frame, bmff, ebml, flac, flv, frames, image, ogg, program_stream, riff, transport};

/// Walks a file of that kind; `None` where there is no walk for it, or where it learned nothing of the tracks.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>, kind: FileKind) -> io::Result<Option<Facts>> {
    use FileKind::*;
    let facts = match kind {
        Mp4 | Mov | ThreeGp | M4a | M4v | Avif | Heif => Some(bmff::walk(cx)?),
        Matroska | Webm => Some(ebml::walk(cx)?),
        Avi => Some(riff::walk_avi(cx)?),
        Wav => Some(riff::walk_wav(cx)?),
        Webp => Some(riff::walk_webp(cx)?),
        Jpeg => Some(image::walk_jpeg(cx)?),
        Png => Some(image::walk_png(cx)?),
        Gif => Some(image::walk_gif(cx)?),
        Flac => Some(flac::walk(cx)?),
        Ogg => Some(ogg::walk(cx)?),
        Flv => Some(flv::walk(cx)?),
        Aiff => Some(aiff::walk(cx)?),
        MpegTs => transport::walk(cx)?,
        MpegPs => program_stream::walk(cx)?,
        Mp3 => Some(frames::walk(cx, audio_frame::mpeg)?),
        Adts => Some(frames::walk(cx, audio_frame::adts)?),
        H264 | Bmp | Tiff => None,
    };
    // Images are often served as they came, so code in one matters wherever it lies.
    if kind.is_image() {
        image::search_code(cx)?;
    }
    Ok(facts)
}
