//! Flash video (Adobe Flash Video File Format Specification 10.1, annex E; enhanced RTMP for newer codecs).

use std::io::{self, Read, Seek};

use super::code::Code;
use super::codec;
use super::facts::{Context, Facts, Track};
use super::payload;
use super::trailing;
use super::window::u32_be;
use crate::geometry::TrackKind;

/// Tags that a walk visits: a day of video and sound has some ten million.
const MAX_TAGS: u64 = 20_000_000;
/// Bytes of a script tag that are searched.
const MAX_SEARCHED_BYTES: usize = 256 << 10;

/// A tag: its type without the bit for encryption, and where its content is.
struct Tag {
    kind: u8,
    encrypted: bool,
    start: u64,
    body: u64,
    len: u64,
    time_ms: u32,
}

/// What the tags of one kind told so far.
#[derive(Default)]
struct Stream {
    track: Option<Track>,
    first_ms: Option<u32>,
    last_ms: u32,
    tags: u64,
}

/// Walks the whole file.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let len = cx.window.len();
    let mut facts = Facts::default();
    let header = cx.window.u32_be(5)?.map_or(len, u64::from);
    if header < 9 || header.saturating_add(4) > len {
        cx.findings.add(Code::CutShort, Some(5), format!("the header has {header} bytes"));
        return Ok(facts);
    }
    // A back pointer of four bytes stands behind the header and behind each tag.
    let mut at = header + 4;
    let (mut video, mut audio) = (Stream::default(), Stream::default());
    for _ in 0..MAX_TAGS {
        if at >= len {
            break;
        }
        let Some(tag) = read(cx, at)? else {
            cx.findings.add(Code::CutShort, Some(at), "the header of the last tag is cut off");
            break;
        };
        if !matches!(tag.kind, 8 | 9 | 18) {
            trailing::check(cx, at)?;
            break;
        }
        if tag.body + tag.len > len {
            let percent = cx.percent_of(tag.body + tag.len);
            let message = format!("the last tag ends at byte {}; {percent} % are there", tag.body + tag.len);
            cx.findings.add(Code::CutShort, Some(at), message);
            break;
        }
        if tag.encrypted {
            cx.findings.add(Code::Encrypted, Some(at), "an encrypted tag");
        }
        match tag.kind {
            9 => visit(cx, &tag, &mut video, video_track)?,
            8 => visit(cx, &tag, &mut audio, audio_track)?,
            _ => script(cx, &tag, &mut facts)?,
        }
        at = tag.body + tag.len + 4;
    }
    for stream in [video, audio] {
        if let Some(mut track) = stream.track {
            let span = stream.last_ms.saturating_sub(stream.first_ms.unwrap_or(0));
            track.frames = Some(stream.tags);
            track.seconds = Some(f64::from(span) / 1000.0).filter(|&s| s > 0.0 || stream.tags > 1);
            facts.tracks.push(track);
        }
    }
    facts.track_count = facts.tracks.len() as u64;
    Ok(facts)
}

fn read<R: Read + Seek>(cx: &mut Context<'_, R>, at: u64) -> io::Result<Option<Tag>> {
    let Some(head) = cx.window.array::<11>(at)? else { return Ok(None) };
    let word = u32_be(&head, 0).unwrap_or(0);
    Ok(Some(Tag {
        kind: head[0] & 0x1f,
        encrypted: head[0] & 0x20 != 0,
        start: at,
        body: at + 11,
        len: u64::from(word & 0xff_ffff),
        // The highest byte of the time stands behind the others.
        time_ms: u32::from_be_bytes([head[7], head[4], head[5], head[6]]),
    }))
}

fn visit<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    tag: &Tag,
    stream: &mut Stream,
    describe: fn(&[u8]) -> Track,
) -> io::Result<()> {
    let bytes = cx.window.look(tag.body, tag.len.min(codec::HEAD_BYTES as u64) as usize)?;
    if bytes.is_empty() {
        return Ok(());
    }
    let described = describe(bytes);
    match &mut stream.track {
        Some(track) => track.coded = track.coded.or(described.coded),
        None => stream.track = Some(described),
    }
    if let Some(track) = &mut stream.track
        && let Some((width, height)) = track.coded
    {
        (track.width, track.height) = (width, height);
    }
    let gap = f64::from(tag.time_ms.saturating_sub(stream.last_ms)) / 1000.0;
    if tag.kind == 9 && stream.first_ms.is_some() && gap > cx.policy.max_frame_gap.as_secs_f64() {
        cx.findings.add(Code::FrameGap, Some(tag.start), format!("{gap:.1} s from one frame to the next"));
    }
    stream.first_ms.get_or_insert(tag.time_ms);
    stream.last_ms = tag.time_ms;
    stream.tags += 1;
    Ok(())
}

