//! MPEG transport streams (ISO/IEC 13818-1): packets without a header for the whole.

mod clock;
mod filler;
mod program;

use std::io::{self, Read, Seek};

use self::filler::Filler;
use self::program::Programs;
use super::code::Code;
use super::facts::{Context, Facts};
use super::payload;
use super::signature::transport_packet_bytes;
use super::trailing;

/// Places between the first and the last packet where the sync byte is looked for.
const SAMPLED_PLACES: u64 = 256;
/// Share of sampled packets that may have lost their sync byte: receivers tolerate bursts.
const MAX_LOST_SHARE: f64 = 0.05;
/// Share of the packets of pictures and sound that may be scrambled: one bit of a damaged packet says so.
const MAX_SCRAMBLED_SHARE: f64 = 0.05;
/// Bytes at the beginning in which the tables of programs stand; they are repeated every half second or so.
const HEAD_BYTES: u64 = 2 << 20;
/// Packets that are read together.
const BATCH: u64 = 1024;

/// Checks that packets follow each other up to the end (2.4.3.2) and reads what the first ones say of the tracks.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Option<Facts>> {
    let len = cx.window.len();
    let Some((step, first)) = transport_packet_bytes(cx.window.look(0, 4096)?) else { return Ok(None) };
    let (step, first) = (step as u64, first as u64);
    // The time stamp of a camera's packet stands before the sync byte.
    let sync = if step == 192 { first.min(4) } else { 0 };
    let begin = first - sync;
    let packets = clock::Packets { begin, step, sync, count: (len - begin.min(len)) / step };
    if let Some((at, what)) = payload::find(cx.window.look(0, begin as usize)?) {
        cx.findings.add(what.code(), Some(at as u64), format!("{} before the first packet", what.name()));
    }
    if !is_in_step(cx, packets)? {
        return Ok(None);
    }
    let rest = packets.at(packets.count);
    if rest < len {
        if cx.window.look(rest + sync, 1)? == [0x47] {
            cx.findings.add(Code::CutShort, Some(rest), format!("the last packet has {} of {step} bytes", len - rest));
        } else {
            trailing::check(cx, rest)?;
        }
    }
    read_head(cx, packets)
}

/// Whether nearly all packets begin with the sync byte; a finding where not.
fn is_in_step<R: Read + Seek>(cx: &mut Context<'_, R>, packets: clock::Packets) -> io::Result<bool> {
    let (mut seen, mut lost) = (0u64, 0u64);
    for place in 0..=SAMPLED_PLACES {
        let packet = packets.count.saturating_sub(1) * place / SAMPLED_PLACES;
        seen += 1;
        lost += u64::from(cx.window.look(packets.at(packet) + packets.sync, 1)? != [0x47]);
    }
    let share = lost as f64 / seen as f64;
    if share > MAX_LOST_SHARE {
        let message = format!("{:.0} % of {seen} sampled packets have no sync byte", share * 100.0);
        cx.findings.add(Code::CorruptMedia, None, message);
    }
    Ok(share <= MAX_LOST_SHARE)
}

/// The tracks that the first packets announce; `None` where they do not tell of any picture and more may.
fn read_head<R: Read + Seek>(cx: &mut Context<'_, R>, all: clock::Packets) -> io::Result<Option<Facts>> {
    let clock::Packets { step, sync, count: packets, .. } = all;
    let mut programs = Programs::default();
    let mut filler = Filler::default();
    let head = packets.min(HEAD_BYTES / step);
    for from in (0..head).step_by(BATCH as usize) {
        let bytes = cx.window.look(all.at(from), (BATCH.min(head - from) * step) as usize)?;
        for (packet, number) in bytes.chunks_exact(step as usize).zip(from..) {
            let packet = packet.get(sync as usize..sync as usize + 188).unwrap_or_default();
            programs.add(packet);
            filler.add(packet, all.at(number) + sync);
        }
    }
    hidden(cx, &filler);
    if programs.lists_encrypted() {
        cx.findings.add(Code::Encrypted, Some(0), "a track of encrypted samples");
    }
    if programs.scrambled_share() > MAX_SCRAMBLED_SHARE {
        cx.findings.add(Code::Encrypted, Some(0), "packets are scrambled");
    }
    if let Some(pid) = programs.video() {
        let max_gap = cx.policy.max_frame_gap.as_secs_f64();
        if let Some((gap, at)) = clock::gap(cx, all, pid, max_gap)? {
            cx.findings.add(Code::FrameGap, Some(at), format!("{gap:.1} s from one frame to the next"));
        }
    }
    let facts = programs.into_facts();
    let has_video = facts.tracks.iter().any(|t| t.kind == crate::geometry::TrackKind::Video);
    Ok(Some(facts).filter(|_| has_video || head == packets).filter(|f| !f.tracks.is_empty()))
}

/// A finding where something hides in packets that only fill the stream up.
fn hidden<R: Read + Seek>(cx: &mut Context<'_, R>, filler: &Filler) {
    if let Some((at, what)) = filler.find() {
        cx.findings.add(what.code(), Some(at), format!("{} in null packets", what.name()));
    }
}

#[cfg(test)]
mod tests;
