//! Streams of packets or pages without a header for the whole: MPEG transport streams and Ogg.

use std::io::{self, Read, Seek};

use super::code::Code;
use super::facts::Context;
use super::signature::transport_packet_bytes;
use super::trailing;
use super::window::u32_le;

/// Places between the first and the last packet where the sync byte is looked for.
const SAMPLED_PLACES: u64 = 256;
/// Share of sampled packets that may have lost their sync byte: receivers tolerate bursts.
const MAX_LOST_SHARE: f64 = 0.05;
/// The most Ogg pages that a walk visits: a day of sound has some hundred thousand.
const MAX_PAGES: u64 = 5_000_000;

/// Checks that packets follow each other up to the end (ISO/IEC 13818-1, 2.4.3.2).
pub(super) fn check_transport<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<()> {
    let len = cx.window.len();
    let Some((step, first)) = transport_packet_bytes(cx.window.look(0, 4096)?) else { return Ok(()) };
    let (step, first) = (step as u64, first as u64);
    let packets = len / step;
    let (mut seen, mut lost) = (0u64, 0u64);
    for place in 0..=SAMPLED_PLACES {
        let packet = packets.saturating_sub(1) * place / SAMPLED_PLACES;
        seen += 1;
        lost += u64::from(cx.window.look(packet * step + first, 1)? != [0x47]);
    }
    let share = lost as f64 / seen as f64;
    if share > MAX_LOST_SHARE {
        let message = format!("{:.0} % of {seen} sampled packets have no sync byte", share * 100.0);
        cx.findings.add(Code::CorruptMedia, None, message);
        return Ok(());
    }
    let rest = packets * step;
    if rest == len {
        return Ok(());
    }
    if cx.window.look(rest + first, 1)? == [0x47] {
        cx.findings.add(Code::CutShort, Some(rest), format!("the last packet has {} of {step} bytes", len - rest));
        return Ok(());
    }
    trailing::check(cx, rest)
}

/// Walks the pages (RFC 3533).
pub(super) fn check_ogg<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<()> {
    let len = cx.window.len();
    let mut at = 0;
    let mut open: Vec<u32> = Vec::new();
    for _ in 0..MAX_PAGES {
        if at >= len {
            break;
        }
        let head = cx.window.look(at, 27 + 255)?;
        if !head.starts_with(b"OggS\0") {
            return trailing::check(cx, at);
        }
        let (flags, serial, segments) = (head.get(5).copied(), u32_le(head, 14), head.get(26).copied());
        let (Some(flags), Some(serial), Some(segments)) = (flags, serial, segments) else {
            cx.findings.add(Code::CutShort, Some(at), "the header of the last page is cut off");
            return Ok(());
        };
        let table = head.get(27..27 + usize::from(segments)).unwrap_or_default();
        let size = 27 + u64::from(segments) + table.iter().map(|&b| u64::from(b)).sum::<u64>();
        if flags & 2 != 0 && open.len() < cx.policy.max_streams as usize + 1 {
            open.push(serial);
        }
        if at + size > len || table.len() < usize::from(segments) {
            cx.findings.add(Code::CutShort, Some(at), format!("the last page has {} of {size} bytes", len - at));
            return Ok(());
        }
        at += size;
    }
    if open.len() > cx.policy.max_streams as usize {
        cx.findings.add(Code::TooManyTracks, None, format!("more than {} streams", cx.policy.max_streams));
    }
    Ok(())
}
