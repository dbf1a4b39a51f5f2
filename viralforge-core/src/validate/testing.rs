//! What the tests of the walks share.

use std::io::{self, Cursor};

use super::code::Code;
use super::facts::{Context, Facts};
use super::findings::Findings;
use super::policy::UploadPolicy;
use super::window::Window;
use crate::monitor::Monitor;

/// A walk over bytes, as a context and its facts.
pub(super) type Walk = fn(&mut Context<'_, Cursor<Vec<u8>>>) -> io::Result<Facts>;

/// Runs a walk; returns its facts and findings.
pub(super) fn walk(bytes: &[u8], policy: &UploadPolicy, walk: Walk) -> (Facts, Findings) {
    let monitor = Monitor::new();
    let mut findings = Findings::default();
    let window = Window::new(Cursor::new(bytes.to_vec()), bytes.len() as u64, &monitor);
    let facts = walk(&mut Context { window, policy, findings: &mut findings }).unwrap();
    (facts, findings)
}

/// Names of what a walk found that refuses the file, in order.
pub(super) fn errors(findings: Findings) -> Vec<String> {
    let all = findings.into_sorted();
    all.into_iter().filter(|f| f.severity == super::Severity::Error).map(|f| f.code).collect()
}

/// Asserts that `bytes` are refused for just that.
pub(super) fn assert_refused(bytes: &[u8], policy: &UploadPolicy, run: Walk, code: Code) {
    let (_, findings) = walk(bytes, policy, run);
    assert!(findings.has(code), "expected {}, found {:?}", code.name(), errors(findings));
}

/// Asserts that nothing refuses `bytes`, and returns the facts.
pub(super) fn assert_taken(bytes: &[u8], policy: &UploadPolicy, run: Walk) -> Facts {
    let (facts, findings) = walk(bytes, policy, run);
    let found = errors(findings);
    assert!(found.is_empty(), "{found:?}");
    facts
}
