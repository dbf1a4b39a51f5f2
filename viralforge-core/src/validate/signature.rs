//! What a file is, by its first kilobytes.

use super::audio_frame::{AudioFrame, adts, mpeg};
use super::code::Code;
use super::kind::FileKind;
use super::payload::{self, Payload, starts_with_any_case};
use super::window::u32_be;

/// Bytes that [`sniff`] wants to see, if there are as many.
pub(super) const HEAD_BYTES: usize = 4096;

/// What a file's first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sniffed {
    /// Media, at least by its signature.
    Media(FileKind),
    /// Media of a kind that no policy of ours takes; its name.
    OtherMedia(&'static str),
    /// Something else that is known, as the finding for it.
    Other(Code, &'static str),
    /// Nothing that is known.
    Unknown,
}

/// Signatures, each with its place, of media that nobody uploads from a phone or an editor today.
const OTHER_MEDIA: [((usize, &[u8]), &str); 17] = [
    ((0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "asf"),
    ((0, b".RMF"), "rm"),
    ((0, b"#!AMR"), "amr"),
    ((0, b"#!SILK"), "silk"),
    ((0, b"caff\0\x01"), "caf"),
    ((0, b"RIFX"), "rifx"),
    ((0, b"DKIF\0\0"), "ivf"),
    ((0, b"YUV4MPEG2"), "yuv4mpegpipe"),
    ((0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02"), "mxf"),
    ((0, b"nut/multimedia container\0"), "nut"),
    ((0, b"\0\0\0\x0cjP  \r\n\x87\n"), "jpeg2000"),
    ((0, b"\xff\x4f\xff\x51\0"), "jpeg2000"),
    ((0, b"\0\0\0\x0cJXL \r\n\x87\n"), "jpegxl"),
    ((0, b"8BPS\0\x01"), "psd"),
    ((0, b"MThd\0\0\0\x06"), "midi"),
    ((0, b".snd\0\0"), "au"),
    ((0, b"\0\0\x01\0\x01\0"), "ico"),
];

/// Tells what a file is by its first bytes.
pub(super) fn sniff(head: &[u8]) -> Sniffed {
    if let Some(kind) = media(head) {
        return Sniffed::Media(kind);
    }
    if let Some((_, what)) =
        OTHER_MEDIA.iter().find(|((at, tag), _)| head.get(*at..).is_some_and(|b| b.starts_with(tag)))
    {
        return Sniffed::OtherMedia(what);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    binary_kind(head).or_else(|| text_kind(text)).map_or(Sniffed::Unknown, |(code, what)| Sniffed::Other(code, what))
}

fn media(head: &[u8]) -> Option<FileKind> {
    use FileKind::*;
    let tag = |at: usize, tag: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(tag));
    match head {
        _ if tag(4, b"ftyp") => Some(brand(head)),
        // QuickTime files from before `ftyp`, and files cut out of a stream of fragments.
        _ if [b"moov", b"mdat", b"wide", b"pnot", b"moof", b"styp"].iter().any(|k| tag(4, *k)) => {
            (u32_be(head, 0)? == 0 || u32_be(head, 0)? == 1 || u32_be(head, 0)? >= 8).then_some(Mov)
        }
        _ if (tag(4, b"free") || tag(4, b"skip")) && u32_be(head, 0)? >= 8 => Some(Mov),
        _ if tag(0, b"\x1a\x45\xdf\xa3") => Some(if doc_type_is_webm(head) { Webm } else { Matroska }),
        _ if tag(0, b"RIFF") && tag(8, b"AVI ") => Some(Avi),
        _ if (tag(0, b"RIFF") || tag(0, b"RF64")) && tag(8, b"WAVE") => Some(Wav),
        _ if tag(0, b"RIFF") && tag(8, b"WEBP") => Some(Webp),
        _ if tag(0, b"FORM") && (tag(8, b"AIFF") || tag(8, b"AIFC")) => Some(Aiff),
        _ if tag(0, b"FLV\x01") => Some(Flv),
        _ if tag(0, b"OggS\0") => Some(Ogg),
        _ if tag(0, b"fLaC") => Some(Flac),
        _ if tag(0, b"\xff\xd8\xff") => Some(Jpeg),
        _ if tag(0, b"\x89PNG\r\n\x1a\n") => Some(Png),
        _ if tag(0, b"GIF87a") || tag(0, b"GIF89a") => Some(Gif),
        _ if tag(0, b"BM") && head.get(6..10)? == [0; 4] && u32_be(head, 14)?.swap_bytes() <= 124 => Some(Bmp),
        _ if tag(0, b"II*\0") || tag(0, b"MM\0*") => Some(Tiff),
        _ if tag(0, b"ID3") && head.get(3)? < &5 => Some(Mp3),
        _ if tag(0, b"\0\0\x01\xba") => Some(MpegPs),
        _ if transport_packet_bytes(head).is_some() => Some(MpegTs),
        _ if is_annex_b(head) => Some(H264),
        _ if is_frame_chain(head, adts) => Some(Adts),
        _ if is_frame_chain(head, mpeg) => Some(Mp3),
        _ if padded_mp3(head) => Some(Mp3),
        _ => None,
    }
}

/// The kind of ISO base media file by its brands (ISO/IEC 14496-12, 4.3).
fn brand(head: &[u8]) -> FileKind {
    let size = u32_be(head, 0).map_or(16, |s| s as usize).clamp(16, 256);
    let main = head.get(8..12).unwrap_or_default();
    let mut all = head.get(16..size.min(head.len())).unwrap_or_default().chunks_exact(4).chain([main]);
    match main {
        b"qt  " => FileKind::Mov,
        b"M4A " | b"M4B " | b"M4P " => FileKind::M4a,
        b"M4V " | b"M4VH" | b"M4VP" => FileKind::M4v,
        b"avif" | b"avis" => FileKind::Avif,
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" => FileKind::Heif,
        b"mif1" | b"msf1" | b"miaf" if all.clone().any(|b| b == b"avif" || b == b"avis") => FileKind::Avif,
        b"mif1" | b"msf1" | b"miaf" => FileKind::Heif,
        _ if main.starts_with(b"3g") => FileKind::ThreeGp,
        _ if all.any(|b| b == b"qt  ") => FileKind::Mov,
        _ => FileKind::Mp4,
    }
}

/// Whether the DocType element of an EBML header says `webm`.
fn doc_type_is_webm(head: &[u8]) -> bool {
    head.get(..128).unwrap_or(head).windows(4).any(|w| w == b"webm")
}

/// Length of a packet of an MPEG transport stream with its sync bytes in step: 188 bytes, or 192 with the time stamps
/// of cameras in front.
pub(super) fn transport_packet_bytes(head: &[u8]) -> Option<(usize, usize)> {
    [(188, 0), (192, 4)].into_iter().find(|&(step, first)| {
        let seen = (first..head.len().min(step * 8)).step_by(step);
        seen.clone().count() >= 3 && seen.clone().all(|at| head.get(at) == Some(&0x47))
    })
}

/// A start code and a parameter set or access unit delimiter of H.264 or HEVC (Annex B of each).
fn is_annex_b(head: &[u8]) -> bool {
    let after = head.strip_prefix(b"\0\0\0\x01").or_else(|| head.strip_prefix(b"\0\0\x01"));
    after.and_then(<[u8]>::first).is_some_and(|b| matches!(b & 0x9f, 7 | 9) || matches!(b, 0x40 | 0x42 | 0x46))
}

/// Three frames in a row: a sync word alone occurs in any random bytes.
fn is_frame_chain(head: &[u8], read: fn(&[u8]) -> Option<AudioFrame>) -> bool {
    let mut at = 0;
    for frame in 0..3 {
        match head.get(at..).and_then(read) {
            Some(frame) => at += frame.bytes,
            None => return frame >= 2 && at >= head.len(),
        }
    }
    true
}

/// Some encoders leave room for a header in front and never fill it.
fn padded_mp3(head: &[u8]) -> bool {
    let skip = head.iter().position(|&b| b != 0).filter(|&skip| skip > 0);
    skip.and_then(|skip| head.get(skip..)).is_some_and(|rest| is_frame_chain(rest, mpeg))
}

/// Text that players, browsers or servers act on.
fn text_kind(text: &[u8]) -> Option<(Code, &'static str)> {
    let within = |limit: usize, what: &[u8]| {
        text.get(..limit.min(text.len())).unwrap_or_default().windows(what.len()).any(|w| w.eq_ignore_ascii_case(what))
    };
    let lists: [(&[u8], &str); 9] = [
        (b"#EXTM3U", "an HLS or M3U playlist"),
        (b"#EXT-X-", "an HLS playlist"),
        (b"ffconcat version", "an FFmpeg concat script"),
        (b"[playlist]", "a PLS playlist"),
        (b"[reference]", "a media reference file"),
        (b"<asx", "an ASX playlist"),
        (b"<smil", "a SMIL presentation"),
        (b"RTSPtext", "a QuickTime stream reference"),
        (b"<MPD", "a DASH manifest"),
    ];
    if let Some((_, what)) = lists.iter().find(|(tag, _)| starts_with_any_case(text, tag)) {
        return Some((Code::Playlist, what));
    }
    if text.starts_with(b"v=0") && (within(4096, b"\no=") || within(4096, b"\nm=")) {
        return Some((Code::Playlist, "an SDP session description"));
    }
    if starts_with_any_case(text, b"file ") && (text.get(5) == Some(&b'\'') || within(4096, b"\nfile ")) {
        return Some((Code::Playlist, "an FFmpeg concat script"));
    }
    if text.starts_with(b"<?xml") || text.starts_with(b"<!--") || starts_with_any_case(text, b"<!doctype") {
        return Some(match () {
            () if within(4096, b"<MPD") => (Code::Playlist, "a DASH manifest"),
            () if within(4096, b"<SmoothStreamingMedia") => (Code::Playlist, "a Smooth Streaming manifest"),
            () if within(4096, b"<playlist") || within(4096, b"<smil") => (Code::Playlist, "an XML playlist"),
            () if within(4096, b"<!ENTITY") => (Code::XmlExternalEntity, "XML with external entities"),
            () if within(4096, b"<svg") => (Code::Document, "an SVG document"),
            () => (Code::Document, "an XML or HTML document"),
        });
    }
    match payload::at_start(text) {
        Some(Payload::Html) => Some((Code::Document, "an HTML or SVG document")),
        Some(Payload::Php) => Some((Code::Document, "a PHP script")),
        Some(Payload::Pdf) => Some((Code::Document, "a PDF document")),
        _ if text.starts_with(b"#!") => Some((Code::Program, "a script")),
        _ if text.starts_with(b"{\\rtf") => Some((Code::Document, "an RTF document")),
        _ if looks_like_text(text) => Some((Code::Document, "text")),
        _ => None,
    }
}

fn looks_like_text(text: &[u8]) -> bool {
    let sample = text.get(..512.min(text.len())).unwrap_or_default();
    let odd = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    sample.len() >= 16
        && !sample.iter().any(odd)
        && sample.iter().filter(|b| b.is_ascii()).count() * 10 >= sample.len() * 9
}

fn binary_kind(head: &[u8]) -> Option<(Code, &'static str)> {
    match payload::at_start(head) {
        Some(Payload::TestVirus) => return Some((Code::TestVirus, "the EICAR test pattern")),
        Some(Payload::Zip) => return Some((Code::Archive, "a ZIP archive")),
        Some(Payload::WindowsProgram) => return Some((Code::Program, "a Windows program")),
        Some(Payload::UnixProgram) => return Some((Code::Program, "a Unix program")),
        _ => {}
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some((Code::Archive, "a tar archive"));
    }
    let known: [(&[u8], Code, &str); 17] = [
        (b"MZ\x90\0", Code::Program, "a Windows program"),
        (b"\x7fELF", Code::Program, "a Unix program"),
        (b"\xca\xfe\xba\xbe", Code::Program, "a Java class or macOS program"),
        (b"\xcf\xfa\xed\xfe", Code::Program, "a macOS program"),
        (b"\xce\xfa\xed\xfe", Code::Program, "a macOS program"),
        (b"\xfe\xed\xfa\xce", Code::Program, "a macOS program"),
        (b"\0asm", Code::Program, "a WebAssembly program"),
        (b"PK\x05\x06", Code::Archive, "an empty ZIP archive"),
        (b"Rar!\x1a\x07", Code::Archive, "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c", Code::Archive, "a 7-Zip archive"),
        (b"\x1f\x8b\x08", Code::Archive, "a gzip archive"),
        (b"\xfd7zXZ\0", Code::Archive, "an xz archive"),
        (b"MSCF\0\0\0\0", Code::Archive, "a cabinet archive"),
        (b"SQLite format 3\0", Code::Document, "a database"),
        (b"%!PS", Code::Document, "a PostScript document"),
        (b"BZh", Code::Archive, "a bzip2 archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Code::Document, "an Office document"),
    ];
    known.iter().find(|(tag, ..)| head.starts_with(tag)).map(|&(_, code, what)| (code, what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(head: &[u8]) -> Option<Code> {
        match sniff(head) {
            Sniffed::Other(code, _) => Some(code),
            _ => None,
        }
    }

    #[test]
    fn containers_are_known_by_their_brands() {
        let ftyp = |main: &[u8; 4], more: &[u8]| {
            let size = (16 + more.len()) as u32;
            Sniffed::Media(brand(&[&size.to_be_bytes()[..], b"ftyp", main, b"\0\0\0\0", more].concat()))
        };
        assert_eq!(ftyp(b"isom", b"mp41"), Sniffed::Media(FileKind::Mp4));
        assert_eq!(ftyp(b"qt  ", b""), Sniffed::Media(FileKind::Mov));
        assert_eq!(ftyp(b"3gp5", b"isom"), Sniffed::Media(FileKind::ThreeGp));
        assert_eq!(ftyp(b"mif1", b"avif"), Sniffed::Media(FileKind::Avif));
        assert_eq!(ftyp(b"mif1", b"heic"), Sniffed::Media(FileKind::Heif));
    }

    #[test]
    fn playlists_and_scripts_are_no_media_whatever_stands_before_them() {
        for text in [
            "#EXTM3U\n",
            "\u{feff}#EXTM3U",
            "  \n#extm3u",
            "ffconcat version 1.0\n",
            "file 'a.mp4'\n",
            "[playlist]",
            "<?xml version='1.0'?><MPD>",
            "v=0\r\no=- 0 0",
        ] {
            assert_eq!(code(text.as_bytes()), Some(Code::Playlist), "{text}");
        }
        assert_eq!(code(b"<html><body>"), Some(Code::Document));
        assert_eq!(code(b"#!/bin/sh\nrm x"), Some(Code::Program));
        assert_eq!(code(b"MZ\x90\0"), Some(Code::Program));
        assert_eq!(code(b"an ordinary text about nothing"), Some(Code::Document));
        assert_eq!(sniff(&[0; 4096]), Sniffed::Unknown);
    }

    #[test]
    fn a_sync_word_alone_is_no_sound() {
        let mut frames = vec![0u8; 417 * 3];
        for at in [0, 417, 834] {
            frames[at..at + 4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x00]);
        }
        assert_eq!(sniff(&frames), Sniffed::Media(FileKind::Mp3));
        assert_eq!(sniff(&frames[..417]), Sniffed::Unknown);
    }

    proptest! {
        #[test]
        fn any_bytes_are_sniffed_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            sniff(&bytes);
        }
    }
}
