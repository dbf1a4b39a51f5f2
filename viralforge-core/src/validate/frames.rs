//! Sound as a bare row of frames: MP3 and ADTS.

use std::io::{self, Read, Seek};

use super::audio_frame::AudioFrame;
use super::code::Code;
use super::facts::{Context, Facts};
use super::id3;
use super::payload;
use super::trailing;
use super::window::{u32_be, u32_le};

/// Frames that a walk visits: three days of sound.
const MAX_FRAMES: u64 = 10_000_000;
/// How far the stated length may be off.
const MAX_MISCOUNT_BYTES: u64 = 8 << 10;
/// How far the next frame is looked for behind bytes that are none.
const RESYNC_BYTES: usize = 64 << 10;

/// Reads the header of the frame that bytes begin with.
type ReadFrame = fn(&[u8]) -> Option<AudioFrame>;

/// Walks the frames.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>, read: ReadFrame) -> io::Result<Facts> {
    let mut tally = Tally::default();
    walk_frames(cx, read, &mut tally)?;
    let mut facts = Facts { track_count: 1, ..Facts::default() };
    if let Some(first) = tally.first {
        let mut track = first.track();
        track.seconds = Some(tally.samples as f64 / f64::from(first.sample_rate_hz));
        facts.tracks.push(track);
    }
    Ok(facts)
}

/// The frames so far.
#[derive(Default)]
struct Tally {
    first: Option<AudioFrame>,
    samples: u64,
}

fn walk_frames<R: Read + Seek>(cx: &mut Context<'_, R>, read: ReadFrame, tally: &mut Tally) -> io::Result<()> {
    let len = cx.window.len();
    let mut at = id3::check(cx)?;
    while at < len && cx.window.look(at, 1)? == [0] {
        at += 1;
    }
    check_stated_length(cx, at)?;
    for _ in 0..MAX_FRAMES {
        if at >= len {
            return Ok(());
        }
        match read(cx.window.look(at, 8)?) {
            Some(frame) if at + frame.bytes as u64 > len => {
                // Players play all but the last frame, some 26 milliseconds: many good files end so.
                return Ok(());
            }
            Some(frame) => {
                tally.first.get_or_insert(frame);
                tally.samples += u64::from(frame.samples);
                at += frame.bytes as u64;
            }
            None => match after_tags(cx, at)? {
                end if end >= len => return Ok(()),
                end if end > at => at = end,
                _ => match resync(cx, at, read)? {
                    Some(next) => at = next,
                    None => return trailing::check(cx, at),
                },
            },
        }
    }
    cx.findings.add(Code::TooManyParts, Some(at), format!("more than {MAX_FRAMES} frames"));
    Ok(())
}

/// The first frame may be a table instead of sound: `Xing` or `Info`, four bytes of flags, and the numbers that the
/// flags announce, of frames and of bytes.
fn check_stated_length<R: Read + Seek>(cx: &mut Context<'_, R>, at: u64) -> io::Result<()> {
    let frame = cx.window.look(at, 64)?;
    let table = frame.windows(4).position(|w| w == b"Xing" || w == b"Info").and_then(|skip| frame.get(skip..));
    let Some((table, flags)) = table.and_then(|table| Some((table, u32_be(table, 4)?))) else { return Ok(()) };
    let bytes = if flags & 2 == 0 { None } else { u32_be(table, if flags & 1 == 0 { 8 } else { 12 }) };
    let end = at + bytes.map_or(0, u64::from);
    // Programs differ in whether they count this very frame and the tags.
    if end > cx.window.len() + MAX_MISCOUNT_BYTES {
        let percent = cx.percent_of(end);
        cx.findings.add(Code::CutShort, Some(at), format!("the sound should end at byte {end}; {percent} % are there"));
    }
    Ok(())
}

/// Where tags end that stand at `at`: ID3v1, APE, Lyrics3 or zeros.
fn after_tags<R: Read + Seek>(cx: &mut Context<'_, R>, at: u64) -> io::Result<u64> {
    let len = cx.window.len();
    let head = cx.window.look(at, 32)?;
    if head.starts_with(b"TAG") && len - at <= 128 {
        return Ok(len);
    }
    if head.starts_with(b"APETAGEX") {
        return Ok((at + 32 + u64::from(u32_le(head, 12).unwrap_or(0))).min(len));
    }
    if head.starts_with(b"LYRICSBEGIN") || head.starts_with(b"ID3") {
        return Ok(len);
    }
    Ok(if cx.window.all_zero(at, len)? { len } else { at })
}

/// The next place where two frames follow each other; a finding where something is hidden before it.
fn resync<R: Read + Seek>(cx: &mut Context<'_, R>, at: u64, read: ReadFrame) -> io::Result<Option<u64>> {
    let bytes = cx.window.look(at, RESYNC_BYTES)?;
    let next = (1..bytes.len()).find(|&skip| {
        let frame = bytes.get(skip..).and_then(read);
        frame.is_some_and(|frame| bytes.get(skip + frame.bytes..).and_then(read).is_some())
    });
    let between = next.and_then(|next| bytes.get(..next)).and_then(payload::find);
    if let Some((skip, what)) = between {
        cx.findings.add(what.code(), Some(at + skip as u64), format!("{} between frames", what.name()));
    }
    Ok(next.map(|next| at + next as u64))
}
