//! Files as addresses in other files.

use std::path::Path;

/// A file name as a relative address.
pub(crate) fn of_name(name: &str) -> String {
    encoded(name.as_bytes(), b"")
}

/// Where a file is, absolutely; `None` where that cannot be told.
pub(crate) fn of_file(path: &Path) -> Option<String> {
    let path = std::path::absolute(path).ok()?;
    Some(format!("file://{}", encoded(path.as_os_str().as_encoded_bytes(), b"/")))
}

/// Percent-encodes what is not unreserved (RFC 3986, 2.3), but for `kept`.
fn encoded(bytes: &[u8], kept: &[u8]) -> String {
    let encode = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
        byte if kept.contains(byte) => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_the_text_around_it() {
        assert_eq!(of_name("my talk\n-->#.jpg"), "my%20talk%0A--%3E%23.jpg");
        assert_eq!(of_name("a/b"), "a%2Fb");
    }

    #[test]
    fn a_file_has_its_absolute_path() {
        assert_eq!(of_file(Path::new("/a b/ü.mp4")).unwrap(), "file:///a%20b/%C3%BC.mp4");
        let relative = of_file(Path::new("talk.mp4")).unwrap();
        assert!(relative.starts_with("file:///") && relative.ends_with("/talk.mp4"), "{relative}");
    }
}
