//! Looks at an upload while it is still coming.

use std::io::{Cursor, ErrorKind};

use super::code::Code;
use super::facts::Context;
use super::file_name;
use super::findings::Findings;
use super::kind::FileKind;
use super::policy::{UploadPolicy, ValidationDepth};
use super::report::{Media, UploadReport, Verdict};
use super::window::{UNKNOWN_LEN, Window};
use super::{inspect, signature};
use crate::error::Result;
use crate::monitor::Monitor;

/// Bytes from the start that are kept: a header that stands first is rarely larger, and what stands behind is media.
const MAX_HEAD_BYTES: usize = 4 << 20;
/// How much more must have come before it is worth another look.
const GROWTH: usize = 4;

/// Looks at an upload while it is still coming, and tells as early as possible that the rest need not be sent: a wrong
/// type, a size over the limit, a header that breaks the rules.
///
/// It refuses only for what [`validate_upload`](crate::validate_upload) refuses as well, so an upload that it lets pass
/// still has to be validated when it is whole. It keeps up to 4 MiB and never decodes.
///
/// # Examples
/// ```
/// # use viralforge_core::*;
/// let policy = UploadPolicy::video().with_file_name("clip.mp4");
/// let mut inspector = UploadInspector::new(&policy, Some(5_000_000))?;
/// let page = b"<!doctype html><script>".repeat(300);
/// assert_eq!(inspector.push(&page), Verdict::Reject);
/// assert_eq!(inspector.report().findings[0].class, ReasonClass::NotMedia);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct UploadInspector {
    policy: UploadPolicy,
    byte_len: Option<u64>,
    head: Vec<u8>,
    seen: u64,
    /// How many bytes of the head make the next look worth it.
    next_look: usize,
    kind: Option<FileKind>,
    findings: Findings,
}

impl UploadInspector {
    /// Begins with an upload of which nothing has come; `byte_len` is how long it will be, where that is known.
    ///
    /// The name, the declared type and the length are judged at once: see [`report`](Self::report).
    ///
    /// # Errors
    /// `invalid_option` where the policy contradicts itself.
    pub fn new(policy: &UploadPolicy, byte_len: Option<u64>) -> Result<Self> {
        policy.check()?;
        let mut inspector = Self {
            policy: policy.clone(),
            byte_len,
            head: Vec::new(),
            seen: 0,
            next_look: signature::HEAD_BYTES,
            kind: None,
            findings: Findings::default(),
        };
        file_name::check(policy, &mut inspector.findings);
        if byte_len == Some(0) {
            inspector.findings.add(Code::Empty, None, "0 bytes");
        }
        inspector.check_len(byte_len.unwrap_or(0));
        Ok(inspector)
    }

    /// Takes the bytes that came next, in the order of the file, and tells what is known by now. Once it says
    /// [`Verdict::Reject`] it stays with that.
    pub fn push(&mut self, bytes: &[u8]) -> Verdict {
        self.seen = self.seen.saturating_add(bytes.len() as u64);
        self.check_len(self.seen);
        let room = MAX_HEAD_BYTES - self.head.len();
        self.head.extend(bytes.iter().take(room));
        if bytes.is_empty() || room == 0 || self.findings.rejected() {
            return self.verdict();
        }
        let complete = self.byte_len == Some(self.head.len() as u64);
        if complete || self.head.len() >= self.next_look || self.head.len() == MAX_HEAD_BYTES {
            while self.next_look <= self.head.len() {
                self.next_look *= GROWTH;
            }
            self.look();
        }
        self.verdict()
    }

    /// What has been found so far. Neither facts of the media nor a decode are part of it.
    pub fn report(&self) -> UploadReport {
        UploadReport::new(&self.policy, self.kind, self.findings.clone(), Media::default())
    }

    /// How many bytes have come.
    pub fn seen_bytes(&self) -> u64 {
        self.seen
    }

