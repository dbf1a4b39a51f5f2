//! Presentation times of a transport stream, looked for at places all over the file.

use std::io::{self, Read, Seek};

use super::super::facts::Context;
use super::filler::Filler;
use super::hidden;

/// Places that are looked at first.
const PLACES: u64 = 64;
/// Packets in which a time is looked for, and between which all are read: a second of video at 1.5 Mbit/s.
const STRETCH_PACKETS: u64 = 1000;
/// Stretches between places that are divided again, in all.
const MAX_DIVISIONS: u32 = 64;
/// Times have 33 bits (2.4.3.7), in units of a 90 kHz clock, and begin again at 0 every 26.5 hours.
const WRAP: i64 = 1 << 33;
const TICKS_PER_SECOND: f64 = 90_000.0;

/// The packets of a file.
#[derive(Clone, Copy)]
pub(super) struct Packets {
    /// Where the first one begins.
    pub(super) begin: u64,
    /// Bytes from one to the next.
    pub(super) step: u64,
    /// Where in those the sync byte stands.
    pub(super) sync: u64,
    pub(super) count: u64,
}

impl Packets {
    /// Where a packet begins.
    pub(super) fn at(self, number: u64) -> u64 {
        self.begin + number * self.step
    }
}

/// A time and the packet that has it.
type Mark = (u64, i64);

/// The longest time over `max_gap` seconds in which a track shows nothing, and where in the file it ends.
pub(super) fn gap<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    packets: Packets,
    pid: u16,
    max_gap: f64,
) -> io::Result<Option<(f64, u64)>> {
    let mut marks: Vec<Mark> = Vec::new();
    for place in 0..PLACES {
        let from = packets.count * place / PLACES;
        if marks.last().is_none_or(|last| last.0 < from) {
            marks.extend(next(cx, packets, pid, from, packets.count)?);
        }
    }
    // The last one is not looked at by chance: what follows a gap may be short.
    let tail = packets.count.saturating_sub(STRETCH_PACKETS);
    marks.extend(all(cx, packets, pid, tail, packets.count)?);
    let mut divisions = 0;
    let mut stretches: Vec<(Mark, Mark)> = marks.windows(2).map(|pair| (pair[0], pair[1])).collect();
    while let Some((before, after)) = stretches.pop() {
        if seconds(before.1, after.1) <= max_gap {
            continue;
        }
        if after.0.saturating_sub(before.0) <= STRETCH_PACKETS {
            let mut marks = all(cx, packets, pid, before.0, after.0)?;
            marks.extend(all(cx, packets, pid, after.0, after.0 + STRETCH_PACKETS)?);
            if let Some(found) = gap_within(&marks, max_gap) {
                return Ok(Some((found.0, packets.at(found.1))));
            }
            continue;
        }
        divisions += 1;
        if divisions > MAX_DIVISIONS {
            return Ok(None);
        }
        let middle = before.0 + (after.0 - before.0) / 2;
        match next(cx, packets, pid, middle, after.0)? {
            Some(mark) => stretches.extend([(before, mark), (mark, after)]),
            // Nothing up to there: the last one before the middle is the other end.
            None => {
                match all(cx, packets, pid, middle.saturating_sub(STRETCH_PACKETS).max(before.0 + 1), middle)?.pop() {
                    Some(mark) => {
                        if seconds(mark.1, after.1) > max_gap {
                            return Ok(Some((seconds(mark.1, after.1), packets.at(after.0))));
                        }
                        stretches.push((before, mark));
                    }
                    None => {
                        if let Some(gap) = confirmed(cx, packets, pid, (before, after), max_gap)? {
                            return Ok(Some((gap, packets.at(after.0))));
                        }
                    }
                }
            }
        }
    }
    Ok(None)
}

