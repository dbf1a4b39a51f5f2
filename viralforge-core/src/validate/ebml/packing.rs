//! Ways in which the blocks of a track are packed (RFC 9559, 5.1.4.1.31), and what packed ones unpack to.

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::Context;
use super::super::inflate;
use super::element::{self, Element};
use super::{Segment, children};
use crate::geometry::TrackKind;

/// What a block may unpack to whatever its size: a subtitle that fills a picture of 1920x1080 has up to two million
/// pixels, packed by runs already.
const MAX_BLOCK_BYTES: u64 = 1 << 20;
/// What all blocks of a track may unpack to whatever their size.
const MAX_TRACK_BYTES: u64 = 16 << 20;
/// How many times their size blocks over those bounds may unpack to.
const MAX_RATIO: u64 = 100;
/// Bytes that blocks are unpacked to in all: the ones behind are not looked at.
const MAX_UNPACKED_BYTES: u64 = 64 << 20;

/// How the blocks of one track are packed.
#[derive(Default)]
pub(super) struct Packing {
    /// Whether blocks do not begin as packets do.
    pub(super) packed: bool,
    /// Whether blocks are zlib streams.
    deflated: bool,
    packed_bytes: u64,
    unpacked_bytes: u64,
}

impl Packing {
    /// Reads `ContentEncodings`. Stripped headers cannot grow; real compression can unpack to a thousand times its size,
    /// and is of use for subtitles only.
    pub(super) fn read<R: Read + Seek>(
        cx: &mut Context<'_, R>,
        list: &Element,
        limit: u64,
        segment: &mut Segment,
        kind: TrackKind,
    ) -> io::Result<Self> {
        let mut packing = Self { packed: true, ..Self::default() };
        for encoding in children(cx, list, limit, &mut segment.elements)?.iter().filter(|e| e.id == 0x6240) {
            for field in children(cx, encoding, limit, &mut segment.elements)? {
                match field.id {
                    0x5033 if element::unsigned(&mut cx.window, &field)? == 1 => {
                        cx.findings.add(Code::Encrypted, Some(field.start), "an encrypted track");
                    }
                    0x5035 => cx.findings.add(Code::Encrypted, Some(field.start), "an encrypted track"),
                    0x5034 => {
                        let settings = children(cx, &field, limit, &mut segment.elements)?;
                        let algorithm = match settings.iter().find(|e| e.id == 0x4254) {
                            Some(field) => element::unsigned(&mut cx.window, field)?,
                            None => 0,
                        };
                        let is_media = matches!(kind, TrackKind::Video | TrackKind::Audio);
                        packing.deflated |= algorithm == 0;
                        if algorithm != 3 && (is_media || algorithm != 0) {
                            let message = format!("blocks of a {kind} track are compressed with algorithm {algorithm}");
                            cx.findings.add(Code::CompressedTrack, Some(field.start), message);
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(packing)
    }

    /// Looks at what a block of the track unpacks to: its packet is the bytes from `at` to `end`.
    pub(super) fn check_block<R: Read + Seek>(
        &mut self,
        cx: &mut Context<'_, R>,
        at: u64,
        end: u64,
        laced: bool,
    ) -> io::Result<()> {
        if !self.deflated || self.unpacked_bytes > MAX_UNPACKED_BYTES {
            return Ok(());
        }
        if laced {
            cx.findings.add(Code::CompressedTrack, Some(at), "several compressed packets in one block");
            return Ok(());
        }
        let packet = cx.window.look(at, usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX))?;
        let packed = packet.len() as u64;
        let unpacked = inflate::zlib_len([packet], MAX_BLOCK_BYTES.max(packed * MAX_RATIO).min(MAX_UNPACKED_BYTES));
        self.packed_bytes += packed;
        self.unpacked_bytes += unpacked;
        for (packed, unpacked, allowed) in
            [(packed, unpacked, MAX_BLOCK_BYTES), (self.packed_bytes, self.unpacked_bytes, MAX_TRACK_BYTES)]
        {
            if unpacked > allowed && unpacked > packed * MAX_RATIO {
                let message = format!("{packed} bytes unpack to over {unpacked}");
                cx.findings.add(Code::TrackUnpacksTooLarge, Some(at), message);
            }
        }
        Ok(())
    }
}