    /// How many bytes from the start are worth pushing where an upload goes on that began earlier.
    pub const fn head_bytes() -> usize {
        MAX_HEAD_BYTES
    }

    fn verdict(&self) -> Verdict {
        self.findings.verdict()
    }

    fn check_len(&mut self, byte_len: u64) {
        let allowed = self.policy.max_bytes;
        if byte_len > allowed {
            self.findings.add(Code::TooManyBytes, None, format!("{byte_len} bytes or more; {allowed} are allowed"));
        }
    }

    /// Walks as far as the bytes go. Each look begins anew: the looks together cost little more than the last.
    fn look(&mut self) {
        let monitor = Monitor::new();
        let available = self.head.len() as u64;
        let len = self.byte_len.unwrap_or(UNKNOWN_LEN).max(self.seen);
        let window = Window::of_beginning(Cursor::new(self.head.as_slice()), available, len, &monitor);
        let mut cx = Context { window, policy: &self.policy, findings: &mut self.findings };
        let depth = self.policy.depth.min(ValidationDepth::Structure);
        let mut kind = None;
        match inspect(&mut cx, depth, &mut kind) {
            Ok(_) => {}
            Err(error) => debug_assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        self.kind = self.kind.or(kind);
    }
}

#[cfg(test)]
mod tests {
    use super::super::ReasonClass;
    use super::*;

    const VIDEO: &[u8] = include_bytes!("../../../fuzz/seeds/h264-aac.mp4");

    fn classes(report: &UploadReport) -> Vec<ReasonClass> {
        report.findings.iter().map(|f| f.class).collect()
    }

    #[test]
    fn a_good_file_is_let_pass_in_pieces_of_any_size() {
        let policy = UploadPolicy::video().with_file_name("a.mp4");
        for step in [1, 100, 4096, VIDEO.len()] {
            let mut inspector = UploadInspector::new(&policy, Some(VIDEO.len() as u64)).unwrap();
            for piece in VIDEO.chunks(step) {
                assert_ne!(inspector.push(piece), Verdict::Reject, "{:?}", inspector.report());
            }
            assert_eq!(inspector.seen_bytes(), VIDEO.len() as u64);
            assert_eq!(inspector.report().mime, "video/mp4");
        }
    }

    #[test]
    fn what_the_name_or_the_length_says_needs_no_bytes() {
        let policy = UploadPolicy::video().with_file_name("a.php").with_max_bytes(1000);
        let inspector = UploadInspector::new(&policy, Some(1001)).unwrap();
        assert_eq!(classes(&inspector.report()), [ReasonClass::BadFilename, ReasonClass::ResourceLimit]);
        let mut uncounted = UploadInspector::new(&UploadPolicy::video().with_max_bytes(1000), None).unwrap();
        assert_eq!(uncounted.push(&[0; 1000]), Verdict::Accept);
        assert_eq!(uncounted.push(&[0]), Verdict::Reject);
    }

    #[test]
    fn a_header_over_the_limits_is_enough_to_refuse() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\x01\0\0\0\x01\0\0\x08\0\0\0\0\0\0\0\0".to_vec();
        png.extend(b"\0\x0f\0\0IDAT");
        png.resize(5000, 7);
        let mut inspector = UploadInspector::new(&UploadPolicy::image(), Some(1_000_000)).unwrap();
        assert_eq!(inspector.push(&png), Verdict::Reject);
        assert_eq!(classes(&inspector.report())[0], ReasonClass::DimensionLimit);
    }

    #[test]
    fn a_refusal_stands_and_a_policy_that_cannot_be_is_an_error() {
        let mut inspector = UploadInspector::new(&UploadPolicy::video(), None).unwrap();
        assert_eq!(inspector.push(&b"<html>".repeat(1000)), Verdict::Reject);
        assert_eq!(inspector.push(VIDEO), Verdict::Reject);
        assert!(UploadInspector::new(&UploadPolicy::video().with_min_side(9000), None).is_err());
    }
}
