//! Random access to the bytes of a file through one small buffer.

use std::io::{self, Read, Seek, SeekFrom};

use crate::monitor::Monitor;

/// Bytes that are read at once: the headers that a walk visits are small and often neighbours.
const BLOCK: usize = 8 << 10;
/// The most that one look may ask for, so that no number in a file sizes an allocation.
const MAX_LOOK: usize = 1 << 20;

/// Places that are remembered: checking one table against another goes to and fro.
const SLOTS: usize = 4;

/// Length of a file whose length nobody told: longer than any.
pub(super) const UNKNOWN_LEN: u64 = i64::MAX as u64;

/// The bytes of one file, wherever a parser wants to look.
pub(crate) struct Window<'a, R> {
    input: R,
    len: u64,
    /// Bytes from the start that are there: all, but for an upload that is still coming.
    available: u64,
    slots: [Slot; SLOTS],
    /// The slot that is filled next.
    oldest: usize,
    monitor: &'a Monitor,
}

#[derive(Default)]
struct Slot {
    start: u64,
    bytes: Vec<u8>,
}

impl Slot {
    fn find(&self, at: u64, count: usize) -> Option<usize> {
        let skip = usize::try_from(at.checked_sub(self.start)?).ok()?;
        (skip.checked_add(count)? <= self.bytes.len()).then_some(skip)
    }
}

impl<'a, R: Read + Seek> Window<'a, R> {
    pub(crate) fn new(input: R, len: u64, monitor: &'a Monitor) -> Self {
        Self { input, len, available: len, slots: Default::default(), oldest: 0, monitor }
    }

    /// The first `available` bytes of a file that will have `len`: looking further is an error of the kind
    /// [`io::ErrorKind::WouldBlock`].
    pub(super) fn of_beginning(input: R, available: u64, len: u64, monitor: &'a Monitor) -> Self {
        Self { available: available.min(len), ..Self::new(input, len, monitor) }
    }

    /// Size of the file in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Whether [`len`](Self::len) is a length rather than [`UNKNOWN_LEN`].
    pub(super) fn knows_len(&self) -> bool {
        self.len < UNKNOWN_LEN
    }

    /// The bytes from `at`: `count` of them, fewer where the file ends or where `count` is over a mebibyte.
    pub(crate) fn look(&mut self, at: u64, count: usize) -> io::Result<&[u8]> {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let count = count.min(MAX_LOOK).min(left);
        if count == 0 {
            return Ok(&[]);
        }
        let here = usize::try_from(self.available.saturating_sub(at)).unwrap_or(usize::MAX);
        if count > here {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let found = self.slots.iter().enumerate().find_map(|(slot, s)| Some((slot, s.find(at, count)?)));
        let (slot, skip) = match found {
            Some(found) => found,
            None => (self.fill(at, count.max(BLOCK).min(here))?, 0),
        };
        Ok(self.slots[slot].bytes.get(skip..skip + count).unwrap_or_default())
    }

    /// Reads `count` bytes from `at` into the oldest slot, and tells which that is.
    fn fill(&mut self, at: u64, count: usize) -> io::Result<usize> {
        if self.monitor.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        let slot = self.oldest;
        self.oldest = (slot + 1) % SLOTS;
        let Slot { start, bytes } = &mut self.slots[slot];
        bytes.resize(count, 0);
        *start = at;
        self.input.seek(SeekFrom::Start(at))?;
        if let Err(error) = self.input.read_exact(bytes) {
            bytes.clear();
            return Err(error);
        }
        Ok(slot)
    }

    /// Exactly `N` bytes from `at`; `None` where the file ends before.
    pub(crate) fn array<const N: usize>(&mut self, at: u64) -> io::Result<Option<[u8; N]>> {
        Ok(self.look(at, N)?.try_into().ok())
    }

    /// A big-endian 32-bit number; `None` where the file ends before.
    pub(crate) fn u32_be(&mut self, at: u64) -> io::Result<Option<u32>> {
        Ok(self.array(at)?.map(u32::from_be_bytes))
    }

    /// A big-endian 64-bit number; `None` where the file ends before.
    pub(crate) fn u64_be(&mut self, at: u64) -> io::Result<Option<u64>> {
        Ok(self.array(at)?.map(u64::from_be_bytes))
    }

    /// Whether all bytes from `from` to `to` are zero; looks at the first and last mebibyte of a longer stretch.
    pub(crate) fn all_zero(&mut self, from: u64, to: u64) -> io::Result<bool> {
        let count = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        if self.look(from, count)?.iter().any(|&b| b != 0) {
            return Ok(false);
        }
        let last = from.max(to.saturating_sub(MAX_LOOK as u64));
        Ok(self.look(last, MAX_LOOK)?.iter().take(usize::try_from(to - last).unwrap_or(0)).all(|&b| b == 0))
    }
}

/// A big-endian 16-bit number in `bytes`.
pub(crate) fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

/// A big-endian 32-bit number in `bytes`.
pub(crate) fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

/// A little-endian 16-bit number in `bytes`.
pub(crate) fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

/// A little-endian 32-bit number in `bytes`.
pub(crate) fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

/// A little-endian 64-bit number in `bytes`.
pub(super) fn u64_le(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

/// A four-character code as text for messages.
pub(crate) fn fourcc(kind: &[u8]) -> String {
    kind.iter().map(|&b| if b.is_ascii_graphic() || b == b' ' { b as char } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(monitor: &Monitor, count: usize) -> Window<'_, io::Cursor<Vec<u8>>> {
        let bytes: Vec<u8> = (0..count).map(|i| (i % 251) as u8).collect();
        Window::new(io::Cursor::new(bytes), count as u64, monitor)
    }

    #[test]
    fn any_place_reads_as_the_file_has_it_and_nothing_lies_past_the_end() {
        let monitor = Monitor::new();
        let mut window = window(&monitor, 20_000);
        for at in [0u64, 5, 8190, 8192, 19_998, 3, 20_000, u64::MAX] {
            let got = window.look(at, 4).unwrap().to_vec();
            let want: Vec<u8> =
                (at..at.saturating_add(4)).take_while(|&i| i < 20_000).map(|i| (i % 251) as u8).collect();
            assert_eq!(got, want, "at {at}");
        }
        assert_eq!(window.u32_be(19_997).unwrap(), None);
        assert_eq!(window.look(0, usize::MAX).unwrap().len(), 20_000);
    }

    #[test]
    fn what_has_not_come_yet_would_block() {
        let monitor = Monitor::new();
        let bytes = io::Cursor::new(vec![7u8; 100]);
        let mut window = Window::of_beginning(bytes, 100, 1000, &monitor);
        assert_eq!(window.look(90, 10).unwrap(), [7; 10]);
        assert_eq!(window.look(95, 10).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert!(window.look(1000, 10).unwrap().is_empty());
    }

    #[test]
    fn a_cancelled_monitor_stops_the_next_read() {
        let token = crate::monitor::CancelToken::new();
        let monitor = Monitor::new().with_cancel(token.clone());
        let mut window = window(&monitor, 20_000);
        window.look(0, 4).unwrap();
        token.cancel();
        assert!(window.look(15_000, 4).is_err());
    }
}
