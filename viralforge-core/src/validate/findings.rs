//! Collects findings and draws the verdict.

use std::fmt::Display;

use super::code::Code;
use super::policy::Treatment;
use super::report::{Finding, Severity, Verdict};

/// Findings of one code beyond these are counted, not listed: a file can have a fault per sample.
const MAX_OF_ONE_CODE: usize = 4;
/// Longest operator message, in characters: it may quote the file.
const MAX_MESSAGE_CHARS: usize = 300;

/// The findings so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    all: Vec<Finding>,
    /// The track that is looked at now.
    track: Option<u32>,
}

impl Findings {
    /// From here on findings are of that track, or, with `None`, of the whole.
    pub(super) fn set_track(&mut self, track: Option<usize>) {
        self.track = track.and_then(|track| u32::try_from(track).ok());
    }

    /// Adds a finding with the severity of its code.
    pub(super) fn add(&mut self, code: Code, offset: Option<u64>, operator_message: impl Display) {
        self.add_as(code, code.severity(), offset, operator_message);
    }

    /// Adds a finding whose severity the policy decides.
    pub(super) fn treat(&mut self, treatment: Treatment, code: Code, offset: Option<u64>, message: impl Display) {
        let severity = match treatment {
            Treatment::Reject => Severity::Error,
            Treatment::Warn => Severity::Warning,
            Treatment::Allow => Severity::Info,
        };
        self.add_as(code, severity, offset, message);
    }

    fn add_as(&mut self, code: Code, severity: Severity, offset: Option<u64>, operator_message: impl Display) {
        let same = self.all.iter().filter(|f| f.code == code.name());
        if same.clone().any(|f| f.offset == offset && f.track == self.track) || same.count() >= MAX_OF_ONE_CODE {
            return;
        }
        let operator_message: String = operator_message
            .to_string()
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(MAX_MESSAGE_CHARS)
            .collect();
        self.all.push(Finding {
            code: code.name().to_owned(),
            class: code.class(),
            severity,
            offset,
            track: self.track,
            message: code.message().to_owned(),
            operator_message,
        });
    }

    /// Whether the upload is refused already, so that costlier steps may be spared.
    pub(super) fn rejected(&self) -> bool {
        self.all.iter().any(|f| f.severity == Severity::Error)
    }

    /// The verdict so far.
    pub(super) fn verdict(&self) -> Verdict {
        verdict(&self.all)
    }

    pub(super) fn has(&self, code: Code) -> bool {
        self.all.iter().any(|f| f.code == code.name())
    }

    /// The severest first; of one severity in the order in which they were found.
    pub(super) fn into_sorted(mut self) -> Vec<Finding> {
        self.all.sort_by_key(|f| std::cmp::Reverse(f.severity));
        self.all
    }
}

/// The verdict that follows from the severest finding.
pub(super) fn verdict(findings: &[Finding]) -> Verdict {
    match findings.iter().map(|f| f.severity).max() {
        Some(Severity::Error) => Verdict::Reject,
        Some(Severity::Warning) => Verdict::AcceptWithWarnings,
        Some(Severity::Info) | None => Verdict::Accept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_severest_finding_decides_and_stands_first() {
        let mut findings = Findings::default();
        assert_eq!(verdict(&[]), Verdict::Accept);
        findings.add(Code::MoovLast, None, "moov after mdat");
        findings.add(Code::Gps, Some(7), "a place");
        assert!(!findings.rejected());
        findings.add(Code::NoTracks, None, "none");
        assert!(findings.rejected() && findings.has(Code::Gps));
        let sorted = findings.into_sorted();
        assert_eq!(sorted[0].code, "no_tracks");
        assert_eq!(verdict(&sorted), Verdict::Reject);
        assert_eq!(verdict(&sorted[1..]), Verdict::AcceptWithWarnings);
    }

    #[test]
    fn a_fault_in_every_sample_is_listed_a_few_times_only() {
        let mut findings = Findings::default();
        (0..1000).for_each(|at| findings.add(Code::BadBox, Some(at), "x\n".repeat(1000)));
        let all = findings.into_sorted();
        assert_eq!(all.len(), MAX_OF_ONE_CODE);
        assert!(all[0].operator_message.len() <= MAX_MESSAGE_CHARS && !all[0].operator_message.contains('\n'));
    }
}