/// The gap between two times with no other between them in the file, unless frames that are shown there follow.
fn confirmed<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    packets: Packets,
    pid: u16,
    (before, after): (Mark, Mark),
    max_gap: f64,
) -> io::Result<Option<f64>> {
    let mut marks = vec![before];
    marks.extend(all(cx, packets, pid, after.0, after.0 + STRETCH_PACKETS)?);
    Ok(gap_within(&marks, max_gap).map(|(gap, _)| gap))
}

/// Seconds from one time to another, which may lie behind the wrap or, since frames are reordered, before it.
fn seconds(from: i64, to: i64) -> f64 {
    let ahead = (to - from).rem_euclid(WRAP);
    let signed = if ahead > WRAP / 2 { ahead - WRAP } else { ahead };
    signed as f64 / TICKS_PER_SECOND
}

/// The first gap among times that follow each other in the file.
fn gap_within(marks: &[Mark], max_gap: f64) -> Option<(f64, u64)> {
    let base = marks.first()?.1;
    let mut shown: Vec<(f64, u64)> = marks.iter().map(|mark| (seconds(base, mark.1), mark.0)).collect();
    shown.sort_by(|a, b| a.0.total_cmp(&b.0));
    shown.windows(2).map(|pair| (pair[1].0 - pair[0].0, pair[1].1)).find(|(gap, _)| *gap > max_gap)
}

/// The first time of a track at or behind packet `from`, within a stretch.
fn next<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    packets: Packets,
    pid: u16,
    from: u64,
    to: u64,
) -> io::Result<Option<Mark>> {
    Ok(all(cx, packets, pid, from, to.min(from.saturating_add(STRETCH_PACKETS)))?.into_iter().next())
}

/// All times of a track in the packets from `from` to `to`.
fn all<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    packets: Packets,
    pid: u16,
    from: u64,
    to: u64,
) -> io::Result<Vec<Mark>> {
    let to = to.min(packets.count);
    let count = to.saturating_sub(from).min(STRETCH_PACKETS + 1);
    let bytes = cx.window.look(packets.at(from), (count * packets.step) as usize)?;
    let all = bytes.chunks_exact(packets.step as usize).zip(from..);
    let (mut marks, mut filler) = (Vec::new(), Filler::default());
    for (packet, number) in all {
        let packet = packet.get(packets.sync as usize..).unwrap_or_default();
        marks.extend(time(packet, pid).map(|time| (number, time)));
        filler.add(packet, packets.at(number) + packets.sync);
    }
    hidden(cx, &filler);
    Ok(marks)
}

/// The presentation time in a packet of that track in which a frame begins (2.4.3.6).
fn time(packet: &[u8], pid: u16) -> Option<i64> {
    let head = packet.get(..4)?;
    let begins = head[0] == 0x47 && head[1] & 0x40 != 0 && u16::from_be_bytes([head[1] & 0x1f, head[2]]) == pid;
    if !begins || head[3] & 0x10 == 0 {
        return None;
    }
    let adaptation = if head[3] & 0x20 == 0 { 0 } else { 1 + usize::from(*packet.get(4)?) };
    let frame = packet.get(4 + adaptation..)?;
    let has_time = frame.starts_with(&[0, 0, 1]) && frame.get(7)? & 0x80 != 0;
    let bytes = frame.get(9..14).filter(|_| has_time)?;
    let part = |at: usize, bits: u8| i64::from(bytes[at] >> 1 & bits);
    Some(part(0, 7) << 30 | i64::from(bytes[1]) << 22 | part(2, 127) << 15 | i64::from(bytes[3]) << 7 | part(4, 127))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_begins_again_and_frames_out_of_order_are_no_gap() {
        assert!((seconds(WRAP - 90_000, 90_000) - 2.0).abs() < 1e-9);
        assert!((seconds(90_000, 0) + 1.0).abs() < 1e-9);
        let marks = [(0, 0), (1, 90_000 * 50), (2, 90_000 * 20), (3, 90_000 * 100)];
        assert_eq!(gap_within(&marks, 60.0), None);
        assert_eq!(gap_within(&marks, 40.0), Some((50.0, 3)));
    }
}
