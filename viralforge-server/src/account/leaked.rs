//! Passwords that leaked elsewhere: a file of the operator's, which is searched and never loaded.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use sha1::{Digest as _, Sha1};

/// Digits of a hash.
const DIGITS: usize = 40;
/// Longest line that is taken: a hash, a colon, a count, and an end.
const MAX_LINE_BYTES: usize = 80;

/// A file of lines `HASH:COUNT`, sorted by hash: SHA-1 as 40 hexadecimal digits, as Have I Been Pwned publishes it.
#[derive(Debug)]
pub(crate) struct Leaked {
    file: File,
    byte_len: u64,
}

impl Leaked {
    /// Opens a file, which has to begin as such a file does.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let leaked = Self { byte_len: file.metadata()?.len(), file };
        leaked.line(0)?;
        Ok(leaked)
    }

    /// Whether a password is in the file.
    pub(crate) fn has(&self, password: &str) -> io::Result<bool> {
        let wanted: String = Sha1::digest(password).iter().map(|byte| format!("{byte:02X}")).collect();
        // The line is one of those that begin from `low` on and before `high`.
        let (mut low, mut high) = (0, self.byte_len);
        while low < high {
            let middle = low + (high - low) / 2;
            let start = self.line_start(middle)?;
            if start >= high {
                high = middle;
                continue;
            }
            let (hash, next) = self.line(start)?;
            match hash.cmp(&wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = next,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }

    /// Where the first line begins that begins at `offset` or later.
    fn line_start(&self, offset: u64) -> io::Result<u64> {
        let Some(before) = offset.checked_sub(1) else { return Ok(0) };
        let bytes = self.read(before)?;
        match bytes.iter().position(|byte| *byte == b'\n') {
            Some(at) => Ok(offset + at as u64),
            None if before + bytes.len() as u64 >= self.byte_len => Ok(self.byte_len),
            None => Err(malformed()),
        }
    }

    /// The hash of the line at `start`, in capital letters, and where the next line begins.
    fn line(&self, start: u64) -> io::Result<(String, u64)> {
        let bytes = self.read(start)?;
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let (hash, rest) = bytes[..end].split_at_checked(DIGITS).ok_or_else(malformed)?;
        let fits = hash.iter().all(u8::is_ascii_hexdigit) && (rest.trim_ascii().is_empty() || rest[0] == b':');
        let hash = std::str::from_utf8(hash).ok().filter(|_| fits && end < MAX_LINE_BYTES).ok_or_else(malformed)?;
        Ok((hash.to_ascii_uppercase(), start + end as u64 + 1))
    }

    /// The bytes at `offset`, as many as a line may have.
    fn read(&self, offset: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; MAX_LINE_BYTES];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.file.read_at(&mut bytes[filled..], offset + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "its lines are not HASH:COUNT with the SHA-1 of a password")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn opened(text: &str) -> io::Result<Leaked> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Leaked::open(file.path())
    }

    fn hash(password: &str) -> String {
        Sha1::digest(password).iter().map(|byte| format!("{byte:02X}")).collect()
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        let good = format!("{}:1", hash("a"));
        for text in [
            "",
            "\n",
            "password1\npassword2\n",
            // That of NTLM, which is published as well.
            "8846F7EAEE8FB117AD06BDD830B7586C:1\n",
            &format!("{good}{}\n", "0".repeat(100)),
            &format!("{}0:1\n", hash("a")),
        ] {
            assert!(opened(text).is_err(), "{text:?}");
        }
        // Behind its beginning as well, once somebody looks there.
        let broken = opened(&format!("{}:1\n{}", "0".repeat(40), "x".repeat(500))).unwrap();
        assert!(broken.has("a").is_err());
        for text in [good.clone(), format!("{good}\r\n"), hash("a"), hash("a").to_lowercase()] {
            assert!(opened(&text).unwrap().has("a").unwrap(), "{text:?}");
        }
    }

    proptest! {
        /// All that are in the file are found, at both ends as well, and no others, however long the lines are.
        #[test]
        fn what_is_in_the_file_is_found_and_nothing_else(
            passwords in prop::collection::btree_map("[a-z]{1,6}", 0u64..10_000_000_000, 1..60),
            others in prop::collection::vec("[A-Z]{1,6}", 20),
            end in prop::sample::select(vec!["\n", "\r\n"]),
            last in any::<bool>(),
        ) {
            let mut lines: Vec<_> = passwords.iter().map(|(word, count)| format!("{}:{count}", hash(word))).collect();
            lines.sort();
            let text = lines.join(end) + if last { end } else { "" };
            let leaked = opened(&text).unwrap();
            prop_assert!(passwords.keys().all(|word| leaked.has(word).unwrap()));
            prop_assert!(!others.iter().any(|word| leaked.has(word).unwrap()));
        }
    }
}
