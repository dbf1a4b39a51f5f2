//! ID3v2 tags in front of sound (id3.org, 2.2 to 2.4).

use std::io::{self, Read, Seek};

use super::code::Code;
use super::facts::Context;
use super::payload::{self, Payload};

/// Bytes of a tag that are searched: behind them come covers.
const MAX_SEARCHED_BYTES: usize = 1 << 20;

/// Where the tag that stands at the start of the file ends, by its first ten bytes; 0 where there is none.
pub(super) fn end(head: &[u8]) -> u64 {
    let Some(head) = head.get(..10).filter(|head| head.starts_with(b"ID3")) else { return 0 };
    let footer = if head[5] & 0x10 != 0 { 10 } else { 0 };
    10 + seven_bits(&head[6..]) + footer
}

/// A number of seven bits a byte.
fn seven_bits(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, &b| sum << 7 | u64::from(b & 0x7f))
}

/// Judges the tag at the start of the file, if there is one; tells where it ends.
pub(super) fn check<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<u64> {
    let end = end(cx.window.look(0, 10)?);
    if end == 0 {
        return Ok(0);
    }
    if end > cx.window.len() {
        cx.findings.add(Code::CutShort, Some(0), format!("the tag ends at byte {end}"));
    }
    if end > cx.policy.max_metadata_bytes {
        cx.findings.add(Code::TooMuchMetadata, Some(0), format!("a tag of {end} bytes"));
    }
    let end = end.min(cx.window.len());
    let tag = cx.window.look(0, (end as usize).min(MAX_SEARCHED_BYTES))?;
    if let Some((at, what)) = payload::find(tag) {
        let message = format!("{} in the ID3 tag", what.name());
        let code = match what {
            Payload::Html | Payload::Playlist if is_text(tag, at) => Code::MetadataMarkup,
            Payload::Php | Payload::ServerPage => Code::ActiveContent,
            _ => what.code(),
        };
        cx.findings.add(code, Some(at as u64), message);
    }
    Ok(end)
}

/// Whether the byte `at` of a tag lies in a frame of text: names of those begin with T or W, or are comments, lyrics
/// and terms of use.
fn is_text(tag: &[u8], at: usize) -> bool {
    let version = tag.get(3).copied().unwrap_or(0);
    let (name_bytes, head_bytes) = if version == 2 { (3, 6) } else { (4, 10) };
    let mut frame = 10;
    while let Some(head) = tag.get(frame..frame + head_bytes) {
        let size = match version {
            2 => u64::from(u32::from_be_bytes([0, head[3], head[4], head[5]])),
            4 => seven_bits(&head[4..8]),
            _ => u64::from(u32::from_be_bytes([head[4], head[5], head[6], head[7]])),
        };
        let next = (frame + head_bytes).saturating_add(size as usize);
        if (frame..next).contains(&at) {
            let name = &head[..name_bytes];
            return matches!(name[0], b'T' | b'W')
                || [b"COM".as_slice(), b"ULT", b"USLT", b"USER"].iter().any(|n| name.starts_with(n));
        }
        frame = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tag(frame: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = |n: usize| [0, 0, (n >> 7) as u8, (n & 127) as u8];
        let frame = [&frame[..], &size(body.len()), &[0, 0], body].concat();
        [b"ID3\x04\0\0".as_slice(), &size(frame.len()), &frame].concat()
    }

    #[test]
    fn markup_is_text_in_a_title_and_a_payload_in_a_private_frame() {
        for (frame, text) in [(b"TIT2", true), (b"COMM", true), (b"PRIV", false), (b"GEOB", false)] {
            let tag = tag(frame, b"\0<script>alert(1)</script>");
            assert_eq!(end(&tag), tag.len() as u64);
            assert_eq!(is_text(&tag, payload::find(&tag).unwrap().0), text);
        }
        assert_eq!(end(b"ID3\x04\0\x10\0\0\x01\0"), 148);
    }

    proptest! {
        #[test]
        fn any_tag_is_read_without_panic(version in 0u8..6, bytes in prop::collection::vec(any::<u8>(), 0..100), at in 0usize..200) {
            is_text(&[b"ID3".as_slice(), &[version], &bytes].concat(), at);
        }
    }
}
