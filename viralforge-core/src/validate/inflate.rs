//! What compressed text and pictures unpack to (RFC 1950), within bounds.

use flate2::{Decompress, FlushDecompress, Status};

/// Bytes that are unpacked at a time.
const STEP: usize = 64 << 10;

/// The first `limit` bytes that a zlib stream unpacks to, up to where it breaks.
pub(super) fn zlib_bytes(stream: &[u8], limit: usize) -> Vec<u8> {
    let mut out = Vec::new();
    unpack(std::iter::once(stream), limit as u64, |piece| out.extend(piece));
    out.truncate(limit);
    out
}

/// Bytes that a zlib stream in pieces unpacks to, counted up to just over `limit` or to where it breaks. Nothing is
/// kept, so a bomb costs no memory.
pub(super) fn zlib_len<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: u64) -> u64 {
    unpack(pieces, limit, |_| ())
}

fn unpack<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: u64, mut take: impl FnMut(&[u8])) -> u64 {
    let mut inflater = Decompress::new(true);
    let mut buffer = vec![0; STEP];
    for piece in pieces {
        let begin = inflater.total_in();
        loop {
            let (used, made) = (inflater.total_in() - begin, inflater.total_out());
            let rest = piece.get(used as usize..).unwrap_or_default();
            let status = inflater.decompress(rest, &mut buffer, FlushDecompress::None);
            let new = (inflater.total_out() - made) as usize;
            take(buffer.get(..new).unwrap_or_default());
            let went_on = new > 0 || inflater.total_in() - begin > used;
            if inflater.total_out() > limit || matches!(status, Ok(Status::StreamEnd) | Err(_)) {
                return inflater.total_out();
            }
            if !went_on {
                break;
            }
        }
    }
    inflater.total_out()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Python's zlib.compress of b"a" * 1000 at level 9.
    const THOUSAND: &[u8] = b"\x78\xda\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00\0\xf9\xd8\x7a\xf8";

    #[test]
    fn streams_are_unpacked_in_pieces_as_in_one() {
        assert_eq!(zlib_bytes(b"\x78\x01\x01\x05\0\xfa\xffhello\x06\x2c\x02\x15", 100), b"hello");
        assert_eq!(zlib_len([THOUSAND], 1 << 20), 1000);
        assert_eq!(zlib_len(THOUSAND.chunks(3), 1 << 20), 1000);
    }

    #[test]
    fn counting_stops_at_the_limit_and_where_the_stream_breaks() {
        assert_eq!(zlib_bytes(THOUSAND, 300), [b'a'; 300]);
        assert!((301..=1000).contains(&zlib_len([THOUSAND], 300)));
        assert!(zlib_len([&THOUSAND[..9]], 1 << 20) < 1000);
        assert_eq!(zlib_len([b"no zlib stream".as_slice()], 100), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_counted_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            zlib_len([bytes.as_slice()], 10_000);
            zlib_len(bytes.chunks(7), 10_000);
        }
    }
}
