//! Elements of EBML (RFC 8794) for the output.

/// The bytes of an identifier; it carries its own length.
pub(super) fn id(id: u32) -> Vec<u8> {
    id.to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect()
}

/// A header whose size takes as few bytes as it can.
pub(super) fn header(element: u32, len: u64) -> Vec<u8> {
    // All ones stand for an unknown size.
    let width = (1..8).find(|width| len < (1 << (7 * width)) - 1).unwrap_or(8);
    [id(element), size(len, width)].concat()
}

/// A size of `width` bytes.
pub(super) fn size(len: u64, width: u32) -> Vec<u8> {
    let marked = len | 1 << (7 * width);
    marked.to_be_bytes().into_iter().skip(8 - width as usize).collect()
}

/// An element with that content.
pub(super) fn element(id: u32, body: &[u8]) -> Vec<u8> {
    [header(id, body.len() as u64), body.to_vec()].concat()
}

/// An unsigned number in as few bytes as it can.
pub(super) fn unsigned(id: u32, value: u64) -> Vec<u8> {
    let bytes: Vec<u8> = value.to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect();
    element(id, if bytes.is_empty() { &[0] } else { &bytes })
}

/// An unsigned number of 8 bytes, to be filled in later.
pub(super) fn wide(id: u32, value: u64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Monitor;
    use crate::validate::ebml::element::read;
    use crate::validate::window::Window;

    #[test]
    fn headers_read_as_what_they_were_written_as() {
        for (id, len) in [(0xe7, 0), (0x1a45_dfa3, 126), (0xa3, 127), (0xa3, 1 << 20), (0x1853_8067, 1 << 40)] {
            let bytes = header(id, len);
            let monitor = Monitor::new();
            let mut window = Window::new(std::io::Cursor::new(&bytes), bytes.len() as u64, &monitor);
            let found = read(&mut window, 0).unwrap().unwrap();
            assert_eq!((found.id, found.len, found.body), (id, Some(len), bytes.len() as u64));
        }
        assert_eq!(unsigned(0xe7, 0), [0xe7, 0x81, 0]);
        assert_eq!(unsigned(0xe7, 300), [0xe7, 0x82, 1, 44]);
    }
}
