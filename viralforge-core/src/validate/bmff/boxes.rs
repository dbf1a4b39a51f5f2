//! Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2), read one header at a time.

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::Context;
use super::super::window::{Window, fourcc};

/// The most boxes that one parent may have: a movie has a few tracks, a day of fragments some hundred thousand.
pub(super) const MAX_CHILDREN: usize = 2_000_000;

/// A box that lies within its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BoxHeader {
    pub(crate) kind: [u8; 4],
    /// Where its header begins.
    pub(crate) start: u64,
    /// Where its content begins.
    pub(crate) body: u64,
    /// Where it ends.
    pub(crate) end: u64,
    /// Whether it only says that it reaches to the end of the file.
    pub(crate) open_ended: bool,
}

impl BoxHeader {
    pub(crate) fn body_len(&self) -> u64 {
        self.end - self.body
    }

    pub(crate) fn name(&self) -> String {
        fourcc(&self.kind)
    }
}

/// What stands at a place where a box may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Box(BoxHeader),
    /// Its size reaches beyond its parent.
    Over(BoxHeader),
    /// Its size is smaller than its header.
    BadSize([u8; 4]),
    /// Fewer bytes are left than a header has.
    Short,
    End,
}

/// Reads the header at `at` in a parent that ends at `end`.
pub(crate) fn next<R: Read + Seek>(window: &mut Window<'_, R>, at: u64, end: u64) -> io::Result<Next> {
    if at >= end {
        return Ok(Next::End);
    }
    let (Some(size), Some(kind)) = (window.u32_be(at)?, window.array::<4>(at + 4)?) else { return Ok(Next::Short) };
    if end - at < 8 {
        return Ok(Next::Short);
    }
    let (mut body, mut open_ended) = (at + 8, false);
    let size = match size {
        0 => {
            open_ended = true;
            end - at
        }
        1 => {
            body += 8;
            match window.u64_be(at + 8)? {
                Some(size) if body <= end => size,
                _ => return Ok(Next::Short),
            }
        }
        size => u64::from(size),
    };
    if size < body - at {
        return Ok(Next::BadSize(kind));
    }
    let box_end = at.saturating_add(size);
    let header = BoxHeader { kind, start: at, body, end: box_end, open_ended };
    Ok(if box_end > end { Next::Over(header) } else { Next::Box(header) })
}

/// How strictly a parent's content is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Players depend on it: a fault refuses the file.
    Strict,
    /// Descriptive boxes, which many programs write wrongly: reading stops at a fault.
    Lenient,
}

/// The boxes from `from` to `end`, as far as they make sense.
pub(super) fn children<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    from: u64,
    end: u64,
    strictness: Strictness,
) -> io::Result<Vec<BoxHeader>> {
    let mut found = Vec::new();
    let mut at = from;
    let strict = strictness == Strictness::Strict;
    while found.len() < MAX_CHILDREN {
        match next(&mut cx.window, at, end)? {
            // QuickTime ends some lists with a zero.
            Next::Box(header) if header.open_ended && header.kind == [0; 4] => break,
            Next::Box(header) if header.open_ended && strict => {
                cx.findings.add(Code::BadBox, Some(at), format!("{} inside another box has no size", header.name()));
                break;
            }
            Next::Box(header) => {
                found.push(header);
                at = header.end;
            }
            Next::Over(header) if strict => {
                let message = format!("{} of {} bytes reaches beyond its parent", header.name(), header.end - at);
                cx.findings.add(Code::BadBox, Some(at), message);
                break;
            }
            Next::BadSize(kind) if strict => {
                cx.findings.add(
                    Code::BadBox,
                    Some(at),
                    format!("size of {} is smaller than its header", fourcc(&kind)),
                );
                break;
            }
            Next::Over(_) | Next::BadSize(_) | Next::Short | Next::End => break,
        }
    }
    Ok(found)
}

/// The first of that kind.
pub(crate) fn find(boxes: &[BoxHeader], kind: &[u8; 4]) -> Option<BoxHeader> {
    boxes.iter().find(|b| &b.kind == kind).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Monitor;

    fn at_start(bytes: &[u8]) -> Next {
        let monitor = Monitor::new();
        let mut window = Window::new(io::Cursor::new(bytes), bytes.len() as u64, &monitor);
        next(&mut window, 0, bytes.len() as u64).unwrap()
    }

    #[test]
    fn a_header_has_a_short_a_long_or_an_open_size() {
        let Next::Box(short) = at_start(b"\0\0\0\x09free!") else { panic!() };
        assert_eq!((short.body, short.end, short.open_ended), (8, 9, false));
        let Next::Box(long) = at_start(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x11!") else { panic!() };
        assert_eq!((long.body, long.end), (16, 17));
        let Next::Box(open) = at_start(b"\0\0\0\0mdat!!") else { panic!() };
        assert_eq!((open.body, open.end, open.open_ended), (8, 10, true));
    }

    #[test]
    fn a_size_that_cannot_be_is_told_from_one_that_is_cut_short() {
        assert_eq!(at_start(b"\0\0\0\x04trak"), Next::BadSize(*b"trak"));
        assert_eq!(at_start(b"\0\0\0\x01moov\0\0\0"), Next::Short);
        assert_eq!(at_start(b"\0\0\0\x01moov\0\0\0\0\0\0\0\x08"), Next::BadSize(*b"moov"));
        assert_eq!(at_start(b"\0\0\0"), Next::Short);
        assert!(matches!(at_start(b"\0\0\0\xffmdat"), Next::Over(_)));
        assert!(matches!(at_start(b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff"), Next::Over(_)));
    }
}
