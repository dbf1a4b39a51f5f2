//! Packets that only fill a stream up (ISO/IEC 13818-1, 2.4.1): nobody plays them, so anything may hide there.

use super::super::payload::{self, Payload};

/// The packet identifier of such packets.
const NULL: u16 = 0x1fff;
/// Bytes of a packet's header, and behind it.
const HEAD_BYTES: usize = 4;
const BODY_BYTES: usize = 184;

/// What the packets seen so far are filled with, put together: what hides there need not end with a packet.
#[derive(Default)]
pub(super) struct Filler {
    bytes: Vec<u8>,
    /// Where in the file each packet begins.
    places: Vec<u64>,
}

impl Filler {
    /// Keeps a packet of 188 bytes, which begins at `at`, if it is one of those.
    pub(super) fn add(&mut self, packet: &[u8], at: u64) {
        let [0x47, high, low, _, body @ ..] = packet else { return };
        if u16::from_be_bytes([high & 0x1f, *low]) == NULL && body.len() >= BODY_BYTES {
            self.bytes.extend(&body[..BODY_BYTES]);
            self.places.push(at);
        }
    }

    /// The first thing that hides there, and where in the file.
    pub(super) fn find(&self) -> Option<(u64, Payload)> {
        let (skip, what) = payload::find(&self.bytes)?;
        let place = self.places.get(skip / BODY_BYTES)?;
        Some((place + (HEAD_BYTES + skip % BODY_BYTES) as u64, what))
    }
}