/// What a video tag says: codec identifiers of four bits, or a FourCC where the highest bit is set.
fn video_track(bytes: &[u8]) -> Track {
    let mut track = Track::new(TrackKind::Video);
    let head = bytes.first().copied().unwrap_or(0);
    let codec = match (head & 0x80 != 0, head & 15) {
        (true, _) => match bytes.get(1..5) {
            Some(b"avc1") => "h264",
            Some(b"hvc1") => "hevc",
            Some(b"av01") => "av1",
            Some(b"vp08") => "vp8",
            Some(b"vp09") => "vp9",
            _ => "",
        },
        (_, 2) => "flv1",
        (_, 3) => "flashsv",
        (_, 4) => "vp6f",
        (_, 5) => "vp6a",
        (_, 7) => "h264",
        (_, 12) => "hevc",
        _ => "",
    };
    // A packet of type 0 has the decoder's configuration, behind a composition time in the old form.
    let record = if head & 0x80 != 0 {
        (head & 15 == 0).then(|| bytes.get(5..)).flatten()
    } else {
        (bytes.get(1) == Some(&0)).then(|| bytes.get(5..)).flatten()
    };
    track.coded = record.and_then(|record| codec::in_configuration(codec, record));
    track.codec = Some(codec.to_owned()).filter(|codec| !codec.is_empty());
    track
}

fn audio_track(bytes: &[u8]) -> Track {
    let mut track = Track::new(TrackKind::Audio);
    let head = bytes.first().copied().unwrap_or(0);
    let codec = match head >> 4 {
        0 | 3 => "pcm_s16le",
        1 => "adpcm_swf",
        2 | 14 => "mp3",
        4..=6 => "nellymoser",
        7 => "pcm_alaw",
        8 => "pcm_mulaw",
        10 => "aac",
        11 => "speex",
        _ => "",
    };
    track.codec = Some(codec.to_owned()).filter(|codec| !codec.is_empty());
    track.channels = u32::from(head & 1) + 1;
    track
}

fn script<R: Read + Seek>(cx: &mut Context<'_, R>, tag: &Tag, facts: &mut Facts) -> io::Result<()> {
    facts.metadata_bytes = facts.metadata_bytes.saturating_add(tag.len);
    let bytes = cx.window.look(tag.body, (tag.len as usize).min(MAX_SEARCHED_BYTES))?;
    if let Some((skip, what)) = payload::find(bytes) {
        let message = format!("{} in a script tag", what.name());
        cx.findings.add(what.code(), Some(tag.body + skip as u64), message);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::policy::UploadPolicy;
    use super::super::testing::{assert_refused, assert_taken, walk as run};
    use super::*;
    use proptest::prelude::*;

    fn tag(kind: u8, time_ms: u32, body: &[u8]) -> Vec<u8> {
        let [high, a, b, c] = time_ms.to_be_bytes();
        let len = (body.len() as u32).to_be_bytes();
        let back = (body.len() as u32 + 11).to_be_bytes();
        [&[kind, len[1], len[2], len[3], a, b, c, high, 0, 0, 0][..], body, &back].concat()
    }

    fn file(last_ms: u32) -> Vec<u8> {
        let parameters = b"\x01\x64\0\x28\xff\xe1\0\x1b\x67\x64\0\x28\xac\xd9\x40\x78\x02\x27\xe5\xc0\x44\0\0\x03\0\x04\0\0\x03\0\xc8\x3c\x60\xc6\x58";
        let header = [b"\x17\0\0\0\0".as_slice(), parameters].concat();
        let tags = [
            tag(18, 0, b"onMetaData"),
            tag(9, 0, &header),
            tag(8, 0, b"\xaf\x01x"),
            tag(9, last_ms, b"\x27\x01\0\0\0x"),
        ];
        [b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec(), tags.concat()].concat()
    }

    #[test]
    fn tracks_have_their_codec_size_and_length() {
        let facts = assert_taken(&file(2000), &UploadPolicy::video(), walk);
        let (video, audio) = (&facts.tracks[0], &facts.tracks[1]);
        assert_eq!((video.codec.as_deref(), video.coded, video.seconds), (Some("h264"), Some((1920, 1080)), Some(2.0)));
        assert_eq!((audio.codec.as_deref(), audio.channels), (Some("aac"), 2));
    }

    #[test]
    fn what_is_cut_protected_or_far_apart_is_refused() {
        let policy = UploadPolicy::video();
        let whole = file(40);
        assert_refused(&whole[..whole.len() - 8], &policy, walk, Code::CutShort);
        assert_refused(
            &[whole.clone(), b"MZ\x90\0 and what follows".to_vec()].concat(),
            &policy,
            walk,
            Code::TrailingBytes,
        );
        assert_refused(&file(3_600_000), &policy, walk, Code::FrameGap);
        let mut protected = whole;
        protected[13] |= 0x20;
        assert_refused(&protected, &policy, walk, Code::Encrypted);
    }

    proptest! {
        #[test]
        fn any_change_is_walked_without_panic(at in 0usize..200, byte: u8, cut in 0usize..200) {
            let mut bytes = file(40);
            let len = bytes.len();
            bytes[at % len] = byte;
            bytes.truncate(len - cut % len);
            run(&bytes, &UploadPolicy::video(), walk);
        }
    }
}
